"""The share of wrong labels is the one that was planted."""

import numpy as np
import pytest

from xaiframe.precaution.labels.confident import noise_share, suspected


def test_planted_labels_are_counted_and_found_under_sure_probabilities():
    random = np.random.default_rng(0)
    truth = random.integers(0, 3, 900)
    sure = np.full((900, 3), 0.05)
    sure[np.arange(900), truth] = 0.9
    given = truth.copy()
    given[:90] = (given[:90] + 1) % 3
    assert noise_share(given, sure) == pytest.approx(0.1, abs=0.01)
    assert noise_share(truth, sure) == 0
    assert np.flatnonzero(suspected(given, sure)).tolist() == list(range(90))
