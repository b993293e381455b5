"""Facts against policy: a pure function that gives one finding per rule and the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

from xaiframe.facts import ORDER, Fact, Facts, Finding, Status, Verdict
from xaiframe.policy.schema import Clause, Comparison, Policy, Requirement, Rule, Waiver
from xaiframe.policy.words import Known, about, limit_of, number, sentence, subject, threshold

PROVIDED = ("model.load.provides", "model.fit.provides")
"""What a model offers to probes."""
SUFFIX = {
    "error": ".error",
    "not_applicable": ".not_applicable",
    "not_assessed": ".not_assessed",
}


def judge(facts: Facts, policy: Policy, today: date) -> tuple[list[Finding], Verdict]:
    """Every rule of the policy on these facts, the most severe finding first.

    A rule is judged on every label set of its fact and the worst decides. A fact without a value
    is undecided, a method that raised is an error, what was not requested is not assessed. A
    waiver in force turns what it covers into ``waived``; one that has expired is a warning.
    """
    known = Known.of(facts)
    inside = [waiver for waiver in policy.waivers if waiver.expires >= today]
    findings = [_waived_whole(finding, inside) for finding in _outside_rules(known, policy)]
    for rule in policy.rules.values():
        findings += _Judge(rule, known, policy, inside).findings()
    findings += [_expired(waiver) for waiver in policy.waivers if waiver.expires < today]
    findings.sort(key=lambda finding: ORDER.index(finding.status))
    return findings, _verdict(findings, policy)


def _verdict(findings: Sequence[Finding], policy: Policy) -> Verdict:
    tally = Counter(finding.status for finding in findings)
    counts: dict[str, int] = {status: tally[status] for status in ORDER}
    status: Literal["pass", "warn", "fail"] = "pass"
    if counts["warn"] or counts["undecided"] or counts["error"]:
        status = "warn"
    if counts["fail"] or (counts["error"] and policy.errors == "fail"):
        status = "fail"
    return Verdict(status, policy.name, policy.digest, counts, sentence(counts, status))


def _outside_rules(known: Known, policy: Policy) -> Iterator[Finding]:
    """Methods that raised, then what the policy requires to be there."""
    for fact in known:
        if fact.name.endswith(SUFFIX["error"]):
            unit = fact.name.removesuffix(SUFFIX["error"])
            message = f"{unit.replace('_', ' ').replace('.', ' ')} raised: {fact.value}"
            set_by = policy.who("errors") or "xaiframe"
            yield Finding(
                fact.name, "error", fact.name, message, fact.value, set_by=set_by, source="ours"
            )
    if known.value("budget.round.met"):
        yield _budget_met(known)
    for requirement in policy.require:
        yield from _required(requirement, known, policy)


def _budget_met(known: Known) -> Finding:
    """A run that stopped early says less than was asked: a warning, whatever the rest says."""
    out = known.value("budget.round.not_assessed_choices")
    part = known.value("budget.round.methods_cut_short")
    told = [f"{_count(out, 'choice')} not assessed"] if out else []
    told += [f"{_count(part, 'method')} for the first instances alone"] if part else []
    message = f"the budget was met: {', '.join(told)}"
    fact = "budget.round.met"
    return Finding("budget", "warn", fact, message, True, source="ours", set_by="xaiframe")


def _count(amount: Any, thing: str) -> str:
    return f"{amount} {thing}" if amount == 1 else f"{amount} {thing}s"


def _required(wanted: Requirement, known: Known, policy: Policy) -> Iterator[Finding]:
    set_by = policy.who("require", wanted.group)
    for name in wanted.names:
        status, message = _presence(wanted.group, name, known)
        rule = f"require.{wanted.group}.{name}"
        yield Finding(rule, status, f"{wanted.group}.{name}", message, set_by=set_by, judged=1)
    if wanted.count:
        there = sorted(_assessed(wanted.group, known))
        enough: Status = "pass" if len(there) >= wanted.count else "fail"
        message = f"{wanted.group}: {len(there)} assessed, {wanted.count} required"
        if enough == "fail" and _none_applies(wanted.group, known):
            enough = "warn"
            message = f"no {wanted.group} method applies here: evidence from that side is missing"
        yield Finding(
            f"require.{wanted.group}",
            enough,
            wanted.group,
            message,
            len(there),
            threshold=f"at least {wanted.count}",
            set_by=set_by,
            judged=len(there),
        )


def _presence(group: str, name: str, known: Known) -> tuple[Status, str]:
    """Whether a required choice (or a key of the strategy) is there."""
    if group == "strategy":
        told = known.value(f"strategy.declared.{name}")
        return (
            ("pass", f"the strategy states {name}")
            if told
            else (
                "fail",
                f"the strategy states no {name.replace('_', ' ')}",
            )
        )
    why = known.value(f"{group}.{name}.not_applicable")
    if why is not None:
        return "not_assessed", f"{group} {name} does not apply: {why}"
    if known.value(f"{group}.{name}.not_assessed") is not None:
        why = known.value(f"{group}.{name}.not_assessed")
        return "fail", f"{group} {name} is required and was not assessed, {why}"
    if name in _assessed(group, known):
        return "pass", f"{group} {name} was assessed"
    return "fail", f"{group} {name} is required and was not assessed"


def _none_applies(group: str, known: Known) -> bool:
    """Whether choices were asked for and each was found not to apply, or the model has nothing for
    a whole side, as one that only answers: a gap to be told, not a fault of the audit."""
    given = next((known.value(name) for name in PROVIDED if known.value(name)), None)
    if group == "gradient" and given is not None and "gradient" not in str(given).split(", "):
        return True
    units = {fact.choice for fact in known if fact.stage == group}
    absent = {fact.choice for fact in known if fact.name.endswith(SUFFIX["not_applicable"])}
    return bool(units) and units <= absent


def _assessed(group: str, known: Known) -> set[str]:
    """Choices of a group that left facts, and neither raised nor were out of place."""
    units: dict[str, bool] = {}
    for fact in known:
        if fact.stage == group:
            sound = not fact.name.endswith(tuple(SUFFIX.values()))
            units[fact.choice] = units.get(fact.choice, True) and sound
    return {choice for choice, sound in units.items() if sound}


@dataclass(frozen=True)
class _Outcome:
    """One label set's result; ``excess`` says how far beyond the limit, for finding the worst."""

    fact: Fact
    status: Status
    clause: Clause | None
    excess: float = 0.0
    reason: str = ""

    @property
    def rank(self) -> tuple[int, float]:
        return ORDER.index(self.status), -self.excess


class _Judge:
    """One rule on all its label sets."""

    def __init__(self, rule: Rule, known: Known, policy: Policy, waivers: Sequence[Waiver]) -> None:
        self.rule, self.known, self.policy = rule, known, policy
        self.waivers = [waiver for waiver in waivers if waiver.rule == rule.id]

    def findings(self) -> list[Finding]:
        candidates = self.known.where(self.rule.fact, **self.rule.labels)
        if not candidates:
            return [_waived_whole(self._absent(), self.waivers)]
        outcomes = [self._outcome(fact) for fact in candidates if self._applies(fact)]
        if not outcomes:
            return [self._beside_the_point()]
        waived = [one for one in outcomes if one.status not in ("pass",) and self._waiver(one)]
        rest = [one for one in outcomes if one not in waived]
        found = [self._finding(rest)] if rest else []
        return found + ([self._waived(waived)] if waived else [])

    def _applies(self, fact: Fact) -> bool:
        only_if = self.rule.only_if
        return only_if is None or self._holds(only_if, fact) is True

    def _outcome(self, fact: Fact) -> _Outcome:
        """Fail before warn; undecided only where no clause certainly holds."""
        if fact.value is None:
            return _Outcome(fact, "undecided", None, reason=fact.reason or "it has no value")
        least = self.rule.minimum_n
        if least is not None and fact.n is not None and fact.n < least:
            return _Outcome(fact, "undecided", None, reason=f"{fact.n} rows, {least} are needed")
        doubts = []
        clauses: tuple[tuple[Status, Clause | None], ...] = (
            ("fail", self.rule.fail),
            ("warn", self.rule.warn),
        )
        for status, clause in clauses:
            held = self._all_hold(clause, fact) if clause else False
            if held is True:
                return _Outcome(fact, status, clause, self._excess(clause, fact))
            doubts += [held] if isinstance(held, str) else []
        nearest = self.rule.warn or self.rule.fail
        excess = self._excess(nearest, fact)
        if doubts:
            return _Outcome(fact, "undecided", nearest, excess, doubts[0])
        return _Outcome(fact, "pass", nearest, excess)

    def _all_hold(self, clause: Clause, fact: Fact) -> bool | str:
        """True, False, or in words why it cannot be told."""
        answers = [self._holds(test, fact) for test in (clause.test, *clause.also)]
        if False in answers:
            return False
        return next((answer for answer in answers if isinstance(answer, str)), True)

    def _holds(self, test: Comparison, judged: Fact) -> bool | str:
        fact = self.known.beside(judged, test, test.fact) if test.fact else judged
        if fact is None or fact.value is None:
            return f"{about(test.fact)} is not there to compare with"
        limit = limit_of(test, judged, self.known)
        if limit is None:
            return f"{about(str(test.limit))} is not there to compare with"
        if test.comparator in ("equals", "not_equals"):
            among = fact.value in (limit if isinstance(limit, tuple) else (limit,))
            return among == (test.comparator == "equals")
        if isinstance(fact.value, str) or not isinstance(limit, (int, float)):
            return f"{fact.value!r} is no number"
        above = test.comparator.startswith("above")
        value = float(fact.value)
        if test.whole_interval and fact.interval:
            value = fact.interval[0] if above else fact.interval[1]
        return value > limit if above else value < limit

    def _excess(self, clause: Clause | None, fact: Fact) -> float:
        limit = limit_of(clause.test, fact, self.known) if clause else None
        value = fact.value
        if clause is None or not isinstance(limit, (int, float)):
            return 0.0
        if not isinstance(value, (int, float)):
            return 0.0
        distance = value - limit
        return distance if clause.test.comparator.startswith("above") else -distance

    def _finding(self, outcomes: Sequence[_Outcome]) -> Finding:
        worst = min(outcomes, key=lambda one: one.rank)
        words, limit = self._message(worst)
        kept = dict(Counter(one.status for one in outcomes))
        if len(outcomes) > 1:
            shown = [f"{kept[key]} {key.replace('_', ' ')}" for key in ORDER if key in kept]
            words += f" (worst of {len(outcomes)}: {', '.join(shown)})"
        return self._made(worst, worst.status, words, limit, len(outcomes))

    def _message(self, outcome: _Outcome) -> tuple[str, str]:
        """The finding in words, and the limit alone."""
        clause, fact = outcome.clause, outcome.fact
        limit = limit_of(clause.test, fact, self.known) if clause else None
        limit_words = threshold(clause, fact, self.known) if clause else ""
        if outcome.status == "undecided":
            named = " ~ ".join(fact.labels.values())
            place = f"{named}: {about(fact.name)}" if named else about(fact.name)
            return f"{place} is undecided, {outcome.reason}", limit_words
        measured = subject(self.rule, fact, limit)
        if clause and clause.test.comparator in ("equals", "not_equals"):
            return measured, limit_words
        return f"{measured}, {'not ' if outcome.status == 'pass' else ''}{limit_words}", limit_words

    def _made(
        self, outcome: _Outcome, status: Status, message: str, limit: str, judged: int
    ) -> Finding:
        fact = outcome.fact
        clause = {id(self.rule.warn): "warn", id(self.rule.fail): "fail"}.get(id(outcome.clause))
        return Finding(
            rule=self.rule.id,
            status=status,
            fact=fact.name,
            message=message,
            value=fact.value,
            unit=fact.unit,
            labels=fact.labels,
            n=fact.n,
            interval=fact.interval,
            threshold=limit,
            source=self.rule.source,
            set_by=self.policy.who("rules", self.rule.id, *([clause] if clause else [])),
            reason=outcome.reason,
            judged=judged,
            evidence=fact.evidence,
        )

    def _waiver(self, outcome: _Outcome) -> Waiver | None:
        for waiver in self.waivers:
            if waiver.labels.items() <= dict(outcome.fact.labels).items():
                return waiver
        return None

    def _waived(self, outcomes: Sequence[_Outcome]) -> Finding:
        worst = min(outcomes, key=lambda one: one.rank)
        words, limit = self._message(worst)
        waiver = self._waiver(worst)
        assert waiver is not None
        finding = self._made(worst, "waived", words, limit, len(outcomes))
        return _with_waiver(finding, waiver)

    def _absent(self) -> Finding:
        """No fact to judge: a method that raised or does not apply says why."""
        unit = ".".join(self.rule.fact.split(".")[:2])
        raised = self.known.value(unit + SUFFIX["error"])
        elsewhere = self.known.value(unit + SUFFIX["not_applicable"])
        reason = "it was not requested or gave no such fact"
        if raised is not None:
            reason = f"it raised: {raised}"
        elif elsewhere is not None:
            reason = str(elsewhere)
        elif (cut := self.known.value(unit + SUFFIX["not_assessed"])) is not None:
            reason = str(cut)
        failing = self.rule.absent == "fail" and elsewhere is None
        return self._without(reason, "fail" if failing else "not_assessed")

    def _beside_the_point(self) -> Finding:
        test = self.rule.only_if
        assert test is not None
        limit = number(test.limit) if not isinstance(test.limit, tuple) else str(test.limit)
        return self._without(
            f"applies only if {about(test.fact)} {test.comparator} {limit}".replace("_", " "),
            "not_assessed",
        )

    def _without(self, reason: str, status: Status) -> Finding:
        rule = self.rule
        return Finding(
            rule.id,
            status,
            rule.fact,
            f"{about(rule.fact)} is not assessed: {reason}",
            source=rule.source,
            set_by=self.policy.who("rules", rule.id),
            reason=reason,
        )


def _waived_whole(finding: Finding, waivers: Iterable[Waiver]) -> Finding:
    """A finding without label sets, waived where a waiver names its rule."""
    for waiver in waivers:
        if waiver.rule == finding.rule and finding.status in ("fail", "error"):
            return _with_waiver(finding, waiver)
    return finding


def _with_waiver(finding: Finding, waiver: Waiver) -> Finding:
    reason = f"waived by {waiver.owner} until {waiver.expires}: {waiver.reason}"
    told: dict[str, Any] = {**vars(finding), "status": "waived", "reason": reason}
    return Finding(**{**told, "message": f"{finding.message}; {reason}"})


def _expired(waiver: Waiver) -> Finding:
    message = (
        f"the waiver of {waiver.rule} by {waiver.owner} expired on {waiver.expires}; "
        "the rule is judged again"
    )
    return Finding(
        f"waiver.{waiver.rule}", "warn", "", message, labels=waiver.labels, source="ours"
    )
