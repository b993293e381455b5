"""Data sets of every modality, small, with what the repairs are about: copies, gaps, groups."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Data, Split
from xaiframe.data.messages.encoding import TextEncoding
from xaiframe.data.messages.properties import properties
from xaiframe.data.table import Table

WORDS = ["you", "win", "a", "free", "prize", "call", "now", "see", "me", "at", "home", "later"]


@pytest.fixture
def table(tmp_path):
    """``table(frame, y)``: read from a file; the first 60 % of rows train, the last 25 % test."""

    def build(frame, y, task="classification", **options):
        n = len(frame)
        place = np.arange(n) / n
        part = np.where(place < 0.6, "train", np.where(place < 0.75, "validation", "test"))
        whole = frame.assign(y=np.asarray(y), part=part)
        if task == "classification":
            whole["y"] = "c" + whole["y"].astype(str)
        whole.to_csv(tmp_path / "rows.csv", index=False)
        given = {"split": "given", "split_column": "part", "task": task, **options}
        return Table(str(tmp_path / "rows.csv"), "y", **given).data

    return build


@pytest.fixture
def pictures():
    """``pictures(x, y)``: ``(n, channels, 6, 6)`` in four patches."""

    def build(x, y):
        x, y = np.asarray(x, np.float32), np.asarray(y)
        mask = np.kron(np.arange(4).reshape(2, 2), np.ones((3, 3), int))
        mask = np.repeat(mask[None], x.shape[1], axis=0)
        frame = pd.DataFrame({"brightness": x.reshape(len(x), -1).mean(1).astype(float)})
        return arrays("image", x, y, frame, ("p0", "p1", "p2", "p3"), mask, Identity())

    return build


@pytest.fixture
def series():
    """``series(x, y)``: ``(n, channels, samples)``, one segment per channel."""

    def build(x, y):
        x, y = np.asarray(x, np.float32), np.asarray(y)
        mask = np.repeat(np.arange(x.shape[1])[:, None], x.shape[2], axis=1)
        names = tuple(f"channel {k}" for k in range(x.shape[1]))
        frame = pd.DataFrame({"mean": x.mean((1, 2)).astype(float)})
        return arrays("series", x, y, frame, names, mask, Identity())

    return build


@pytest.fixture
def messages():
    """``messages(texts, y)``, at most 12 words each."""

    def build(texts, y):
        encoding = TextEncoding.of(texts, 12)
        frame = properties(list(texts))
        data = arrays(
            "text", encoding.encode(texts), np.asarray(y), frame, encoding.features,
            np.arange(12), encoding, np.array(texts, dtype=object),
        )  # fmt: skip
        return replace(data, aligned=False)

    return build


def arrays(modality, x, y, frame, features, mask, encoding, original=None) -> Data:
    n = len(x)
    parts = {"train": np.arange(n)[: int(0.6 * n)], "test": np.arange(n)[int(0.75 * n) :]}
    parts["validation"] = np.arange(n)[int(0.6 * n) : int(0.75 * n)]
    aside = pd.DataFrame(
        {
            "group": np.where(np.arange(n) % 3 == 0, "a", "b"),
            "when": pd.date_range("2020-01-01", periods=n).strftime("%Y-%m-%d"),
        }
    )
    whole = Split(np.arange(n), x, y, frame, aside, original)
    splits = {name: whole.take(rows) for name, rows in parts.items()}
    return Data(modality, "classification", **splits, features=features, feature_mask=mask,
                classes=("c0", "c1"), encoding=encoding)  # fmt: skip


@pytest.fixture
def every(table, pictures, series, messages):
    """Modality → 200 rows of it with two classes, sensitive groups and a few copies."""
    random = np.random.default_rng(5)
    n, y = 200, np.arange(200) % 2
    frame = pd.DataFrame(
        {
            "when": pd.date_range("2020-01-01", periods=n).strftime("%Y-%m-%d"),
            "a": random.normal(size=n).round(3),
            "b": random.normal(size=n).round(3),
            "c": random.integers(0, 9, n).astype(float),
            "level": random.choice(["u", "v", "w"], n),
            "group": np.where(np.arange(n) % 3 == 0, "a", "b"),
        }
    )
    late = slice(150, n)  # test rows differ from training rows
    frame.loc[late, "a"] += 2
    frame["d"] = frame["a"] + 0.01 * random.normal(size=n).round(3)
    frame.loc[::9, "b"] = np.nan
    frame.iloc[8] = frame.iloc[2]
    lengths = np.where(np.arange(n) < 150, random.integers(3, 9, n), random.integers(7, 13, n))
    texts = [" ".join(random.choice(WORDS, one)) for one in lengths]
    texts[8] = texts[2]
    x = random.random((n, 1, 6, 6)).astype(np.float32)
    x[8], x[late] = x[2], 0.5 + x[late] / 2
    waves = random.normal(size=(n, 2, 20)).astype(np.float32)
    waves[8], waves[late] = waves[2], waves[late] + 1
    made = {
        "table": table(frame, y, drop=["group"]),
        "image": pictures(x, y),
        "series": series(waves, y),
        "text": messages(texts, y),
    }
    return {name: replace(data, sensitive=("group",)) for name, data in made.items()}


@pytest.fixture
def value():
    """``value(repaired, name)``: the fact of that quantity."""

    def one(repaired, name):
        [found] = [fact for fact in repaired.facts if fact.name == name]
        return found.value

    return one
