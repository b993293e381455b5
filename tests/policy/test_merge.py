"""What merging accepts as tighter never turns a verdict for the better."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xaiframe.facts import Fact, Facts
from xaiframe.policy.judge import judge
from xaiframe.policy.load import load_policy

PARENT = """
rules:
  gap:
    fact: precaution.fit_gap.relative_loss
    warn: {above: 0.3}
    fail: {above: 0.6, and: {fact: data.load.rows, above: 50}, whole_interval: true}
  worth:
    fact: precaution.fit_gap.gain_over_dummy
    fail: {below: 0.3}
    only_if: {fact: data.load.rows, above: 40}
  said:
    fact: evaluation.knowledge.statement
    labels: {effect: rises}
    warn: {equals: contradicted}
"""
TIGHTER = [
    "gap: {warn: {above: 0.2}}",
    "gap: {fail: {above: 0.5}}",
    "gap: {fail: {and: null}}",
    "gap: {fail: {and: {fact: data.load.rows, above: 20}}}",
    "gap: {fail: {whole_interval: false}}",
    "worth: {fail: {below: 0.5}}",
    "worth: {warn: {below: 0.9}}",
    "worth: {only_if: {fact: data.load.rows, above: 10}}",
    "worth: {only_if: null}",
    "worth: {absent: fail}",
    "said: {labels: {}}",
    "said: {warn: {equals: [contradicted, undecided]}}",
    "said: {fail: {equals: contradicted}}",
]
RANK = ("pass", "warn", "fail")
shares = st.none() | st.floats(0, 1)


@st.composite
def measured(draw: st.DrawFn) -> Facts:
    """Facts of some run: any of them may be missing or without a value."""
    facts = [
        Fact("data.load.rows", draw(st.integers(0, 100))),
        Fact("precaution.fit_gap.gain_over_dummy", draw(shares)),
    ]
    value = draw(shares)
    interval = None if value is None else (value - draw(st.floats(0, 0.3)), value + 0.1)
    facts.append(Fact("precaution.fit_gap.relative_loss", value, interval=interval))
    for effect in ("rises", "falls"):
        said = draw(st.sampled_from(["held", "contradicted", "undecided"]))
        facts.append(Fact("evaluation.knowledge.statement", said, labels={"effect": effect}))
    return Facts(fact for fact in facts if draw(st.booleans()))


@pytest.mark.parametrize("rules", TIGHTER)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(facts=measured())
def test_a_tighter_policy_never_judges_more_kindly(
    tmp_path: Path, rules: str, facts: Facts
) -> None:
    (tmp_path / "parent.yaml").write_text(PARENT, encoding="utf-8")
    text = f"extends: parent\nrules:\n  {rules}\n"
    (tmp_path / "child.yaml").write_text(text, encoding="utf-8")
    parent, child = (
        judge(facts, load_policy(name, [tmp_path]), date(2026, 1, 1))[1].status
        for name in ("parent", "child")
    )
    assert RANK.index(child) >= RANK.index(parent)
