"""The fitted model on its data under one reference: what the explaining stages are about."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from xaiframe.data.face import Data
from xaiframe.data.module import DataModule
from xaiframe.model.face import Model
from xaiframe.probe.holding import Refit
from xaiframe.probe.instances import Instances
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Population, Scorer
from xaiframe.recipe import Recipe
from xaiframe.runner.trainer import Runner
from xaiframe.store import digest


@dataclass(frozen=True)
class Tools:
    """What the recipe's nodes became: data module, architecture, runner, methods, tuning study,
    pruner.

    ``architecture`` builds a network to be trained here, or loads a model that was brought;
    ``methods`` maps group → choice → object, for the choices that apply.
    """

    recipe: Recipe
    module: DataModule
    architecture: Any
    runner: Runner
    methods: Mapping[str, Mapping[str, Any]]
    study: Any
    pruner: Any = None

    @property
    def data(self) -> Data:
        return self.module.data

    @property
    def brought(self) -> bool:
        """Whether the model comes trained."""
        return hasattr(self.architecture, "load")

    @cached_property
    def model(self) -> Model:
        """The model that was brought; raises :class:`ModelError` when it cannot be used."""
        loaded: Model = self.architecture.load(self.data)
        return loaded


@dataclass(frozen=True)
class Subject:
    """One fitted model ready to be explained on the chosen instances."""

    tools: Tools
    model: Model
    model_digest: str
    reference: Reference
    scorer: Scorer
    instances: Instances
    refit: Refit | None = None

    @cached_property
    def data(self) -> Data:
        """The data, with the columns that the strategy calls sensitive."""
        return replace(self.tools.data, sensitive=tuple(self.recipe.strategy.sensitive))

    @property
    def recipe(self) -> Recipe:
        return self.tools.recipe

    @cached_property
    def decides(self) -> dict[str, Any]:
        """Everything an explanation of these instances depends on, beside the method itself."""
        return {
            "data": self.data.digest,
            "model": self.model_digest,
            "reference": self.reference.digest,
            "instances": digest(self.instances.split.ids, self.instances.targets),
            "explain": self.recipe.explain,
            "seed": self.recipe.seed,
        }

    def population(self) -> Population:
        """A bounded sample of the test split for the global methods, drawn by seed."""
        size = min(self.recipe.explain.sample, len(self.data.test))
        random = np.random.default_rng([self.recipe.seed, 31])
        # Global methods shuffle and set what all instances share; own features are of no use there.
        whole = replace(self.data.test, mask=None)
        rows = whole.take(np.sort(random.choice(len(self.data.test), size, replace=False)))
        targets = self.reference.targets(self.model, rows.x)
        seed = self.recipe.seed
        return Population(self.model, self.scorer, self.data, rows, targets, seed, self.refit)
