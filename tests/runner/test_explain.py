from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.table import Table
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Attribution, Method
from xaiframe.kinds.answer import Answer
from xaiframe.model.face import WhiteBox
from xaiframe.probe.reference import declare
from xaiframe.probe.score import Scorer
from xaiframe.recipe import ReferenceConfig
from xaiframe.runner.explain import Points, explain
from xaiframe.runner.trainer import Runner


class Asked:
    """A bank that only hands its batch on, and counts."""

    batches = 0

    def __init__(self, scorer, data, x, targets, ids, seed, mask=None) -> None:
        self.scorer, self.x, self.targets, self.ids, self.seed = scorer, x, targets, ids, seed
        Asked.batches += 1


@dataclass(frozen=True)
class Gradient(Method):
    """The plain gradient: only right when predict lets gradients through."""

    def explain(self, bank: Asked) -> Attribution:
        x = torch.as_tensor(bank.x).requires_grad_()
        chosen = bank.scorer.module(x)[torch.arange(len(x)), torch.as_tensor(bank.targets)]
        [gradient] = torch.autograd.grad(chosen.sum(), x)
        return Attribution(gradient.numpy(), "element", evaluations=len(x))


@dataclass(frozen=True)
class FailsAt(Method):
    """Raises once it meets a given id."""

    id: int

    def explain(self, bank: Asked) -> Attribution:
        if self.id in bank.ids:
            raise NotApplicable("not here")
        return Attribution(np.ones((len(bank.ids), 2)), "feature", evaluations=1)


@pytest.fixture(scope="module")
def work():
    data = Table("builtin:breast_cancer", "diagnosis").data
    torch.manual_seed(0)
    model = WhiteBox(nn.Sequential(nn.Linear(30, 2)), "classification", data.classes, ("gradient",))
    scorer = Scorer(model, declare(ReferenceConfig(), data, 0))
    points = Points(data.test.ids[:10], data.test.x[:10], np.arange(10) % 2)
    return data, scorer, points


def run(work, methods, folder, batch=4, progress=lambda done, total: None):
    data, scorer, points = work
    folders = {name: folder / name for name in methods}
    return explain(methods, Asked, scorer, data, points, batch, 0, Runner(), folders, progress)


def test_gradients_flow_inside_predict_and_carry_their_ids(work, tmp_path):
    _, scorer, points = work
    stored, failures = run(work, {"gradient": Gradient()}, tmp_path)
    weight = scorer.module[0].weight.numpy()
    odds = scorer.module[1].weight.numpy() @ weight
    assert not failures
    np.testing.assert_array_equal(stored["gradient"]["ids"], points.ids)
    np.testing.assert_allclose(stored["gradient"]["values"], odds[points.targets], rtol=1e-5)
    assert int(stored["gradient"]["evaluations"]) == 10


def test_batches_already_on_disk_are_not_asked_again(work, tmp_path):
    first, _ = run(work, {"gradient": Gradient()}, tmp_path)
    (tmp_path / "gradient" / "batch-000001.npz").unlink()
    Asked.batches = 0
    again, _ = run(work, {"gradient": Gradient()}, tmp_path)
    assert Asked.batches == 1
    np.testing.assert_array_equal(again["gradient"]["values"], first["gradient"]["values"])


def test_a_method_that_raises_stops_alone(work, tmp_path):
    _, _, points = work
    methods = {"bad": FailsAt(int(points.ids[5])), "gradient": Gradient()}
    stored, failures = run(work, methods, tmp_path)
    assert list(stored) == ["gradient"]
    assert str(failures["bad"]) == "not here"
    assert len(stored["gradient"]["values"]) == 10


def test_progress_counts_batches(work, tmp_path):
    heard = []
    run(work, {"gradient": Gradient()}, tmp_path, 4, lambda *call: heard.append(call))
    assert heard == [(1, 3), (2, 3), (3, 3)]


def bounded(work, methods, folder, instances=None, until=math.inf):
    data, scorer, points = work
    folders = {name: folder / name for name in methods}
    return explain(
        methods, Asked, scorer, data, points, 4, 0, Runner(), folders, lambda done, total: None,
        instances, until,
    )[0]  # fmt: skip


def test_a_method_may_be_asked_of_the_first_instances_alone(work, tmp_path):
    _, _, points = work
    methods = {"few": Gradient(), "all": Gradient()}
    stored = bounded(work, methods, tmp_path, {"few": 4})
    np.testing.assert_array_equal(stored["few"]["ids"], points.ids[:4])
    np.testing.assert_array_equal(stored["few"]["values"], stored["all"]["values"][:4])
    assert len(stored["all"]["ids"]) == 10
    Asked.batches = 0
    more = bounded(work, methods, tmp_path)
    assert Asked.batches == 2
    np.testing.assert_array_equal(more["few"]["values"], more["all"]["values"])
    again = bounded(work, methods, tmp_path, {"few": 4})
    assert len(again["few"]["ids"]) == 4


class Clock:
    """Stands still but for what :class:`Takes` does."""

    now = 0.0

    def time(self) -> float:
        return self.now

    perf_counter = time


@dataclass(frozen=True)
class Takes(Method):
    """Takes four seconds a batch."""

    clock: Clock

    def explain(self, bank: Asked) -> Attribution:
        self.clock.now += 4.0
        return Attribution(np.ones((len(bank.ids), 2)), "feature", evaluations=1)


def test_no_batch_is_begun_that_would_end_too_late(work, tmp_path, monkeypatch):
    clock = Clock()
    monkeypatch.setattr("xaiframe.runner.explain.time", clock)
    slow = {"slow": Takes(clock)}
    assert bounded(work, slow, tmp_path, until=0.0) == {}
    assert len(bounded(work, slow, tmp_path, until=10.0)["slow"]["ids"]) == 8
    assert clock.now == 8.0
    # what is on disk is no question of time
    assert len(bounded(work, slow, tmp_path, until=0.0)["slow"]["ids"]) == 8
    assert len(bounded(work, slow, tmp_path)["slow"]["ids"]) == 10


@dataclass(frozen=True)
class SaysRules(Method):
    """A local method whose answers are no attributions."""

    kind = "answer"

    def explain(self, bank: Asked) -> Spoken:
        table = pd.DataFrame({"id": bank.ids, "told": [f"row {one}" for one in bank.ids]})
        return Spoken(n=len(bank.ids), evaluations=2, table=table)


@dataclass(kw_only=True)
class Spoken(Answer):
    """A sentence per instance."""

    table: pd.DataFrame


def test_answers_of_another_kind_are_joined_over_batches(work, tmp_path, monkeypatch):
    monkeypatch.setattr("xaiframe.runner.explain.kind", {"answer": Spoken}.get)
    data, scorer, points = work
    stored, failures = explain(
        {"s": SaysRules()}, Asked, scorer, data, points, 4, 0, Runner(), {"s": tmp_path / "s"},
        lambda done, total: None,
    )  # fmt: skip
    assert not failures
    answer = stored["s"].answer
    assert answer.table["id"].tolist() == points.ids.tolist()
    assert (answer.n, answer.evaluations, int(stored["s"]["evaluations"])) == (10, 6, 6)
