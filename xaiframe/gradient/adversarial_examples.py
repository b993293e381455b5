"""Adversarial examples: the smallest push along the gradients that turns the decision."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import compress
from typing import Literal

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.counterfactuals import ALREADY, NONE, Counterfactuals, Sheet
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.movable import held, movable
from xaiframe.probe.push import Push
from xaiframe.probe.wanted import Wanted, check


@dataclass(frozen=True)
class AdversarialExamples(Method):
    """The nearest input that DeepFool finds with another decision, moved back to the boundary.

    norm: of the push, in standard deviations of each element: l2, its length over all elements
    together, or linf, its largest.
    into: the class that should be predicted, empty for any other than now.
    move, between: of a quantity, by how much it should differ (standard deviations of the training
    targets), or in which interval it should lie.
    fixed: features that stay as they are, beside those that strategy.sensitive names.
    steps: of DeepFool at most. rivals: classes that are tried, those with the highest scores.
    halvings: of the way back to the boundary.

    DeepFool (Moosavi-Dezfooli, Fawzi & Frossard 2016, arXiv:1511.04599): the scores are taken for
    linear, the nearest boundary is stepped across, and so on until the decision has turned; of a
    linear model that is the score divided by the norm of its weights, exactly. Nothing leaves the
    range of the training split; of tables only numbers move, whole ones by fractions too. The push
    found is an upper bound: a smaller one may exist. A picture altered like this usually looks
    unaltered, which tells how the model reads it, not what would make it another picture.
    """

    norm: Literal["l2", "linf"] = "l2"
    into: str = ""
    move: float = 1.0
    between: Sequence[float] = field(default=())
    fixed: Sequence[str] = field(default=())
    steps: int = 50
    rivals: int = 9
    halvings: int = 20

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    kind = "counterfactuals"
    modalities = ("table", "image", "series")
    needs = ("gradient",)
    own_reference = True
    cost = "instances * (2 + steps * max(2, min(classes, rivals + 1)) + halvings)"
    reference = "arXiv:1511.04599"

    def __post_init__(self) -> None:
        if self.norm not in ("l2", "linf"):
            raise ValueError(f"norm must be l2 or linf, not {self.norm!r}")
        if min(self.steps, self.rivals) < 1 or self.halvings < 0:
            raise ValueError("steps and rivals must be at least 1, halvings at least 0")
        check(self.move, self.between)

    def explain(self, bank: GradientBank) -> Counterfactuals:
        """The altered inputs; raises NotApplicable where nothing can move, where no feature is
        called as ``fixed`` says, and where there is no class ``into``."""
        before = bank.scorer.evaluations + bank.evaluations
        wanted = Wanted.of(bank.data, self.into, self.move, self.between)
        free, fixed = able(bank, self.fixed)
        now = bank.scorer.outputs(bank.x)
        asked = np.array([not wanted.already(one) for one in now])
        altered = bank.x.copy()
        push = Push(bank, wanted, free, now, self.norm, self.steps, self.rivals, self.halvings)
        if asked.any():
            altered[asked] = push.found(np.flatnonzero(asked))
        answers = bank.scorer.outputs(altered[asked]) if asked.any() else now[:0]
        sheet = Sheet()
        after = np.full((len(bank), 1, *bank.x.shape[1:]), np.nan, dtype=np.float32)
        answer = iter(answers)
        for position, outputs in enumerate(now):
            name, target = wanted.named(outputs), int(bank.targets[position])
            identity, score = int(bank.ids[position]), float(outputs[target])
            if not asked[position]:
                sheet.without(identity, ALREADY, name, score)
                continue
            turned = next(answer)
            if wanted.lead(turned[None], outputs)[0] <= 0:
                sheet.without(identity, NONE, name, score)
                continue
            after[position, 0] = altered[position]
            sheet.found(
                identity, 1, (name, wanted.named(turned)), (score, float(turned[target])),
                push.changes(position, altered[position]),
                push.size(altered[position] - bank.x[position]),
            )  # fmt: skip
        rows, changes = sheet.frames()
        return Counterfactuals(
            counterfactuals=rows, changes=changes,
            after=after if bank.modality != "table" else after[:, 0, :0], unit="sd",
            wanted=wanted.said, fixed="\n".join(fixed), n=len(bank),
            evaluations=bank.scorer.evaluations + bank.evaluations - before,
        )  # fmt: skip


def able(bank: GradientBank, fixed: Sequence[str]) -> tuple[Array, list[str]]:
    """``(n, *input_shape)`` bool: which elements may move; and the names of fixed features."""
    still = held(bank.data, fixed)
    free = movable(bank.data, bank.x) & ~still[bank.feature_mask]
    if not free.any():
        raise NotApplicable("no feature is a number that may change")
    return free, list(compress(bank.data.features, still))
