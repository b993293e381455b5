"""Cross-check: a few instances explained again by the library that has the same method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Engine, Evidence, Explained
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source

ROUNDING = 1e-3
"""Share of the largest attribution that single precision and its order of sums explain."""
SEEDS = 3
"""Runs of each engine, where it draws at random."""
FACTOR = 2.0
"""Deviation of means over seeds, in differences between seeds, that chance hardly ever exceeds:
0.6 % of the time at most, from three attributions on that vary each for itself, whatever their
spreads and whichever engine errs more (simulated normal errors)."""
UNIT = "share of the largest attribution"


@dataclass(frozen=True)
class CrossCheck:
    """What is computed here against shap or captum: same background, target, scale and features.

    instances: explained again, spread evenly over the explained ones, at least 1.

    deviation = largest |own − library| ÷ largest |attribution|, over instances and features. Of a
    method that draws at random both are the mean of three seeds; ``own_error`` and
    ``library_error`` are the largest difference between two of them, in the same unit. What is
    ``allowed`` is twice the larger of the two errors, plus what rounding explains. Methods that a
    library computes anyway have nothing to be held against.
    """

    instances: int = 3

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "5 * instances * explanation"
    reference = "arXiv:1705.07874; arXiv:2009.07896"

    def __post_init__(self) -> None:
        if self.instances < 1:
            raise ValueError(f"instances must be at least 1, not {self.instances}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts deviation, allowed, own_error, library_error and within per method.

        Table ``attributions``: own and library's, per instance and feature. Raises NotApplicable
        when no explained method is computed here and by a library as well.
        """
        checked = [one for one in evidence.local.values() if one.counterpart]
        if not checked:
            raise NotApplicable("no method that was computed here is in a library as well")
        positions = evenly(len(evidence.ids), self.instances)
        facts, rows = list[Fact](), list[pd.DataFrame]()
        for one in checked:
            try:
                own, theirs = (runs(one, evidence, positions, by) for by in ("own", "library"))
            except Exception as error:  # the library's own: anything can come out of it
                why = f"{type(error).__name__}: {error}"
                facts.append(Fact("deviation", None, UNIT, _labels(one), n=0, reason=why))
                continue
            facts += compared(one, own, theirs)
            rows.append(_rows(one, evidence, positions, own.mean(axis=0), theirs.mean(axis=0)))
        tables = {"attributions": pd.concat(rows, ignore_index=True)} if rows else {}
        return Outcome(facts, tables=tables)


def runs(one: Explained, evidence: Evidence, positions: Array, engine: Engine) -> Array:
    """``(seeds, n, features)`` attributions of the instances at ``positions`` ``(n,)``."""
    asked = evidence.asked(positions)
    seeds = range(SEEDS if one.stochastic else 1)
    first = [one.values[positions]] if engine == "own" else []
    again = seeds[len(first) :]
    return np.stack(
        [*first, *(evidence.recompute(one.method, asked, engine, evidence.seed + k) for k in again)]
    )


def compared(one: Explained, own: Array, theirs: Array) -> list[Fact]:
    """How far two engines lie apart and how far each from itself; all ``(seeds, n, features)``."""
    labels, by, n = _labels(one), source(one.counterpart), own.shape[1]
    largest = max(float(np.abs(own).max()), float(np.abs(theirs).max()))
    if largest == 0:
        reason = "every attribution is zero, by both"
        return [Fact("deviation", None, UNIT, labels, n, source=by, reason=reason)]
    deviation = float(np.abs(own.mean(axis=0) - theirs.mean(axis=0)).max()) / largest
    errors = {
        name: float(np.ptp(values, axis=0).max()) / largest
        for name, values in (("own_error", own), ("library_error", theirs))
    }
    allowed = ROUNDING + FACTOR * max(errors.values())
    facts = [
        Fact("deviation", deviation, UNIT, labels, n, better="lower", source=by),
        Fact("allowed", allowed, UNIT, labels, n),
        Fact("within", deviation <= allowed, "", labels, n),
    ]
    if one.stochastic:
        facts += [
            Fact("own_error", errors["own_error"], UNIT, labels, n),
            Fact("library_error", errors["library_error"], UNIT, labels, n, source=by),
        ]
    return facts


def _labels(one: Explained) -> dict[str, str]:
    return {"method": one.method, "library": one.counterpart}


def _rows(
    one: Explained, evidence: Evidence, positions: Array, own: Array, theirs: Array
) -> pd.DataFrame:
    features = evidence.data.features
    return pd.DataFrame(
        {
            "position": np.repeat(positions, len(features)),
            "method": one.method,
            "feature": np.tile(np.array(features, dtype=object), len(positions)),
            "own": own.reshape(-1),
            "library": theirs.reshape(-1),
        }
    )
