"""Are the explanations themselves any good? Each measure beside its control."""

from __future__ import annotations

from collections.abc import Iterable

import altair as alt

from xaiframe.facts import Fact
from xaiframe.report import (
    agreement,
    chart,
    common_order,
    explained,
    measures,
    shortcuts,
    words,
)
from xaiframe.report.block import Block, Cell, Chapter, Note, Table, fact_cell, num, parts, status
from xaiframe.report.cross_check import beside_libraries
from xaiframe.report.record import ABSENT, Record

ELSEWHERE = ("fairness", "explanation_fairness")
"""Measures that the chapter on groups of people shows."""
UNFIT = "not applicable: "


def chapter(record: Record) -> Chapter:
    """Evaluation table, agreement, faithfulness; what is missing says so."""
    blocks = parts(
        record,
        scores,
        measures.measures,
        agreement.beside,
        agreement.pairs,
        common_order.ranking,
        measures.trust,
        shortcuts.shortcuts,
        curves,
        beside_libraries,
        unmeasured,
    )
    if not blocks:
        blocks = [Note("Evaluation", "not requested")]
    return Chapter(
        "evaluation",
        "Can the explanations be believed?",
        "Do P and G agree; are they faithful and sane?"
        if len(explained.sides(record)) > 1
        else "Are they faithful and sane?",
        blocks,
    )


def unmeasured(record: Record) -> Iterable[Block]:
    """Each measure that gave nothing, and why; those that do not apply share one box."""
    unfit = []
    for choice in record.choices("evaluation"):
        facts = record.facts.within(f"evaluation.{choice}")
        if choice in ELSEWHERE or any(one.quantity not in ABSENT for one in facts):
            continue
        name, why = words.sentence(words.label(choice)), record.absence(f"evaluation.{choice}")
        if why.startswith(UNFIT):
            unfit.append(f"{name}: {why.removeprefix(UNFIT)}.")
        else:
            yield Note(name, why)
    if unfit:
        yield Note("Not applicable", " ".join(unfit))


def scores(record: Record) -> Iterable[Block]:
    """One row per method: completeness, faithfulness, sanity, repeatability, and the judgement."""
    methods = explained.local_methods(record)
    if not methods:
        return
    below = [m for m in methods if explained.reliability(record, m).below]
    title = (
        f"{words.sentence(words.listing(map(words.label, below)))} "
        f"fall{'s' if len(below) == 1 else ''} below the gate"
        if below
        else f"None of {words.count(len(methods), 'method')} falls below the gate"
    )
    yield Table(
        "scores",
        title,
        [
            "method",
            "",
            "gain over random order",
            "similar to untrained",
            "its control",
            "same when re-seeded",
            "sum rule off by",
            "judged",
        ],
        [_row(record, method) for method in methods],
        how="Gain: insertion minus deletion, less the same of a random order; above 0 is "
        "better than chance. Similar to untrained: should be near its control. Sum rule: what "
        "the attributions miss of the score.",
        caution="Faithful to the model is not true of the world. Blank: the method does not "
        "claim the property.",
        facts=(
            "evaluation.faithfulness.gain_over_random",
            "evaluation.parameter_randomisation.similarity",
            "evaluation.completeness.residual",
        ),
        compact=True,
        widths=(16, 3, 20, 16, 7, 17, 8, 13),
    )


def _row(record: Record, method: str) -> list[Cell | str]:
    def asked(name: str) -> Fact | None:
        return record.facts.one(f"evaluation.{name}", method=method)

    control = asked("parameter_randomisation.control")
    return [
        words.sentence(words.label(method)),
        explained.stage_of(record, method)[:1].upper(),
        fact_cell(asked("faithfulness.gain_over_random")),
        fact_cell(asked("parameter_randomisation.similarity")),
        fact_cell(control),
        fact_cell(asked("agreement.self_spearman")),
        _value(asked("completeness.residual")),
        _judged(record, method),
    ]


def _value(fact: Fact | None) -> Cell:
    """A number without its interval, where the room is for more telling ones."""
    return Cell("–", "number") if fact is None else num(fact.value)


def _judged(record: Record, method: str) -> Cell:
    named = [
        f
        for f in record.findings
        if method in f.labels.values() and f.status in ("fail", "warn", "error")
    ]
    if named:
        worst = min(named, key=lambda f: ("error", "fail", "warn").index(f.status))
        return status(worst.status, words.label(worst.rule))
    gain = record.facts.one("evaluation.faithfulness.gain_over_random", method=method)
    if gain is None or gain.interval is None:
        return status("not_assessed")
    if gain.interval[0] > 0:
        return status("pass", "above random")
    return (
        status("warn", "below random") if gain.interval[1] < 0 else status("undecided", "unclear")
    )


def curves(record: Record) -> Iterable[Block]:
    """Deletion and insertion per method beside a random order."""
    table = record.table("evaluation.faithfulness", "curves")
    if table is None or table.empty:
        return
    controls = set(table["control"])
    methods = [m for m in dict.fromkeys(table["method"]) if m not in controls]
    control = dict(zip(table["method"], table["control"], strict=True))
    drawn = [
        {
            **row,
            "panel": words.label(method),
            "line": f"{row['kind']}, "
            f"{'random order' if row['method'] in controls else 'by the method'}",
        }
        for method in methods
        for name in (control[method], method)
        for frame in (table[table["method"] == name],)
        for row in frame.to_dict("records")
    ]
    lines = [
        "deletion, by the method",
        "insertion, by the method",
        "deletion, random order",
        "insertion, random order",
    ]
    base = alt.Chart().encode(
        x=alt.X("share:Q", title="share of features", axis=alt.Axis(tickCount=3, format="~p"))
    )
    band = base.mark_area(color="#e8ebee", opacity=1).encode(
        y=alt.Y("low:Q", title="score", axis=alt.Axis(tickCount=3)), y2="high:Q", detail="line:N"
    )
    line = base.mark_line(strokeWidth=1.6).encode(
        y="score:Q",
        color=alt.Color(
            "line:N",
            title=None,
            sort=lines,
            scale=alt.Scale(domain=lines, range=[chart.P, chart.G, chart.SOFT, "#a9aeb3"]),
        ),
        strokeDash=alt.StrokeDash(
            "line:N",
            sort=lines,
            scale=alt.Scale(domain=lines, range=[[1, 0], [1, 0], [2, 2], [5, 3]]),
        ),
    )
    plot = (
        alt.layer(band, line, data=chart.data(drawn))
        .properties(width=134, height=54)
        .facet(
            alt.Facet("panel:N", title=None, sort=[words.label(m) for m in methods]),
            columns=4,
            spacing=14,
        )
    )
    yield chart.figure(
        "faithfulness",
        _title(record, methods),
        plot,
        how="Deletion takes the features a method calls important away first: the score should "
        "fall fast. Insertion "
        "puts them back first: it should rise fast. Band: 95 % interval; dashed: a random "
        "order, the control. A method without a sign: how near the score stays to the full one.",
        caution="Deleted features are replaced by background rows; such mixtures may not occur.",
        facts=["evaluation.faithfulness.deletion", "evaluation.faithfulness.insertion"],
    )


def _title(record: Record, methods: list[str]) -> str:
    gains = {
        m: record.facts.one("evaluation.faithfulness.gain_over_random", method=m) for m in methods
    }
    sure = [m for m, fact in gains.items() if fact and fact.interval and fact.interval[0] > 0]
    if len(sure) == len(methods):
        return f"All {len(methods)} methods find what the model uses better than a random order"
    return f"{len(sure)} of {len(methods)} methods are clearly better than a random order"
