"""The power law is recovered where it holds, and stays within its bounds where it does not."""

import numpy as np
import pytest
from scipy.optimize import curve_fit

from xaiframe.precaution.learning.power_law import fit

SIZES = np.array([50, 100, 200, 400, 800])


@pytest.mark.parametrize(("a", "b", "c"), [(0.9, 2.0, 0.5), (0.7, 1.0, 0.3), (1.0, 3.0, 1.0)])
def test_an_exact_law_is_found_and_its_doubling_known(a, b, c):
    law = fit(SIZES, (a - b * SIZES**-c)[None])
    assert law.a[0] == pytest.approx(a, abs=0.01)
    truth = b * (1000**-c - 2000**-c)
    assert law.doubling(1000)[0] == pytest.approx(truth, rel=0.03)


def test_noisy_scores_give_scipys_weighted_least_squares():
    random = np.random.default_rng(0)
    scores = 0.9 - 2 * SIZES**-0.6 + random.normal(0, 0.01, 5)
    weight = np.arange(1, 6) / 5
    start, bounds = (0.9, 1.0, 0.5), ([0, 0, 0.05], [1, 50, 2])
    (a, b, c), _ = curve_fit(
        lambda n, a, b, c: a - b * n**-c, SIZES, scores, start, 1 / np.sqrt(weight), bounds=bounds
    )
    law = fit(SIZES, scores[None])
    assert law.at(1600)[0] == pytest.approx(a - b * 1600**-c, abs=2e-3)


def test_a_falling_or_flat_curve_promises_nothing_and_no_score_exceeds_one():
    flat = fit(SIZES, np.array([[0.8, 0.8, 0.8, 0.8, 0.8], [0.9, 0.88, 0.87, 0.86, 0.85]]))
    assert flat.doubling(800) == pytest.approx([0, 0])
    steep = fit(SIZES, np.array([[0.2, 0.45, 0.6, 0.8, 0.99]]))
    assert steep.a[0] <= 1
    assert steep.at(1e9)[0] <= 1
