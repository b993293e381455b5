"""Trend, season, stationarity: planted ones are seen, independent noise is not."""

import numpy as np
import pytest
from scipy.signal import detrend

from xaiframe.precaution.profiles.series import (
    CUSUM,
    KPSS,
    cusum,
    detrended,
    kpss,
    longest_run,
    seasonal,
    trend,
)

TIME = np.arange(120)


@pytest.fixture
def noise():
    return np.random.default_rng(1).normal(size=(1000, 120))


def test_tests_err_in_five_percent_of_noise_at_most_about(noise):
    assert (kpss(noise) > KPSS).mean() < 0.07
    assert (cusum(noise) > CUSUM).mean() < 0.07
    assert seasonal(noise)[0].mean() < 0.07


def test_planted_structure_is_seen(noise):
    season, period = seasonal(noise + 1.5 * np.sin(2 * np.pi * TIME / 12))
    shift = noise + 2.0 * (TIME > 60)

    assert season.mean() > 0.95
    assert np.median(period) == pytest.approx(12)
    assert (cusum(shift) > CUSUM).mean() > 0.95
    assert (kpss(np.cumsum(noise, axis=1)) > KPSS).mean() > 0.8
    assert (trend(noise + 0.1 * TIME) > 0.8).mean() > 0.95


def test_detrending_is_scipys(noise):
    np.testing.assert_allclose(detrended(noise[:5]), detrend(noise[:5], axis=1), atol=1e-9)


def test_kpss_by_hand():
    """Two samples a, −a: partial sums a, 0, so a² ÷ 4; variance a², less a² ÷ 2 at lag 1."""
    assert kpss(np.array([[3.0, -3.0]]))[0] == pytest.approx(0.5)


def test_a_constant_has_nothing():
    flat = np.full((3, 40), 0.1)
    assert not kpss(flat).any()
    assert not cusum(flat).any()
    assert not trend(flat).any()
    assert not seasonal(flat)[0].any()
    assert longest_run(flat).tolist() == [40] * 3
    assert longest_run(np.array([[1, 1, 2, 2, 2, 1]])).tolist() == [3]
