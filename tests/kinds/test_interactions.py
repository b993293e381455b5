"""Pairs of many instances averaged, and what becomes facts."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import source
from xaiframe.kinds.answer import kind
from xaiframe.kinds.interactions import TOLD, Interactions


def local(**changes):
    pairs = pd.DataFrame(
        {
            "id": [1, 2, 2],
            "first": ["a", "a", "a"],
            "second": ["b", "b", "c"],
            "value": [2.0, -4.0, 1.0],
            "error": [0.0, 0.0, 0.3],
        }
    )
    alone = pd.DataFrame({"id": [1, 2, 3], "feature": "a", "value": [2.0, 5.0, 1.0], "error": 0.0})
    known = {"index": "k_sii", "pairs": pairs, "alone": alone, "n": 3, "evaluations": 9}
    return Interactions(**(known | changes))


def test_a_pair_that_an_instance_was_not_asked_about_counts_nothing():
    overall = local().overall()
    assert overall["second"].tolist() == ["b", "c"]
    assert overall["value"].tolist() == pytest.approx([2, 1 / 3])
    assert overall["mean"].tolist() == pytest.approx([-2 / 3, 1 / 3])
    assert overall["error"][0] == pytest.approx(np.std([2, 4, 0], ddof=1) / np.sqrt(3))
    assert overall["noise"][1] == pytest.approx(0.1 * np.sqrt(2 / np.pi))


def test_the_share_of_pairs_is_averaged_over_instances():
    assert local().share() == pytest.approx((0.5 + 0.5 + 0) / 3)


def test_facts_name_both_features():
    outcome = local().outcome(source())
    told = {fact.name: fact for fact in outcome.facts if fact.name != "pair"}
    assert set(told) == {"index", "share"}
    pairs = [fact for fact in outcome.facts if fact.name == "pair"]
    assert pairs[0].labels == {"first": "a", "second": "b"}
    assert pairs[0].interval[0] < 2 < pairs[0].interval[1]
    assert set(outcome.tables) == {"interactions", "alone", "overall"}


def test_where_features_differ_between_instances_nothing_is_averaged():
    outcome = local(aligned=False).outcome(source())
    assert [fact.name for fact in outcome.facts] == ["index", "share"]
    assert "overall" not in outcome.tables


def test_no_more_pairs_become_facts_than_are_told():
    many = pd.DataFrame({"first": "a", "second": [f"b{k}" for k in range(50)], "error": 0.0,
                         "value": 1.0, "size": np.arange(50.0), "chance": 0.5})  # fmt: skip
    whole = Interactions(
        index="h", pairs=many, alone=pd.DataFrame(), remainder=0.25, n=9, evaluations=1
    )
    outcome = whole.outcome(source())
    assert sum(fact.name == "pair" for fact in outcome.facts) == TOLD
    assert next(fact.value for fact in outcome.facts if fact.name == "remainder") == 0.25
    assert outcome.tables["overall"]["second"][0] == "b49"


def test_pairs_beyond_chance_come_first_and_then_the_largest_effect():
    pairs = pd.DataFrame({"first": "a", "second": ["b", "c", "d"], "error": 0.0, "value":
                          [0.9, 0.2, 0.4], "size": [3.0, 1.0, 2.0],
                          "chance": [4.0, 0.5, 0.5]})  # fmt: skip
    told = Interactions(index="h", pairs=pairs, alone=pd.DataFrame(), n=9, evaluations=1).overall()
    assert told["second"].tolist() == ["d", "c", "b"]
    assert (told["value"] > told["noise"]).tolist() == [True, True, False]
    assert told["noise"][0] == pytest.approx(0.1)


def test_answers_survive_their_file_and_are_joined():
    whole = local()
    again = Interactions.unpacked(whole.packed())
    pd.testing.assert_frame_equal(again.pairs, whole.pairs)
    assert (again.index, again.aligned, again.n) == ("k_sii", True, 3)
    both = Interactions.joined([whole, again])
    assert (both.n, both.evaluations, len(both.pairs)) == (6, 18, 6)
    assert kind("interactions") is Interactions
