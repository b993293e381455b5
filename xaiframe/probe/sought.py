"""What a climb seeks to raise: the outputs of a model, or the channels of one of its layers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.memory import in_batches
from xaiframe.probe.halves import Halves
from xaiframe.probe.score import Population, Scorer


@dataclass(frozen=True)
class Sought:
    """``module`` gives what is raised, in columns; ``names`` of what is sought, the columns
    ``outputs`` ``(k,)`` and whether they are raised or lowered, ``signs`` ``(k,)``.

    asked: the columns for some inputs; real: ``(n, columns)`` for the rows of the population.
    """

    module: nn.Module
    names: tuple[str, ...]
    outputs: Array
    signs: Array
    asked: Callable[[Array], Array]
    real: Array

    @classmethod
    def classes(cls, population: Population) -> Sought:
        """The score of each class; of a quantity its largest and its smallest value."""
        classes, scorer = population.data.classes, population.scorer
        names = classes or ("highest", "lowest")
        outputs = np.arange(len(names)) if classes else np.zeros(2, dtype=int)
        signs = np.ones(len(names)) if classes else np.array([1.0, -1.0])
        real = scorer.outputs(population.rows.x)
        return cls(scorer.module, names, outputs, signs, scorer.outputs, real)

    @classmethod
    def channels(cls, population: Population, layer: str, count: int) -> Sought:
        """At most ``count`` channels of a layer, those whose means differ most between rows.

        Raises NotApplicable where the network cannot be cut at the layer, and where no channel
        differs.
        """
        scorer = population.scorer
        halves = Halves.of(population.model, scorer, layer)
        module = nn.Sequential(halves.lower, Means())

        def asked(x: Array) -> Array:
            return answers(module, scorer, x)

        real = asked(population.rows.x)
        spread = real.std(axis=0)
        chosen = np.argsort(-np.round(spread / (spread.max() or 1.0), 5), kind="stable")[:count]
        chosen = chosen[spread[chosen] > 0]
        if not len(chosen):
            raise NotApplicable(f"no channel of layer {halves.name!r} differs between the rows")
        names = tuple(f"{halves.name} channel {one + 1}" for one in chosen)
        return cls(module, names, chosen, np.ones(len(chosen)), asked, real)


class Means(nn.Module):
    """``(n, channels, *places)`` to ``(n, channels)``."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).mean(dim=2) if x.ndim > 2 else x


def answers(module: nn.Module, scorer: Scorer, x: Array) -> Array:
    """``(n, columns)`` float64 of ``x`` ``(n, *input_shape)``, each row counted once."""
    device = next((one.device for one in scorer.module.parameters()), torch.device("cpu"))

    def ask(part: slice) -> Array:
        with torch.inference_mode(False), torch.no_grad():
            rows = torch.from_numpy(np.array(x[part], dtype=np.float32, order="C")).to(device)
            return np.asarray(module(rows).double().cpu().numpy())

    scorer.evaluations += len(x)
    return np.concatenate(list(in_batches(scorer, len(x), ask)))
