"""What the evaluations read, put together of the instances that all methods explained."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.explanation import Array
from xaiframe.kinds.answer import Answer
from xaiframe.kinds.curve import Curve
from xaiframe.kinds.importance import Importance
from xaiframe.runner.again import recomputer, reexplainer
from xaiframe.runner.subject import Subject

FEW = 8
"""A method that the budget cut shorter is left out of the measures, which share its instances."""


def shared(local: Mapping[str, Explained], instances: int) -> tuple[dict[str, Explained], int]:
    """What the methods say of the first instances that all explained, and how many those are.

    All but methods cut to fewer than :data:`FEW`.
    """
    least = min(FEW, instances)
    enough = {name: one for name, one in local.items() if len(one.values) >= least}
    n = min((len(one.values) for one in enough.values()), default=instances)
    return {name: first(one, n) for name, one in enough.items()}, n


def first(one: Explained, n: int) -> Explained:
    """The first ``n`` instances."""

    def part(column: Array | None) -> Array | None:
        return None if column is None else column[:n]

    return replace(
        one,
        values=one.values[:n],
        error=part(one.error),
        base=part(one.base),
        repeat=part(one.repeat),
    )


def gather(
    subject: Subject,
    local: Mapping[str, Explained],
    overall: Mapping[str, Answer],
) -> Evidence:
    """Everything the evaluations read, of the instances that all methods explained."""
    instances = subject.instances
    local, n = shared(local, len(instances))
    mask = instances.split.mask
    return Evidence(
        data=subject.data,
        model=subject.model,
        reference=subject.reference,
        scorer=subject.scorer,
        ids=instances.split.ids[:n],
        x=instances.split.x[:n],
        y=instances.split.y[:n],
        targets=instances.targets[:n],
        scores=instances.scores[:n],
        local=local,
        importance={k: v for k, v in overall.items() if isinstance(v, Importance)},
        curves={k: v for k, v in overall.items() if isinstance(v, Curve)},
        strategy=subject.recipe.strategy,
        reexplain=reexplainer(subject),
        recompute=recomputer(subject),
        seed=subject.recipe.seed,
        mask=None if mask is None else mask[:n],
        refit=subject.refit,
    )
