"""Global importance: one number per feature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, Source
from xaiframe.kinds.answer import Answer


@dataclass(kw_only=True)
class Importance(Answer):
    """``values`` ``(features,)`` of ``features`` in ``unit``, with their standard ``error``.

    ``samples`` ``(features, repeats)`` holds the repeats behind the mean, where there are any.
    """

    features: Sequence[str]
    values: Array
    error: Array
    unit: str
    samples: Array | None = None

    def outcome(self, origin: Source) -> Outcome:
        """A fact per feature with its 95 % interval, and the ``importance`` arrays."""
        arrays = {"values": self.values, "error": self.error, "unit": np.array(self.unit)}
        arrays |= {
            "features": np.array(self.features),
            "n": np.array(self.n),
            "evaluations": np.array(self.evaluations),
        }
        if self.samples is not None:
            arrays["samples"] = self.samples
        low, high = self.values - 1.96 * self.error, self.values + 1.96 * self.error
        facts = [
            Fact("importance", float(self.values[k]), self.unit, {"feature": name}, self.n,
                 (float(low[k]), float(high[k])), source=origin)
            for k, name in enumerate(self.features)
        ]  # fmt: skip
        return Outcome(facts, arrays={"importance": arrays})

    @classmethod
    def read(cls, stored: Outcome) -> Self:
        arrays = stored.arrays["importance"]
        return cls(
            n=int(arrays["n"]),
            evaluations=int(arrays["evaluations"]),
            features=arrays["features"].tolist(),
            values=arrays["values"],
            error=arrays["error"],
            unit=str(arrays["unit"]),
            samples=arrays.get("samples"),
        )
