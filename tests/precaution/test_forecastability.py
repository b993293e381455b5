"""Forecastability: noise is told from structure, short and constant series have reasons."""

from dataclasses import replace

import numpy as np
import pytest

from xaiframe.data.order import ROW
from xaiframe.precaution.forecastability import Forecastability

FAST = {"sample": 200, "trees": 10}


def test_the_target_over_time(table, noise, value):
    frame, _ = noise(500)
    wave = np.sin(np.arange(500) * 2 * np.pi / 10)
    loud = replace(table(frame, wave.astype(np.float32) + 5, "regression"), time=ROW)
    still = replace(table(frame, frame["a"].to_numpy(), "regression"), time=ROW)
    told, white = (Forecastability(**FAST)(one, 0) for one in (loud, still))

    assert value(told, "omega_above_noise").value > 0.5
    assert value(told, "season").value == 10
    assert value(told, "coefficient_of_variation").value == pytest.approx(0.5**0.5 / 5, rel=0.01)
    assert abs(value(white, "omega_above_noise").value) < 0.05
    assert value(white, "skill_over_dummy").value > 0.8
    assert value(told, "skill_over_dummy").value < 0.1


def test_noise_is_below_the_limit_at_every_length(table, noise, value):
    for n in (60, 200, 1000):
        above = []
        for seed in range(10):
            frame, _ = noise(n, 1, seed)
            data = replace(table(frame, frame["a"].to_numpy(), "regression"), time=ROW)
            above.append(value(Forecastability(**FAST)(data, seed), "omega_above_noise").value)
        assert np.mean(np.array(above) < 0.05) >= 0.8


def test_series_without_order_and_classes(series, value):
    random, steps = np.random.default_rng(0), np.arange(128)
    x = np.sin(steps / 3)[None, None] + 0.1 * random.normal(size=(80, 1, 128))
    told = Forecastability(**FAST)(series(x, np.arange(80) % 2), 0)
    assert value(told, "omega_above_noise").value > 0.3
    flat = Forecastability(**FAST)(series(np.ones((80, 1, 128)), np.arange(80) % 2), 0)
    assert value(flat, "omega").reason


@pytest.mark.parametrize("n", [8, 20, 40])
@pytest.mark.parametrize("constant", [True, False])
def test_short_and_constant_targets_have_reasons(table, noise, n, constant):
    frame, y = noise(n)
    data = replace(table(frame, np.zeros(n) if constant else y, "regression"), time=ROW)
    told = Forecastability(season=30, **FAST)(data, 0)
    assert all(fact.value is not None or fact.reason for fact in told.facts)


@pytest.mark.parametrize("wrong", [{"season": -1}, {"sample": 5}, {"folds": 1}, {"trees": 0}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="forecastability"):
        Forecastability(**wrong)
