"""Which pictures a modality has: one place where reports ask what kind of data they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from xaiframe.report import (
    attribution_image,
    attribution_series,
    attribution_table,
    attribution_text,
    explained,
    maps,
    series_segments,
    swarm,
    text_words,
)
from xaiframe.report.block import Block
from xaiframe.report.record import Record


@dataclass(frozen=True)
class Pictures:
    """case: one explained instance (record, its row, its place); overall: what the model uses,
    over all explained instances."""

    case: Callable[[Record, pd.Series, int], list[Block]]
    overall: tuple[Callable[[Record], Iterable[Block]], ...]


PICTURES: Mapping[str, Pictures] = {
    "table": Pictures(attribution_table.draw, (swarm.swarm,)),
    "image": Pictures(attribution_image.draw, (maps.importance_maps,)),
    "series": Pictures(attribution_series.draw, (series_segments.overall,)),
    "text": Pictures(attribution_text.draw, (text_words.overall,)),
}


def pictures(record: Record) -> Pictures:
    """The pictures of the run's modality."""
    return PICTURES[explained.modality(record)]
