"""The outputs of a model that was brought, in the order of the data's classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array


def class_order(place: str, names: Sequence[object], data: Data) -> Array:
    """``(classes,)`` which of the model's outputs belongs to each class of the data.

    ``names`` are the model's own, as text or numbers; 0 and 0.0 and "0" are the same class.
    Raises :class:`ModelError` unless they are the data's, each once.
    """
    own = [plain_name(name) for name in names]
    wanted = [plain_name(name) for name in data.classes]
    if sorted(own) != sorted(wanted):
        raise ModelError(
            Problem(
                place,
                f"its classes are {', '.join(own[:12]) or 'none'}",
                f"the data have {', '.join(wanted[:12])}",
            )
        )
    return np.array([own.index(name) for name in wanted])


def expect_outputs(place: str, outputs: int, data: Data) -> None:
    """Raise :class:`ModelError` unless a model puts out one number per class, or one value."""
    wanted = len(data.classes) if data.task == "classification" else 1
    if outputs != wanted:
        raise ModelError(Problem(place, f"it puts out {outputs} numbers", f"{wanted} expected"))


def both_sides(positive: Array) -> Array:
    """``(n, 2)`` probabilities from ``(n,)`` those of the second class."""
    return np.stack([1 - positive, positive], axis=1)


def plain_name(name: object) -> str:
    """A class as text: 0, 0.0 and "0" are the same."""
    text = str(name)
    try:
        number = float(text)
    except ValueError:
        return text
    return str(int(number)) if number.is_integer() else text
