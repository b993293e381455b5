import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.data.table import Table
from xaiframe.model.face import WhiteBox
from xaiframe.probe.instances import case_kinds, choose
from xaiframe.probe.reference import declare
from xaiframe.probe.score import Scorer
from xaiframe.recipe import ReferenceConfig


class Fixed(WhiteBox):
    """A model whose probabilities of class 1 are given per row of one column."""

    def __init__(self, p: np.ndarray, x: np.ndarray) -> None:
        super().__init__(nn.Sequential(nn.Linear(30, 2)), "classification", ("a", "b"), ())
        self.known = {row.tobytes(): value for row, value in zip(x, p, strict=True)}

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        p = np.array([self.known[row.tobytes()] for row in x])
        return np.stack([1 - p, p], axis=1)


@pytest.fixture(scope="module")
def data():
    return Table("builtin:breast_cancer", "diagnosis").data


def test_cases_are_the_extremes_of_confidence(data):
    rows = data.test.take(np.arange(40))
    random = np.random.default_rng(0)
    p = random.uniform(0.51, 0.9, 40)
    p = np.where(rows.y == 1, p, 1 - p)
    p[3] = 0.001 if rows.y[3] == 1 else 0.999
    p[7] = 0.5001 if rows.y[7] == 1 else 0.4999
    p[9] = 0.9999 if rows.y[9] == 1 else 0.0001
    kinds = case_kinds(data, Fixed(p, rows.x), rows, 3)
    assert kinds == {9: "right_and_sure", 7: "right_and_unsure", 3: "wrong"}


def test_without_errors_the_other_kinds_fill_the_cases(data):
    rows = data.test.take(np.arange(40))
    p = np.where(rows.y == 1, 0.8, 0.1)
    kinds = case_kinds(data, Fixed(p, rows.x), rows, 6)
    assert sorted(kinds.values()) == ["right_and_sure"] * 3 + ["right_and_unsure"] * 3


def test_regression_cases_are_the_extremes_of_the_error(data):
    rows = data.test.take(np.arange(30))
    numbers = type(rows)(rows.ids, rows.x, rows.x[:, 0].copy(), rows.frame)
    numbers.y[[4, 8]] = 1e9
    network = nn.Sequential(nn.Linear(30, 1))
    torch.nn.init.zeros_(network[0].weight)
    regression = type(data)(**{**data.__dict__, "task": "regression", "classes": ()})
    kinds = case_kinds(regression, WhiteBox(network, "regression", (), ()), numbers, 6)
    assert {4, 8} == {position for position, kind in kinds.items() if kind == "wrong"}


def test_instances_are_unique_bounded_and_come_with_their_scores(data):
    torch.manual_seed(0)
    network = nn.Sequential(nn.LayerNorm(30), nn.Linear(30, 2))
    model = WhiteBox(network, "classification", data.classes, ())
    reference = declare(ReferenceConfig(), data, 0)
    scorer = Scorer(model, reference)
    chosen = choose(data, data.test, model, reference, scorer, 20, 6, 0)
    again = choose(data, data.test, model, reference, scorer, 20, 6, 0)
    assert len(set(chosen.split.ids)) == 20
    np.testing.assert_array_equal(chosen.split.ids, again.split.ids)
    assert chosen.table["case"].sum() == 6
    assert chosen.table["case"].iloc[:6].all()
    np.testing.assert_allclose(chosen.scores, scorer(chosen.split.x, chosen.targets))
    everything = choose(data, data.test, model, reference, scorer, 10_000, 6, 0)
    assert len(everything) == len(data.test)


def test_another_model_is_explained_on_the_same_sample(data):
    """Cases follow the model; the rest must not, or two rounds have nothing in common."""
    chosen = []
    for seed in (0, 1):
        torch.manual_seed(seed)
        network = nn.Sequential(nn.LayerNorm(30), nn.Linear(30, 2))
        model = WhiteBox(network, "classification", data.classes, ())
        reference = declare(ReferenceConfig(), data, 0)
        found = choose(data, data.test, model, reference, Scorer(model, reference), 20, 3, 0)
        chosen.append(set(found.split.ids))
    assert len(chosen[0] & chosen[1]) >= 20 - 2 * 3
