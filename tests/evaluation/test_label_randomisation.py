"""A method that shows the input whatever was learnt is found by labels dealt out anew."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pytest
from torch import nn

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.label_randomisation import LabelRandomisation
from xaiframe.model.face import WhiteBox

WEIGHTS = np.array([[2.0, -1.0, 0.5, 3.0, 0.2, -0.7]])


@pytest.fixture
def asked():
    return []


@pytest.fixture
def scene(table, linear, gather, explained, asked):
    data = table(6)
    rules = {
        "reads": lambda model, x: model.module[0].weight.detach().numpy()[0] * x,
        "blind": lambda model, x: x,
    }

    class Refit:
        decides: ClassVar = {}

        def __call__(self, features, seed, shuffled=""):
            asked.append((tuple(features), shuffled))
            other = np.random.default_rng(seed).normal(size=(1, 6))
            module = linear(other.tolist())
            return WhiteBox(nn.Sequential(*module), data.task, data.classes, ("gradient",)), 0

    def make(refit=True):
        def reexplain(model, rows, methods):
            return {name: rules[name](model, rows.x) for name in methods}

        bare = gather(data, linear(WEIGHTS.tolist()))
        local = [explained(n, "gradient", rule(bare.model, bare.x)) for n, rule in rules.items()]
        more = {"refit": Refit()} if refit else {}
        return gather(data, linear(WEIGHTS.tolist()), local, reexplain=reexplain, **more)

    return make


def test_what_ignores_the_model_stays_and_what_reads_it_goes(scene, asked, value_of):
    outcome = LabelRandomisation(draws=4)(scene())
    assert asked == [((), "labels")] * 4
    assert value_of(outcome, "similarity", method="blind").value == pytest.approx(1)
    assert value_of(outcome, "above_control", method="blind").interval[0] > 0
    assert value_of(outcome, "similarity", method="reads").value < 0.7
    assert value_of(outcome, "fits").value == 4


def test_refusals(scene, table, linear, gather):
    with pytest.raises(NotApplicable, match="trained here"):
        LabelRandomisation()(scene(refit=False))
    with pytest.raises(NotApplicable, match="no local attribution"):
        LabelRandomisation()(gather(table(2), linear([[1.0, 2.0]])))
    with pytest.raises(ValueError, match="draws must be at least 1"):
        LabelRandomisation(draws=0)
