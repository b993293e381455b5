"""Influential instances: the training rows whose lessons moved an answer the most, either way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from xaiframe.explanation import Array, Method
from xaiframe.kinds.examples import Examples, measure
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.lesson import Lesson
from xaiframe.probe.shown import rows_shown


@dataclass(frozen=True)
class InfluentialInstances(Method):
    """Training rows that spoke for the answer an instance gets, and those that spoke against it.

    checkpoints: of the fit that are kept and looked at, at least 1, evenly spread up to the epoch
    whose weights were kept. A model that came trained has none: its last weights stand alone, with
    a learning rate of 1, and this split need not be what it learnt from.
    layers: whose weights are followed: last (the last linear layer, one forward pass a row) or all.
    examples: rows kept per instance on either side. suspects: rows with the largest self-influence.
    sample: training rows that are looked at, drawn by seed; a row that is not cannot be found.

    TracIn (Pruthi, Liu, Sundararajan & Kale 2020, arXiv:2002.08484): the sum over checkpoints of
    learning rate × gradient of the row's loss · gradient at the instance. What is followed at the
    instance is the score of the answer it gets, on the declared scale, not a loss: it needs no
    label and does not fade where the model is sure. Proponents raised it, opponents lowered it; of
    a quantity they raised or lowered the prediction. Self-influence is the same of a row with its
    own loss: it is large for rows that are rare, hard or mislabelled. The loss is that of the fit
    without weights, smoothing or noise. The steps are those of plain gradient descent, the fit's
    optimiser scales them: read the order, not the size.
    """

    checkpoints: int = 5
    layers: Literal["last", "all"] = "last"
    examples: int = 3
    suspects: int = 12
    sample: int = 5000

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    kind = "examples"
    needs = ("gradient",)
    own_reference = True
    stochastic = True
    cost = "checkpoints * (min(sample, train) + instances) + instances * (1 + 2 * examples)"
    reference = "arXiv:2002.08484"

    def __post_init__(self) -> None:
        if min(self.checkpoints, self.examples, self.suspects, self.sample) < 1:
            raise ValueError("checkpoints, examples, suspects and sample must be at least 1")

    def explain(self, bank: GradientBank) -> Examples:
        """Proponents and opponents of each instance, and the rows of largest self-influence.

        Raises NotApplicable where the model offers no gradient with respect to its weights, and
        where the rows that it learnt from are not at hand.
        """
        before = bank.scorer.evaluations
        lesson = Lesson.of(bank, self.layers, self.sample, self.checkpoints)
        classes = bank.data.task == "classification"
        outputs = bank.scorer.outputs(bank.x)
        answers = outputs.argmax(axis=1) if classes else np.zeros(len(bank), dtype=int)
        moved = lesson.influence(answers)
        labels = lesson.rows.y
        beside = pd.DataFrame(
            [
                {"id": int(bank.ids[at]), "role": role, "rank": rank, "row": place,
                 "value": float(own[place]),
                 "same": float(labels[place] == answers[at]) if classes else np.nan}
                for at, own in enumerate(moved)
                for role, places in self._strongest(own)
                for rank, place in enumerate(places.tolist(), 1)
            ],
            columns=["id", "role", "rank", "row", "value", "same"],
        )  # fmt: skip
        alone = lesson.on_itself()
        top = np.argsort(-rounded(alone), kind="stable")[: self.suspects]
        overall = pd.DataFrame(
            {"group": "", "role": "suspect", "rank": np.arange(1, len(top) + 1), "row": top,
             "value": alone[top]}
        )  # fmt: skip
        used = np.unique(np.concatenate([beside["row"].to_numpy(dtype=int), top]))
        rows, shown = rows_shown(bank.scorer, bank.data, lesson.rows.take(used))
        ids = lesson.rows.ids.astype(np.int64)
        said = rows.set_index("row").loc[ids[top]]
        return Examples(
            examples=beside.assign(row=ids[beside["row"].to_numpy(dtype=int)]),
            overall=overall.assign(row=ids[top]),
            rows=rows,
            shown=shown,
            measures=pd.DataFrame(list(self._measures(lesson, said, classes))),
            unit="score",
            own_unit="loss",
            n=len(bank),
            evaluations=bank.scorer.evaluations - before,
        )

    def _strongest(self, own: Array) -> Iterator[tuple[str, Array]]:
        """The rows that moved most, up and down; of equal ones the first."""
        size = rounded(own)
        for role, sign in (("proponent", 1), ("opponent", -1)):
            order = np.argsort(-sign * size, kind="stable")[: self.examples]
            yield role, order[sign * size[order] > 0]

    def _measures(
        self, lesson: Lesson, said: pd.DataFrame, classes: bool
    ) -> Iterator[dict[str, Any]]:
        """What holds of the whole; ``said``: the suspects as they are shown."""
        yield measure("checkpoints", len(lesson.stages), "checkpoints")
        epochs = ", ".join(map(str, lesson.epochs))
        yield measure("epochs", epochs or "none was kept: the last weights alone")
        yield measure("learning_rate", lesson.stages[-1].learning_rate, "")
        yield measure("layer", lesson.stages[-1].view.name)
        yield measure("looked_at", len(lesson.rows), "rows", n=lesson.all_rows)
        yield measure("learnt_from", lesson.source)
        if classes:
            against = int((said["label"] != said["answer"]).sum())
            ends = binomtest(against, len(said)).proportion_ci(method="wilson")
            yield measure("contradicted", against / len(said), "share", n=len(said),
                          low=float(ends.low), high=float(ends.high))  # fmt: skip


def rounded(values: Array) -> Array:
    """Five digits of the largest: rounding in a batch of another size must not change the order."""
    top = float(np.abs(values).max(initial=0.0))
    return np.round(values / top, 5) if top else values
