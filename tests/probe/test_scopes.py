"""Draws under a rule: what it names stays, all else falls evenly, by counting."""

from types import SimpleNamespace

import numpy as np
import pytest

from xaiframe.probe.scopes import KEPT, Parts, Words, vocabularies


def bank(own=True):
    """One picture of 2 × 3 pixels in three parts, beside two rows of background."""
    mask = np.array([[0, 0, 1], [2, 1, 2]])
    return SimpleNamespace(
        x=np.full((1, 2, 3), 9.0, dtype=np.float32),
        feature_mask=mask[None] if own else mask,
        own_features=own,
        features=3,
        active=np.array([[True, True, False]]),
        reference=SimpleNamespace(
            background=np.stack([np.zeros((2, 3)), np.ones((2, 3))]), weights=np.array([0.25, 0.75])
        ),
    )


@pytest.mark.parametrize("own", [True, False])
def test_the_parts_that_a_rule_names_stay_and_the_others_fall_evenly(own):
    scope = Parts(bank(own), 0)
    drawn, kept = scope.within(frozenset({1}), 4000, np.random.default_rng(0))
    parts = bank().feature_mask[0]
    for part, share in ((0, 0.5), (1, 1.0), (2, 0.5)):
        stays = (drawn[:, parts == part] == 9).all(axis=1)
        np.testing.assert_array_equal(stays, kept[:, part])
        assert stays.mean() == pytest.approx(share, abs=0.03)
    elsewhere = drawn[~kept[:, 0]][:, 0, 0]
    assert set(elsewhere) == {0.0, 1.0}
    assert elsewhere.mean() == pytest.approx(0.75, abs=0.04)
    one = scope.draw(frozenset({1}), 4000, np.random.default_rng(0))
    np.testing.assert_array_equal(one, drawn)


def test_only_parts_that_differ_may_be_added_and_each_halves_the_share():
    scope = Parts(bank(), 0)
    assert scope.free(frozenset({0})) == [1]
    assert [scope.share(frozenset(rule)) for rule in ((), (0,), (0, 1))] == [1.0, 0.5, 0.25]
    assert scope.said(frozenset({2, 0}))[0][0] == 0
    assert scope.looser(1) == [None]


def test_other_rows_meet_a_rule_with_its_parts_put_into_them():
    scope, rows = Parts(bank(), 0), np.zeros((4, 2, 3), dtype=np.float32)
    met, asked = scope.meets(frozenset({0}), rows)
    assert met.all()
    np.testing.assert_array_equal(asked[0], [[9, 9, 0], [0, 0, 0]])
    none, nothing = scope.meets(frozenset(), rows)
    assert not none.any()
    assert len(nothing) == 0


class Encoding:
    """Numbers of words, 0 for none."""

    names = ("", "Win", "money", "now", "see")

    def tokens(self, row):
        return [self.names[int(one)] for one in row]


def test_a_rule_on_words_speaks_of_messages_that_hold_them_all_case_aside():
    data = SimpleNamespace(encoding=Encoding())
    spoken = SimpleNamespace(
        x=np.array([[1, 2, 3]], dtype=np.float32),
        feature_mask=np.array([[0, 1, 2]]),
        own_features=True,
        features=3,
        active=np.array([[True, True, True]]),
        data=data,
        reference=SimpleNamespace(background=np.zeros((1, 3)), weights=np.array([1.0])),
    )
    others = np.array([[1, 0, 0], [2, 1, 0], [4, 3, 2]], dtype=np.float32)
    known = vocabularies(data, others)
    assert known[1] == {"money", "win"}
    scope = Words(spoken, 0, known)
    assert scope.share(frozenset({0})) == pytest.approx(2 / 3)
    assert scope.share(frozenset({0, 1})) == pytest.approx(1 / 3)
    met, asked = scope.meets(frozenset({0, 1}), others)
    assert met.tolist() == [False, True, False]
    np.testing.assert_array_equal(asked, others[[1]])
    assert not scope.meets(frozenset(), others)[0].any()
    (feature, (sign, _, word)), *_ = scope.said(frozenset({2}))
    assert (feature, sign, word) == (2, KEPT, "now")
