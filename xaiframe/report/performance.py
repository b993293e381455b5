"""The model and its performance on rows it never saw, with intervals and calibration."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd

from xaiframe.catalogue.listing import UnknownTarget, describe
from xaiframe.facts import Value
from xaiframe.report import chart, words
from xaiframe.report.block import Block, Chapter, Grid, Note, Prose, Row, Table, fact_cell, parts
from xaiframe.report.checks import fit_gap
from xaiframe.report.record import Record

NAMED = ("estimator", "network")
"""Settings of a model that name the class it is made of."""
SPLITS = ("train", "validation", "test")


def chapter(record: Record) -> Chapter:
    """Model, metrics, history, calibration and mistakes."""
    figures = parts(record, history, reliability)
    blocks = parts(record, model, metrics)
    blocks += [Grid(figures, 2)] if figures else []
    blocks += parts(record, mistaken)
    if not record.facts.within("model"):
        blocks = [Note("The model", "not assessed: the run stored no facts about it")]
    return Chapter(
        "performance", "Model and performance", "How good is it on cases it never saw?", blocks
    )


def mistaken(record: Record) -> Iterable[Block]:
    """Confusion beside the gap between training and test, in columns that suit the class count."""
    table = record.table("model.measure", "confusion")
    many = table is not None and table["true"].nunique() > 3
    pair = [*confusion(record), *fit_gap.scores(record, 190 if many else chart.HALF)]
    return [Grid(pair, 21 if many else 2)] if len(pair) == 2 else pair


def model(record: Record) -> Iterable[Block]:
    """What was trained or brought, in one sentence, and what its taking in noticed."""
    node = record.recipe.get("model") or {}
    unit = record.units.get(f"model.{record.chosen('model')}") or {}
    target = str(unit.get("target") or node.get("_target_"))
    kind, chosen = kind_of(record), ", ".join(_settings(node, target))
    size, epochs = parameters(record), record.facts.one("model.fit.epochs")
    text = f"{kind or 'The model'}{f' ({chosen})' if chosen else ''}"
    if size is not None:
        text += f" with {words.number(size)} parameters"
    if epochs:
        text += f", trained here for {words.number(epochs.value)} epochs"
    fitted = record.facts.one("model.fit.estimator")
    if fitted:
        library = f"{fitted.source.library} {fitted.source.version}".strip()
        text += f", fitted here by {library}"
    brought = record.facts.one("model.load.digest")
    if brought:
        text += f", brought trained (digest {str(brought.value)[:12]}): nothing was fitted here"
    notices = [
        words.stop(one.value)
        for one in (
            *record.facts.where("model.load.notice"),
            *record.facts.where("model.fit.notice"),
        )
    ]
    retries = record.facts.value("model.asked.retries")
    if isinstance(retries, int) and retries:
        notices.append(f"It failed {words.count(retries, 'request')} that had to be repeated.")
    yield Prose([" ".join([f"{text}.", *notices])])


def kind_of(record: Record) -> str:
    """What the model is: the class that the user named, or the choice."""
    node = record.recipe.get("model") or {}
    classes = {key: str(node[key]).rpartition(".")[2] for key in NAMED if node.get(key)}
    made = next(iter(classes.values()), "") if not isinstance(node.get("network"), Mapping) else ""
    return made or words.sentence(words.label(record.chosen("model")))


def _settings(node: Mapping[str, Any], target: str) -> Iterable[str]:
    """What the recipe sets of the model, in words."""
    usual = _usual(target)
    for key, value in node.items():
        if key in ("_target_", *NAMED) or value in ("", [], {}, None, usual.get(key)):
            continue
        if isinstance(value, Mapping) and key == "params":
            yield from (f"{words.label(str(name))} {_shown(one)}" for name, one in value.items())
        else:
            yield f"{words.label(key)} {Path(str(value)).name if key == 'path' else _shown(value)}"


def _shown(value: object) -> str:
    """A setting in words; of an estimator its class."""
    if isinstance(value, Mapping) and "estimator" in value:
        return str(value["estimator"]).rpartition(".")[2]
    if isinstance(value, Sequence) and any(isinstance(one, Mapping) for one in value):
        return ", ".join(_shown(one) for one in value)
    if value is None:
        return "none"
    if isinstance(value, bool):
        return words.number(value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _usual(target: str) -> dict[str, str | bool]:
    """The settings whose default is a word or a switch: said only where they differ from it."""
    try:
        known = describe(target).parameters
    except UnknownTarget:
        return {}
    return {one.name: one.default for one in known if isinstance(one.default, (str, bool))}


def parameters(record: Record) -> Value:
    """How many numbers the model holds, where that is known."""
    facts = record.facts
    return facts.value("model.fit.parameters") or facts.value("model.load.parameters")


def metrics(record: Record) -> Iterable[Block]:
    """Every metric on every split, with intervals."""
    names = dict.fromkeys(f.quantity for f in record.facts if f.name.startswith("model.test."))
    rows: list[Row] = [
        [
            words.sentence(words.label(name)),
            *(fact_cell(record.facts.one(f"model.{s}.{name}")) for s in SPLITS),
        ]
        for name in names
        if name != "score"
    ]
    if not rows:
        return
    sizes = [f"{s} {f.n}" for s in SPLITS for f in record.facts.where(f"model.{s}.score")[:1]]
    yield Table(
        "metrics",
        headline(record),
        ["metric", *SPLITS],
        rows,
        n=", ".join(sizes),
        how="In brackets: 95 % bootstrap interval. Only the test column speaks about new cases.",
        caution="A perfect training column is no merit.",
        facts=("model.<split>.<metric>",),
    )


def headline(record: Record) -> str:
    """The test result as a sentence."""
    accuracy = record.facts.one("model.test.accuracy")
    if accuracy and isinstance(accuracy.value, (int, float)):
        return f"{words.of_hundred(float(accuracy.value))} unseen cases are answered rightly"
    score = record.facts.one("model.test.score")
    return f"The test score is {words.number(score.value)}" if score else "Performance by split"


def history(record: Record) -> Iterable[Block]:
    """Loss per epoch on training and validation rows."""
    table = record.table("model.fit", "history")
    if table is None or table.empty:
        return
    long = table.melt("epoch", ["train_loss", "validation_loss"], "split", "loss").dropna()
    long["split"] = long["split"].str.removesuffix("_loss")
    valid = table.dropna(subset=["validation_loss"])
    best = int(valid.sort_values("validation_loss")["epoch"].iloc[0]) if len(valid) else 0
    colour = alt.Scale(domain=["train", "validation"], range=[chart.G, chart.P])
    lines = alt.Chart(chart.data(long)).mark_line().encode(
        x=alt.X("epoch:Q"),
        y=alt.Y("loss:Q", title="loss"),
        color=alt.Color("split:N", title=None, scale=colour),
        strokeDash=alt.StrokeDash(
            "split:N",
            title=None,
            scale=alt.Scale(domain=["train", "validation"], range=[[4, 3], [1, 0]]),
        ),
    )  # fmt: skip
    mark = (
        alt.Chart(alt.Data(values=[{"epoch": best}]))
        .mark_rule(color=chart.SOFT)
        .encode(x="epoch:Q")
    )
    yield chart.figure(
        "history",
        f"Validation loss is lowest at epoch {best} of {int(table['epoch'].max())}",
        chart.fit(mark + lines, chart.HALF, 168),
        how="Solid: validation. The grey line marks its lowest point.",
        caution="Curves drawing apart after it would mean memorising.",
        facts=["model.fit.epochs"],
    )


def reliability(record: Record) -> Iterable[Block]:
    """Reliability diagram: confidence against the share that was right."""
    table = record.table("model.measure", "calibration")
    if table is None or table.empty:
        return
    line = pd.DataFrame({"confidence": [0.0, 1.0], "accuracy": [0.0, 1.0]})
    ideal = alt.Chart(chart.data(line)).mark_line(
        color=chart.SOFT, strokeDash=[3, 3], strokeWidth=1
    )
    dots = alt.Chart(chart.data(table)).mark_point(color=chart.P)
    unit = alt.Scale(domain=[0, 1])
    place = {
        "x": alt.X("confidence:Q", title="mean confidence of the bin", scale=unit),
        "y": alt.Y("accuracy:Q", title="share that was right", scale=unit),
    }
    gap = record.facts.one("model.test.confidence_gap")
    yield chart.figure(
        "reliability",
        _calibrated(gap.value if gap else None, gap.interval if gap else None),
        chart.fit(
            ideal.encode(**place)
            + dots.encode(
                **place, size=alt.Size("n:Q", legend=None, scale=alt.Scale(range=[16, 240]))
            ),
            chart.HALF,
            168,
        ),
        n=words.count(int(table["n"].sum()), "test row"),
        how="On the dashed line confidence is earned; below it the model is too sure. Size: rows.",
        caution="Small circles rest on a handful of rows.",
        facts=["model.test.calibration_error", "model.test.confidence_gap"],
    )


def _calibrated(gap: object, spread: tuple[float, float] | None) -> str:
    if not isinstance(gap, (int, float)):
        return "Confidence against the share that was right"
    points = words.number(abs(100 * float(gap)), digits=2)
    if spread and spread[0] <= 0 <= spread[1]:
        return f"Confidence matches accuracy within its interval (gap {points} points)"
    return f"The model is {'over' if gap > 0 else 'under'}confident by {points} points"


def confusion(record: Record) -> Iterable[Block]:
    """Truth against answer on the test split."""
    table = record.table("model.measure", "confusion")
    if table is None or table.empty:
        return
    wrong = table[table["true"] != table["predicted"]]
    worst = wrong.sort_values("count", ascending=False).head(1)
    many = table["true"].nunique()
    base = alt.Chart(chart.data(table.assign(right=table["true"] == table["predicted"]))).encode(
        x=alt.X("predicted:N", title="predicted", sort=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("true:N", title="true", sort=None),
    )
    peak = max(1, int(table["count"].max()))
    cells = base.mark_rect(stroke="white").encode(
        color=alt.Color(
            "count:Q", legend=None, scale=alt.Scale(range=["#f4f6f8", chart.P], domain=[0, peak])
        )
    )
    light = alt.condition(f"datum.count > {peak / 2}", alt.value("white"), alt.value(chart.INK))
    numbers = base.mark_text(fontSize=11).encode(text="count:Q", color=light)
    title = "No test row was mistaken"
    if len(wrong) and wrong["count"].sum():
        row = worst.iloc[0]
        title = (
            f"{int(wrong['count'].sum())} of {int(table['count'].sum())} test rows were "
            f"mistaken, most often "
            f"{row['true']} taken for {row['predicted']} ({int(row['count'])})"
        )
    yield chart.figure(
        "confusion",
        title,
        chart.fit(cells + numbers, chart.HALF if many < 4 else 430, 60 + 24 * many),
        n=words.count(int(table["count"].sum()), "test row"),
        how="Rows: truth. Columns: answer. The diagonal is right.",
        caution="Counts follow class sizes; compare within a row.",
        facts=["artifacts/model.measure/confusion.parquet"],
    )
