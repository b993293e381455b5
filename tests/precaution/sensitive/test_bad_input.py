"""Odd data end in facts with a reason, whatever their size: bias, missing and imbalance."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.precaution.bias import Bias
from xaiframe.precaution.imbalance import Imbalance
from xaiframe.precaution.missing import Missing

CHECKS = {
    "bias": Bias(draws=100, permutations=20, sample=100),
    "missing": Missing(),
    "imbalance": Imbalance(),
}


def odd(n):
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "constant": np.ones(n),
            "empty": np.full(n, np.nan),
            "nothing": [None] * n,
            "id": np.arange(n),
            "name": [f"u{k}" for k in range(n)],
            "infinite": np.where(random.random(n) < 0.3, np.inf, random.normal(size=n)),
            "future": pd.date_range("2090-01-01", periods=n),
            "no date": pd.Series([pd.NaT] * n, dtype="datetime64[ns]"),
            "flag": random.random(n) < 0.5,
            "level": pd.Categorical(random.choice(["x", "y"], n)),
            "mixed": ([1, "a", None] * n)[:n],
            "span": pd.to_timedelta(random.integers(0, 100, n), unit="D"),
            "half": np.where(np.arange(n) % 2 == 0, np.nan, random.normal(size=n)),
            "lone": ["z"] * (n - 1) + ["q"] * (n > 0),
        }
    )


def data(n, y, task):
    frame = odd(n)
    split = Split(np.arange(n), np.zeros((n, frame.shape[1]), np.float32), y, frame)
    classes = ("a", "b", "c") if task == "classification" else ()
    return Data("table", task, split, split, split, tuple(frame), np.arange(frame.shape[1]),
                classes, sensitive=tuple(frame))  # fmt: skip


TARGETS = {
    "one class": ("classification", lambda n: np.zeros(n, dtype=np.int64)),
    "classes": ("classification", lambda n: np.arange(n) % 3),
    "one number": ("regression", lambda n: np.ones(n, dtype=np.float32)),
    "numbers": ("regression", lambda n: np.linspace(0, 1, n, dtype=np.float32)),
}


@pytest.mark.parametrize("check", CHECKS)
@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("n", [0, 1, 2, 40, 150])
def test_every_fact_has_a_value_or_a_reason_and_every_table_is_stored(check, target, n):
    task, y = TARGETS[target]
    outcome = CHECKS[check](data(n, y(n), task), 0)

    for fact in outcome.facts:
        assert fact.value is not None or fact.reason, fact
        assert not fact.reason.startswith("the computation gave"), fact
    for table in outcome.tables.values():
        table.to_parquet(io.BytesIO())


@pytest.mark.parametrize("check", ["missing", "imbalance"])
def test_without_groups_the_rest_is_told_all_the_same(check):
    made = data(150, np.arange(150) % 3, "classification")
    told = CHECKS[check](replace(made, sensitive=()), 0).facts

    assert told
    assert not [fact for fact in told if "group" in fact.name]
