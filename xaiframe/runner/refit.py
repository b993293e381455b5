"""The model of a recipe fitted once more without some of its features."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.data.module import DataModule, Ready
from xaiframe.model.face import Model
from xaiframe.probe.holding import Shuffled, hold
from xaiframe.repair.repaired import Conduct
from xaiframe.runner.fit import fit
from xaiframe.runner.subject import Tools


@dataclass(frozen=True)
class Refitting:
    """Fits the recipe's model on the data it was fitted on.

    lesson: what that fit learnt from, repairs included; decides: what its result depends on.
    """

    tools: Tools
    lesson: Callable[[], tuple[DataModule, Conduct]]
    decides: Mapping[str, Any]

    def __call__(
        self, features: Sequence[int], seed: int, shuffled: Shuffled = ""
    ) -> tuple[Model, int]:
        """As :class:`xaiframe.probe.holding.Refit` says."""
        module, conduct = self.lesson()
        data, recipe = without(module.data, features, self.tools.data), self.tools.recipe
        data = dealt(data, shuffled, seed)
        with tempfile.TemporaryDirectory() as folder:
            fitted = fit(
                self.tools.architecture,
                Ready(data),
                recipe.fit,
                self.tools.runner,
                Path(folder),
                seed,
                conduct,
                self.tools.data,
            )
        fitted.model.at_most(recipe.explain.max_batch)
        return fitted.model, fitted.rows


def without(data: Data, features: Sequence[int], read: Data) -> Data:
    """What a fit sees when it is to learn nothing from these features; held at the mean of the
    rows as they were ``read``, whatever repairs have made of them."""
    train, validation = (
        replace(split, x=hold(split.x, features, read)) for split in (data.train, data.validation)
    )
    return replace(data, train=train, validation=validation)


def dealt(data: Data, shuffled: Shuffled, seed: int) -> Data:
    """Training and validation rows with their labels, or each feature of theirs, dealt out anew."""
    if not shuffled:
        return data
    rng = np.random.default_rng([seed, 71])
    return replace(
        data,
        train=_dealt(data.train, data, shuffled, rng),
        validation=_dealt(data.validation, data, shuffled, rng),
    )


def _dealt(split: Split, data: Data, shuffled: Shuffled, rng: np.random.Generator) -> Split:
    if shuffled == "labels":
        return replace(split, y=rng.permutation(split.y))
    x = split.x.copy()
    for feature in range(len(data.features)):
        inside = np.isin(data.feature_mask, feature)
        x[:, inside] = split.x[rng.permutation(len(split))][:, inside]
    return replace(split, x=x)
