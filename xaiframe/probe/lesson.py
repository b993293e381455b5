"""What a model learnt from, step by step: its rows, its checkpoints, and the loss at each."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from xaiframe.data.face import Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.face import Output, WhiteBox, contrast
from xaiframe.model.memory import in_batches
from xaiframe.model.trail import Step
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.slopes import AllLayers, LastLayer, Objective, Slopes

NUMBERS = 2**24
"""Numbers of gradients that one pass holds; twice as many are kept for further batches."""
Layers = Literal["last", "all"]


@dataclass(frozen=True)
class Stage:
    """One checkpoint: the layers that are looked at, and its learning rate."""

    view: LastLayer | AllLayers
    learning_rate: float


@dataclass(frozen=True)
class Lesson:
    """At most so many of the rows that a model learnt from, drawn by seed, and its checkpoints.

    all_rows
        how many rows there were to draw from. epochs: of the checkpoints; empty where the model
        came without any and stands for itself, with a learning rate of 1.
    """

    bank: GradientBank
    rows: Split
    all_rows: int
    epochs: tuple[int, ...]
    stages: tuple[Stage, ...]

    @classmethod
    def of(cls, bank: GradientBank, layers: Layers, sample: int, checkpoints: int) -> Lesson:
        """Raises NotApplicable for a model without gradients, and where the rows that it learnt
        from are not known."""
        model = bank.scorer.model
        if not isinstance(model, WhiteBox):
            raise NotApplicable("the model only answers: its weights have no gradient to follow")
        trail = model.trail
        if trail is not None and trail.lost:
            raise NotApplicable(
                "the fit learnt from repaired rows, which only the audit itself can make again"
            )
        learnt = bank.data.train if trail is None or trail.learnt is None else trail.learnt
        size = min(sample, len(learnt))
        order = np.random.default_rng([bank.seed % 2**64, 83]).permutation(len(learnt))
        rows = learnt.take(np.sort(order[:size]))
        steps = trail.steps if trail is not None else ()
        chosen = [steps[at] for at in evenly(len(steps), checkpoints)]
        own = chosen or [Step(0, 1.0, model.module.state_dict())]
        stages = tuple(Stage(view(model, one, layers), one.learning_rate) for one in own)
        return cls(bank, rows, len(learnt), tuple(one.epoch for one in chosen), stages)

    def influence(self, answers: Array) -> Array:
        """``(n, rows)``: how far steps on each row's loss, at every checkpoint, move the scores of
        the bank's instances at ``answers`` ``(n,)``, to first order."""
        moved = np.zeros((len(self.bank), len(self.rows)))
        score = scoring(self.bank)
        for number, stage in enumerate(self.stages):
            own = [one for one, _ in self._passes(stage, self.bank.x, answers, score)]
            at = 0
            for learnt in self._learning(number):
                size = len(learnt.squared())
                block = np.concatenate([one.dot(learnt) for one in own])
                moved[:, at : at + size] -= stage.learning_rate * block
                at += size
        return moved

    def on_itself(self) -> Array:
        """``(rows,)``: how far steps on each row's loss lower that loss, to first order."""
        kept = self.bank.scorer.kept
        key = ("lesson", *self._key, "self")
        if key not in kept:
            total = np.zeros(len(self.rows))
            for number, stage in enumerate(self.stages):
                own = [one.squared() for one in self._learning(number)]
                total += stage.learning_rate * np.concatenate(own)
            kept[key] = total
        return np.asarray(kept[key])

    @property
    def source(self) -> str:
        """What is known of the rows that the model learnt from, in words."""
        model = self.bank.scorer.model
        if model.brought:
            return "not known: the model came trained"
        repaired = model.trail is not None and model.trail.learnt is not None
        return "the training split as repaired" if repaired else "the training split"

    @property
    def _key(self) -> tuple[Any, ...]:
        view = self.stages[0].view
        return view.name, len(self.stages), len(self.rows), self.bank.seed

    def _learning(self, number: int) -> Iterator[Slopes]:
        """The rows' own slopes at a checkpoint; kept for later batches where they are few."""
        stage, kept = self.stages[number], self.bank.scorer.kept
        key = ("lesson", *self._key, number)
        if key in kept:
            yield from kept[key]
            return
        loss = squared_error if self.bank.data.task == "regression" else cross_entropy
        room, held = 2 * NUMBERS // len(self.stages), []
        for one, _ in self._passes(stage, self.rows.x, self.rows.y, loss):
            room -= one.numbers
            if room >= 0:
                held.append(one)
            yield one
        if room >= 0:
            kept[key] = held

    def _passes(
        self, stage: Stage, x: Array, due: Array, objective: Objective
    ) -> Iterator[tuple[Slopes, int]]:
        """Slopes in parts of at most ``max_batch`` rows, and of :data:`NUMBERS` numbers."""
        bank, kind = self.bank, torch.int64
        if bank.data.task == "regression" and objective is squared_error:
            kind = torch.float32
        rows = max(1, bank.scorer.max_batch * stage.view.weights // NUMBERS)

        def ask(part: slice) -> tuple[Slopes, int]:
            with torch.inference_mode(False), torch.enable_grad():
                given, aim = bank.tensor(x[part]), bank.tensor(due[part], kind)
                found = stage.view.slopes(given, aim, objective)
            return found, len(given)

        for found, count in in_batches(bank.scorer, len(x), ask, rows):
            bank.scorer.evaluations += count
            bank.evaluations += count
            yield found, count


def evenly(there: int, wanted: int) -> list[int]:
    """At most ``wanted`` of ``there`` places, evenly spread, the last among them."""
    count = min(there, wanted)
    return [there - 1 - (k * there) // count for k in range(count)][::-1]


def view(model: WhiteBox, step: Step, layers: Layers) -> LastLayer | AllLayers:
    """The network with the weights of a step."""
    with torch.inference_mode(False):
        network: nn.Module = copy.deepcopy(model.module)
        network.load_state_dict(dict(step.state))
    network = network.eval().requires_grad_(False)
    return LastLayer.of(network) if layers == "last" else AllLayers(network)


def cross_entropy(outputs: Tensor, due: Tensor) -> Tensor:
    """``(n,)`` of logits and classes."""
    return nn.functional.cross_entropy(outputs, due, reduction="none")


def squared_error(outputs: Tensor, due: Tensor) -> Tensor:
    """``(n,)`` of predicted and true values."""
    return nn.functional.mse_loss(outputs[:, 0], due, reduction="none")


def scoring(bank: GradientBank) -> Objective:
    """The declared score of an output, as :meth:`xaiframe.model.face.Model.scores` says."""
    output: Output = bank.reference.output
    model = bank.scorer.model
    apart = contrast(len(model.classes)).to(bank.device) if len(model.classes) > 1 else None

    def score(outputs: Tensor, at: Tensor) -> Tensor:
        if model.task == "classification" and output == "probability":
            outputs = outputs.softmax(dim=1)
        elif apart is not None:
            outputs = apart(outputs)
        return outputs.gather(1, at[:, None])[:, 0]

    return score
