"""Which pictures a modality has: one place where reports ask what kind of data they show."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from xaiframe.report import explained
from xaiframe.report.block import Block
from xaiframe.report.messages import case as attribution_text
from xaiframe.report.messages import words as text_words
from xaiframe.report.pictures import case as attribution_image
from xaiframe.report.pictures import maps
from xaiframe.report.record import Record
from xaiframe.report.signals import case as attribution_series
from xaiframe.report.signals import segments as series_segments
from xaiframe.report.tables import case as attribution_table
from xaiframe.report.tables import swarm


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
