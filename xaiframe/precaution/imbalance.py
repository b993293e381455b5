"""Imbalance: how unevenly the classes of the training split are filled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.precaution.measure import Interval, share_fact, wilson


@dataclass(frozen=True)
class Imbalance:
    """Rarest ÷ commonest class, each class's share, and the effective number of classes.

    The effective number is exp(entropy of the shares), Hill's number of order 1 (1973,
    doi:10.2307/1934352): k for k equal classes, near 1 when one class holds almost all rows.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")
    tasks = ("classification",)

    def __call__(self, data: Data, seed: int) -> Outcome:  # noqa: ARG002 (every check takes one)
        """Facts ratio, class_share per class, effective_classes; table classes.

        Raises NotApplicable for regression, which has no classes.
        """
        if data.task != "classification":
            raise NotApplicable("regression has no classes to be out of balance")
        counts, n = np.bincount(data.train.y, minlength=len(data.classes)), len(data.train)
        facts = [_ratio(counts), _effective(counts)]
        facts += [
            share_fact("class_share", int(count), n, {"class": name}, "none")
            for name, count in zip(data.classes, counts, strict=True)
        ]
        table = pd.DataFrame(
            {
                "class": list(data.classes),
                "count": counts.astype(np.int64),
                "share": counts / n if n else np.nan,
            }
        )
        return Outcome(facts=facts, tables={"classes": table})


def _ratio(counts: Array) -> Fact:
    n = int(counts.sum())
    if n == 0 or len(counts) < 2:
        reason = "there are no rows" if n == 0 else "there is only one class"
        return Fact("ratio", None, "ratio", n=n, better="higher", reason=reason)
    rarest, commonest = int(counts.min()), int(counts.max())
    return Fact(
        "ratio",
        rarest / commonest,
        "ratio",
        n=n,
        interval=odds_interval(rarest, commonest),
        better="higher",
    )


def odds_interval(a: int, b: int) -> Interval | None:
    """95 % interval of a ÷ b: Wilson's interval of a ÷ (a + b), turned into odds."""
    ends = wilson(a, a + b)
    if ends is None or ends[1] >= 1:
        return None
    return ends[0] / (1 - ends[0]), ends[1] / (1 - ends[1])


def _effective(counts: Array) -> Fact:
    n = int(counts.sum())
    if n == 0:
        return Fact("effective_classes", None, "classes", n=0, reason="there are no rows")
    filled = counts[counts > 0] / n
    effective = float(np.exp(-(filled * np.log(filled)).sum()))
    return Fact(
        "effective_classes", effective, "classes", n=n, better="higher", source=source("numpy")
    )
