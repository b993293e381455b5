"""Concepts: what the facts say of each concept and output."""

from __future__ import annotations

import pandas as pd

from xaiframe.facts import source
from xaiframe.kinds.answer import kind
from xaiframe.kinds.concepts import Concepts


def answer() -> Concepts:
    one = {
        "concept": "large", "condition": "area above 800", "output": "malignant", "rows": 40,
        "accuracy": 0.9, "score": 0.95, "low": 0.9, "high": 1.0, "random": 0.5,
        "random_low": 0.0, "random_high": 1.0, "p": 0.001, "explained": 20, "stands": True,
    }  # fmt: skip
    other = one | {"output": "benign", "score": 0.05, "low": 0.0, "high": 0.1}
    scores = pd.DataFrame(
        {"concept": ["large", ""], "output": "malignant", "round": 0, "score": [0.95, 0.5]}
    )
    return Concepts(
        concepts=pd.DataFrame([one, other]), scores=scores, layer="linear2", n=50, evaluations=70
    )


def test_facts_per_concept_and_output():
    outcome = answer().outcome(source())
    told = {(f.name, f.labels.get("output", "")): f for f in outcome.facts}
    assert told["layer", ""].value == "linear2"
    assert (told["accuracy", ""].value, told["accuracy", ""].n) == (0.9, 40)
    fact = told["sensitivity", "malignant"]
    assert (fact.value, fact.n, fact.interval) == (0.95, 20, (0.9, 1.0))
    assert told["stands", "benign"].value is True
    assert told["p", "benign"].value == 0.001
    assert sum(f.name == "accuracy" for f in outcome.facts) == 1


def test_tables_bear_the_names_that_the_report_draws():
    assert kind("concepts") is Concepts
    assert set(answer().outcome(source()).tables) == {"concepts", "scores"}
