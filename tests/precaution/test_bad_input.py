"""Every check of the data on input nobody would wish for: a fact, a reason, never a traceback."""

from __future__ import annotations

import io
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.catalogue.listing import house
from xaiframe.catalogue.reader import read
from xaiframe.composition.compose import instantiate
from xaiframe.data.order import ROW
from xaiframe.errors import NotApplicable
from xaiframe.model.face import BlackBox, WhiteBox

NODES = {path.stem: read(path).content[path.stem] for path in house().glob("precaution/*.yaml")}
MADE = {name: instantiate(node) for name, node in NODES.items()}
CHECKS = {name: made for name, made in MADE.items() if made.phase == "data"}
FITTED = {name: made for name, made in MADE.items() if name not in CHECKS}
N = 60


class Plain(nn.Module):
    """A linear model of whatever it is given, that answers with finite numbers."""

    def __init__(self, data):
        super().__init__()
        torch.manual_seed(0)
        outputs = max(len(data.classes), 1)
        self.layer = nn.Linear(int(np.prod(data.input_shape)), outputs)

    def forward(self, x):
        finite = torch.nan_to_num(x.float(), 0.0, 1e6, -1e6).clamp(-1e6, 1e6)
        return self.layer(finite.flatten(1))


def model_of(data, white):
    """The same model, open or one that only answers."""
    net = Plain(data).eval()
    if white:
        return WhiteBox(net, data.task, data.classes, ("gradient", "layers"))

    def answer(x):
        with torch.no_grad():
            raw = net(torch.as_tensor(x))
        return (raw if data.task == "regression" else torch.softmax(raw, 1)).numpy()

    return BlackBox(answer, data.task, data.classes)


def labels(n=N):
    return np.arange(n) % 2


def normal(n=N, columns=3):
    return pd.DataFrame(np.random.default_rng(5).normal(size=(n, columns))).rename(columns=str)


def emptied(data, *names):
    return replace(data, **{name: data.splits[name].take(np.arange(0)) for name in names})


TABLES = {
    "constant columns": lambda t: t(pd.DataFrame({"a": [1.0] * N, "b": ["x"] * N}), labels()),
    "missing columns": lambda t: t(
        normal().assign(nothing=np.nan, none=pd.Series([None] * N, dtype=object)), labels()
    ),
    "only missing columns": lambda t: t(pd.DataFrame({"a": [np.nan] * N}), labels()),
    "identifiers": lambda t: t(
        pd.DataFrame({"id": range(N), "name": [f"row {k}" for k in range(N)]}), labels()
    ),
    "groups of one row": lambda t: replace(
        t(normal().assign(group=[f"g{k}" for k in range(N)]), labels()), sensitive=("group",)
    ),
    "one group of people": lambda t: replace(
        t(normal().assign(group="all"), labels()), sensitive=("group",)
    ),
    "people unknown": lambda t: replace(
        t(normal().assign(group=pd.Series([None] * N, dtype=object)), labels()),
        sensitive=("group",),
    ),
    "future dates": lambda t: t(
        normal().assign(day=pd.date_range("2090-01-01", periods=N)), labels()
    ),
    "missing dates": lambda t: t(
        normal().assign(day=pd.Series([pd.NaT] * N, dtype="datetime64[ns]")), labels()
    ),
    "numbered columns": lambda t: t(normal().rename(columns=int), labels()),
    "infinite": lambda t: t(normal().assign(a=np.inf), labels()),
    "huge": lambda t: t(normal() * 1e30, labels()),
    "one class in training": lambda t: t(normal(), np.arange(N) >= N * 6 // 10),
    "one class": lambda t: t(normal(), np.zeros(N, int)),
    "class of one row": lambda t: t(normal(), (np.arange(N) == 3).astype(int)),
    "class per row": lambda t: t(normal(), np.arange(N)),
    "equal rows": lambda t: t(normal(1).iloc[[0] * N].reset_index(drop=True), labels()),
    "no validation": lambda t: emptied(t(normal(), labels()), "validation"),
    "no test": lambda t: emptied(t(normal(), labels()), "test"),
    "training only": lambda t: emptied(t(normal(), labels()), "validation", "test"),
    "two rows": lambda t: t(normal(2), labels(2)),
    "four rows": lambda t: t(normal(4), labels(4)),
    "constant target": lambda t: t(normal(), np.full(N, 3.0), "regression"),
    "two rows, a number": lambda t: t(normal(2), np.arange(2.0), "regression"),
    "one odd target": lambda t: t(normal(), np.r_[np.zeros(N - 1), 1e9], "regression"),
    "no test, a number": lambda t: emptied(t(normal(), np.arange(N) / 7, "regression"), "test"),
}  # fmt: skip

PICTURES = {
    "one colour": lambda p: p(np.full((N, 1, 4, 4), 7.0), labels()),
    "each its own colour": lambda p: p(np.arange(N).reshape(N, 1, 1, 1) * np.ones((1, 1, 4, 4)),
                                       labels()),
    "two pictures": lambda p: p(np.random.default_rng(0).random((2, 1, 4, 4)), labels(2)),
    "one class in training": lambda p: p(np.random.default_rng(0).random((N, 1, 4, 4)),
                                         (np.arange(N) >= N * 6 // 10).astype(int)),
    "no test": lambda p: emptied(p(np.random.default_rng(0).random((N, 1, 4, 4)), labels()),
                                 "test"),
}  # fmt: skip

MESSAGES = {
    "empty": lambda m: m(["" if k % 3 else "word" for k in range(N)], labels()),
    "white space": lambda m: m([" \t\n" if k else "word" for k in range(N)], labels()),
    "all the same": lambda m: m(["ok"] * N, labels()),
    "signs only": lambda m: m([("!" * (k + 1), "\u200b🙂", "…")[k % 3] for k in range(N)],
                              labels()),
    "very long": lambda m: m([("a" * 5000, "b " * 500)[k % 2] for k in range(N)], labels()),
    "two messages": lambda m: m(["yes", "no"], labels(2)),
    "one class in training": lambda m: m([f"word{k}" for k in range(N)],
                                         (np.arange(N) >= N * 6 // 10).astype(int)),
    "no test": lambda m: emptied(m([f"word{k % 5} {k}" for k in range(N)], labels()), "test"),
}  # fmt: skip

SERIES = {
    "constant": lambda s: s(np.full((N, 1, 30), 2.0), labels()),
    "shorter than a season": lambda s: s(np.random.default_rng(0).normal(size=(N, 1, 3)), labels()),
    "two samples": lambda s: s(np.random.default_rng(0).normal(size=(N, 2, 2)), labels()),
    "two series": lambda s: s(np.random.default_rng(0).normal(size=(2, 1, 40)), labels(2)),
    "one jump": lambda s: s(np.repeat(np.eye(1, 40, 20), N, axis=0)[:, None], labels()),
    "one class in training": lambda s: s(np.random.default_rng(0).normal(size=(N, 1, 24)),
                                         (np.arange(N) >= N * 6 // 10).astype(int)),
    "no test": lambda s: emptied(s(np.random.default_rng(0).normal(size=(N, 1, 24)), labels()),
                                 "test"),
}  # fmt: skip

KINDS = {"table": TABLES, "pictures": PICTURES, "messages": MESSAGES, "series": SERIES}
CASES = [
    (name, fixture, case, build)
    for fixture, cases in KINDS.items()
    for case, build in cases.items()
    for name in CHECKS
]  # fmt: skip


def assert_sound(outcome):
    """Every fact has a finite value or a written reason; every table can be stored."""
    for fact in outcome.facts:
        assert fact.value is not None or fact.reason, fact
        assert not fact.reason.startswith("the computation gave"), fact
        if isinstance(fact.value, float):
            assert math.isfinite(fact.value), fact
        if fact.interval is not None:
            assert fact.interval[0] <= fact.interval[1], fact
        assert fact.n is None or fact.n >= 0
        assert all(isinstance(one, str) for pair in fact.labels.items() for one in pair), fact
    for table in outcome.tables.values():
        table.to_parquet(io.BytesIO())


@pytest.mark.parametrize(
    ("name", "fixture", "build"),
    [pytest.param(n, f, b, id=f"{n}-{f}-{c}") for n, f, c, b in CASES],
)
def test_bad_input_gives_facts_or_reasons(name, fixture, build, request):
    data = build(request.getfixturevalue(fixture))
    try:
        outcome = CHECKS[name](data, 0)
    except NotApplicable:
        return
    assert_sound(outcome)


@pytest.mark.parametrize("white", [True, False], ids=["white", "black"])
@pytest.mark.parametrize(
    ("name", "fixture", "build"),
    [
        pytest.param(name, fixture, build, id=f"{name}-{fixture}-{case}")
        for name in FITTED
        for fixture, cases in KINDS.items()
        for case, build in cases.items()
    ],
)
def test_bad_input_to_a_fitted_model_gives_facts_or_reasons(name, fixture, build, white, request):
    data = replace(build(request.getfixturevalue(fixture)), time=ROW)
    if data.task == "classification" and len(data.classes) < 2:
        pytest.skip("there is no model of one class")
    try:
        outcome = FITTED[name](data, model_of(data, white), 0)
    except NotApplicable:
        return
    assert_sound(outcome)


@pytest.mark.parametrize("name", CHECKS)
def test_everything_odd_at_once(name, table, hostile):
    try:
        outcome = CHECKS[name](table(hostile, labels(len(hostile))), 0)
    except NotApplicable:
        return
    assert_sound(outcome)


@pytest.mark.parametrize("name", CHECKS)
def test_a_category_of_a_hundred_thousand_levels(name, table):
    n = 100_000
    frame = pd.DataFrame({"level": [f"v{k}" for k in range(n)], "number": np.arange(n) % 97.0})
    try:
        outcome = CHECKS[name](table(frame, labels(n)), 0)
    except NotApplicable:
        return
    assert_sound(outcome)
    assert sum(len(t) for t in outcome.tables.values()) < 2 * n
