"""What the model uses overall: P beside G, with intervals, ranks and everything else summed up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from xaiframe.report import curve, explained, importance_chart, words
from xaiframe.report.block import Block, Cell, Chapter, Note, Row, Table, parts
from xaiframe.report.modality import pictures
from xaiframe.report.record import Record

SHOWN = 10


def chapter(record: Record) -> Chapter:
    """Importance P beside G, ranks, direction and dependence."""
    blocks = parts(record, importance_chart.beside, ranks)
    blocks += parts(record, *pictures(record).overall, curve.dependence)
    if not blocks:
        blocks = [Note("Global importance", "not assessed: no method measured it")]
    return Chapter("importance", "What the model uses", "Which inputs carry its decisions?", blocks)


def ranks(record: Record) -> Iterable[Block]:
    """Rank of each leading feature under each method; darker is nearer the top."""
    frame = explained.importances(record)
    if frame.empty:
        return
    shown = explained.ranking(record)[:SHOWN]
    methods = list(dict.fromkeys(frame["method"]))
    place = {
        (f, m): int(r)
        for f, m, r in zip(frame["feature"], frame["method"], frame["rank"], strict=True)
    }
    leaders = {place.get((shown[0], m)) for m in methods}
    agree = sum(place.get((shown[0], m)) == 1 for m in methods)
    heads, rows = _grid(shown, methods, place)
    yield Table(
        "ranks",
        f"All methods rank {words.quoted(shown[0])} first"
        if leaders == {1}
        else f"{agree} of {len(methods)} methods rank {words.quoted(shown[0])} first",
        heads,
        rows,
        how="1 is the most important; shading fades with rank.",
        caution="Neighbouring ranks may differ by less than their intervals above.",
        compact=True,
        widths=(25, *[75 // (len(heads) - 1)] * (len(heads) - 1)),
    )


def _grid(
    shown: list[str], methods: list[str], place: Mapping[tuple[str, str], int]
) -> tuple[list[str], list[Row]]:
    """Headers and rows, with the fewer of features and methods as columns."""
    most = len(shown)

    def cells(pairs: Iterable[tuple[str, str]]) -> list[Cell]:
        return [_rank(place.get(pair), most) for pair in pairs]

    if len(methods) <= most:
        heads = ["feature", *(words.label(method) for method in methods)]
        return heads, [[one, *cells((one, method) for method in methods)] for one in shown]
    told: list[Row] = [
        [words.label(method), *cells((one, method) for one in shown)] for method in methods
    ]
    return ["method", *shown], told


def _rank(place: int | None, most: int) -> Cell:
    if place is None:
        return Cell("–", "rank")
    return Cell(str(place), "rank", float(place), shade=max(0.0, 1 - (place - 1) / most))
