"""New cases as pages: what the model says of one row, beside the audited population."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from xaiframe.report import explained, otherwise, words
from xaiframe.report.block import Block, Cell, Chapter, Grid, Heading, Page, Row, Table, parts
from xaiframe.report.build import Medium, Report, identity, render
from xaiframe.report.case_words import answer, leading, seen, sentences, sure, warnings
from xaiframe.report.cases import agreement, change
from xaiframe.report.modality import pictures
from xaiframe.report.printing import Printer
from xaiframe.report.record import Record
from xaiframe.report.tables.data import Case
from xaiframe.store import write_atomically

STATES = {"inside": "pass"}
"""State of an input → status of its mark; every other is a warning."""
VERDICT = {"pass": "passed", "warn": "passed with warnings", "fail": "failed"}
FEWEST, LINE = 3, 118
"""Inputs listed at least, and characters of a printed line."""
SHOWN = 8
"""Inputs listed beside the training data where little else is said of the case."""
HOW = {
    "input": "Apart: root mean squared difference in standard deviations.",
    "pattern": "Cosine: 1 the same pattern of shares, 0 nothing in common.",
}
WORDS = "Apart: share of the words that only one of the two has."
ROOM = 14
"""Printed lines for the sentences and the inputs together, so that a case is one page."""


def build_cases(folder: Path, html: bool = True, pdf: bool = True) -> list[Path]:
    """Write report.html and report.pdf into ``folder``, from nothing but what it holds: an A4 page
    per case. The same folder gives the same bytes; raises :class:`PrintError` as the audit's."""
    record, whole = Record(folder), read(folder)
    report = Report(title=f"New cases for {record.manifest.get('name')}")
    written = []
    if html:
        chapters = [page(record, case, whole, printed=False) for case in whole["cases"]]
        content = render(record, chapters, report, Medium("html"))
        write_atomically(folder / "report.html", content)
        written.append(folder / "report.html")
    if pdf:
        medium = Medium("pdf")
        chapters = [page(record, case, whole, printed=True) for case in whole["cases"]]
        content = render(record, chapters, report, medium)
        attached = {"cases.json": (folder / "cases.json").read_text(encoding="utf-8")}
        with Printer() as printer:
            printer.order(content, medium.assets, attached, identity(record))
            write_atomically(folder / "report.pdf", printer.printed())
        written.append(folder / "report.pdf")
    return written


def read(folder: Path) -> dict[str, Any]:
    """What ``cases.json`` holds."""
    return dict(json.loads((folder / "cases.json").read_text(encoding="utf-8")))


def told(folder: Path) -> list[dict[str, Any]]:
    """Per case what a terminal shows: place, answer, reasons and warnings in words."""
    record, whole = Record(folder), read(folder)
    found = []
    for case in whole["cases"]:
        said = sentences(record, case, whole)
        reasons = [
            f"{name} ({'+' if share > 0 else '−'}{words.number(100 * abs(share), digits=2)} %)"
            for name, share in leading(record, case["number"] - 1)
        ]
        found.append(
            {
                "place": case["place"],
                "answer": answer(case),
                "target": str(case["target"]),
                "reasons": reasons,
                "warnings": warnings(said),
            }
        )
    return found


def page(
    record: Record, case: Mapping[str, Any], whole: Mapping[str, Any], printed: bool
) -> Chapter:
    """The page of one new row; printed with the pictures of both directions, on screen also with
    those of each method."""
    row = explained.instances(record).iloc[case["number"] - 1]

    def picture(record: Record) -> list[Block]:
        # What the tables of an audited case say is said here beside the training data.
        drawn = pictures(record).case(record, row, case["number"] - 1)
        detail = next((k for k, one in enumerate(drawn) if isinstance(one, Heading)), len(drawn))
        kept = drawn[:detail] if printed else drawn
        return [block for block in kept if not isinstance(block, Table)]

    head = header(record, row, case, whole)

    def beside(record: Record) -> list[Block]:
        near = neighbours(case, whole["modality"])
        if whole["modality"] != "table":  # its pictures leave less room
            return [Grid([inputs(record, row, case, FEWEST + 1), *near], 2)]
        lines = sum(-(-len(one.text) // LINE) for one in head["sentences"])
        room = min(max(ROOM - lines, FEWEST), SHOWN)
        return [inputs(record, row, case, room), Grid(near, 2)]

    first = Page(f"new-case-{case['number']}", "_new_case.html", head)
    blocks = [first, *parts(record, picture, beside)]
    blocks += otherwise.beside(record, case["number"] - 1)
    title = f"{Path(case['place']).name}: {answer(case)}"
    question = f"How does this case compare with the audit of {whole['run']}?"
    return Chapter(f"case-{case['number']}", title, question, blocks, fresh=True)


def header(
    record: Record, row: pd.Series, case: Mapping[str, Any], whole: Mapping[str, Any]
) -> dict[str, Any]:
    """What the page says before its pictures."""
    said = sentences(record, case, whole)
    found, verdict = case["agreement"], record.verdict
    truth, unit = case["truth"], explained.target_unit(record, str(case["target"]))
    usual = f"usually {words.interval((found['low'], found['high']))}" if found else ""
    return {
        "predicted": _said(case["predicted"], unit),
        "confidence": sure(case["confidence"]) if case["confidence"] is not None else "",
        "place": _place(case),
        "of": f"of {words.count(case['answer']['n'], 'test row')}" + _called(case)
        if case["answer"]
        else "",
        "agreement": agreement(record, found["spearman"] if found else None, usual),
        "truth": "" if truth is None else _said(truth, unit),
        "verdict": verdict.status if verdict else "undecided",
        "verdict_word": VERDICT[verdict.status] if verdict else "not known",
        "sentences": said,
        "fallback": words.stop(record.strategy.get("fallback")) if warnings(said) else "",
        "change": change(record, row),
    }


def _place(case: Mapping[str, Any]) -> str:
    found = case["answer"]
    if not found or "percentile" not in found:
        return "not assessed"
    return f"above {_percent(found['percentile'])}"


def _called(case: Mapping[str, Any]) -> str:
    return f" called {case['predicted']}, by confidence" if case["confidence"] is not None else ""


def inputs(record: Record, row: pd.Series, case: Mapping[str, Any], room: int) -> Table:
    """At most ``room`` inputs that carry the answer or are most extreme, beside the training rows:
    a table's features with their attributions, otherwise measured properties."""
    columns = {one["name"]: one for one in case["columns"]}
    own = Case(record, row, case["number"] - 1)
    table = explained.modality(record) == "table"
    shown = listed(columns, own.shown if table else (), room)
    unusual = case["unusual"] or {}
    rows: list[Row] = [_beside(columns[name], own, table) for name in shown]
    how = "Percentile: share of the training rows that lie below (of a level: that have it)."
    if table:
        for name, cells in zip(shown, rows, strict=True):
            size = unusual.get("percentile", {}).get(name)
            shares = [_share(own.mean(name, side)) for side in own.voices]
            rows[shown.index(name)] = [*cells, *shares, Cell(_percent(size), "number")]
    if table and unusual:
        how += (
            f" Of size: share of the {unusual['n']} audited instances whose attribution is smaller "
            "in magnitude, median over methods."
        )
    rest = len(columns) - len(shown)
    headers = ["input" if table else "property", "value", "seen in training", "percentile", "where"]
    return Table(
        f"inputs-{case['number']}",
        "The input beside the rows the model was trained on",
        [*headers, *([*(f"{side} share" for side in own.voices), "of size"] if table else [])],
        rows,
        how=how,
        caution=f"{rest} more in cases.json." if rest else "",
        compact=True,
        widths=_widths(len(own.voices)) if table else (27, 14, 23, 18, 18),
    )


def _widths(voices: int) -> tuple[int, ...]:
    """Percent of each column of the inputs, with a share per direction that speaks."""
    return (24 + 8 * (2 - voices), 12, 21, 10, 10, *[8] * voices, 7)


def listed(columns: Mapping[str, Mapping[str, Any]], first: Sequence[str], room: int) -> list[str]:
    """Names of ``room`` columns: what carries the answer, with place for what was never seen."""
    leading = [name for name in first if name in columns]
    rest = sorted(
        (name for name in columns if name not in leading), key=lambda n: _rank(columns[n])
    )
    odd = [name for name in rest if columns[name]["state"] != "inside"]
    led = leading[: max(room - len(odd), room // 2)]
    return list(dict.fromkeys([*led, *odd, *leading, *rest]))[:room]


def _rank(one: Mapping[str, Any]) -> float:
    return -abs(one.get("percentile", 50) - 50) - 100 * (one["state"] != "inside")


def _beside(one: Mapping[str, Any], own: Case, table: bool) -> list[Cell | str]:
    status = STATES.get(one["state"], "warn")
    value = own.recorded(one["name"]) if table and one["name"] in own.names else _said(one["value"])
    if one["state"] == "unseen":
        value = str(one["value"])
    share = one["percentile"] if "percentile" in one else one.get("share")
    return [
        one["name"],
        Cell(value, "number"),
        Cell(seen(one), "number"),
        Cell(_percent(share), "number", share),
        Cell(one["state"], "status", status=status),
    ]


def _share(value: float) -> Cell:
    return Cell("–" if pd.isna(value) else words.number(value), "number")


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{words.number(share)} %"


def neighbours(case: Mapping[str, Any], modality: str) -> list[Block]:
    """The audited instances most like this one, with their outcome."""
    near = case["nearest"]
    tables: list[Block] = [
        _like(case, modality, "input", "Most alike by input", near["input"], "distance", "apart")
    ]
    if "pattern" in near:
        tables.append(
            _like(
                case,
                modality,
                "pattern",
                "Most alike by reasons",
                near["pattern"],
                "cosine",
                "cosine",
            )
        )
    return tables


def _like(
    case: Mapping[str, Any], modality: str, key: str, title: str,
    found: list[dict[str, Any]], measure: str, head: str,
) -> Table:  # fmt: skip
    rows: list[Row] = []
    for one in found:
        right = one["predicted"] == one["y"]
        quantity = isinstance(one["predicted"], float)
        status = "" if quantity else "pass" if right else "fail"
        rows.append(
            [
                Cell(words.number(one["id"]), "number"),
                _said(one["y"]),
                Cell(_said(one["predicted"]), "status", status=status),
                Cell(words.number(one[measure]), "number"),
            ]
        )
    return Table(
        f"alike-{key}-{case['number']}",
        title,
        ["audited row", "outcome", "predicted", head],
        rows,
        how=WORDS if modality == "text" else HOW[key],
        compact=True,
        widths=(24, 27, 29, 20),
    )


def _said(value: Any, unit: str = "") -> str:
    return words.number(value, unit) if isinstance(value, (int, float)) else str(value)
