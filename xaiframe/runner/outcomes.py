"""What a local method said, as facts and arrays to store, and as the evaluations read it."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from xaiframe.evaluation.evidence import Explained
from xaiframe.explanation import Array, Attribution, Outcome
from xaiframe.facts import Fact, source
from xaiframe.kinds.answer import Answer
from xaiframe.runner.explain import Stored
from xaiframe.runner.subject import Subject

DRAWS = 1000
TOGETHER = 1_000_000
"""Numbers that the bootstrap draws at once."""


def local_outcome(subject: Subject, method: Any, stored: Stored, again: Stored | None) -> Outcome:
    """Facts and the ``attribution`` arrays of one local method, or the artifacts of its kind."""
    data = subject.data
    library = source(method.computed_by)
    if stored.answer is not None:
        outcome = stored.answer.outcome(library)
        known = {one: at for at, one in enumerate(subject.instances.split.ids.tolist())}
        for frame in outcome.tables.values():
            if "id" in frame:
                frame["position"] = frame["id"].map(known)
        outcome.facts[:0] = spent(stored.answer, float(stored["seconds"]))
        return outcome
    arrays: dict[str, Array] = {"values": per_feature(stored, subject)}
    if str(stored["level"]) == "element":
        arrays["element"] = stored["values"]
    arrays |= {name: stored[name] for name in ("error", "base") if name in stored}
    if again is not None:
        arrays["repeat"] = per_feature(again, subject)
    n = len(stored["ids"])
    facts = [
        Fact("evaluations", int(stored["evaluations"]), "model evaluations", n=n, better="lower"),
        Fact("seconds", round(float(stored["seconds"]), 4), "s", n=n, better="lower"),
    ]
    if not data.aligned:
        return Outcome(facts, arrays={"attribution": arrays})
    means, low, high = mean_with_interval(np.abs(arrays["values"]), subject.recipe.seed)
    facts += [
        Fact("mean_absolute", float(means[k]), "score", {"feature": name}, n,
             (float(low[k]), float(high[k])), source=library)
        for k, name in enumerate(data.features)
    ]  # fmt: skip
    return Outcome(facts, arrays={"attribution": arrays})


def per_feature(stored: Stored, subject: Subject) -> Array:
    """``(n, features)`` float64 attributions per interpretable feature."""
    level: Literal["element", "feature"] = "element" if stored["level"] == "element" else "feature"
    attribution = Attribution(stored["values"].astype(np.float64, copy=False), level)
    own = subject.instances.split.mask
    mask = subject.data.feature_mask if own is None else own[: len(stored["ids"])]
    return attribution.per_feature(mask, len(subject.data.features))


def mean_with_interval(values: Array, seed: int) -> tuple[Array, Array, Array]:
    """Column means of ``values`` ``(n, columns)`` with 95 % percentile-bootstrap bounds."""
    random, n = np.random.default_rng([seed, 41]), len(values)
    step, means = max(1, TOGETHER // n), np.empty((DRAWS, values.shape[1]))
    for start in range(0, DRAWS, step):
        draws = random.integers(0, n, (min(step, DRAWS - start), n))
        counts = np.stack([np.bincount(draw, minlength=n) for draw in draws])
        means[start : start + step] = counts @ values / n
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    return values.mean(axis=0), low, high


def explained(name: str, method: Any, outcome: Outcome) -> Explained:
    """A stored outcome as the evaluations read it."""
    arrays = outcome.arrays["attribution"]
    return Explained(
        method=name,
        direction=method.direction,
        values=arrays["values"],
        error=arrays.get("error"),
        base=arrays.get("base"),
        repeat=arrays.get("repeat"),
        signed=method.signed,
        additive=method.additive,
        own_reference=method.own_reference,
        stochastic=method.stochastic,
        counterpart=method.counterpart if method.computed_by == "xaiframe" else "",
    )


def spent(answer: Answer, seconds: float) -> list[Fact]:
    """What an answer cost."""
    return [
        Fact("evaluations", answer.evaluations, "model evaluations", n=answer.n, better="lower"),
        Fact("seconds", round(seconds, 4), "s", n=answer.n, better="lower"),
    ]
