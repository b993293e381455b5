"""Small data sets with known properties, for the precaution checks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.data.messages.encoding import TextEncoding
from xaiframe.data.messages.properties import properties


def _positions(n, shares=(0.6, 0.15)):
    a, b = int(n * shares[0]), int(n * (shares[0] + shares[1]))
    return {
        "train": np.arange(a),
        "validation": np.arange(a, b),
        "test": np.arange(b, n),
    }


@pytest.fixture
def table():
    """``table(frame, y)``: a table whose first 60 % of rows are train, the last 25 % test."""

    def build(frame, y, task="classification", classes=None):
        y = np.asarray(y)
        numeric = frame.apply(lambda c: pd.to_numeric(c, errors="coerce"))
        x = numeric.fillna(0.0).to_numpy(np.float32)
        splits = {
            name: Split(rows, x[rows], y[rows], frame.iloc[rows].reset_index(drop=True))
            for name, rows in _positions(len(frame)).items()
        }
        if classes is None:
            classes = () if task == "regression" else tuple(f"c{k}" for k in range(y.max() + 1))
        names = tuple(str(name) for name in frame.columns)
        return Data("table", task, **splits, features=names, feature_mask=np.arange(len(names)),
                    classes=classes)  # fmt: skip

    return build


@pytest.fixture
def pictures():
    """``pictures(x, y)``: grey pictures ``(n, 1, 4, 4)`` in four 2×2 patches."""

    def build(x, y, classes=("c0", "c1")):
        x, y = np.asarray(x, np.float32), np.asarray(y)
        flat = x.reshape(len(x), -1).astype(float)
        frame = pd.DataFrame({"brightness": flat.mean(1), "contrast": flat.std(1)})
        splits = {
            name: Split(rows, x[rows], y[rows], frame.iloc[rows].reset_index(drop=True))
            for name, rows in _positions(len(x)).items()
        }
        mask = np.kron(np.arange(4).reshape(2, 2), np.ones((2, 2), int))[None]
        return Data("image", "classification", **splits, features=("p0", "p1", "p2", "p3"),
                    feature_mask=mask, classes=classes)  # fmt: skip

    return build


@pytest.fixture
def noise():
    """``noise(n, columns, seed)``: independent normal columns a, b, … and fair binary labels."""

    def build(n=400, columns=5, seed=0):
        random = np.random.default_rng(seed)
        names = [chr(97 + k) for k in range(columns)]
        return pd.DataFrame(random.normal(size=(n, columns)), columns=names), random.integers(
            0, 2, n
        )

    return build


@pytest.fixture
def value():
    """``value(outcome, name, **labels)``: the fact of that quantity."""

    def one(outcome, name, **labels):
        found = [
            fact
            for fact in outcome.facts
            if fact.name == name and all(fact.labels.get(k) == v for k, v in labels.items())
        ]
        assert len(found) == 1, f"{len(found)} facts {name} {labels}"
        return found[0]

    return one


@pytest.fixture
def hostile():
    """A frame of everything that is odd: constant, empty, text, dates, ids, infinite, flags."""
    n = 120
    random = np.random.default_rng(3)
    return pd.DataFrame(
        {
            "constant": 1.0,
            "empty": np.nan,
            "nothing": [None] * n,
            "id": [f"row {k}" for k in range(n)],
            "rare": [0.0] * (n - 1) + [1.0],
            "infinite": np.where(np.arange(n) % 7 == 0, np.inf, random.normal(size=n)),
            "nullable": pd.array([1, None, 3] * (n // 3), dtype="Int64"),
            "date": pd.date_range("2020-01-01", periods=n, tz="UTC"),
            "flag": random.random(n) < 0.5,
            "level": pd.Categorical(random.choice(["x", "y"], n)),
            "mixed": ["1", 2, None] * (n // 3),
            "normal": random.normal(size=n),
        }
    )


@pytest.fixture
def messages():
    """``messages(texts, y)``: messages with their properties, encoded as they are read."""

    def build(texts, y, task="classification", classes=("c0", "c1"), length=12):
        encoding = TextEncoding.of(texts, length)
        x, original, y = encoding.encode(texts), np.array(texts, dtype=object), np.asarray(y)
        splits = {
            name: Split(rows, x[rows], y[rows], properties([texts[k] for k in rows]),
                        original=original[rows])
            for name, rows in _positions(len(texts)).items()
        }  # fmt: skip
        return Data("text", task, **splits, features=encoding.features,
                    feature_mask=np.arange(length), classes=classes, target="label",
                    aligned=False, encoding=encoding)  # fmt: skip

    return build


@pytest.fixture
def series():
    """``series(x, y)``: ``(n, channels, samples)`` in two segments of each channel."""

    def build(x, y, classes=("c0", "c1")):
        x, y = np.asarray(x, np.float32), np.asarray(y)
        channels, samples = x.shape[1:]
        frame = pd.DataFrame({"mean": x.mean((1, 2)), "sd": x.std((1, 2))}).astype(float)
        splits = {
            name: Split(rows, x[rows], y[rows], frame.iloc[rows].reset_index(drop=True))
            for name, rows in _positions(len(x)).items()
        }
        half = np.arange(samples) // -(-samples // 2)
        mask = np.arange(channels)[:, None] * 2 + half
        names = tuple(f"segment {k}" for k in range(2 * channels))
        return Data("series", "classification", **splits, features=names, feature_mask=mask,
                    classes=classes)  # fmt: skip

    return build
