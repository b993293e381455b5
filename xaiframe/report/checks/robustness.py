"""Robustness: the score under natural corruptions and attacks, and which rows change sides."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.report import chart, words
from xaiframe.report.block import Block, Figure, Table, num
from xaiframe.report.pictures import draw
from xaiframe.report.pictures.input import levels
from xaiframe.report.record import Record

HEADLINE = ("flipped_by_small_noise", "clean_score", "median_minimal_perturbation")
NAME = "precaution.robustness"
SEVERITIES = ["none", "small", "medium", "large"]
SHAPES = ["circle", "square", "triangle-up", "diamond", "cross"]
SHOWN = 8
LONGEST = 70
DRAWN = 6


def found(record: Record) -> Iterable[Block]:
    """The score under each corruption, under each attack, and rows whose prediction changes."""
    yield from corruptions(record)
    yield from attacks(record)
    yield from pairs(record)
    yield from examples(record)


def corruptions(record: Record) -> Iterable[Block]:
    """The score from no corruption to a large one."""
    table = _scores(record, "corruption")
    clean = record.facts.one(f"{NAME}.clean_score")
    if table is None or clean is None or clean.value is None:
        return
    names = list(dict.fromkeys(table["name"]))
    start = pd.DataFrame({"name": names, "severity": "none", "score": clean.value})
    shown = pd.concat([start, table[["name", "severity", "score"]]])
    base = alt.Chart(chart.data(shown)).encode(
        x=alt.X("severity:N", title="severity", sort=SEVERITIES, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("score:Q", title=clean.unit, scale=alt.Scale(zero=False)),
    )
    colours = [chart.P, chart.G, chart.SOFT, chart.INK, chart.BAD]
    legend = alt.Legend(columns=3)
    colour = alt.Color(
        "name:N", title=None, legend=legend, scale=alt.Scale(domain=names, range=colours)
    )
    shape = alt.Shape(
        "name:N", title=None, legend=legend, scale=alt.Scale(domain=names, range=SHAPES)
    )
    lines = base.mark_line(strokeWidth=1.5).encode(color=colour)
    worst = record.facts.one(f"{NAME}.flipped_by_small_noise")
    yield chart.figure(
        "robustness-corruptions",
        _noise_title(worst),
        chart.fit(lines + base.mark_point(size=45).encode(color=colour, shape=shape),
                  chart.HALF, 220),
        n=words.count(int(clean.n or 0), "test row"),
        how="Score on the test rows as they are (none) and after each corruption.",
        caution="Only small changes that lose nothing are held against the model: with enough "
        "noise no answer is right.",
        facts=[f"{NAME}.score", f"{NAME}.flipped_share"],
    )  # fmt: skip


def _noise_title(worst: Fact | None) -> str:
    if worst is None or not isinstance(worst.value, float):
        return "The score under natural corruptions"
    name, spread = worst.labels.get("corruption", "noise"), words.brackets(worst.interval)
    if worst.value == 0:
        return f"No small noise changes any of {words.count(int(worst.n or 0), 'prediction')}"
    share = words.of_hundred(worst.value)
    return f"Of the small corruptions {name} changes most: {share} predictions {spread}".strip()


def attacks(record: Record) -> Iterable[Block]:
    """The score by the size of an attack."""
    table = _scores(record, "attack")
    if table is None:
        return
    clean = table[table["name"] == "none"]
    tried = table[table["name"] != "none"]
    tried = tried.assign(name=tried["name"].str.upper())
    names = list(dict.fromkeys(tried["name"]))
    shown = pd.concat([*(clean.assign(name=one) for one in names), tried])
    unit = str(tried["size"].iloc[0]).partition(" ")[2]
    scale = alt.Scale(domain=names, range=[chart.G, chart.P])
    shape = alt.Shape("name:N", title=None, scale=alt.Scale(domain=names, range=SHAPES[:2]))
    base = alt.Chart(chart.data(shown)).encode(
        x=alt.X("amount:Q", title=f"largest change of an input ({unit})"),
        y=alt.Y("score:Q", title="score"),
    )
    colour = alt.Color("name:N", title=None, scale=scale)
    lines = base.mark_line(strokeWidth=1.5).encode(color=colour)
    median = record.facts.one(f"{NAME}.median_minimal_perturbation")
    yield chart.figure(
        "robustness-attacks",
        _attack_title(median, unit),
        chart.fit(lines + base.mark_point(size=45).encode(color=colour, shape=shape),
                  chart.HALF, 220),
        n=words.count(int(tried["n"].iloc[0]), "test row"),
        how="Each number changes by no more than this, in the direction that hurts most: one "
        "step (FGSM) or many (PGD).",
        caution="There is no published limit. Any network falls to a large enough attack; "
        "somebody must be able and want to make one.",
        facts=[f"{NAME}.adversarial_score", f"{NAME}.median_minimal_perturbation"],
    )  # fmt: skip


def _attack_title(median: Fact | None, unit: str) -> str:
    if median is None or not isinstance(median.value, float):
        return "Most rows hold out against the largest change that was tried"
    size, spread = words.number(median.value), words.brackets(median.interval)
    return f"For half of the rows a change of {size} {unit} {spread} flips the answer"


def pairs(record: Record) -> Iterable[Block]:
    """Pictures before and after the smallest change that flips their prediction."""
    table = record.table(NAME, "examples")
    kept = record.arrays(NAME, "inputs")
    if table is None or kept is None or record.redact or kept["before"].ndim != 4:
        return
    chosen = np.flatnonzero(table["kind"] == "attack")[:DRAWN]
    if not len(chosen):
        return
    black, white = levels(record, kept["before"])
    rows = [[_picture(kept[key][k], black, white) for k in chosen] for key in ("before", "after")]
    told = "; ".join(f"{table['before'][k]} → {table['after'][k]}" for k in chosen)
    title = f"The smallest changes that flip a prediction: {told}"
    yield Figure(
        "robustness-pairs",
        title,
        draw.stacked(rows),
        how="Above as they are, below after the smallest change that flips the prediction: "
        f"{words.listing(table['size'][k] for k in chosen)}.",
        caution="These are the rows that flip most easily, not typical ones.",
        facts=(f"{NAME}.median_minimal_perturbation",),
        alt=title,
        width=chart.FULL,
    )


def _picture(x: Array, black: float, white: float) -> bytes:
    return draw.photo(x, black, white, millimetres=24.0)


def examples(record: Record) -> Iterable[Block]:
    """Rows whose prediction the smallest changes flip, left out where rows must not be shown."""
    table = record.table(NAME, "examples")
    if table is None or table.empty or record.redact:
        return
    sides = table["kind"].nunique()
    shown = table.groupby("kind", sort=False).head(SHOWN // sides)
    yield Table(
        "robustness-examples",
        f"{words.sentence(words.count(len(table), 'row'))} whose prediction a small change flips",
        ["row", "by", "size", "before", "after", "what changed"],
        [
            [
                num(r["id"]),
                str(r["name"]),
                str(r["size"]),
                str(r["before"]),
                str(r["after"]),
                _short(str(r["changed"])),
            ]
            for _, r in shown.iterrows()
        ],
        widths=(8, 15, 15, 12, 12, 38),
        how="Attacks first, the smallest change on top; then small natural corruptions.",
        caution=f"{len(table) - len(shown)} more: see artifacts."
        if len(table) > len(shown)
        else "",
        facts=(f"{NAME}.flipped_by_small_noise",),
        compact=True,
    )


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _scores(record: Record, kind: str) -> pd.DataFrame | None:
    """The rows of a kind that were scored; None where there are none."""
    table = record.table(NAME, "scores")
    if table is None:
        return None
    own = table[(table["kind"] == kind) & table["score"].notna()]
    return own if (own["name"] != "none").any() else None
