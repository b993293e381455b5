"""A table's cells moved through training values until the answer is as wanted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xaiframe.explanation import Array
from xaiframe.probe.alternatives import Search
from xaiframe.probe.setting import numbers
from xaiframe.probe.swaps import Cells, Lead, ladder, nearest, searched

UNORDERED = ("categorical", "boolean")


class Columns(Search):
    """Changes of a table's cells; distances are sums of median absolute deviations."""

    unit = "median absolute deviations"

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        data = self.bank.data
        self.known = numbers(data.encoding, self.nearby.rows.x, self.bank.features)
        self.own = numbers(data.encoding, self.bank.x, self.bank.features)
        kinds = data.encoding.kinds
        self.ordered = np.array(
            [kinds.get(name, "numeric") not in UNORDERED for name in data.features]
        )
        self.scale = np.array([deviation(column) for column in self.known.T])
        self.ladders = [ladder(column, self.method.steps**2) for column in self.known.T]

    def found(
        self, position: int, lead: Lead, pool: Array
    ) -> Iterator[tuple[Array, dict[int, tuple[float, float, float]], float]]:
        """Single columns, then several with the values of ``pool``, each moved back."""
        own, encoding = self.own[position], self.bank.data.encoding

        def told(values: Array) -> Array:
            return lead(encoding.elements(values))

        several = self._several(own, lead, pool)
        rows = [*self._singles(own, told), *self._moved_back(own, several, told)]
        distinct = {row.tobytes(): row for row in rows}
        for row in distinct.values():
            moved = ~((row == own) | (np.isnan(row) & np.isnan(own)))
            changes = {
                int(f): (float(own[f]), float(row[f]), self._size(own[f], row[f], int(f)))
                for f in np.flatnonzero(moved)
            }
            distance = sum(size for _, _, size in changes.values())
            yield encoding.elements(row[None])[0], changes, distance

    def _size(self, before: float, after: float, feature: int) -> float:
        """In deviations; 1 for another level, or where the value was missing."""
        if not self.ordered[feature] or np.isnan(before):
            return 1.0
        return float(abs(after - before) / self.scale[feature])

    def _singles(self, own: Array, told: Lead) -> Array:
        """``(k, features)``: rows in which one column alone is changed, on each side of its own
        value as little as does it; every level that does it."""
        feature: list[int] = []
        rungs: list[Array] = []
        for f in np.flatnonzero(self.free):
            steps = self.ladders[f]
            if self.ordered[f] and not np.isnan(own[f]):
                ways = [steps[steps > own[f]], steps[steps < own[f]][::-1]]
            else:
                ways = [np.array([one]) for one in ladder(steps, 2 * self.method.steps)]
                ways = [one for one in ways if one[0] != own[f]]
            feature += [int(f)] * len(ways)
            rungs += ways
        owners = np.array(feature, dtype=int)
        rows = np.repeat(own[None], len(owners), axis=0)
        turned = nearest(rows, owners, rungs, told, self.method.steps)
        rows[np.arange(len(rows)), owners] = turned
        return rows[~np.isnan(turned)]

    def _several(self, own: Array, lead: Lead, pool: Array) -> Array:
        """``(k, features)``: rows in which columns take the values of training rows."""
        options = self.known[pool]
        open_ = (~np.isnan(options) & (options != own) & self.free).T
        cells = Cells(open_, False, own, options, self.bank.data.encoding)
        found = searched(cells, lead, self.method.alternatives, self.method.most)
        return cells.values(found) if len(found) else np.empty((0, len(own)))

    def _moved_back(self, own: Array, rows: Array, told: Lead) -> Array:
        """The rows with each changed number, the farthest first, as near to its own as does it."""
        moved = np.where(self.ordered & self.free, np.abs(rows - own) / self.scale, 0.0)
        moved = np.nan_to_num(moved)
        order = np.argsort(-moved, axis=1, kind="stable")
        rows = rows.copy()
        for turn in range(int((moved > 0).sum(axis=1).max(initial=0))):
            at = np.flatnonzero(moved[np.arange(len(rows)), order[:, turn]] > 0)
            feature = order[at, turn]
            rungs = [
                self._inside(own[f], rows[k, f], int(f))
                for k, f in zip(at.tolist(), feature.tolist(), strict=True)
            ]
            back = nearest(rows[at], feature, rungs, told, self.method.steps)
            better = ~np.isnan(back)
            rows[at[better], feature[better]] = back[better]
        return rows

    def _inside(self, own: float, now: float, feature: int) -> Array:
        """Training values between two, from the first on."""
        steps = self.ladders[feature]
        inside = steps[(steps > min(own, now)) & (steps < max(own, now))]
        return inside if now > own else inside[::-1]


def deviation(values: Array) -> float:
    """Median absolute deviation of the values that are there; their standard deviation where that
    is 0, and 1 where they are all alike."""
    known = values[~np.isnan(values)]
    if not len(known):
        return 1.0
    spread = float(np.median(np.abs(known - np.median(known))))
    return spread or float(known.std()) or 1.0
