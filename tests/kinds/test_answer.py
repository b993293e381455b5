from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.kinds.answer import Answer, kind
from xaiframe.kinds.curve import Curve
from xaiframe.kinds.importance import Importance


@dataclass(kw_only=True)
class Said(Answer):
    """One table and one array about each instance, and a unit."""

    table: pd.DataFrame
    scores: Array
    unit: str

    def outcome(self, origin):
        return Outcome([Fact("rows", len(self.table), source=origin)], {"said": self.table})


def said(ids):
    table = pd.DataFrame({"id": ids, "word": [f"ü{one}" for one in ids], "gap": [None] * len(ids)})
    return Said(n=len(ids), evaluations=10, table=table, scores=np.eye(len(ids), 3), unit="score")


def test_an_answer_survives_its_file():
    whole = said([4, 7])
    again = Said.unpacked(whole.packed())
    pd.testing.assert_frame_equal(again.table, whole.table)
    np.testing.assert_array_equal(again.scores, whole.scores)
    assert (again.n, again.evaluations, again.unit) == (2, 10, "score")


def test_batches_are_joined_in_order_and_their_counts_added():
    whole = Said.joined([said([4, 7]), said([1])])
    assert whole.table["id"].tolist() == [4, 7, 1]
    assert whole.scores.shape == (3, 3)
    assert (whole.n, whole.evaluations, whole.unit) == (3, 20, "score")


def test_a_kind_is_found_by_its_name():
    assert kind("curve") is Curve
    assert kind("importance") is Importance
    with pytest.raises(ModuleNotFoundError):
        kind("nothing")


@pytest.mark.parametrize("samples", [None, np.arange(6.0).reshape(2, 3)])
def test_importance_is_read_back_as_it_was(samples):
    whole = Importance(
        n=9, evaluations=90, features=["a", "b"], values=np.array([1.0, -0.5]),
        error=np.array([0.1, 0.2]), unit="score drop", samples=samples,
    )  # fmt: skip
    outcome = whole.outcome(source())
    assert outcome.facts[1].interval == pytest.approx((-0.5 - 1.96 * 0.2, -0.5 + 1.96 * 0.2))
    again = Importance.read(outcome)
    assert (again.n, again.evaluations, again.features) == (9, 90, ["a", "b"])
    np.testing.assert_array_equal(again.values, whole.values)
    assert (again.samples is None) == (samples is None)


def test_curves_are_read_back_as_they_were():
    grid = {"b": np.array([1.0, 2.0]), "a": np.array([0.0, 1.0, 3.0])}
    individual = {"b": np.arange(6.0).reshape(3, 2), "a": np.empty((0, 3))}
    average = {"b": np.array([2.0, 5.0]), "a": np.array([0.0, 1.0, 0.5])}
    whole = Curve(n=3, evaluations=15, grid=grid, average=average, individual=individual)
    outcome = whole.outcome(source())
    assert {fact.labels["feature"]: fact.value for fact in outcome.facts} == {"b": 3.0, "a": 1.0}
    again = Curve.read(outcome)
    assert list(again.grid) == ["b", "a"]
    np.testing.assert_array_equal(again.individual["b"], individual["b"])
    np.testing.assert_array_equal(again.average["a"], average["a"])
    assert (again.n, again.evaluations) == (3, 15)
