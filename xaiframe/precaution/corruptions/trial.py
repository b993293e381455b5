"""Trials: a model's predictions before and after each corruption of some rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.face import Model, WhiteBox
from xaiframe.precaution.corruptions import image, series, table, text
from xaiframe.precaution.corruptions.face import SEVERITIES, Corruption
from xaiframe.precaution.corruptions.flips import another

BY_MODALITY: dict[str, tuple[Corruption, ...]] = {
    "image": image.CORRUPTIONS,
    "series": series.CORRUPTIONS,
    "table": table.CORRUPTIONS,
    "text": text.CORRUPTIONS,
}


@dataclass(frozen=True)
class Trial:
    """One corruption at one severity.

    x ``(n, *input_shape)``; after ``(n,)`` predictions; changed, flipped ``(n,)`` bool: rows that
    are no longer what they were, and those of them whose prediction is another one. ``reason``
    says why there are no predictions.
    """

    corruption: Corruption
    severity: str
    amount: float
    x: Array
    after: Array
    changed: Array
    flipped: Array
    reason: str = ""

    @property
    def judged(self) -> bool:
        """Whether the policy may hold a changed prediction against the model."""
        return self.corruption.mild and self.severity == SEVERITIES[0] and bool(self.changed.any())


def trials(
    data: Data, model: Model, rows: Split, before: Array, seed: int, mild: bool = False
) -> Iterator[Trial]:
    """Every corruption of the modality at every severity; only the ``mild`` small ones if asked."""
    verbatim = data.modality == "text" and not isinstance(model, WhiteBox)
    chosen = text.VERBATIM if verbatim else BY_MODALITY[data.modality]
    for place, corruption in enumerate(chosen):
        for severity, amount in zip(SEVERITIES, corruption.amounts, strict=True):
            if not mild or (corruption.mild and severity == SEVERITIES[0]):
                random = np.random.default_rng([seed, 61, place, SEVERITIES.index(severity)])
                yield _trial(data, model, rows, before, corruption, severity, amount, random)


def _trial(
    data: Data,
    model: Model,
    rows: Split,
    before: Array,
    corruption: Corruption,
    severity: str,
    amount: float,
    random: np.random.Generator,
) -> Trial:
    none = np.zeros(len(rows), dtype=bool)
    try:
        x = corruption.apply(data, rows, amount, random)
    except NotApplicable as why:
        return Trial(corruption, severity, amount, rows.x, before, none, none, str(why))
    changed = (x != rows.x).reshape(len(x), -1).any(axis=1)
    if not changed.any():
        reason = "it changes none of these rows"
        return Trial(corruption, severity, amount, x, before, changed, none, reason)
    try:
        after = model.predictions(x)
    except Exception as error:
        if isinstance(model, WhiteBox):
            raise
        # somebody else's model, on rows that its author may not have thought of
        reason = f"the model does not answer such rows: {str(error).splitlines()[0]}"
        return Trial(corruption, severity, amount, x, before, none, none, reason)
    flipped = changed & another(data, before, after)
    return Trial(corruption, severity, amount, x, after, changed, flipped)
