"""Series: classified as a whole, or windows of a recording that foretell what comes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.data.module import DataModule, check_rows, split_rows
from xaiframe.data.order import ROW
from xaiframe.data.signals.encoding import Axis, SeriesEncoding
from xaiframe.data.signals.labels import Labels
from xaiframe.data.signals.properties import properties
from xaiframe.data.signals.reading import MISSING, Columns, Layout, Recorded, recorded
from xaiframe.data.signals.samples import Curve, in_time, one_length, pieces, positions, trimmed
from xaiframe.data.signals.window import Windows
from xaiframe.data.split import Kind, Positions, Splitting, leaking
from xaiframe.data.tables.csv import Format
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array
from xaiframe.facts import Fact

SHOWN = 10
TOLD = {
    "interpolated": "samples",
    "padded": "series",
    "cropped": "series",
    "unsorted": "series",
    "averaged": "samples",
    "irregular": "series",
    "without_target": "windows",
}
"""What may happen while reading, and what it is counted in."""


class Series(DataModule):
    """Series of one or several channels, ``(n, channels, samples)`` float32 in their own units.

    source, sha256
        CSV, TSV, Parquet, Feather or ``.npz``: a path, a glob, ``shared:…``, or an address with
        its sha256.
    layout
        ``wide``: a row per series; ``long``: a row per sample, series told apart by ``id``;
        ``recording``: a row per sample of one recording (or one per ``id``), cut into windows.
    target, task, horizon
        the column of labels or values; of a recording the one ``horizon`` samples after a window's
        last, so that regression is a forecast.
    channels
        wide: name → prefix of its columns, or a list of them; otherwise the columns themselves.
        Empty: all that are left.
    id, time
        columns; no id may lie in two splits. Times are numbers or ISO 8601 dates.
    window, stride
        samples per window of a recording, and between the starts of two.
    length
        samples per series; 0: as they are, all equal.
    segments
        equal parts of each channel that explanations speak of.
    rate, time_unit, start
        samples per unit of time (0: from the times, or 1), the unit, the first sample's time.
    duplicates, max_gap
        ``error`` or ``mean`` where a time appears twice; samples in a row that are interpolated
        where they are missing.
    split, split_column, test, validation, split_seed
        see :class:`~xaiframe.data.split.Splitting`; ``auto``: in time for a recording, with a gap
        that no window straddles, otherwise at random.

    A series with a longer gap, no label or a cell that is no number is left out and listed. Raises
    :class:`DataError` where nothing sensible is left.
    """

    modality = "series"
    known: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    interpretable: ClassVar[Mapping[str, Mapping[str, str]]] = {"segments": {}}

    def __init__(
        self,
        source: str,
        target: str,
        layout: Layout = "wide",
        task: Literal["classification", "regression"] = "classification",
        channels: Mapping[str, str | Sequence[str]] | Sequence[str] | None = None,
        id: str = "",
        time: str = "",
        window: int = 0,
        stride: int = 1,
        horizon: int = 0,
        length: int = 0,
        segments: int = 10,
        rate: float = 0.0,
        time_unit: str = "sample",
        start: float = 0.0,
        units: Mapping[str, str] | None = None,
        duplicates: Literal["error", "mean"] = "error",
        max_gap: int = 5,
        encoding: str = "utf-8",
        separator: str = "",
        decimal: str = ".",
        split: Kind | Literal["auto"] = "auto",
        split_column: str = "",
        test: float = 0.25,
        validation: float = 0.2,
        split_seed: int = 0,
        sha256: str = "",
    ) -> None:
        super().__init__()
        self.source, self.sha256, self.layout, self.task = source, sha256, layout, task
        self.cut = layout == "recording"
        kind = split if split != "auto" else "time" if self.cut else "random"
        by = split_column if kind != "random" else ""
        self.columns = Columns(layout, channels or (), target, id, time, by, time_unit)
        self.form = Format(encoding, separator, decimal, "", MISSING)
        self.windows = Windows(window, stride, horizon)
        self.labels = Labels(task, horizon if self.cut else -1)
        self.length, self.segments, self.units = length, segments, dict(units or {})
        self.rate, self.time_unit, self.start = rate, time_unit, start
        self.duplicates, self.max_gap = duplicates, max_gap
        gap = self.windows.apart if self.cut else 0
        self.splitting = Splitting(kind, by, test, validation, split_seed, gap)
        problems = list(self._misdeclared())
        if problems:
            raise DataError(problems)

    def load(self) -> Data:
        found = recorded(self.source, self.sha256, self.form, self.columns, target=True)
        tally: Counter[str] = Counter()
        curves, damage = self._instances(found, tally, known=True)
        y, classes = self.labels.of(curves)
        problems = check_rows(f"{self.source}, column {self.columns.target!r}", y, classes)
        if problems:
            raise DataError([*problems, *damage[:SHOWN]])
        x = one_length(curves, self.length, self.max_gap, tally)
        shares = self._positions(found, curves, y)
        axis = self._axis(found)
        encoding = SeriesEncoding(axis, x.shape[2], self.segments)
        units = {**encoding.units}
        if self.units.get(self.columns.target):
            units[self.columns.target] = self.units[self.columns.target]
        parts = split_rows(
            shares, x, y, properties(x, axis), _aside(curves), original=_names(curves)
        )
        return Data(
            modality="series",
            task=self.task,
            **parts,
            features=encoding.features,
            feature_mask=encoding.feature_mask,
            classes=classes,
            target=self.columns.target,
            units=units,
            origin=self.source,
            encoding=encoding,
            damage=tuple(damage),
            notes=tuple(notes(x, axis, tally, shares)),
            time=self._order(found),
        )

    def rows(self, source: str) -> Split:
        """New series or windows, of a recording also those whose target is still to come."""
        data, encoding = self.data, self.data.encoding
        assert isinstance(encoding, SeriesEncoding)
        found = recorded(source, "", self.form, self.columns, target=False)
        if found.channels != encoding.axis.channels:
            said, wanted = ", ".join(found.channels), ", ".join(encoding.axis.channels)
            raise DataError(Problem(source, f"its channels are {said}", wanted))
        curves, damage = self._instances(found, Counter(), known=False)
        if damage or not curves:
            nothing = Problem(source, "it holds no series", f"{encoding.length} samples each")
            raise DataError(damage[:SHOWN] or nothing)
        lengths = [curve for curve in curves if curve.length < encoding.length - self.max_gap]
        if lengths and not self.length:
            message = f"it has {lengths[0].length} samples"
            raise DataError(Problem(lengths[0].place, message, f"{encoding.length}"))
        x = one_length(curves, encoding.length, self.max_gap, Counter())
        y = self.labels.known(curves, data.classes)
        ids = np.arange(len(x), dtype=np.int64)
        frame = properties(x, encoding.axis)
        return Split(ids, x, y, frame, _aside(curves), _names(curves))

    def recut(self, settings: Mapping[str, Any]) -> Data:
        data, known = self.data, self.data.encoding
        assert isinstance(known, SeriesEncoding)
        segments = int(settings.get("segments", self.segments))
        if segments < 1:
            raise DataError(Problem("data.segments", f"{segments} segments are none", "1 or more"))
        encoding = SeriesEncoding(known.axis, known.length, segments)
        others = {name: unit for name, unit in data.units.items() if name not in data.features}
        return replace(
            data,
            features=encoding.features,
            feature_mask=encoding.feature_mask,
            units={**encoding.units, **others},
            encoding=encoding,
        )

    def cells(self, most: int) -> Data:
        return self.recut({"segments": max(1, most // self.data.input_shape[0])})

    def _misdeclared(self) -> list[Problem]:
        wrong = []
        if self.layout not in ("wide", "long", "recording"):
            hint = "wide, long or recording"
            wrong.append(Problem("data.layout", f"{self.layout!r} is no layout", hint))
        if self.layout == "long" and not self.columns.id:
            wrong.append(Problem("data.id", "long series need an id", "or layout: recording"))
        if self.segments < 1 or self.max_gap < 0 or self.length < 0 or self.rate < 0:
            keys = "data.segments, data.max_gap, data.length, data.rate"
            wrong.append(Problem(keys, "a number is too small", "segments 1, others 0 or more"))
        if self.duplicates not in ("error", "mean"):
            message = f"{self.duplicates!r} says nothing"
            wrong.append(Problem("data.duplicates", message, "error or mean"))
        if self.cut:
            wrong += self.windows.problems(self.splitting.kind)
            own = self.columns.target in tuple(self.columns.channels)
            if own and not self.windows.horizon:
                message = f"the target {self.columns.target!r} is a channel of the same time"
                wrong.append(Problem("data.horizon", message, "1 or more, to foretell it"))
        return wrong

    def _instances(
        self, found: Recorded, tally: Counter[str], known: bool
    ) -> tuple[list[Curve], list[Problem]]:
        """What the model sees one by one, and what had to be left out."""
        damage = [*found.damage]
        step = found.step or 1.0
        made: list[Curve] = []
        for curve in found.curves:
            whole = trimmed(curve) if self.layout == "wide" else curve
            ordered = in_time(whole, self.duplicates, tally)
            parts = list(pieces(ordered, step, self.max_gap, tally))
            places = positions(ordered, step, Counter())
            gap = len(parts) != 1 or parts[0].length <= places[-1] - places[0]
            if gap:
                message = f"more than {self.max_gap} samples in a row are missing{_since(parts)}"
                lost = "the windows over them are" if self.cut else "the series is"
                damage.append(Problem(curve.place, message, f"{lost} left out"))
            if self.cut:
                made += [one for part in parts for one in self.windows.of(part, known, tally)]
                continue
            fault = "" if gap or not known else self.labels.fault(parts[0])
            if fault:
                damage.append(Problem(curve.place, fault, "the series is left out"))
            made += [] if gap or fault else parts
        if known and len(damage) > len(made):
            message = f"{len(damage)} faults in {len(found.curves)} series, {len(made)} left"
            raise DataError([Problem(self.source, message, "mostly sound"), *damage[:SHOWN]])
        return made, damage

    def _positions(self, found: Recorded, curves: list[Curve], y: Array) -> Positions:
        splitting = self.splitting
        if self.cut and splitting.kind == "time" and len(found.curves) > 1:
            message = f"{len(found.curves)} recordings cannot be split in time"
            hint = f"data.split: group, data.split_column: {self.columns.id}"
            raise DataError(Problem("data.split", message, hint))
        by: pd.Series | None = None
        if splitting.column == self.columns.id and splitting.column:
            by = pd.Series([curve.id for curve in curves])
        elif splitting.column:
            by = pd.Series([curve.groups[0] for curve in curves], dtype=object)
            by = by.infer_objects()
        elif splitting.kind == "time" and curves[0].times is not None:
            by = pd.Series([float(one.times[0]) for one in curves if one.times is not None])
        made = splitting.positions(y, by, self.task == "classification")
        if self.columns.id and not (self.cut and splitting.kind == "time"):
            twice = leaking(pd.Series([curve.id for curve in curves]), made)
            if twice:
                name, one, other = twice[0]
                message = f"{name!r} lies in {one} and in {other}; so do {len(twice) - 1} other ids"
                hint = f"data.split: group, data.split_column: {self.columns.id}"
                raise DataError(Problem(f"column {self.columns.id!r}", message, hint))
        return made

    def _order(self, found: Recorded) -> str:
        """What orders the series in time: windows of one recording stand in that order."""
        splitting = self.splitting
        as_they_stand = splitting.kind == "time" and not splitting.column
        plain = as_they_stand and all(one.times is None for one in found.curves)
        return ROW if plain or (self.cut and len(found.curves) == 1) else ""

    def _axis(self, found: Recorded) -> Axis:
        step = 1 / self.rate if self.rate else found.step or 1.0
        own = {name: self.units[name] for name in found.channels if name in self.units}
        return Axis(found.channels, self.start, step, self.time_unit, own)


def _since(parts: list[Curve]) -> str:
    """After which sample the first gap between two stretches begins."""
    if len(parts) < 2:
        return ""
    stamps = parts[0].stamps
    return f" after {f'sample {parts[0].length}' if stamps is None else f'time {stamps[-1]}'}"


def notes(x: Array, axis: Axis, tally: Counter[str], shares: Positions) -> list[Fact]:
    """What a reader must know of the reading: sizes, and what was changed on the way."""
    n, channels, samples = x.shape
    still = int((np.ptp(x, axis=2) == 0).any(axis=1).sum())
    sizes = [
        Fact("channels", channels, "channels", n=n),
        Fact("samples", samples, "samples", n=n),
        Fact("step", axis.step, axis.unit, n=n),
        Fact("constant", still, "series", n=n, better="lower"),
    ]
    left = n - sum(len(rows) for rows in shares.values())
    if left:
        sizes.append(Fact("between_splits", left, "windows", n=n))
    sizes += [
        Fact(name, tally[name], unit, n=x.size if unit == "samples" else n, better="lower")
        for name, unit in TOLD.items()
        if tally[name]
    ]
    return sizes


def _names(curves: Sequence[Curve]) -> Array:
    found = np.empty(len(curves), dtype=object)
    found[:] = [curve.name for curve in curves]
    return found


def _aside(curves: Sequence[Curve]) -> pd.DataFrame | None:
    """What else stands in the rows of the source."""
    rows: list[dict[str, Any]] = [curve.aside or {} for curve in curves]
    return pd.DataFrame(rows) if any(rows) else None
