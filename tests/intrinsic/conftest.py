"""Populations whose audited model is a formula and whose targets are the truth."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.data.table import Table
from xaiframe.data.text import Text
from xaiframe.model.face import BlackBox
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Population, Scorer


@pytest.fixture
def population_of():
    """``population_of(data, answer)``: ``answer`` maps rows to logits or values."""

    def made(data, answer, gives="logit", limit=8192):
        model = BlackBox(answer, data.task, data.classes, gives=gives)
        scorer = Scorer(model, Reference(data.train.x[:1], np.ones(1), "logit", None), limit)
        targets = np.zeros(len(data.test), dtype=int)
        return Population(model, scorer, data, data.test, targets, 0)

    return made


@pytest.fixture
def numbers():
    """``numbers(x, y, classes)``: a table of numbers in three parts, half of it to learn from."""

    def made(x, y, classes=()):
        x = np.asarray(x, dtype=np.float32)
        y = np.asarray(y, dtype=np.int64 if classes else np.float32)
        half, rest = len(x) // 2, len(x) * 3 // 4
        parts = [
            Split(ids, x[ids], y[ids], pd.DataFrame(x[ids]))
            for ids in np.split(np.arange(len(x)), [half, rest])
        ]
        task = "classification" if classes else "regression"
        names = tuple(f"f{at}" for at in range(x.shape[1]))
        return Data("table", task, *parts, names, np.arange(x.shape[1]), tuple(classes))

    return made


@pytest.fixture
def levels(tmp_path):
    """A table with a category and gaps; the label follows both."""
    random = np.random.default_rng(3)
    n = 400
    colour, size = random.choice(["red", "green", "blue"], n), random.normal(size=n)
    score = 2.0 * (colour == "red") + size - 0.7 + random.logistic(size=n)
    size[random.random(n) < 0.1] = np.nan
    frame = pd.DataFrame({"colour": colour, "size": size, "label": np.where(score > 0, "a", "b")})
    frame.to_csv(tmp_path / "t.csv", index=False)
    return Table(str(tmp_path / "t.csv"), "label").data


@pytest.fixture
def messages(tmp_path):
    """Messages that are spam where they hold ``money``."""
    random = np.random.default_rng(3)
    rows = [" ".join(random.choice(["win", "money", "home", "now"], 3)) for _ in range(200)]
    labels = ["spam" if "money" in one else "ham" for one in rows]
    frame = pd.DataFrame({"message": rows, "label": labels})
    frame.to_csv(tmp_path / "m.csv", index=False)
    return Text(str(tmp_path / "m.csv"), "message", "label").data
