"""The facts of rules, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import source
from xaiframe.kinds.rules import ALIKE, EMPTY, OTHER, REACHED, REFUTED, SHORT, Rules, Sheet


def numbers(precision=0.98, **other):
    return {
        "score": 1.0, "precision": precision, "low": precision - 0.02, "high": precision + 0.01,
        "draws": 1000, "searched": 1.0, "evaluations": 3000, "coverage": 0.3, "rows": 3.0,
        "alike": 1.0, **other,
    }  # fmt: skip


MET = np.array(
    [
        [ALIKE, ALIKE, ALIKE, OTHER, 0, 0, 0, 0, 0, 0],
        [0, 0, ALIKE, ALIKE, ALIKE, 0, 0, 0, 0, 0],
        [ALIKE, ALIKE, 0, 0, 0, 0, 0, 0, 0, 0],
        [ALIKE] * 10,
        [OTHER] * 10,
        [OTHER] * 10,
    ],
    dtype=np.int8,
)


def answer(modality="table"):
    sheet = Sheet()
    sheet.add(7, REACHED, "yes", [("age", ">", 52.0, ""), ("sex", "=", 1.0, "")], **numbers())
    sheet.add(8, REACHED, "no", [("age", "≤", 30.0, "")], **numbers(0.96, coverage=0.1))
    sheet.add(9, REACHED, "yes", [("pay", ">", 1.0, "")], **numbers(1.0, alike=0.5))
    sheet.add(10, EMPTY, "yes", [], **numbers(coverage=1.0))
    sheet.add(11, SHORT, "no", [("pay", "≤", 0.5, "")], **numbers(0.8))
    sheet.add(12, REFUTED, "no", [("pay", "≤", 0.7, "")], **numbers(alike=0.2))
    rules, conditions = sheet.frames()
    return Rules(
        n=6, evaluations=18000, rules=rules, conditions=conditions, met=MET, required=0.95,
        confidence=0.95, tolerance=0.0, modality=modality,
    )  # fmt: skip


def told(found):
    return {
        (fact.name, *fact.labels.values()): (fact.value, fact.n)
        for fact in found.outcome(source()).facts
    }


def test_only_rules_that_reached_their_precision_count():
    facts = told(answer())
    assert facts["required",][0] == facts["confidence",][0] == 0.95
    assert facts["reached",] == (0.5, 6)
    assert facts["refuted",] == facts["empty",] == (pytest.approx(1 / 6), 6)
    assert facts["precision",] == (pytest.approx((0.98 + 0.96 + 1) / 3), 3)
    assert facts["conditions",] == (pytest.approx(4 / 3), 3)
    assert facts["coverage",] == (pytest.approx(0.7 / 3), 3)
    assert facts["alike",] == (pytest.approx(2.5 / 3), 3)
    assert facts["uses", "age"] == (pytest.approx(2 / 3), 3)
    assert facts["uses", "pay"] == (pytest.approx(1 / 3), 3)  # of 9, not of 11


def test_rules_are_put_together_by_what_each_adds():
    """The first speaks of rows 0–3, the second adds row 4, the third nothing."""
    outcome = answer().outcome(source())
    together = outcome.tables["together"]
    assert together["id"].tolist() == [7, 8]
    assert together["rows"].tolist() == [4, 3]
    assert together["added"].tolist() == [4, 1]
    assert together["covered"].tolist() == [4, 5]
    assert together["right"].tolist() == [3, 1]
    assert told(answer())["together", "2"] == (0.5, 10)


def test_of_pictures_neither_features_nor_rows_are_counted():
    outcome = answer("image").outcome(source())
    assert set(outcome.tables) == {"rules", "conditions"}
    assert not {fact.name for fact in outcome.facts} & {"uses", "together"}


def test_batches_without_a_rule_are_joined_with_others():
    sheet = Sheet()
    sheet.add(3, EMPTY, "no", [], **numbers(alike=np.nan))
    rules, conditions = sheet.frames()
    empty = Rules(
        n=1, evaluations=5, rules=rules, conditions=conditions, met=MET[:1], required=0.95,
        confidence=0.95, tolerance=0.0, modality="table",
    )  # fmt: skip
    whole = Rules.joined([Rules.unpacked(one.packed()) for one in (empty, answer())])
    assert (whole.n, whole.evaluations, len(whole.rules), whole.met.shape) == (7, 18005, 7, (7, 10))
    assert whole.conditions["limit"].dtype == float
    alone = told(empty)
    assert alone["reached",] == (0, 1)
    assert alone["precision",] == (None, 0)
    assert ("together",) not in {key[:1] for key in alone}


def test_equal_new_rows_count_once():
    one = answer()
    twice = Rules.joined([one, one])
    assert told(twice)["reached",] == (0.5, 6)
    assert twice.outcome(source()).tables["together"]["id"].tolist() == [7, 8]
    pd.testing.assert_frame_equal(twice.rules.iloc[6:].reset_index(drop=True), one.rules)
