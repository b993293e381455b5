"""The end of a law is near the quantile it stands for, and outliers do not move it."""

import numpy as np
import pytest
from scipy.stats import norm

from xaiframe.precaution.outliers.tail import limit, residual_limit


def test_a_lognormal_law_ends_at_its_quantile_with_and_without_outliers():
    values = np.exp(np.random.default_rng(0).normal(size=20000))
    assert np.log(limit(values, 1e-4)) == pytest.approx(norm.isf(1e-4), rel=0.07)
    values[:600] = 1e6
    assert np.log(limit(values, 1e-4)) == pytest.approx(norm.isf(1e-4), rel=0.07)


def test_copies_and_nothing_have_no_end():
    assert limit(np.zeros(50), 1e-4) == float("inf")


@pytest.mark.parametrize("law", ["normal", "t3"])
def test_residuals_of_a_usual_law_lie_within(law):
    random = np.random.default_rng(1)
    values = random.normal(size=4000) if law == "normal" else random.standard_t(3, 4000)
    end = residual_limit(np.abs(values), 3e-5)
    assert (np.abs(values) > end).mean() <= 0.005
    assert end < 20
