"""Findings in plain words: what was measured, and how it stands to the limit."""

from __future__ import annotations

import re
from collections.abc import Mapping
from string import Formatter
from typing import Any

from xaiframe.facts import Fact, Facts
from xaiframe.policy.schema import Clause, Comparison, Limit, Rule

NULL = re.compile(r"_null(_upper|\d+)$")
"""How a fact is named that says what chance alone shows: a quantile of its null law."""


class Known(Facts):
    """Facts with an index by name; the same questions, answered without a scan."""

    _index: dict[str, list[Fact]]

    @classmethod
    def of(cls, facts: Facts) -> Known:
        known = cls(facts)
        known._index = {}
        for fact in facts:
            known._index.setdefault(fact.name, []).append(fact)
        return known

    def where(self, name: str, **labels: str) -> Facts:
        return Facts(
            fact
            for fact in self._index.get(name, ())
            if all(fact.labels.get(key) == value for key, value in labels.items())
        )

    def beside(self, judged: Fact, test: Comparison, name: str) -> Fact | None:
        """The fact ``name`` that belongs to ``judged``: the test's labels, or shared ones."""
        if test.labels:
            return self.one(name, **test.labels)
        sharing = [
            fact
            for fact in self._index.get(name, ())
            if all(judged.labels.get(key) == value for key, value in fact.labels.items())
        ]
        return max(sharing, key=lambda fact: len(fact.labels), default=None)


def number(value: Any, beside: Any = None) -> str:
    """A value as a reader wants it; more digits where it would look equal to 1 or ``beside``."""
    if not isinstance(value, float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    plain = isinstance(beside, (int, float)) and not isinstance(beside, bool)
    marks = [1.0, float(beside)] if plain else [1.0]
    for digits in range(2, 8):
        words = _rounded(value, digits)
        if all(value == mark or words != _rounded(mark, digits) for mark in marks):
            return words
    return repr(value)


def _rounded(value: float, digits: int) -> str:
    """``digits`` decimals for everyday sizes, else as many significant digits: 0.98, 1.2e-05."""
    everyday = value == 0 or 10.0**-digits <= abs(value) < 1e6
    return f"{value:.{digits}f}" if everyday else f"{value:.{digits}g}"


def subject(rule: Rule, fact: Fact, limit: Any) -> str:
    """What was measured: the rule's own message, or labels, quantity and value."""
    value = number(fact.value, limit)
    known = {**fact.labels, "value": value, "unit": fact.unit, "n": str(fact.n)}
    needed = {name for _, name, _, _ in Formatter().parse(rule.message) if name}
    if rule.message and needed <= known.keys():  # a fact may carry other labels than expected
        return rule.message.format_map(known)
    labels = " ~ ".join(fact.labels.values())
    quantity = fact.quantity.rsplit(".", maxsplit=1)[-1].replace("_", " ")
    return f"{labels}: {quantity} {value}" if labels else f"{about(fact.name)} {value}"


def about(name: str) -> str:
    """A fact's name in words: ``precaution.data_drift.psi`` → ``data drift: psi``."""
    _, choice, quantity = name.split(".", 2)
    return f"{choice} {quantity}".replace("_", " ").replace(".", " ")


def limit_of(test: Comparison, fact: Fact, known: Known) -> Any:
    """The number (or value) that the fact is held against."""
    if test.comparator in ("above_fact", "below_fact"):
        other = known.beside(fact, test, str(test.limit))
        return other.value if other else None
    return test.limit


def threshold(clause: Clause, fact: Fact, known: Known) -> str:
    """The limit in words: ``above 0.25 and above chance alone (0.31)``."""
    parts = [_limit(clause.test, fact, known)]
    for test in clause.also:
        named = f"{about(test.fact)} " if test.fact else ""
        parts.append(named + _limit(test, fact, known))
    return " and ".join(parts)


def _limit(test: Comparison, fact: Fact, known: Known) -> str:
    word = {"equals": "equal to", "not_equals": "other than"}.get(test.comparator, test.comparator)
    if test.comparator in ("above_fact", "below_fact"):
        quantity = str(test.limit).rsplit(".", maxsplit=1)[-1]
        named = "chance alone" if NULL.search(quantity) else f"the {quantity.replace('_', ' ')}"
        value = limit_of(test, fact, known)
        shown = f" ({number(value)})" if value is not None else ""
        return f"{word.removesuffix('_fact')} {named}{shown}"
    whole = " with its whole interval" if test.whole_interval else ""
    return f"{word} {_listed(test.limit)}{whole}"


def _listed(limit: Limit) -> str:
    values = limit if isinstance(limit, tuple) else (limit,)
    return " or ".join(number(value) for value in values)


def sentence(counts: Mapping[str, int], status: str) -> str:
    """The verdict in one sentence."""
    words: dict[str, tuple[str, str]] = {
        "error": ("method raised an error", "methods raised an error"),
        "fail": ("rule is broken", "rules are broken"),
        "warn": ("rule warns", "rules warn"),
        "undecided": ("rule could not be decided", "rules could not be decided"),
        "waived": ("finding is waived", "findings are waived"),
        "pass": ("rule is kept", "rules are kept"),
        "not_assessed": ("rule was not assessed", "rules were not assessed"),
    }
    parts = [f"{n} {words[key][n != 1]}" for key, n in counts.items() if n]
    opening = {"pass": "The policy is met", "warn": "The policy is met with warnings"}
    return f"{opening.get(status, 'The policy is not met')}: {', '.join(parts) or 'no rules'}."
