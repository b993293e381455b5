"""Flips: which predictions are other ones after a change of the input, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.precaution.columns import sample
from xaiframe.precaution.corruptions.changes import told
from xaiframe.precaution.measure import central, resampled_means, share_fact

MOVED = 0.1
"""A regression's answer is another one when it moves by so many standard deviations of the
training target."""
SCORES = ("kind", "name", "severity", "amount", "size", "score", "low", "high", "flipped", "n",
          "reason")  # fmt: skip
EXAMPLES = ("id", "kind", "name", "size", "before", "after", "changed")


@dataclass
class Part:
    """Facts, rows of the tables scores and examples, and inputs before and after ``(k, …)``."""

    facts: list[Fact] = field(default_factory=list)
    scores: list[tuple[object, ...]] = field(default_factory=list)
    examples: list[tuple[object, ...]] = field(default_factory=list)
    inputs: list[tuple[Array, Array]] = field(default_factory=list)

    def example(
        self, data: Data, rows: Split, at: int, how: tuple[str, str, str], x: Array,
        before: float, after: float,
    ) -> None:  # fmt: skip
        """Keep row ``at``, changed to ``x``: ``how`` is kind, name and size."""
        answers = [_answer(data, one) for one in (before, after)]
        changed = told(data, rows.x[at], x)
        self.examples.append((int(rows.ids[at]), *how, *answers, changed))
        self.inputs.append((rows.x[at], x))


def _answer(data: Data, value: float) -> str:
    return data.classes[int(value)] if data.task == "classification" else f"{value:.4g}"


def bounded(split: Split, limit: int, seed: int) -> Split:
    """At most ``limit`` rows; their superpixels, which nobody asks for here, are not found."""
    return replace(split, mask=None).take(sample(len(split), limit, seed))


def another(data: Data, before: Array, after: Array) -> Array:
    """``(n,)`` bool: which predictions are other ones."""
    if data.task == "classification":
        return np.asarray(before != after)
    spread = float(data.train.y.std(dtype=np.float64))
    return np.asarray(np.abs(after.astype(np.float64) - before) > MOVED * spread)


def score_fact(
    name: str, data: Data, y: Array, told: Array, seed: int, labels: Mapping[str, str] | None = None
) -> Fact:
    """Accuracy with Wilson's interval, or R² with that of a bootstrap."""
    if data.task == "classification":
        right = share_fact(name, int((y == told).sum()), len(y), labels, better="higher")
        return replace(right, unit="accuracy")
    truth = y.astype(np.float64)
    variance = float(truth.var())
    if len(y) == 0 or variance == 0:
        why = "there are no rows" if len(y) == 0 else "the target is constant over these rows"
        return Fact(name, None, "R²", dict(labels or {}), n=len(y), better="higher", reason=why)
    credit = 1 - (truth - told) ** 2 / variance
    interval = central(resampled_means(credit, seed))
    return Fact(
        name, float(credit.mean()), "R²", dict(labels or {}),
        n=len(y), interval=interval, better="higher",
    )  # fmt: skip


def score_row(
    kind: str, name: str, severity: str, amount: float, size: str, score: Fact, flipped: Fact | None
) -> tuple[object, ...]:
    """A row of the table scores; ``size`` says ``amount`` in words."""
    value = np.nan if score.value is None else score.value
    share = np.nan if flipped is None or flipped.value is None else flipped.value
    low, high = score.interval or (np.nan, np.nan)
    return (kind, name, severity, amount, size, value, low, high, share, score.n, score.reason)


def tables(parts: list[Part]) -> dict[str, pd.DataFrame]:
    """The tables scores and examples."""
    scores = pd.DataFrame([row for part in parts for row in part.scores], columns=list(SCORES))
    examples = pd.DataFrame(
        [row for part in parts for row in part.examples], columns=list(EXAMPLES)
    )
    numbers = ["amount", "score", "low", "high", "flipped"]
    return {
        "scores": scores.astype(dict.fromkeys(numbers, np.float64)),
        "examples": examples.astype({"id": np.int64}),
    }
