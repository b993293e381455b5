"""Judging: the worst label decides, doubt is no pass, waivers are counted apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xaiframe.facts import Fact, Facts, Finding, Verdict
from xaiframe.policy.judge import judge
from xaiframe.policy.load import load_policy
from xaiframe.policy.schema import Clause, Comparison, Policy, Rule
from xaiframe.policy.words import number

TODAY = date(2026, 6, 1)
RANK = ["pass", "warn", "fail"]
Judged = tuple[dict[str, Finding], Verdict]
Judge = Callable[[str, Sequence[Fact]], Judged]


@pytest.fixture
def judged(tmp_path: Path) -> Judge:
    def with_policy(text: str, facts: Sequence[Fact]) -> Judged:
        path = tmp_path / "policy.yaml"
        path.write_text(text, encoding="utf-8")
        findings, verdict = judge(Facts(facts), load_policy(str(path), []), TODAY)
        return {finding.rule: finding for finding in findings}, verdict

    return with_policy


PSI = """
rules:
  psi:
    fact: precaution.data_drift.psi
    warn: {above: 0.10, and: {above_fact: precaution.data_drift.psi_null95}}
    fail: {above: 0.25}
    source: Lewis 1994
"""


def psi(value: float | None, column: str = "age", null: float | None = 0.0) -> list[Fact]:
    labels = {"column": column}
    facts = [Fact("precaution.data_drift.psi", value, labels=labels, n=90)]
    if null is not None:
        facts.append(Fact("precaution.data_drift.psi_null95", null, labels=labels))
    return facts


@pytest.mark.parametrize(
    ("value", "null", "status"),
    [
        (0.05, 0.0, "pass"),
        (0.10, 0.0, "pass"),
        (0.20, 0.0, "warn"),
        (0.20, 0.3, "pass"),
        (0.20, None, "undecided"),
        (0.05, None, "pass"),
        (0.30, None, "fail"),
        (None, 0.0, "undecided"),
    ],
)
def test_a_clause_holds_only_with_its_conditions(
    judged: Judge, value: float | None, null: float | None, status: str
) -> None:
    assert judged(PSI, psi(value, null=null))[0]["psi"].status == status


def test_the_worst_label_decides_and_all_are_counted(judged: Judge) -> None:
    facts = psi(0.01, "a") + psi(0.4, "b") + psi(0.3, "c") + psi(0.2, "d") + psi(None, "e")
    finding = judged(PSI, facts)[0]["psi"]
    assert finding.labels == {"column": "b"}
    assert (finding.status, finding.value, finding.n, finding.judged) == ("fail", 0.4, 90, 5)
    assert finding.message == (
        "b: psi 0.40, above 0.25 (worst of 5: 2 fail, 1 warn, 1 undecided, 1 pass)"
    )
    assert (finding.source, finding.threshold) == ("Lewis 1994", "above 0.25")
    assert finding.set_by.endswith("policy.yaml:6")


def test_a_message_names_labels_and_never_hides_a_breach_by_rounding(judged: Judge) -> None:
    rule = (
        "rules: {twins: {fact: precaution.correlation.strongest, warn: {above: 0.9}, "
        "message: '{a} ~ {b}: association {value}'}}"
    )
    pair = {"a": "worst concave points", "b": "worst perimeter"}
    found, _ = judged(rule, [Fact("precaution.correlation.strongest", 0.981, labels=pair)])
    words = "worst concave points ~ worst perimeter: association"
    assert found["twins"].message == f"{words} 0.98, above 0.90"
    found, _ = judged(rule, [Fact("precaution.correlation.strongest", 0.9004, labels=pair)])
    assert found["twins"].message == f"{words} 0.9004, above 0.90"
    found, _ = judged(rule, [Fact("precaution.correlation.strongest", 0.5)])
    assert found["twins"].message == "correlation strongest 0.50, not above 0.90"


@pytest.mark.parametrize(
    ("interval", "status"),
    [((-0.3, -0.1), "fail"), ((-0.3, 0.1), "warn"), (None, "fail")],
)
def test_a_whole_interval_beyond_the_limit(
    judged: Judge, interval: tuple[float, float] | None, status: str
) -> None:
    name = "evaluation.faithfulness.gain_over_random"
    clauses = "warn: {below: 0}, fail: {below: 0, whole_interval: true}"
    rule = f"rules: {{r: {{fact: {name}, {clauses}}}}}"
    assert judged(rule, [Fact(name, -0.2, interval=interval)])[0]["r"].status == status


@pytest.mark.parametrize(("rows", "status"), [(1000, "fail"), (1001, "not_assessed")])
def test_a_rule_applies_by_size(judged: Judge, rows: int, status: str) -> None:
    rule = """
rules:
  r:
    fact: precaution.data_drift.p_adjusted
    only_if: {fact: data.load.rows, labels: {split: train}, below: 1001}
    fail: {below: 0.01}
    absent: fail
"""
    facts = [
        Fact("data.load.rows", 5, labels={"split": "test"}),
        Fact("data.load.rows", rows, labels={"split": "train"}),
        Fact("precaution.data_drift.p_adjusted", 0.001, labels={"column": "x"}),
    ]
    assert judged(rule, facts)[0]["r"].status == status


def test_too_few_rows_are_undecided_and_warn(judged: Judge) -> None:
    rule = "rules: {r: {fact: model.test.score, fail: {below: 0.9}, minimum_n: 30}}"
    found, verdict = judged(rule, [Fact("model.test.score", 0.1, n=29)])
    assert (found["r"].status, found["r"].reason) == ("undecided", "29 rows, 30 are needed")
    assert (verdict.status, verdict.exit_code(), verdict.exit_code(True)) == ("warn", 0, 1)
    assert judged(rule, [Fact("model.test.score", 0.1, n=30)])[1].exit_code() == 2


def test_labels_choose_what_is_judged_and_equals_takes_several(judged: Judge) -> None:
    rule = """
rules:
  r:
    fact: evaluation.knowledge.statement
    labels: {effect: does_not_matter}
    fail: {equals: [contradicted, undecided]}
  s: {fact: evaluation.knowledge.statement, warn: {not_equals: held}}
"""
    name = "evaluation.knowledge.statement"
    facts = [
        Fact(name, "contradicted", labels={"effect": "rises"}),
        Fact(name, "held", labels={"effect": "does_not_matter"}),
    ]
    found, _ = judged(rule, facts)
    assert (found["r"].status, found["r"].judged) == ("pass", 1)
    assert (found["s"].status, found["s"].labels["effect"]) == ("warn", "rises")


def test_a_text_where_a_number_belongs_is_undecided(judged: Judge) -> None:
    rule = "rules: {r: {fact: model.test.score, fail: {below: 0.9}}}"
    assert judged(rule, [Fact("model.test.score", "good")])[0]["r"].status == "undecided"


@pytest.mark.parametrize(("absent", "status"), [("not_assessed", "pass"), ("fail", "fail")])
def test_what_was_not_requested(judged: Judge, absent: str, status: str) -> None:
    rule = f"rules: {{r: {{fact: model.test.score, fail: {{below: 0.9}}, absent: {absent}}}}}"
    assert judged(rule, [])[1].status == status
    elsewhere = [Fact("model.test.not_applicable", "no test rows")]
    found, verdict = judged(rule, elsewhere)
    assert (found["r"].reason, verdict.status) == ("no test rows", "pass")


@pytest.mark.parametrize(("errors", "status"), [("fail", "fail"), ("warn", "warn")])
def test_a_method_that_raised_is_an_error(judged: Judge, errors: str, status: str) -> None:
    found, verdict = judged(f"errors: {errors}\n", [Fact("perturbation.lime.error", "no rows")])
    finding = found["perturbation.lime.error"]
    assert (finding.status, verdict.status, verdict.counts["error"]) == ("error", status, 1)
    assert finding.message == "perturbation lime raised: no rows"


def test_requirements_look_at_what_left_facts(judged: Judge) -> None:
    policy = """
require: {precaution: [profile, missing, imbalance], perturbation: 2, strategy: [owner, purpose]}
"""
    facts = [
        Fact("precaution.profile.columns", 3),
        Fact("precaution.imbalance.not_applicable", "regression"),
        Fact("perturbation.lime.seconds", 0.1),
        Fact("perturbation.lime.error", "late"),
        Fact("perturbation.kernel_shap.seconds", 0.1),
        Fact("strategy.declared.owner", "Kim"),
    ]
    found, verdict = judged(policy, facts)
    statuses = {key: found[f"require.{key}"].status for key in (
        "precaution.profile", "precaution.missing", "precaution.imbalance", "perturbation",
        "strategy.owner", "strategy.purpose")}  # fmt: skip
    assert list(statuses.values()) == ["pass", "fail", "not_assessed", "fail", "pass", "fail"]
    assert verdict.status == "fail"


def test_a_direction_that_cannot_apply_warns_instead_of_failing(judged: Judge) -> None:
    policy = "require: {gradient: 1}"
    absent = Fact("gradient.lrp.not_applicable", "it needs gradients")
    found, verdict = judged(policy, [absent, Fact("gradient.saliency.not_applicable", "so too")])
    assert found["require.gradient"].status == "warn"
    assert verdict.status == "warn"
    raised = Fact("gradient.saliency.error", "late")
    assert judged(policy, [absent, raised])[0]["require.gradient"].status == "fail"
    assert judged(policy, [])[0]["require.gradient"].status == "fail"


@pytest.mark.parametrize(
    ("provides", "status"),
    [("answers only", "warn"), ("trees", "warn"), ("gradient, layers", "fail"), (None, "fail")],
)
def test_gradients_are_not_required_of_a_model_that_has_none(
    judged: Judge, provides: str | None, status: str
) -> None:
    for stage in ("model.fit.provides", "model.load.provides"):
        found, _ = judged("require: {gradient: 1, perturbation: 1}", [Fact(stage, provides)])
        assert found["require.gradient"].status == status
        assert found["require.perturbation"].status == "fail"


WAIVED = PSI + "waivers: [{rule: psi, owner: Kim, reason: pilot, expires: %s%s}]"


@pytest.mark.parametrize(("expires", "status"), [("2026-06-01", "waived"), ("2026-05-31", "fail")])
def test_a_waiver_holds_until_its_last_day(judged: Judge, expires: str, status: str) -> None:
    found, verdict = judged(WAIVED % (expires, ""), psi(0.4))
    assert found["psi"].status == status
    assert verdict.counts["waived"] == (status == "waived")
    assert verdict.status == ("pass" if status == "waived" else "fail")
    assert ("waiver.psi" in found) == (status != "waived")
    assert "Kim" in (found["psi"].reason if status == "waived" else found["waiver.psi"].message)


def test_a_waiver_of_one_label_leaves_the_others_judged(tmp_path: Path) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(WAIVED % ("2030-01-01", ", labels: {column: b}"), encoding="utf-8")
    facts = Facts(psi(0.2, "a") + psi(0.4, "b"))
    findings, verdict = judge(facts, load_policy(str(path), []), TODAY)
    assert [(one.status, one.labels["column"]) for one in findings] == [
        ("warn", "a"),
        ("waived", "b"),
    ]
    assert verdict.status == "warn"


def test_a_waived_error_no_longer_fails(judged: Judge) -> None:
    policy = (
        "waivers: [{rule: perturbation.lime.error, owner: Kim, reason: known, expires: 2030-01-01}]"
    )
    assert judged(policy, [Fact("perturbation.lime.error", "x")])[1].status == "pass"


def test_findings_come_worst_first_and_the_summary_counts_them(judged: Judge) -> None:
    policy = PSI + "  b: {fact: model.test.score, warn: {below: 0.9}}\n"
    facts = [Fact("model.test.score", 0.1), *psi(0.01), Fact("gradient.lrp.error", "x")]
    found, verdict = judged(policy, facts)
    assert [one.status for one in found.values()] == ["error", "warn", "pass"]
    assert verdict.summary == (
        "The policy is not met: 1 method raised an error, 1 rule warns, 1 rule is kept."
    )


@given(
    values=st.lists(st.floats(-1, 1), min_size=1, max_size=6),
    limits=st.tuples(st.floats(-1, 1), st.floats(-1, 1)),
    step=st.floats(0, 1),
)
def test_a_lower_limit_never_makes_the_verdict_better(
    values: list[float], limits: tuple[float, float], step: float
) -> None:
    facts = Facts(Fact("model.test.mae", v, labels={"i": str(i)}) for i, v in enumerate(values))

    def verdict(shift: float) -> int:
        clauses = [Clause(Comparison("above", limit - shift)) for limit in limits]
        rule = Rule("r", "model.test.mae", warn=clauses[0], fail=clauses[1])
        return RANK.index(judge(facts, Policy("p", {"r": rule}), TODAY)[1].status)

    assert verdict(step) >= verdict(0)


def test_judging_again_gives_the_same(judged: Judge) -> None:
    facts = psi(0.4) + psi(0.2, "b")
    assert judged(PSI, facts) == judged(PSI, facts)


@pytest.mark.parametrize(
    ("value", "beside", "words"),
    [(0.999, 0.9, "0.999"), (1.0, 0.9, "1.00"), (0.8007, 0.8, "0.801"), (0.25, 0.1, "0.25")],
)
def test_a_number_never_looks_like_what_it_is_not(value: float, beside: float, words: str) -> None:
    assert number(value, beside) == words
