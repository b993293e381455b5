"""Which instances are explained: informative cases first, then a random sample, and why."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.model.face import Model
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

WHY = {
    "right_and_sure": "right, and among the most confident of its class",
    "right_and_unsure": "right, and among the least confident",
    "wrong": "wrong, and among the most confident of the wrong",
    "": "drawn at random from the test split",
}
WHY_REGRESSION = {
    "right_and_sure": "among the smallest errors",
    "right_and_unsure": "an error near the median",
    "wrong": "among the largest errors",
    "": "drawn at random from the test split",
}


@dataclass(frozen=True)
class Instances:
    """The explained instances, cases first: ``split`` (n rows), ``targets`` ``(n,)`` explained
    output, ``scores`` ``(n,)`` its score, ``table`` one row each for the report."""

    split: Split
    targets: Array
    scores: Array
    table: pd.DataFrame

    def __len__(self) -> int:
        return len(self.split)


def choose(
    data: Data,
    source: Split,
    model: Model,
    reference: Reference,
    scorer: Scorer,
    count: int,
    cases: int,
    seed: int,
) -> Instances:
    """At most ``count`` rows of ``source``: ``cases`` informative ones, then a random sample."""
    kinds = case_kinds(data, model, source, min(cases, count))
    room = max(0, min(count, len(source)) - len(kinds))
    # one order of all rows, whatever the cases: another model is explained on the same sample
    order = np.random.default_rng([seed, 11]).permutation(len(source))
    drawn = order[~np.isin(order, list(kinds))][:room]
    positions = np.array([*kinds, *np.sort(drawn)], dtype=int)
    split = source.take(positions)
    targets = reference.targets(model, split.x)
    scores = scorer(split.x, targets)
    kind = [kinds.get(int(position), "") for position in positions]
    return Instances(split, targets, scores, _table(data, model, split, targets, scores, kind))


def case_kinds(data: Data, model: Model, split: Split, cases: int) -> dict[int, str]:
    """Position → kind of the informative cases: a third each right and sure, right and unsure,
    wrong; what one kind lacks (a model without errors) the others fill."""
    if data.task == "regression":
        ranking = np.argsort(np.abs(model.predictions(split.x) - split.y), kind="stable")
        middle = np.roll(ranking, -(len(ranking) // 2))
        return _fill(
            {"right_and_sure": ranking, "wrong": ranking[::-1], "right_and_unsure": middle}, cases
        )
    probabilities = model.probabilities(split.x)
    predicted, confidence = probabilities.argmax(axis=1), probabilities.max(axis=1)
    right = predicted == split.y
    surest = np.argsort(-confidence, kind="stable")
    return _fill(
        {
            "wrong": surest[~right[surest]],
            "right_and_unsure": surest[::-1][right[surest[::-1]]],
            "right_and_sure": _one_per_class(surest[right[surest]], predicted),
        },
        cases,
    )


def _one_per_class(ranking: Array, predicted: Array) -> Array:
    """The ranking with the best of each class first, so that cases do not all show one class."""
    _, first = np.unique(predicted[ranking], return_index=True)
    leaders = np.sort(first)
    return np.concatenate([ranking[leaders], np.delete(ranking, leaders)])


def _fill(rankings: dict[str, Array], cases: int) -> dict[int, str]:
    chosen: dict[int, str] = {}
    queues = {kind: list(ranking) for kind, ranking in rankings.items()}
    while len(chosen) < cases and any(queues.values()):
        for kind, queue in queues.items():
            while queue and int(queue[0]) in chosen:
                queue.pop(0)
            if queue and len(chosen) < cases:
                chosen[int(queue.pop(0))] = kind
    order = list(reversed(rankings))
    return dict(sorted(chosen.items(), key=lambda item: order.index(item[1])))


def _table(
    data: Data, model: Model, split: Split, targets: Array, scores: Array, kind: list[str]
) -> pd.DataFrame:
    why = WHY if data.task == "classification" else WHY_REGRESSION
    if data.task == "classification":
        names = np.array(data.classes, dtype=object)
        probabilities = model.probabilities(split.x)
        answers = {
            "y": names[split.y],
            "target": names[targets],
            "predicted": names[probabilities.argmax(axis=1)],
            "confidence": probabilities.max(axis=1),
        }
    else:
        answers = {
            "y": split.y.astype(float),
            "target": data.target,
            "predicted": model.predictions(split.x).astype(float),
            "confidence": np.nan,
        }
    return pd.DataFrame(
        {
            "position": np.arange(len(split)),
            "id": split.ids,
            **answers,
            "score": scores,
            "case": [bool(one) for one in kind],
            "kind": kind,
            "reason": [why[one] for one in kind],
        }
    )
