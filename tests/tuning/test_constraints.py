"""Constraints: the worst of several values counts, breaches in words, bad bounds refused."""

from __future__ import annotations

from typing import Any

import pytest

from xaiframe.facts import Fact, Facts
from xaiframe.tuning.constraints import Constraint, constraints_of

GAP = "evaluation.fairness.demographic_parity_difference"


def test_the_worst_group_counts() -> None:
    facts = Facts(Fact(GAP, gap, labels={"column": f"c{gap}"}) for gap in (0.05, 0.2, 0.1, None))
    (limit,) = constraints_of({GAP: {"at_most": 0.1}})
    assert limit.measured(facts) == 0.2
    assert limit.excess(0.2) == pytest.approx(0.1)
    assert limit.breach(0.2) == f"{GAP} is 0.2, above 0.1"
    assert Constraint(GAP, at_least=0.1).measured(facts) == 0.05


def test_both_bounds_are_kept() -> None:
    (limit,) = constraints_of({GAP: {"at_least": 1, "at_most": 2}})
    assert [limit.excess(x) for x in (0.5, 1.0, 1.5, 2.0, 3.0)] == [0.5, 0, -0.5, 0, 1]
    assert limit.breach(0.5).endswith("below 1")
    assert limit.breach(1.0) == ""


def test_what_was_not_measured_is_no_pass() -> None:
    facts = Facts([Fact(GAP, None, reason="fewer than two groups are large enough")])
    with pytest.raises(ValueError, match="not measured: fewer than two groups"):
        Constraint(GAP, at_most=0.1).measured(facts)


@pytest.mark.parametrize(
    "bounds",
    [0.1, {}, {"below": 1}, {"at_most": "x"}, {"at_most": True}, {"at_most": 1, "at_least": 2}],
)
def test_a_bound_that_is_none_is_refused(bounds: Any) -> None:
    with pytest.raises(ValueError, match=GAP):
        constraints_of({GAP: bounds})
