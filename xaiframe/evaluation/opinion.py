"""Opinion: whether what is seen of a feature speaks for a statement or against it, in words."""

from __future__ import annotations

from typing import Literal

from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.sight import curve_slopes, tendency
from xaiframe.evaluation.statistics import Estimate
from xaiframe.recipe import Knowledge as Statement

Opinion = Literal["for", "against", "silent"]


def direction(
    side: str, statement: Statement, slope: Estimate, evidence: Evidence
) -> tuple[Opinion, str]:
    """Whether the feature raises or lowers the score, by every witness the direction has."""
    seen = {"attributions": slope}
    if side == "P":
        seen |= curve_slopes(statement, evidence)
    wanted = 1 if statement.effect == "rises" else -1
    tendencies = {name: tendency(one) * wanted for name, one in seen.items()}
    words = ", ".join(_say(name, one) for name, one in seen.items())
    spoken = {value for value in tendencies.values() if value}
    if len(spoken) != 1:
        return "silent", words
    return ("for" if spoken == {1} else "against"), words


def weight(statement: Statement, share: Estimate, features: int) -> tuple[Opinion, str]:
    """Whether a share of |attribution| matters: above an even share, or below half of it."""
    if share.interval is None:
        return "silent", share.reason or "too few instances"
    low, high = share.interval
    words = f"share {_percent(share)}, an even share is {1 / features:.1%}"
    matters = low > 1 / features
    if not matters and not high < 0.5 / features:
        return "silent", words
    return ("for" if matters == (statement.effect == "matters") else "against"), words


def _say(name: str, slope: Estimate) -> str:
    if slope.value is None or slope.interval is None:
        return f"{name} undefined ({slope.reason or 'too few instances'})"
    low, high = slope.interval
    word = {1: "rising", -1: "falling", 0: "without direction"}[tendency(slope)]
    return f"{name} {word} ({slope.value:+.2f}, {low:+.2f} to {high:+.2f})"


def _percent(share: Estimate) -> str:
    value, low, high = share.cells
    return f"{value:.1%} ({low:.1%} to {high:.1%})"
