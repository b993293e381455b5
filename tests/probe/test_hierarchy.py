"""Hierarchies: what varies alike, lies side by side or follows one another stands together."""

from types import SimpleNamespace

import numpy as np
import pytest

from xaiframe.probe.hierarchy import Hierarchies, bisected, clustered


def blocks(group):
    """All groups of more than one feature, as sets."""
    if group.halves is None:
        return set()
    first, second = (blocks(half) for half in group.halves)
    return first | second | {frozenset(group.members)}


def bank_of(modality, mask, train, own_features=False):
    return SimpleNamespace(
        modality=modality,
        feature_mask=np.asarray(mask),
        features=int(np.max(mask)) + 1,
        own_features=own_features,
        data=SimpleNamespace(train=SimpleNamespace(x=np.asarray(train, dtype=np.float32))),
    )


@pytest.fixture
def random():
    return np.random.default_rng(0)


def test_columns_that_rise_together_or_against_each_other_stand_together(random):
    a, b = random.normal(size=(2, 200))
    columns = np.stack([a, b, np.exp(3 * a), -b, random.normal(size=200)], axis=1)
    found = blocks(clustered(columns, np.arange(5)))
    assert {frozenset({0, 2}), frozenset({1, 3})} <= found


def test_a_feature_of_several_columns_is_as_near_as_its_nearest_column(random):
    a, b = random.normal(size=(2, 200))
    columns = np.stack([random.normal(size=200), a, b, a], axis=1)
    found = blocks(clustered(columns, np.array([0, 0, 1, 2])))
    assert frozenset({0, 2}) in found


def test_a_column_that_never_changes_stands_apart(random):
    a = random.normal(size=100)
    found = clustered(np.stack([a, np.ones(100), a], axis=1), np.arange(3))
    assert blocks(found) == {frozenset({0, 2}), frozenset({0, 1, 2})}


def test_only_features_that_count_are_kept(random):
    bank = bank_of("table", np.arange(5), random.normal(size=(50, 5)))
    found = Hierarchies(bank).of(0, np.array([1, 3, 4]))
    assert set(found.members) == {1, 3, 4}
    assert all(set(one) <= {1, 3, 4} for one in blocks(found))


def test_words_are_halved_in_their_order():
    found = Hierarchies(bank_of("text", np.arange(9), np.zeros((2, 9)))).of(0, np.arange(5))
    assert blocks(found) == {frozenset(one) for one in ({0, 1}, {2, 3, 4}, {3, 4}, {0, 1, 2, 3, 4})}


def test_a_picture_is_halved_across_its_longer_side():
    """Three rows of two patches: first the top row from the others, then left from right."""
    mask = np.repeat(np.repeat(np.arange(6).reshape(3, 2), 4, axis=0), 4, axis=1)
    bank = bank_of("image", np.broadcast_to(mask, (3, 12, 8)), np.zeros((2, 3, 12, 8)))
    found = Hierarchies(bank).of(0, np.arange(6))
    assert blocks(found) == {
        frozenset(one) for one in ({0, 1}, {2, 3}, {4, 5}, {2, 3, 4, 5}, set(range(6)))
    }


def test_segments_stay_in_their_channel_and_like_channels_stand_together(random):
    """Channels 0 and 2 move together; each channel has four segments of three samples."""
    a, b = random.normal(size=(2, 40, 12))
    train = np.stack([a, b, -a], axis=1)
    mask = np.arange(3)[:, None] * 4 + np.arange(12) // 3
    found = blocks(Hierarchies(bank_of("series", mask, train)).of(0, np.arange(12)))
    assert {frozenset(range(8, 12)), frozenset({0, 1}), frozenset({6, 7})} <= found
    assert frozenset({0, 1, 2, 3, 8, 9, 10, 11}) in found
    assert len(found) == 11


def test_features_at_one_place_are_halved_by_number():
    found = bisected(np.arange(4), np.zeros((4, 2)))
    assert blocks(found) == {frozenset(one) for one in ({0, 1}, {2, 3}, {0, 1, 2, 3})}
