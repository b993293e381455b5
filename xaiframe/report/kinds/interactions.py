"""Interactions: which features change each other's effect, as a matrix, in words, and per case."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.report import explained, words
from xaiframe.report.block import Block, Grid, Heading, Note
from xaiframe.report.paired.found import KIND, QUESTIONS, Found, clear
from xaiframe.report.paired.listed import apart, strongest
from xaiframe.report.paired.matrix import matrix
from xaiframe.report.paired.own import own
from xaiframe.report.paired.variance import variance
from xaiframe.report.pictures import pairs as picture_pairs
from xaiframe.report.record import Record

CASE = 5
"""Pairs of a case."""


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """The matrix of pairs and the strongest of them; of messages the pairs of words."""
    found = Found.of(record, unit)
    name = words.sentence(words.label(found.method))
    yield Heading(f"{found.method}-overall", name, QUESTIONS[found.index])
    pairs = found.table("overall")
    if pairs.empty and not found.table(KIND).empty:
        yield from apart(found)
    elif pairs.empty:
        yield Note(name, "nothing to show: fewer than two features differ from the reference")
    elif found.index == "variance":
        yield variance(found, pairs)
    else:
        if pairs["value"].max() > 0:
            yield matrix(found, pairs)
        yield strongest(found, pairs)


def case(record: Record, unit: tuple[str, str], position: int) -> Iterable[Block]:
    """The strongest pairs of one instance, with its own values; on a picture as lines."""
    found = Found.of(record, unit)
    pairs = found.table(KIND)
    if "position" not in pairs or record.redact:
        return
    mine = clear(pairs[pairs["position"] == position]).head(CASE)
    if mine.empty:
        yield Note("Pairs", "no pair stands out from sampling error in this instance")
        return
    table = own(found, mine, position)
    if explained.modality(record) == "image":
        yield Grid(
            [picture_pairs.draw(record, position, mine, f"{found.method}-{position}"), table]
        )
    else:
        yield table
