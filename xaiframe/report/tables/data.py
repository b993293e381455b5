"""What one tabular case rests on: shares per method, means of P and G, conflicts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from xaiframe.report import explained
from xaiframe.report.record import Record
from xaiframe.report.tables import levels

SHOWN = 10


@dataclass(frozen=True)
class Case:
    """One explained instance; ``place`` counts cases from 0."""

    record: Record
    row: pd.Series
    place: int

    @property
    def position(self) -> int:
        return int(self.row["position"])

    @cached_property
    def names(self) -> list[str]:
        return explained.features(self.record)

    @cached_property
    def methods(self) -> pd.DataFrame:
        """Rows of feature, method, direction, attribution, share, low, high, signed.

        low, high: the share ± one standard error, NaN where the method estimates none.
        """
        return pd.concat(
            [self._of(method) for method in explained.local_methods(self.record)], ignore_index=True
        )

    def _of(self, method: str) -> pd.DataFrame:
        arrays, signed = (
            explained.attribution(self.record, method),
            explained.signed(self.record, method),
        )
        values = arrays["values"][self.position]
        total = np.abs(values).sum() or 1.0
        share = (values if signed else np.abs(values)) / total
        error = arrays["error"][self.position] / total if "error" in arrays else np.nan
        stage = explained.stage_of(self.record, method)
        return pd.DataFrame(
            {
                "feature": self.names,
                "method": method,
                "direction": "P" if stage == "perturbation" else "G",
                "attribution": values,
                "share": share,
                "low": share - error,
                "high": share + error,
                "signed": signed,
            }
        )

    @cached_property
    def means(self) -> pd.DataFrame:
        """Index feature, columns P and G: mean share of the methods that speak for a direction,
        as agreement stored it, otherwise of all whose sign means something."""
        stored = self._stored
        if stored is not None:
            return stored.set_index("feature")[["p_share", "g_share"]].set_axis(["P", "G"], axis=1)
        spoken = self.methods[self.methods["signed"]]
        table = spoken.groupby(["feature", "direction"])["share"].mean().unstack()
        return table.reindex(index=self.names, columns=["P", "G"])

    @cached_property
    def _stored(self) -> pd.DataFrame | None:
        table = self.record.table("evaluation.agreement", "consensus")
        return None if table is None else table[table["position"] == self.position]

    @cached_property
    def shown(self) -> list[str]:
        """The features that matter most to both directions together."""
        size = self.means.abs().mean(axis=1).fillna(0.0).sort_values(ascending=False, kind="stable")
        return [str(name) for name in size.index[:SHOWN]]

    @cached_property
    def conflict(self) -> dict[str, bool]:
        """Feature → whether P and G contradict each other on it; empty when not assessed."""
        stored = self._stored
        if stored is None:
            return {}
        return dict(
            zip(stored["feature"].astype(str), stored["conflict"].astype(bool), strict=True)
        )

    def mean(self, name: str, side: str) -> float:
        """Mean share of one direction, NaN where none speaks."""
        return float(self.means[side].to_dict()[name])

    @cached_property
    def values(self) -> levels.Values:
        return levels.Values(self.record)

    def value(self, name: str) -> float:
        """The value as a number: a code for a level, NaN where it is missing."""
        return float(self.values.numbers[self.position, self.names.index(name)])

    @cached_property
    def voices(self) -> list[str]:
        """The directions that say something of this case, P before G."""
        return [side for side in explained.STAGES if self.means[side].notna().any()]

    def recorded(self, name: str) -> str:
        """The value as the user knows it, with its unit, in three significant digits."""
        return self.values.brief(name, self.position)
