"""Series in equal segments of each channel, and where those lie in time."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from xaiframe.data.encoding import Regions
from xaiframe.data.face import Split
from xaiframe.explanation import Array


@dataclass(frozen=True)
class Axis:
    """The samples of a series in time.

    start: time of the first sample; step: time between two, above 0; unit: of both; channels: by
    name; units: channel → unit, where declared.
    """

    channels: tuple[str, ...]
    start: float = 0.0
    step: float = 1.0
    unit: str = "sample"
    units: Mapping[str, str] = field(default_factory=dict)

    def at(self, sample: Array | int) -> Array:
        """Time of samples counted from 0."""
        return np.asarray(self.start + self.step * np.asarray(sample))

    def spans(self, segments: Sequence[tuple[int, int]]) -> list[str]:
        """:meth:`span` of every segment, to the decimals of the step, or one more where rounding
        would give two segments one name."""
        digits = max(0, math.ceil(-math.log10(self.step) - 1e-9))
        named = [self.span(first, last, digits) for first, last in segments]
        if len(set(named)) < len(named):
            named = [self.span(first, last, digits + 1) for first, last in segments]
        return named

    def span(self, first: int, last: int, digits: int) -> str:
        """``0–24 ms``: times of the first and the last sample of a segment, to ``digits``
        decimals."""
        low, high = (f"{float(self.at(one)) + 0.0:.{digits}f}" for one in (first, last))
        unit = "" if self.unit == "sample" else f" {self.unit}"
        if low == high:
            return low.replace("-", "−") + unit
        joint = " to " if "-" in low + high else "–"
        return f"{low}{joint}{high}".replace("-", "−") + unit


def bounds(length: int, segments: int) -> list[tuple[int, int]]:
    """First and last sample of ``segments`` segments, as equal as whole samples allow; at most one
    per sample."""
    edges = np.linspace(0, length, min(segments, length) + 1).round().astype(int)
    return [(int(a), int(b) - 1) for a, b in pairwise(edges)]


class SeriesEncoding(Regions):
    """``x`` ``(n, channels, samples)`` float32 as the user has it; a feature is the mean of one
    segment of one channel.

    features: names, channel by channel in the order of time; segments: first and last sample of
    each segment, the same in all channels.
    """

    def __init__(self, axis: Axis, length: int, segments: int) -> None:
        self.axis, self.length = axis, length
        self.segments = bounds(length, segments)
        owners = np.repeat(
            np.arange(len(self.segments)), [last - first + 1 for first, last in self.segments]
        )
        channels = np.arange(len(axis.channels))[:, None]
        self.feature_mask = owners[None] + len(self.segments) * channels
        super().__init__(self.feature_mask)

    @property
    def features(self) -> tuple[str, ...]:
        spans = self.axis.spans(self.segments)
        if len(self.axis.channels) == 1:
            return tuple(f"t {span}" for span in spans)
        return tuple(f"{channel}, {span}" for channel in self.axis.channels for span in spans)

    @property
    def units(self) -> dict[str, str]:
        """Feature → unit of its channel."""
        own = [name for name in self.axis.channels for _ in self.segments]
        named = zip(self.features, own, strict=True)
        return {one: self.axis.units[name] for one, name in named if self.axis.units.get(name)}

    def elements(self, values: Array) -> Array:
        """``(n, channels, samples)``: every sample takes its segment's value."""
        return super().elements(values).reshape(len(values), *self.feature_mask.shape)

    def tables(self, split: Split) -> dict[str, pd.DataFrame]:
        """``segments``: feature, channel, channel_unit, first, last (samples from 0), start, end
        (their times), time_unit; ``originals``: position, name (series or time stamp)."""
        names: Sequence[object] = () if split.original is None else list(split.original)
        rows = [
            (channel, self.axis.units.get(channel, ""), first, last,
             float(self.axis.at(first)), float(self.axis.at(last)), self.axis.unit)
            for channel in self.axis.channels
            for first, last in self.segments
        ]  # fmt: skip
        columns = ["channel", "channel_unit", "first", "last", "start", "end", "time_unit"]
        segments = pd.DataFrame(rows, columns=columns)
        segments.insert(0, "feature", list(self.features))
        originals = pd.DataFrame(
            {
                "position": np.arange(len(names)),
                "name": pd.Series([str(name) for name in names], dtype=object),
            }
        )
        return {"segments": segments, "originals": originals}
