"""The pairs of one instance, with its own values."""

from __future__ import annotations

import pandas as pd

from xaiframe.report import explained, words
from xaiframe.report.block import Cell, Row, Table
from xaiframe.report.messages import marked
from xaiframe.report.paired.found import INDICES, KIND, TITLED, Found, percent
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import Values


def own(found: Found, mine: pd.DataFrame, position: int) -> Table:
    """The pairs ``mine`` of the instance at ``position``, the first in the title."""
    record = found.record
    rows: list[Row] = [
        [
            thing(record, position, str(one["first"])),
            thing(record, position, str(one["second"])),
            number(float(one["value"]), float(one["error"])),
        ]
        for one in mine.to_dict("records")
    ]
    top = mine.iloc[0]
    names = " and ".join(
        words.quoted(words.shortened(_word(record, position, str(top[side])), TITLED))
        for side in ("first", "second")
    )
    way = "more" if float(top["value"]) > 0 else "less"
    return Table(
        f"{found.method}-{position}-pairs",
        f"{names} together do {words.number(abs(float(top['value'])), digits=2)} {way} "
        "than the two alone",
        ["first", "second", "beyond the two alone"],
        rows,
        how=f"{words.sentence(INDICES[found.index])}, in units of the score; above 0 for the "
        "explained output, below against it.",
        n=carried(found, position),
        compact=True,
        widths=(37, 37, 26),
    )


def carried(found: Found, position: int) -> str:
    """How much of this answer pairs carry."""
    pairs, alone = found.table(KIND), found.table("alone")
    joint = float(pairs.loc[pairs["position"] == position, "value"].abs().sum())
    single = float(alone.loc[alone["position"] == position, "value"].abs().sum())
    if joint + single == 0:
        return ""
    return f"pairs carry {percent(joint / (joint + single))} of all that is attributed here"


def number(value: float, error: float) -> Cell:
    """With its 95 % interval where it has an error."""
    low, high = value - 1.96 * error, value + 1.96 * error
    return Cell(
        words.number(value), "number", value, extra=words.brackets((low, high)) if error else ""
    )


def _word(record: Record, position: int, feature: str) -> str:
    """The feature, of a message the word itself."""
    if explained.modality(record) != "text":
        return feature
    stored = record.table(marked.UNIT, "words")
    if stored is None:
        return feature
    own = stored[(stored["position"] == position) & (stored["feature"] == feature)]
    return str(own["word"].iloc[0]) if len(own) else feature


def thing(record: Record, position: int, feature: str) -> str:
    """The feature with this instance's own value, or its word and place."""
    modality = explained.modality(record)
    if modality == "text":
        return marked.named(record, position, feature)
    if modality != "table" or feature not in explained.features(record):
        return feature
    return f"{feature} = {Values(record).brief(feature, position)}"
