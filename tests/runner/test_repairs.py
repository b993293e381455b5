"""The chain of repairs: what the fit learns from, lazily made, and what only it sees."""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.data.table import Table
from xaiframe.data.text import Text
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact
from xaiframe.model.mlp import MLP
from xaiframe.model.text_cnn import TextCNN
from xaiframe.recipe import Fit
from xaiframe.repair.class_balance import ClassBalance
from xaiframe.repair.repaired import Repaired, weighted
from xaiframe.runner.fit import fit, restore
from xaiframe.runner.learner import Learner
from xaiframe.runner.repairs import Repairs, read
from xaiframe.runner.trainer import Runner

CACHED = Outcome([Fact("digest", "0")])


@pytest.fixture(scope="module")
def table():
    return Table("builtin:breast_cancer", "diagnosis")


@dataclass
class Halve:
    """Keeps the first half of the rows it gets, and counts how often it was asked."""

    asked: int = 0

    def __call__(self, train):
        self.asked += 1
        return Repaired(train.take(np.arange(len(train) // 2)))


def test_each_repair_works_on_what_the_one_before_left(table):
    chain, one, other = Repairs(table), Halve(), Halve()
    n = len(table.data.train)
    for number, step in enumerate((one, other)):
        outcome = chain.outcome(step)
        chain.keep(step, outcome)
        found = {fact.name: fact.value for fact in outcome.facts}
        assert found["rows_before"] == n // 2**number
        assert found["dropped_rows"] == n // 2**number - n // 2 ** (number + 1)
    assert len(chain.lesson()[0].data.train) == n // 4
    assert (one.asked, other.asked) == (1, 1)


def test_a_repair_from_the_cache_is_only_made_when_a_fit_asks(table):
    chain, step = Repairs(table), Halve()
    chain.keep(step, CACHED)  # its outcome came from the cache
    assert step.asked == 0
    assert len(chain.lesson()[0].data.train) == len(table.data.train) // 2
    assert step.asked == 1


def test_a_repair_that_raises_leaves_the_rows_as_they_were(table):
    def refuse(train):
        raise NotApplicable("not here")

    chain = Repairs(table)
    with pytest.raises(NotApplicable):
        chain.outcome(refuse)
    assert chain.lesson()[0] is table


def test_validation_test_and_features_are_those_of_the_data(table):
    chain = Repairs(table)
    chain.keep(Halve(), CACHED)
    data = chain.lesson()[0].data
    assert data.validation is table.data.validation
    assert data.test is table.data.test
    assert data.features == table.data.features


def test_a_missing_table_is_a_reason_and_no_crash():
    stored = {"purity.suspects": pd.DataFrame({"id": [1]})}
    assert read(("purity.suspects",), stored)["purity.suspects"].equals(stored["purity.suspects"])
    with pytest.raises(NotApplicable, match=r"precaution\.bias gave no table cells"):
        read(("bias.cells",), stored)


def loss(data, **config):
    return Learner(MLP(hidden=(), dropout=0.0).build(data), Fit(**config), data)


@pytest.mark.parametrize("smoothing", [0.0, 0.2])
@pytest.mark.parametrize("classes", ["none", "balanced"])
def test_a_row_of_weight_two_counts_as_two_rows(table, smoothing, classes):
    learner = loss(table.data, label_smoothing=smoothing, class_weight=classes)
    outputs, y = torch.randn(6, 2), torch.tensor([0, 1, 1, 0, 1, 0])
    whole = learner._loss(outputs, y, True)
    ones = learner._loss(outputs, y, True, torch.ones(6))
    assert float(ones) == pytest.approx(float(whole), rel=1e-5)
    double = torch.tensor([2.0, 0.0, 1.0, 1.0, 2.0, 0.0])
    twice = learner._loss(outputs[[0, 0, 2, 3, 4, 4]], y[[0, 0, 2, 3, 4, 4]], True)
    rows = learner.class_weight[y].sum() if classes == "balanced" else 6
    again = (
        learner.class_weight[y[[0, 0, 2, 3, 4, 4]]].sum()
        if classes == "balanced"
        else torch.tensor(6)
    )
    found = learner._loss(outputs, y, True, double)
    assert float(found * rows) == pytest.approx(float(twice * again), rel=1e-5)


def test_a_fit_on_weights_is_the_fit_on_the_rows_they_leave(table, tmp_path):
    """Rows of weight zero change nothing: their labels may as well be wrong."""
    data = table.data
    wrong = np.arange(len(data.train)) % 3 == 0
    y = np.where(wrong, 1 - data.train.y, data.train.y)
    train = weighted(replace(data.train, y=y), ~wrong)
    runs = []
    for labels in (y, data.train.y):
        chain = Repairs(table)
        chain.keep(lambda _, labels=labels: Repaired(replace(train, y=labels)), CACHED)
        module, conduct = chain.lesson()
        fitted = fit(MLP(hidden=(), dropout=0.0), module, Fit(epochs=3), Runner(), tmp_path, 0,
                     conduct)  # fmt: skip
        runs.append(fitted.model.raw(data.test.x))
    np.testing.assert_array_equal(*runs)


def test_balanced_classes_are_not_balanced_twice(table):
    data = table.data
    made = ClassBalance()(data.train, data, {}, 0).train
    twice = loss(replace(data, train=made), class_weight="balanced")
    torch.testing.assert_close(twice.class_weight, torch.ones(2), rtol=1e-4, atol=1e-4)


def test_weights_learnt_on_repaired_rows_fit_the_network_of_the_data_as_read(tmp_path):
    """The words of a message are counted before rows are dropped or copied."""
    rows = [f"{'ab'[k % 2]},{'win money' if k % 2 else 'see you'} at {k % 11}" for k in range(60)]
    (tmp_path / "m.csv").write_text("\n".join(["label,message", *rows]))
    messages = Text(str(tmp_path / "m.csv"), "message", "label")
    chain = Repairs(messages)
    chain.keep(lambda train: Repaired(train.take(np.arange(12))), CACHED)
    module, conduct = chain.lesson()
    network, data = TextCNN(dropout=0.0), messages.data
    fitted = fit(network, module, Fit(epochs=1), Runner(), tmp_path, 0, conduct, data)
    again = restore(network, fitted.files, data)
    np.testing.assert_array_equal(again.raw(data.test.x), fitted.model.raw(data.test.x))
