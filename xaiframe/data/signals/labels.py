"""Labels of series and windows as classes or values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.signals.samples import Curve
from xaiframe.explanation import Array


@dataclass(frozen=True)
class Labels:
    """task: classification or regression; horizon: of a forecast, −1 for whole series."""

    task: str
    horizon: int = -1

    def fault(self, curve: Curve) -> str:
        """What is wrong with a series' label; empty when it can be used."""
        found = {_plain(one) for one in curve.labels if not absent(one)}
        if not found:
            return "the label is missing"
        if len(found) > 1:
            return f"its samples are labelled {' and '.join(sorted(found)[:3])}"
        if self.task == "regression" and not np.isfinite(number(found.pop())):
            return f"the target {str(self.label(curve))[:40]!r} is not a finite number"
        return ""

    def label(self, curve: Curve) -> Any:
        """The first label that is there, None without one."""
        return next((one for one in curve.labels if not absent(one)), None)

    def of(self, curves: Sequence[Curve]) -> tuple[Array, tuple[str, ...]]:
        """``(n,)`` class indices and the classes' names, or values and none."""
        found = [self.label(curve) for curve in curves]
        if self.task == "regression":
            return np.array([number(one) for one in found], dtype=np.float32), ()
        codes, names = pd.factorize(np.array([_plain(one) for one in found], object), sort=True)
        return codes.astype(np.int64), tuple(str(name) for name in names)

    def known(self, curves: Sequence[Curve], classes: tuple[str, ...]) -> Array:
        """``(n,)`` targets of new series; −1 or NaN where there is none that the data know."""
        found = [self.label(curve) for curve in curves]
        if self.task == "regression":
            return np.array([number(one) for one in found], dtype=np.float32)
        codes = {name: code for code, name in enumerate(classes)}
        return np.array([codes.get(_plain(one), -1) for one in found], dtype=np.int64)


def absent(label: Any) -> bool:
    """Whether a cell holds no label."""
    return label is None or (isinstance(label, float) and np.isnan(label)) or not _plain(label)


def number(label: Any) -> float:
    """A label as a number, NaN where it is none."""
    try:
        return float(label)
    except (TypeError, ValueError):
        return float("nan")


def _plain(label: Any) -> str:
    return str(label).strip()
