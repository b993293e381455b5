"""Concepts: a network whose hidden unit is the concept, one that does not know it, and refusals."""

import warnings
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.catalogue.values import cost
from xaiframe.data.face import Data, Split
from xaiframe.data.text import Text
from xaiframe.errors import NotApplicable
from xaiframe.gradient.concepts import Concepts, different
from xaiframe.model.face import WhiteBox
from xaiframe.model.network import Embedding
from xaiframe.probe.declared import meeting, said
from xaiframe.probe.halves import Halves
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Population, Scorer

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(400, 3)).astype(np.float32)
FRAME = pd.DataFrame(X, columns=["a", "b", "c"]).assign(colour=np.where(X[:, 1] > 0, "red", "blue"))
FRAME.loc[0, "a"] = np.nan
HIGH = {"high a": {"column": "a", "above": 0.5}}


def population(module, x=X, y=None, frame=FRAME, classes=("no", "yes"), max_batch=8192):
    y = (np.arange(len(x)) % 2).astype(np.int64) if y is None else y
    part = Split(np.arange(len(x)), x, y, frame)
    task = "classification" if classes else "regression"
    data = Data("table", task, part, part, part, tuple("abc"), np.arange(3), tuple(classes))
    model = WhiteBox(module, task, tuple(classes), ("gradient", "layers"))
    scorer = Scorer(model, Reference(x[:1], np.ones(1), "logit", None), max_batch)
    return Population(model, scorer, data, part, np.zeros(len(x), dtype=int), 0)


def network(first, last):
    """Hidden units are rows of ``first``, before tanh; outputs are rows of ``last``."""
    net = nn.Sequential(nn.Linear(3, len(first)), nn.Tanh(), nn.Linear(len(last[0]), len(last)))
    for layer, weight in ((net[0], first), (net[2], last)):
        layer.weight.data = torch.tensor(weight)
        layer.bias.data.zero_()
    return net.eval()


UNITS = np.eye(3).astype(np.float32).tolist()
KNOWS = network(UNITS, [[-2.0, 0.0, 0.0], [2.0, 0.0, 0.0]])


def row(found, concept, output):
    return found.concepts.set_index(["concept", "output"]).loc[(concept, output)]


def test_a_unit_that_is_the_concept_raises_one_class_and_lowers_the_other():
    found = Concepts(HIGH).explain(population(KNOWS))
    yes, no = row(found, "high a", "yes"), row(found, "high a", "no")
    assert (yes["score"], no["score"]) == (1, 0)
    assert yes["stands"]
    assert no["stands"]
    assert yes["accuracy"] > 0.9
    assert found.layer == "0"
    assert yes["rows"] == (FRAME["a"] > 0.5).sum()
    assert yes["explained"] == 200


def test_a_direction_that_no_output_uses_does_not_stand():
    """The unit knows b, the output reads a only: along b the slope is what chance leaves."""
    found = Concepts({"high b": {"column": "b", "above": 0.5}}).explain(population(KNOWS))
    assert found.concepts["accuracy"].iloc[0] > 0.9
    assert not found.concepts["stands"].any()


def test_a_concept_that_the_layer_does_not_tell_apart_does_not_stand():
    blind = network([[1.0, 0.0, 0.0]] * 3, [[-1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    found = Concepts({"high c": {"column": "c", "above": 0}}).explain(population(blind))
    assert found.concepts["accuracy"].iloc[0] < 0.65
    assert not found.concepts["stands"].any()


def test_slopes_are_those_by_hand():
    """d(log-odds of yes)/d unit of tanh: 4 (1 − tanh²)."""
    asked = population(KNOWS)
    slopes = Halves.of(asked.model, asked.scorer).slopes(X, np.ones(len(X), dtype=int))
    np.testing.assert_allclose(slopes[:, 0], 4 * (1 - np.tanh(X[:, 0]) ** 2), rtol=1e-4)
    assert not slopes[:, 1:].any()


def test_captum_gives_the_same_share_along_the_same_direction():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(3, 6), nn.Tanh(), nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 2))
    asked = population(net.eval())
    direction = np.random.default_rng(1).normal(size=5)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from captum.attr import LayerGradientXActivation

        module = asked.scorer.module
        library = LayerGradientXActivation(module, module[2], multiply_by_inputs=False)
        theirs = library.attribute(torch.tensor(X), target=1).detach().numpy()
    mine = Halves.of(asked.model, asked.scorer).slopes(X, np.ones(len(X), dtype=int))
    np.testing.assert_allclose(mine, theirs, rtol=1e-4, atol=1e-6)
    assert ((mine @ direction) > 0).mean() == ((theirs @ direction) > 0).mean()


def test_a_quantity_has_one_output():
    found = Concepts(HIGH).explain(
        population(network(UNITS, [[1.0, 0.0, 0.0]]), y=X[:, 0], classes=())
    )
    assert found.concepts["output"].tolist() == ["target"]
    assert found.concepts["score"].tolist() == [1]


def test_cost_is_what_is_spent_whatever_the_batch():
    tables = []
    for limit in (7, 8192):
        asked = population(KNOWS, max_batch=limit)
        found = Concepts(HIGH, sample=300).explain(asked)
        names = {"sample": 300, "train": 400, "rows": 400}
        assert found.evaluations == cost(Concepts.cost, names) == asked.scorer.evaluations
        tables.append(found.concepts)
    pd.testing.assert_frame_equal(*tables, rtol=1e-5)


def test_conditions_say_what_they_mean():
    data = population(KNOWS).data
    for condition, wanted in (
        ({"column": "a", "above": 0, "below": 1}, (FRAME["a"] > 0) & (FRAME["a"] < 1)),
        ({"column": "colour", "equals": "red"}, FRAME["colour"] == "red"),
        ({"classes": ["yes"]}, pd.Series(np.arange(400) % 2 == 1)),
    ):
        np.testing.assert_array_equal(meeting("it", condition, data, data.train), wanted)
    assert said({"column": "a", "above": 0, "below": 1}) == "a above 0 and a below 1"
    assert said({"classes": [3, 8]}) == "class 3 or 8"


class Numbers(Embedding):
    """One dimension per word."""

    def __init__(self, size):
        super().__init__()
        self.table = nn.Embedding(size, 4)

    def forward(self, x):
        return self.table(x.long()).movedim(-1, 1)


def test_messages_have_words(tmp_path):
    words = ["win", "money", "lunch", "home", "now"]
    rows = [" ".join(RANDOM.choice(words, RANDOM.integers(2, 5))) for _ in range(200)]
    frame = pd.DataFrame({"message": rows, "label": ["ham", "spam"] * 100})
    frame.to_csv(tmp_path / "m.csv", index=False)
    data = Text(str(tmp_path / "m.csv"), "message", "label").data
    met = meeting("it", {"word": "Money"}, data, data.train)
    wanted = ["money" in data.encoding.tokens(row) for row in data.train.x]
    assert met.tolist() == wanted
    torch.manual_seed(0)
    places, size = data.input_shape[0], int(data.train.x.max()) + 20
    net = nn.Sequential(Numbers(size), nn.Flatten(), nn.Linear(4 * places, 6), nn.Tanh(),
                        nn.Linear(6, 2)).eval()  # fmt: skip
    model = WhiteBox(net, data.task, data.classes, ("gradient", "layers"))
    scorer = Scorer(model, Reference(0 * data.train.x[:1], np.ones(1), "logit", None))
    targets = np.zeros(len(data.test), dtype=int)
    found = Concepts({"money": {"word": "money"}}).explain(
        Population(model, scorer, data, data.test, targets, 0)
    )
    assert found.layer == "2"
    assert found.concepts["rows"].iloc[0] == sum(wanted)


@pytest.mark.parametrize(
    ("concepts", "told"),
    [
        ({}, "no concept is declared"),
        ({"x": {"column": "aa", "above": 1}}, "no column is called 'aa'; .* a"),
        ({"x": {"column": "colour", "above": 1}}, "holds no numbers"),
        ({"x": {"column": "a", "above": 99}}, "0 of 400 training rows meet"),
        ({"x": {"column": "a", "above": -99}}, "do not meet"),
        ({"x": {"classes": ["maybe"]}}, "no class is called 'maybe'; there are no, yes"),
        ({"x": {"word": "free"}}, "only messages have words"),
    ],
)
def test_concepts_that_the_data_do_not_have_are_refused(concepts, told):
    with pytest.raises(NotApplicable, match=told):
        Concepts(concepts).explain(population(KNOWS))


def test_networks_that_cannot_be_cut_are_refused():
    with pytest.raises(NotApplicable, match="no layer is called 'x'; there are 0, 1, 2"):
        Concepts(HIGH, layer="x").explain(population(KNOWS))
    with pytest.raises(NotApplicable, match="the output itself"):
        Concepts(HIGH, layer="2").explain(population(KNOWS))
    with pytest.raises(NotApplicable, match="no hidden layer"):
        Concepts(HIGH).explain(population(nn.Sequential(nn.Linear(3, 2))))
    with pytest.raises(NotApplicable, match="no chain of layers"):
        Concepts(HIGH).explain(population(nn.Linear(3, 2)))
    asked = population(KNOWS, y=X[:, 0], classes=())
    data = replace(asked.data, target="y")
    with pytest.raises(NotApplicable, match="no classes"):
        Concepts({"x": {"classes": [1]}}).explain(replace(asked, data=data))


def test_equal_scores_do_not_differ():
    assert different(np.ones(5), np.ones(5)) == 1
    assert different(np.ones(20), np.zeros(20)) < 1e-6


@pytest.mark.parametrize(
    "wrong",
    [
        {"rounds": 2},
        {"most": 5},
        {"sample": 10},
        {"least": 2},
        {"alpha": 0},
        {"concepts": {"x": "a > 1"}},
        {"concepts": {"x": {"code": "1"}}},
        {"concepts": {"x": {"column": "a"}}},
        {"concepts": {"x": {"above": 1}}},
        {"concepts": {"x": {"column": "a", "above": "1"}}},
        {"concepts": {"x": {"classes": "3"}}},
    ],
)
def test_bad_parameters(wrong):
    with pytest.raises(ValueError, match=r"must be"):
        Concepts(**wrong)
