"""Detectors: DDM's level against river's own, the memory of a stream, null laws."""

import numpy as np
import pytest
from river.drift.binary import DDM

from xaiframe.precaution.time import detectors


@pytest.mark.parametrize("seed", range(5))
def test_ddm_warns_and_fires_where_rivers_does(seed):
    random = np.random.default_rng(seed)
    wrong = (random.random(600) < np.where(np.arange(600) < 300, 0.2, 0.5)).astype(float)
    level, theirs = detectors.ddm_levels(wrong), DDM()
    for position, value in enumerate(wrong.astype(int).tolist()):
        theirs.update(value)
        mine = level[position - detectors.WARM] if position >= detectors.WARM else 0.0
        assert theirs.drift_detected == (mine > 3)
        assert theirs.warning_detected == (2 < mine <= 3)
        if theirs.drift_detected:
            break
    assert theirs.drift_detected


def test_levels_of_several_streams_are_those_of_each():
    streams = (np.random.default_rng(0).random((3, 200)) < 0.3).astype(float)
    together = detectors.ddm_levels(streams)
    np.testing.assert_allclose(together, [detectors.ddm_levels(one) for one in streams])


def test_no_error_at_all_has_a_finite_level():
    wrong = np.zeros(100)
    assert detectors.ddm_levels(wrong).max() == 0
    wrong[-1] = 1
    assert np.isfinite(detectors.ddm_levels(wrong)).all()


def test_memory_of_independent_errors_is_one_and_of_a_walk_is_long():
    random = np.random.default_rng(0)
    noise = random.normal(size=2000)
    assert detectors.memory(noise) <= 2
    walk = np.convolve(noise, np.ones(20), "same")
    assert 12 <= detectors.memory(walk) <= 40
    assert detectors.memory(np.ones(200)) == 1
    assert detectors.memory(noise + 5 * (np.arange(2000) >= 1000)) <= 2


def test_shuffles_keep_neighbours_and_lose_nobody():
    for order in detectors.shuffles(103, 10, 5, np.random.default_rng(0)):
        assert sorted(order) == list(range(103))
        assert (np.diff(order) == 1).sum() >= 92


@pytest.mark.parametrize("name", ["page_hinkley", "kswin"])
def test_slower_detectors_are_quiet_without_and_loud_with_a_change(name):
    def fired(shift, seed):
        values = np.random.default_rng(seed).normal(size=300) + shift * (np.arange(300) >= 150)
        made = {"page_hinkley": detectors.page_hinkley(), "kswin": detectors.kswin(300, seed)}
        return bool(detectors.changes(values, made[name]))

    assert sum(fired(0.0, seed) for seed in range(10)) <= 1
    assert all(fired(2.0, seed) for seed in range(3))


def test_long_streams_are_averaged():
    np.testing.assert_allclose(detectors.stretches(np.arange(10.0), 5), [0.5, 2.5, 4.5, 6.5, 8.5])
    assert len(detectors.stretches(np.ones(2001))) <= detectors.BLOCKS
