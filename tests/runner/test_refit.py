"""Fitting once more without a feature: the model cannot know it, and all else stays as it was."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from xaiframe.data.module import Ready
from xaiframe.data.table import Table
from xaiframe.model.mlp import MLP
from xaiframe.probe.holding import constant, hold
from xaiframe.recipe import Explain, Fit
from xaiframe.repair.repaired import PLAIN
from xaiframe.runner.fit import fit
from xaiframe.runner.refit import Refitting, dealt, without
from xaiframe.runner.trainer import Runner


@pytest.fixture(scope="module")
def refitting() -> Refitting:
    table = Table("builtin:breast_cancer", "diagnosis")
    recipe = SimpleNamespace(fit=Fit(epochs=3), explain=Explain(max_batch=64), seed=0)
    tools = SimpleNamespace(
        recipe=recipe, module=table, data=table.data, architecture=MLP((8,), 0.0), runner=Runner()
    )
    return Refitting(tools, lambda: (table, PLAIN), {})


def test_without_nothing_it_is_the_fit_itself(refitting, tmp_path):
    tools = refitting.tools
    once = fit(tools.architecture, tools.module, tools.recipe.fit, tools.runner, tmp_path, 4)
    again, rows = refitting((), 4)
    assert again.digest == once.model.digest
    assert rows == len(once.history) * (len(tools.data.train) + len(tools.data.validation))
    assert again.max_batch == 64


def test_what_was_held_has_no_say(refitting):
    """Whatever stands in the columns, the model that is to do without them is the same."""
    data = refitting.tools.data

    def scrambled(split):
        x = split.x.copy()
        x[:, [2, 7]] = np.random.default_rng(0).permutation(x[:, [2, 7]])
        return replace(split, x=x)

    other = Ready(replace(data, train=scrambled(data.train), validation=scrambled(data.validation)))
    apart = Refitting(refitting.tools, lambda: (other, PLAIN), {})
    assert refitting((2, 7), 0)[0].digest == apart((2, 7), 0)[0].digest
    assert refitting((), 0)[0].digest != apart((), 0)[0].digest


def test_held_features_alone_are_constant(refitting):
    data = refitting.tools.data
    held = hold(data.test.x, (2, 7), data)
    assert np.ptp(held[:, [2, 7]], axis=0).max() == 0
    kept = [k for k in range(30) if k not in (2, 7)]
    np.testing.assert_array_equal(held[:, kept], data.test.x[:, kept])


def test_a_repaired_row_is_held_at_what_was_read(refitting):
    data = refitting.tools.data
    moved = replace(data, train=replace(data.train, x=data.train.x + 100))
    seen = without(moved, (0,), data)
    assert (seen.train.x[:, 0] == constant(data)[0]).all()
    assert (seen.validation.x[:, 0] == constant(data)[0]).all()
    np.testing.assert_array_equal(seen.train.x[:, 1:], moved.train.x[:, 1:])
    np.testing.assert_array_equal(seen.test.x, data.test.x)


@pytest.mark.parametrize("shuffled", ["labels", "inputs"])
def test_rows_are_dealt_out_anew_and_nothing_is_lost(shuffled):
    data = Table("builtin:breast_cancer", "diagnosis").data
    made = dealt(data, shuffled, 3)
    for name in ("train", "validation"):
        before, after = data.splits[name], made.splits[name]
        kept, moved = ("x", "y") if shuffled == "labels" else ("y", "x")
        np.testing.assert_array_equal(getattr(after, kept), getattr(before, kept))
        assert not np.array_equal(getattr(after, moved), getattr(before, moved))
        np.testing.assert_array_equal(
            np.sort(getattr(after, moved), axis=0), np.sort(getattr(before, moved), axis=0)
        )
    assert made.test is data.test
    if shuffled == "inputs":
        together = np.corrcoef(made.train.x[:, 0], made.train.x[:, 2])[0, 1]
        assert abs(together) < 0.3 < np.corrcoef(data.train.x[:, 0], data.train.x[:, 2])[0, 1]
