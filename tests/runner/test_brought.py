"""What is written down of a model that comes trained, and of data that came damaged."""

from dataclasses import replace

import numpy as np
import pytest
from torch import nn

from xaiframe.data.table import Table
from xaiframe.errors import Problem
from xaiframe.facts import Fact, Facts
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.runner.brought import brought_outcome
from xaiframe.runner.loading import loading_outcome


@pytest.fixture(scope="module")
def data():
    return Table("builtin:breast_cancer", "diagnosis").data


def facts(outcome) -> Facts:
    return Facts(outcome.facts)


def test_a_model_that_changes_its_answer_is_measured(data):
    drift = iter([0.0, 0.25])

    def answer(x):
        p = np.full(len(x), 0.5) + next(drift)
        return np.stack([1 - p, p], axis=1)

    model = BlackBox(answer, "classification", data.classes)
    found = facts(brought_outcome(model, data))
    assert found.value("repeat_difference") == pytest.approx(0.25)
    assert found.value("provides") == "answers only"


def test_a_network_repeats_itself_and_counts_its_parameters(data):
    model = WhiteBox(nn.Sequential(nn.Linear(30, 2)), "classification", data.classes, ("gradient",))
    model.notices = ("one thing",)
    found = facts(brought_outcome(model, data))
    assert found.value("repeat_difference") == 0
    assert found.value("parameters") == 62
    assert found.value("notice", number="1") == "one thing"


def test_damage_is_counted_and_listed(data):
    damaged = replace(
        data,
        damage=(Problem("a.png", "it is cut short", "a whole picture"),) * 31,
        notes=(Fact("padded", 3, "series"),),
    )
    outcome = loading_outcome(damaged)
    assert facts(outcome).value("damaged_share") == pytest.approx(31 / 600)
    assert facts(outcome).value("padded") == 3
    assert outcome.tables["damage"].shape == (31, 3)
    assert loading_outcome(data).tables == {}
