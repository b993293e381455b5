"""Corruptions of series: spread of the jitter, gain around the mean, an interpolated stretch."""

import numpy as np
import pytest

from xaiframe.precaution.corruptions.series import dropout, jitter, scaling


def random():
    return np.random.default_rng(1)


@pytest.fixture
def waves(series):
    """Two channels of quite different level and spread."""
    x = np.random.default_rng(0).normal(size=(200, 2, 40)) * [[1], [20]] + [[5], [1000]]
    return series(x, np.arange(200) % 2)


def test_jitter_is_that_of_each_channel(waves):
    moved = jitter(waves, waves.test, 0.1, random()) - waves.test.x
    np.testing.assert_allclose(moved.std(axis=(0, 2)), [0.1, 2], rtol=0.06)


def test_gain_leaves_the_mean_where_it_is(waves):
    found = scaling(waves, waves.test, 0.1, random())
    mean = waves.train.x.mean(axis=(0, 2))[:, None]
    gain = (found - mean) / (waves.test.x - mean)

    far = np.abs(waves.test.x - mean) > 0.5
    assert set(np.round(gain[far], 2)) == {np.float32(0.9), np.float32(1.1)}


def test_a_stretch_is_a_straight_line(waves):
    found = dropout(waves, waves.test, 0.3, random())
    gone = (found != waves.test.x).any(axis=1)

    assert gone.sum(axis=1).max() <= 12
    for row, where in zip(found, gone, strict=True):
        inside = np.flatnonzero(where)
        bend = np.diff(row[:, inside[0] : inside[-1] + 1], 2)
        assert np.abs(bend).max() < 1e-3


def test_one_sample_stays(series):
    short = series(np.ones((20, 1, 1)), np.arange(20) % 2)
    np.testing.assert_array_equal(dropout(short, short.test, 0.3, random()), short.test.x)
