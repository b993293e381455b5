"""What an audit will cost: evaluations as methods declare them, time and memory from those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xaiframe.catalogue.listing import MISSING, Description
from xaiframe.catalogue.values import cost
from xaiframe.recipe import Recipe

FORWARD_SECONDS = {"table": 1e-6, "image": 1.2e-5, "text": 6.5e-5, "series": 1.7e-5}
"""Seconds per row sent forward, masking included, measured on two cores with KernelSHAP and
SmoothGrad: a perceptron of 64 and 32 units on 30 columns (0.5e-6), a convolutional network of 16
and 32 channels on 8×8 pixels (9e-6 to 12e-6); of the recipes sms_spam and heart_beats half the
processor time of their convolutional networks. LIME's own regressions take longer on tables."""
MEASURED_ELEMENTS = {"image": 64, "text": 75, "series": 250}
"""Elements of that measurement: a larger picture costs in proportion, a wider table hardly."""
BACKWARD_FACTOR = 2.0
"""A gradient costs the forward pass, the backward pass and the points it is taken at."""
STEP_SECONDS = {"table": 2e-3, "image": 3e-3}
"""Seconds per training step (one batch of 32), most of it the trainer's own work."""
ROW_SECONDS = 6e-4
"""Seconds per row of a fit without epochs: a forest of 100 trees on 341 rows of 30 columns."""
ACTIVATIONS = {"table": 8.0, "image": 64.0, "text": 256.0, "series": 64.0}
"""Floats held per input element while a batch passes through those networks."""
TRIAL_INSTANCES = 12
"""Instances that a tuning trial explains."""
FLOAT_BYTES = 4
BASE_MEMORY_MB = 450.0
"""What the process holds before any data: the interpreter and its libraries."""


@dataclass(frozen=True)
class Shapes:
    """Sizes of the data, None where they are not known yet.

    features: interpretable features; elements: input elements; classes: 0 for regression;
    rows: of the test split; background: distinct rows of the reference; train: of its split.
    """

    features: int | None = None
    elements: int | None = None
    classes: int | None = None
    rows: int | None = None
    background: int | None = None
    train: int | None = None


@dataclass(frozen=True)
class Cost:
    """Model evaluations, seconds and megabytes, each None where it cannot be known yet."""

    evaluations: int | None = None
    seconds: float | None = None
    memory_mb: float | None = None


NOTHING = Cost(0, 0.0, 0.0)


def known_shapes(data: Description, node: Mapping[str, Any]) -> Shapes:
    """Sizes that the data's class states of its built-in sources, as expressions over its keys.

    The fact ``known`` maps a source to sizes: ``{"builtin:digits": {"rows": "1797 * test"}}``.
    """
    stated = data.facts.get("known", {}).get(node.get("source"), {})
    names = numbers(data, node)
    sizes = {key: cost(str(expression), names) for key, expression in stated.items()}
    return Shapes(**{key: None if size is None else round(size) for key, size in sizes.items()})


def numbers(description: Description, node: Mapping[str, Any]) -> dict[str, float | None]:
    """The numeric parameters of a choice, defaults included; a list counts by its length."""
    values = {one.name: node.get(one.name, one.default) for one in description.parameters}
    return {name: _number(value) for name, value in values.items() if value is not MISSING}


def _number(value: Any) -> float | None:
    if isinstance(value, (int, float)):
        return value
    return len(value) if isinstance(value, (list, tuple)) else None


class Estimator:
    """Costs of one recipe's units, given what is known about the sizes of its data.

    gradient: whether the model offers gradients at its very inputs, for methods that do more then;
    once: whether a fit has no epochs.
    """

    def __init__(
        self,
        recipe: Recipe,
        shapes: Shapes,
        modality: str,
        gradient: bool = False,
        once: bool = False,
    ) -> None:
        self.recipe = recipe
        self.shapes = shapes
        self.modality = modality
        self.gradient = gradient
        self.once = once

    def names(self) -> dict[str, float | None]:
        """What every cost expression may speak of."""
        explain, shapes = self.recipe.explain, self.shapes
        reference = self.recipe.reference
        declared = reference.rows if reference.kind(self.modality) == "rows" else 1
        return {
            "instances": self.instances,
            "rows": _at_most(explain.sample, shapes.rows),
            "test": shapes.rows,
            "train": shapes.train,
            "background": declared if shapes.background is None else shapes.background,
            "features": shapes.features,
            "elements": shapes.elements,
            "classes": shapes.classes,
            "gradient": int(self.gradient),
            "table": int(self.modality == "table"),
            "text": int(self.modality == "text"),
        }

    def known(self, description: Description, node: Mapping[str, Any]) -> dict[str, float | None]:
        """Sizes and numeric parameters; one that is a word counts as the fact ``each`` says of it:
        ``{"over": {"deep_lift": "2"}}``."""
        names = self.names() | numbers(description, node)
        for one in description.parameters:
            stated = description.facts.get("each", {}).get(one.name, {})
            word = node.get(one.name, one.default)
            if isinstance(word, str) and word in stated:
                names[one.name] = cost(stated[word], names)
        return names

    def method(
        self,
        description: Description,
        node: Mapping[str, Any],
        further: Mapping[str, float | None] | None = None,
    ) -> Cost:
        """Cost of a method or measure; stochastic attributions explain their repeats once more.

        ``further`` names win over parameters of the same name. Raises ValueError when the
        ``cost`` is not arithmetic.
        """
        names = self.known(description, node) | dict(further or {})
        facts = description.facts
        evaluations = cost(str(facts.get("cost", "0")), names)
        if evaluations is not None and facts.get("stochastic") and attributes(description):
            evaluations += cost(facts["cost"], names | {"instances": self.repeats}) or 0
        spent = self.of(evaluations, gradient="gradient" in facts.get("needs", ()))
        return self.fitting(spent, cost(str(facts["fits"]), names)) if "fits" in facts else spent

    @property
    def instances(self) -> int:
        """How many are explained."""
        return _at_most(self.recipe.explain.instances, self.shapes.rows)

    @property
    def repeats(self) -> int:
        """How many of them twice, by a method that draws at random."""
        return min(self.recipe.explain.repeats, self.instances)

    def so_many(
        self, description: Description, node: Mapping[str, Any], instances: int
    ) -> float | None:
        """Evaluations that explain so many instances once."""
        names = self.known(description, node) | {"instances": instances}
        return cost(str(description.facts.get("cost", "0")), names)

    def of(self, evaluations: float | None, gradient: bool = False) -> Cost:
        """Time and memory of so many rows sent through the model."""
        if evaluations is None:
            return Cost()
        factor = BACKWARD_FACTOR if gradient else 1.0
        seconds = evaluations * self._forward_seconds() * factor
        return Cost(round(evaluations), seconds, self._memory(evaluations, factor))

    def fit(self) -> Cost:
        """Training for all of ``fit.epochs``; early stopping usually ends it sooner. Of a model
        without epochs once, as long as it takes a forest."""
        fit, rows = self.recipe.fit, self.shapes.train
        if rows is None:
            return Cost()
        if self.once:
            return Cost(rows, rows * ROW_SECONDS, self._memory(rows, 1.0))
        steps = -(-rows // fit.batch_size) * fit.epochs
        memory = self._memory(fit.batch_size, BACKWARD_FACTOR)
        return Cost(rows * fit.epochs, steps * STEP_SECONDS.get(self.modality, 3e-3), memory)

    def fitting(self, spent: Cost, fits: float | None) -> Cost:
        """``spent``, and the model fitted so many times more."""
        fit = self.fit()
        if fits is None or None in (spent.evaluations, fit.evaluations):
            return Cost()
        return Cost(
            round((spent.evaluations or 0) + fits * (fit.evaluations or 0)),
            (spent.seconds or 0.0) + fits * (fit.seconds or 0.0),
            max(spent.memory_mb or 0.0, fit.memory_mb or 0.0),
        )

    def trials(self, explanation: float | None, trials: float, fits: bool = True) -> Cost:
        """So many trials and the final comparison: each a fit and a few instances explained.

        ``explanation`` is the number of evaluations that explain one instance by every method;
        without ``fits`` the model stays.
        """
        fit = self.fit() if fits else Cost(0, 0.0, 0.0)
        explained = self.of(None if explanation is None else TRIAL_INSTANCES * explanation)
        if fit.evaluations is None or fit.seconds is None:
            return Cost()
        if explained.evaluations is None or explained.seconds is None:
            return Cost()
        times = trials + 1
        return Cost(
            round(times * (fit.evaluations + explained.evaluations)),
            times * (fit.seconds + explained.seconds),
            max(fit.memory_mb or 0.0, explained.memory_mb or 0.0),
        )

    def _forward_seconds(self) -> float:
        seconds = FORWARD_SECONDS.get(self.modality, FORWARD_SECONDS["image"])
        basis = MEASURED_ELEMENTS.get(self.modality)
        return seconds * ((self.shapes.elements or basis) / basis if basis else 1.0)

    def _memory(self, rows: float, factor: float) -> float | None:
        if self.shapes.elements is None:
            return None
        batch = min(rows, self.recipe.explain.max_batch)
        floats = batch * self.shapes.elements * ACTIVATIONS.get(self.modality, 64.0) * factor
        return floats * FLOAT_BYTES / 1e6


def attributes(description: Description) -> bool:
    """Whether a method gives each instance a number per feature (:meth:`Method.attributes`)."""
    facts = description.facts
    return bool((facts.get("scope"), facts.get("kind")) == ("local", "attribution"))


def _at_most(declared: int, there: int | None) -> int:
    return declared if there is None else min(declared, there)
