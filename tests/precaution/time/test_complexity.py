"""Complexity of series: closed forms, known values of real series."""

import math

import numpy as np
import pandas as pd
import pytest

from xaiframe.precaution.time import complexity
from xaiframe.precaution.time.forecast import skill


def autoregressive(n, phi):
    values, noise = np.zeros(n), np.random.default_rng(0).normal(size=n)
    for k in range(1, n):
        values[k] = phi * values[k - 1] + noise[k]
    return values


@pytest.mark.parametrize(("phi", "expected"), [(0.0, 0.0), (0.5, 0.06)])
def test_omega_of_known_processes(phi, expected):
    assert complexity.omega(autoregressive(20000, phi)) == pytest.approx(expected, abs=0.015)


def test_omega_of_a_wave_is_high_and_of_a_constant_unknown():
    assert complexity.omega(np.sin(np.arange(4000) * 0.5)) > 0.7
    assert math.isnan(complexity.omega(np.ones(100)))


def test_omega_of_real_series(shared_data):
    daily = pd.read_csv(shared_data("bike_sharing/bike_sharing_daily.csv"))["cnt"].to_numpy(float)
    hourly = pd.read_csv(shared_data("bike_sharing/bike_hourly_shapiq.csv"))["count"].to_numpy(
        float
    )
    assert complexity.omega(daily) == pytest.approx(0.29, abs=0.02)
    assert complexity.omega(hourly) == pytest.approx(0.39, abs=0.02)
    stored = np.load(shared_data("ecg/ecg.npz"))
    heart = stored[stored.files[0]].ravel().astype(float)
    assert complexity.omega(heart) == pytest.approx(0.45, abs=0.05)


def test_permutation_entropy_is_bandt_and_pompes():
    values = np.array([4.0, 7, 9, 10, 6, 11, 3])  # their example: patterns 012, 012, 201, 102, 120
    share = np.array([2, 2, 1]) / 5
    expected = -(share * np.log(share)).sum() / np.log(6)
    assert complexity.permutation_entropy(values) == pytest.approx(expected)
    assert complexity.permutation_entropy(np.arange(20.0)) == 0


def test_sample_entropy_is_that_of_counting():
    values = np.random.default_rng(0).normal(size=60)
    near, pairs, longer = 0.2 * values.std(), 0, 0
    for i in range(58):
        for j in range(58):
            if i != j and np.abs(values[i : i + 2] - values[j : j + 2]).max() <= near:
                pairs += 1
                longer += abs(values[i + 2] - values[j + 2]) <= near
    expected = -math.log(longer / pairs) if longer else math.nan
    assert complexity.sample_entropy(values) == pytest.approx(expected, nan_ok=True)


def test_a_season_is_found_and_none_in_noise():
    noise = np.random.default_rng(0).normal(size=400)
    assert complexity.season(np.sin(np.arange(400) * 2 * np.pi / 12) + 0.3 * noise) == 12
    assert complexity.season(noise) == 1
    assert complexity.season(np.arange(100.0)) == 1


def test_skill_of_a_forecast_from_the_last_value():
    """The error of AR(1) is the noise; that of a naive forecast is known from its variance."""
    values = autoregressive(4000, 0.5)
    found = skill(values, 500, 0)
    assert found.value == pytest.approx(1 - 1 / math.sqrt(2 / (1 - 0.25)), abs=0.05)
    assert skill(values[:20], 12, 0).reason
