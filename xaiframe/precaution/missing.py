"""Missing: how many values are not there, and whether their absence tells the target."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact
from xaiframe.precaution import columns
from xaiframe.precaution.absence import absence_facts, telling
from xaiframe.precaution.measure import share_fact


@dataclass(frozen=True)
class Missing:
    """Share of training rows without a value, per column, with Wilson's interval.

    A number that is not finite counts as missing. For images the columns are the channels: a
    picture misses a channel when one of its pixels there is not finite.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    def __call__(self, data: Data, seed: int) -> Outcome:  # noqa: ARG002 (every check takes one)
        """Facts share per column, rows_share, worst_share; target_association and
        target_p_adjusted of each column with enough gaps to tell; table columns."""
        gaps = absent(data)
        n, counts = len(gaps), gaps.sum()
        facts = [
            share_fact("share", int(count), n, {"column": str(name)})
            for name, count in counts.items()
        ]
        facts.append(share_fact("rows_share", int(gaps.any(axis=1).sum()), n))
        facts.append(_worst(counts.to_numpy(), n))
        told = telling(gaps, data.train.y, data.task)
        facts += absence_facts(told, n)
        table = pd.DataFrame(
            {
                "column": gaps.columns.map(str),
                "missing": counts.to_numpy(dtype=np.int64),
                "n": n,
                "share": counts.to_numpy() / n if n else np.nan,
            }
        )
        told = told.rename(
            columns={name: f"target_{name}" for name in ("association", "p_adjusted")}
        )
        return Outcome(facts=facts, tables={"columns": table.merge(told, "left", "column")})


def absent(data: Data) -> pd.DataFrame:
    """``(rows, columns)`` bool of the training split: raw cells, or channels of pictures."""
    if data.modality in ("table", "text"):
        return columns.missing(data.train.frame)
    x = data.train.x.reshape(len(data.train), data.input_shape[0], -1)
    gaps = ~np.isfinite(x).all(axis=2)
    return pd.DataFrame(np.asarray(gaps), columns=[f"channel {k}" for k in range(gaps.shape[1])])


def _worst(counts: Array, n: int) -> Fact:
    if len(counts) == 0:
        return Fact("worst_share", None, "share", n=n, reason="there are no columns")
    return share_fact("worst_share", int(counts.max()), n)
