"""The search space: which settings may be tried, widened to hold the one that stands."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from xaiframe.errors import Problem, RecipeError
from xaiframe.facts import setting_text

LIMITS = frozenset({"low", "high", "log", "step", "choices"})


@dataclass(frozen=True)
class Parameter:
    """One setting: a range ``low`` to ``high`` (both included), or ``choices``.

    name: the dotted key that it sets. log: drawn evenly on the logarithm. step: grid width, or
    None. A choice may be a list (layer widths); its label is its JSON text.
    """

    name: str
    kind: Literal["float", "int", "choice"]
    low: float = 0.0
    high: float = 0.0
    log: bool = False
    step: float | None = None
    choices: tuple[Any, ...] = ()

    @property
    def labels(self) -> list[str]:
        return [json.dumps(choice) for choice in self.choices]

    def encode(self, value: Any) -> Any:
        """``value`` as the sampler knows it."""
        return json.dumps(plain(value)) if self.kind == "choice" else value

    def decode(self, value: Any) -> Any:
        """What the sampler drew, as the setting takes it."""
        return json.loads(value) if self.kind == "choice" else value

    def told(self, value: Any) -> Any:
        """The setting as a table or a fact holds it: numbers or words as they are, choices of
        several kinds (``sqrt`` or 0.3, null or 8) and lists as text."""
        kinds = {_kind(one) for one in self.choices}
        return setting_text(value) if len(kinds) > 1 or kinds == {"other"} else value

    def read(self, told: Any) -> Any:
        """The setting that :meth:`told` told."""
        if self.kind != "choice" or not isinstance(told, str):
            return told
        known = {setting_text(plain(one)): plain(one) for one in self.choices}
        try:
            return known[told] if told in known else json.loads(told)
        except ValueError:
            return told

    def at(self, share: float) -> Any:
        """The value, encoded, at this share in [0, 1] of the way from low to high."""
        if self.kind == "choice":
            return self.labels[min(int(share * len(self.choices)), len(self.choices) - 1)]
        if self.step or (self.kind == "int" and not self.log):
            step = self.step or 1
            steps = int((self.high - self.low) / step + 1e-9)
            value = self.low + step * min(int(share * (steps + 1)), steps)
        elif self.log:
            value = math.exp(math.log(self.low) + share * math.log(self.high / self.low))
        else:
            value = self.low + share * (self.high - self.low)
        value = min(max(value, self.low), self.high)
        return round(value) if self.kind == "int" else value

    def levels(self, points: int) -> list[Any]:
        """The values of a grid, encoded: every choice, every step, else ``points`` from low to
        high (fewer where whole numbers coincide)."""
        if self.kind == "choice":
            return self.labels
        count = int((self.high - self.low) / self.step + 1e-9) + 1 if self.step else points
        shares = np.linspace(0, 1, count) if self.low < self.high else np.zeros(1)
        return list(dict.fromkeys(self.at(float(share)) for share in shares))

    def holding(self, value: Any) -> Parameter:
        """This parameter, widened where needed so that ``value`` can be tried.

        Raises RecipeError where no widening helps.
        """
        if self.kind == "choice":
            if plain(value) in self.choices:
                return self
            return replace(self, choices=(*self.choices, plain(value)))
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise _refused(self.name, f"the current {value!r} is no number", "use choices")
        if self.log and value <= 0:
            raise _refused(self.name, f"the current {value} has no logarithm", "log: false")
        if self.step and abs((value - self.low) / self.step % 1.0 - 0.5) < 0.5 - 1e-9:
            raise _refused(self.name, f"the current {value} is on no step of {self.step}")
        kind = "float" if isinstance(value, float) else self.kind
        return replace(self, kind=kind, low=min(self.low, value), high=max(self.high, value))


def parameters_of(space: Mapping[str, Any]) -> list[Parameter]:
    """Every parameter of a nested or dotted space, in its order.

    Both ends whole numbers make whole numbers. Raises RecipeError with every fault.
    """
    parameters: list[Parameter] = []
    problems: list[Problem] = []
    for name, limits in _leaves(space):
        try:
            parameters.append(_parameter(name, limits))
        except RecipeError as error:
            problems += error.problems
    if problems:
        raise RecipeError(problems)
    return parameters


def plain(value: Any) -> Any:
    """Lists as lists, whatever kind of sequence the configuration gave."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(item) for item in value]
    return value


def _kind(value: Any) -> str:
    kinds: dict[str, Any] = {"word": str, "switch": bool, "number": (int, float)}
    return next((name for name, kind in kinds.items() if isinstance(value, kind)), "other")


def _leaves(space: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in space.items():
        if isinstance(value, Mapping) and not LIMITS & set(value):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _parameter(name: str, limits: Any) -> Parameter:
    if not isinstance(limits, Mapping) or not set(limits) <= LIMITS:
        raise _refused(name, f"{limits!r} is no range", "{low: 1, high: 8} or {choices: [1, 2]}")
    if "choices" in limits:
        choices = plain(limits["choices"])
        if not isinstance(choices, list) or not choices:
            raise _refused(name, "choices is not a list of values", "choices: [1, 2]")
        return Parameter(name, "choice", choices=tuple(choices))
    low, high = limits.get("low"), limits.get("high")
    if not all(isinstance(end, (int, float)) and not isinstance(end, bool) for end in (low, high)):
        raise _refused(name, "needs numbers low and high")
    assert low is not None
    assert high is not None
    log, step = bool(limits.get("log")), limits.get("step")
    if low > high or (log and low <= 0) or (log and step):
        raise _refused(name, f"{dict(limits)} is no range", "low ≤ high; log: low > 0, no step")
    whole = isinstance(low, int) and isinstance(high, int)
    return Parameter(name, "int" if whole else "float", low, high, log, step)


def _refused(name: str, message: str, hint: str = "") -> RecipeError:
    return RecipeError(Problem(f"tuning.space.{name}", message, hint))
