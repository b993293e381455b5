"""What became of the same rows: changes worked out by hand, and none where nothing changed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Data, Split
from xaiframe.facts import Facts
from xaiframe.runner.before_after import Stored, before_after
from xaiframe.store import npz_bytes

N = 400
ON = {"smallest": 30}


def split(count: int, start: int) -> Split:
    """Two groups of the same size and, in each, as many of both classes."""
    at = np.arange(count)
    x = np.random.default_rng(start).normal(size=(count, 3)).astype(np.float32)
    aside = pd.DataFrame({"sex": np.where(at % 2, "m", "w")})
    frame = pd.DataFrame(x, columns=["a", "b", "c"])
    return Split(at + start, x, (at // 2) % 2, frame, aside)


@pytest.fixture
def data() -> Data:
    return Data(
        modality="table", task="classification", train=split(8, 10_000),
        validation=split(8, 20_000), test=split(N, 0), features=("a", "b", "c"),
        feature_mask=np.arange(3), classes=("no", "yes"), target="y", sensitive=("sex",),
        encoding=Identity(),
    )  # fmt: skip


def stored(data: Data, predicted: np.ndarray, values: np.ndarray, shift: int = 0) -> Stored:
    names = np.array(data.classes, dtype=object)
    answers = pd.DataFrame(
        {"id": data.test.ids, "y": names[data.test.y], "predicted": names[predicted]}
    )
    ids = data.test.ids[shift : shift + len(values)]
    instances = pd.DataFrame({"position": np.arange(len(ids)), "id": ids, "target": "yes"})
    return Stored(answers.set_index("id"), instances, {"saliency": ("gradient", values)})


def facts(data: Data, *rounds: Stored, fairness: Any = ON) -> tuple[Facts, Any]:
    found = before_after(data, fairness, *rounds, seed=0)
    return Facts(one.within("rounds.paired", "rounds.paired", []) for one in found.facts), found


def test_explanations_in_other_features_are_not_compared(data: Data) -> None:
    values = np.random.default_rng(0).normal(size=(20, 3))
    one = replace(stored(data, data.test.y, values), features=("a", "b", "c"))
    other = replace(stored(data, data.test.y, values[:, :2]), features=("a", "d"))
    assert facts(data, one, one)[0].where("rounds.paired.explanation_similarity")
    found, outcome = facts(data, one, other)
    assert found.value("rounds.paired.score_change") == 0.0
    assert not found.where("rounds.paired.explanation_similarity")
    assert "features" not in outcome.tables


def test_nothing_changes_where_both_rounds_are_the_same(data: Data) -> None:
    one = stored(data, data.test.y, np.random.default_rng(0).normal(size=(20, 3)))
    found, _ = facts(data, one, one)
    for fact in found:
        wanted = 1.0 if fact.quantity == "explanation_similarity" else 0.0
        assert fact.value == pytest.approx(wanted), fact.name
        if fact.quantity != "answers_changed":  # Wilson's interval of no row in 400
            assert fact.interval == pytest.approx((wanted, wanted))


def test_changes_are_those_worked_out_by_hand(data: Data) -> None:
    """Before, all is right but that every man is said yes; after, all is right: 100 of 400 answers
    change, balanced accuracy goes from 0.75 to 1, the selection gap from 0.5 to 0."""
    men = np.arange(N) % 2 == 1
    before = stored(data, np.where(men, 1, data.test.y), np.array([[1.0, -1.0, 2.0]] * 5))
    after = stored(data, data.test.y, np.array([[2.0, 1.0, 1.0]] * 5), shift=2)
    found, outcome = facts(data, before, after)
    changed = found.one("rounds.paired.answers_changed")
    assert changed.value == pytest.approx(0.25)
    assert changed.interval[0] < 0.25 < changed.interval[1]
    assert changed.n == N
    assert found.value("rounds.paired.score_change") == pytest.approx(0.25)
    gaps = {fact.labels["measure"]: fact for fact in found.where("rounds.paired.gap_change")}
    assert gaps["demographic_parity_difference"].value == pytest.approx(-0.5)
    assert gaps["equalized_odds_difference"].value == pytest.approx(-1.0)
    assert gaps["accuracy_difference"].value == pytest.approx(-0.5)
    assert gaps["demographic_parity_difference"].interval[1] < 0
    # three instances in common, each with shares 1/4, 1/4, 1/2 before and 1/2, 1/4, 1/4 after
    shares = {fact.labels["feature"]: fact for fact in found.where("rounds.paired.share_change")}
    assert {name: one.value for name, one in shares.items()} == pytest.approx(
        {"a": 0.25, "b": 0.0, "c": -0.25}
    )
    assert {one.n for one in shares.values()} == {3}
    assert set(outcome.tables) == {"gaps", "features"}


def test_an_interval_holds_the_change_of_independent_repetitions(data: Data) -> None:
    """The gap moves by −0.2 in expectation: four fifths of the intervals or more must say so."""
    hits, rng = 0, np.random.default_rng(3)
    men, values = np.arange(N) % 2 == 1, np.ones((3, 3))
    for _ in range(20):
        was = (rng.random(N) < np.where(men, 0.7, 0.3)).astype(int)
        now = (rng.random(N) < np.where(men, 0.6, 0.4)).astype(int)
        found, _ = facts(data, stored(data, was, values), stored(data, now, values))
        fact = found.one("rounds.paired.gap_change", measure="demographic_parity_difference")
        hits += fact.interval[0] <= -0.2 <= fact.interval[1]
    assert hits >= 16


def test_small_groups_and_fairness_that_was_not_asked_for_give_no_gap(data: Data) -> None:
    one = stored(data, data.test.y, np.ones((3, 3)))
    assert not facts(data, one, one, fairness={})[0].where("rounds.paired.gap_change")
    few = facts(data, one, one, fairness={"smallest": N})[0]
    assert not few.where("rounds.paired.gap_change")


def test_it_reads_what_a_round_leaves_on_disk(data: Data, tmp_path) -> None:
    wanted = stored(data, data.test.y, np.ones((3, 3)))
    for unit in ("model.measure", "probe.instances", "gradient.saliency"):
        (tmp_path / unit).mkdir()
    answers = wanted.answers.reset_index().assign(split="test")
    stray = answers.head(2).assign(split="train")
    pd.concat([stray, answers]).to_parquet(tmp_path / "model.measure" / "predictions.parquet")
    wanted.instances.to_parquet(tmp_path / "probe.instances" / "instances.parquet")
    named = pd.DataFrame({"feature": list(data.features)})
    named.to_parquet(tmp_path / "probe.instances" / "features.parquet")
    arrays = npz_bytes({"values": np.ones((3, 3))})
    (tmp_path / "gradient.saliency" / "attribution.npz").write_bytes(arrays)
    found = Stored.below(tmp_path)
    assert len(found.answers) == N
    assert found.instances.equals(wanted.instances)
    direction, values = found.local["saliency"]
    assert direction == "gradient"
    assert found.features == data.features
    np.testing.assert_array_equal(values, np.ones((3, 3)))
