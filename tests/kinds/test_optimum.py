"""Optima: what the facts say of each output."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaiframe.facts import source
from xaiframe.kinds.answer import kind
from xaiframe.kinds.optimum import Optimum


def answer(features: pd.DataFrame) -> Optimum:
    table = pd.DataFrame(
        {"output": ["a", "b"], "score": [3.0, 4.0], "start": 0.0, "largest": [2.0, 5.0],
         "answer": ["a", "b"], "apart": [1.0, 0.5], "usual": 0.25}
    )  # fmt: skip
    x = np.ones((2, 3), dtype=np.float32)
    return Optimum(optimum=table, features=features, x=x, best=0 * x, start=x[0], n=9,
                   evaluations=7)  # fmt: skip


def test_facts_per_output():
    outcome = answer(pd.DataFrame()).outcome(source())
    told = {(fact.name, fact.labels["output"]): (fact.value, fact.n) for fact in outcome.facts}
    assert told["score", "a"] == (3.0, None)
    assert told["largest", "b"] == (5.0, 9)
    assert told["apart", "b"] == (0.5, None)
    assert told["usual", "a"] == (0.25, None)


def test_tables_and_arrays_bear_the_names_that_the_report_draws():
    assert kind("optimum") is Optimum
    outcome = answer(pd.DataFrame()).outcome(source())
    assert set(outcome.tables) == {"optimum"}
    assert set(outcome.arrays["inputs"]) == {"x", "best", "start"}
    features = pd.DataFrame({"output": ["a"], "feature": "f", "value": 1.0, "sd": 0.5, "edge": ""})
    assert set(answer(features).outcome(source()).tables) == {"optimum", "features"}
