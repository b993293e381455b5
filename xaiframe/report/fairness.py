"""Does the model treat groups alike? Rates or errors by group, and how far they lie apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import altair as alt
import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.block import Block, Cell, Chapter, Note, Row, Table, num, parts, status
from xaiframe.report.explained_groups import explained_groups
from xaiframe.report.record import Record

UNIT = "evaluation.fairness"
STATISTICS = {
    "selection_rate": "selected",
    "false_positive_rate": "false positive rate",
    "false_negative_rate": "false negative rate",
    "precision": "precision",
    "accuracy": "accuracy",
    "mean_prediction": "mean prediction",
    "mean_error": "mean error",
    "mean_absolute_error": "mean absolute error",
}
"""Columns of the tables; the true positive rate is 1 less the false negative rate."""
APART = {
    "demographic_parity_difference": "selection rates",
    "equal_opportunity_difference": "true positive rates",
    "equalized_odds_difference": "true or false positive rates",
    "accuracy_difference": "accuracies",
    "mean_prediction_difference": "mean predictions",
    "mean_error_difference": "mean errors",
    "absolute_error_difference": "mean absolute errors",
}
"""Measure → what lies apart, in words."""
DRAWN = ("selection_rate", "false_positive_rate", "false_negative_rate")
MOST = 16
"""Groups of two columns that a table lists, the largest first."""
PAIR = " × "


def chapter(record: Record) -> Chapter | None:
    """Gaps, rates by group as dots with intervals, and the same as tables; None where no
    sensitive column was declared, which the strategy already says."""
    blocks = parts(record, gaps, dots, alone, together, explained_groups)
    if not blocks and not concerned(record):
        return None
    if not blocks:
        blocks = [Note("Groups of people", record.absence(UNIT))]
    return Chapter("fairness", "Groups of people", "Does it treat groups alike?", blocks)


def concerned(record: Record) -> bool:
    """Whether groups were declared, asked for in particular, or could not be judged."""
    asked = record.recipe.get("evaluation") or {}
    alone = isinstance(asked, Mapping) and list(asked) == [UNIT.split(".")[1]]
    failed = record.facts.value(f"{UNIT}.error") is not None
    return bool(record.strategy.get("sensitive")) or failed or alone


def gaps(record: Record) -> Iterable[Block]:
    """One row per measure and column, the largest gap first, beside what chance makes of it."""
    table = record.table(UNIT, "gaps")
    if table is None or table.empty:
        return
    # a ratio counts by what it lacks of 1, and a gap counts more the further it is beyond chance
    size = table["value"].where(~table["measure"].str.endswith("ratio"), 1 - table["value"])
    chance = table["null"].where(~table["measure"].str.endswith("ratio"), 1 - table["null"])
    table = table.assign(size=size, beyond=size > chance)
    shown = table[~table["column"].str.contains(PAIR, regex=False)]
    shown = shown.sort_values(["column", "positive", "size"], ascending=[True, True, False])
    far = table[table["beyond"] & table["measure"].isin(APART)]
    pair = far["column"].str.contains(PAIR, regex=False)
    followed = table["positive"].nunique() > 1
    yield Table(
        "gaps",
        headline(far[~pair]),
        ["column", "measure", "gap", "lowest", "highest", "chance alone", ""],
        [_gap(row, followed) for _, row in shown.iterrows()],
        how="In brackets: 95 % interval for the two groups named. Chance alone: what one of 20 "
        "random assignments of the same rows to groups of these sizes exceeds; of a ratio, falls "
        f"below. {_pairs(far[pair])}",
        caution="Which gap matters is a decision of people: where groups differ in how often the "
        "outcome occurs, equal selection and equal error rates exclude each other.",
        facts=(f"{UNIT}.demographic_parity_difference", f"{UNIT}.equalized_odds_difference"),
        compact=True,
        widths=(10, 22, 19, 15, 16, 8, 10),
    )


def headline(far: pd.DataFrame) -> str:
    """The largest gap beyond chance in one sentence."""
    if far.empty:
        return "No gap between groups exceeds what chance makes of them"
    return words.sentence(_sentence(far))


def _pairs(far: pd.DataFrame) -> str:
    if far.empty:
        return "Of two columns together, no gap exceeds chance."
    return f"Of two columns together, {_sentence(far)}."


def _sentence(far: pd.DataFrame) -> str:
    worst = far.sort_values("size", ascending=False).iloc[0]
    return (
        f"{APART[worst['measure']]} differ most by {worst['column']}: "
        f"{words.number(float(worst['value']))} between {worst['lowest']} and {worst['highest']}"
    )


def _gap(row: pd.Series, followed: bool) -> Row:
    spread = (row["low"], row["high"]) if pd.notna(row["low"]) else None
    positive = f" ({row['positive']})" if followed else ""
    return [
        str(row["column"]),
        words.label(str(row["measure"])) + positive,
        num(float(row["value"]), "", spread),
        str(row["lowest"]),
        str(row["highest"]),
        num(float(row["null"])),
        status("warn", "beyond") if row["beyond"] else Cell("within"),
    ]


def dots(record: Record) -> Iterable[Block]:
    """Rates of the groups of each column, as dots on their intervals."""
    table = _rates(record)
    if table is None:
        return
    drawn = [name for name in DRAWN if (table["statistic"] == name).any()] or ["mean_error"]
    shown = table[table["statistic"].isin(drawn) & table["value"].notna()]
    shown = shown[~shown["column"].str.contains(PAIR, regex=False) & shown["judged"]]
    several = shown["positive"].nunique() > 1
    if shown.empty:
        return
    shown = shown.assign(
        name=shown["column"]
        + ": "
        + shown["group"]
        + (", " + shown["positive"] if several else ""),
        rate=shown["statistic"].map(STATISTICS),
    )
    order = [STATISTICS[name] for name in drawn]
    names = list(dict.fromkeys(shown["name"]))
    colours = alt.Scale(domain=order, range=[chart.INK, chart.G, chart.P][: len(order)])
    shapes = alt.Scale(domain=order, range=["circle", "square", "diamond"][: len(order)])
    y = alt.Y("name:N", title=None, sort=names, axis=alt.Axis(labelLimit=230, grid=True))
    title = "rate" if drawn[0] in DRAWN else "prediction less truth"
    base = alt.Chart(chart.data(shown)).encode(
        y=y,
        yOffset=alt.YOffset("rate:N", sort=order),
        color=alt.Color("rate:N", title=None, sort=order, scale=colours),
        tooltip=["name:N", "rate:N", "value:Q", "low:Q", "high:Q", "n:Q"],
    )
    spans = base.mark_rule(strokeWidth=1.5).encode(x=alt.X("low:Q", title=title), x2="high:Q")
    points = base.mark_point(size=36).encode(
        x="value:Q", shape=alt.Shape("rate:N", title=None, sort=order, scale=shapes)
    )
    yield chart.figure(
        "rates",
        _picture_title(shown, drawn[0]),
        chart.fit(alt.layer(spans, points), chart.FULL, 56 + 11 * len(order) * len(names)),
        n=f"{words.number(int(table.groupby('column')['rows'].first().max()))} rows in the "
        "largest group",
        how="A dot is the group's rate, the line its 95 % interval (Wilson 1927).",
        caution="Overlapping lines do not prove that two groups are treated alike.",
        facts=[f"{UNIT}.{name}" for name in drawn],
    )


def _picture_title(shown: pd.DataFrame, statistic: str) -> str:
    own = shown[shown["statistic"] == statistic].sort_values("value")
    low, high = own.iloc[0], own.iloc[-1]
    if statistic != "selection_rate":
        return (
            f"{words.sentence(words.label(statistic))}: {words.number(float(low['value']))} for "
            f"{low['name']}, {words.number(float(high['value']))} for {high['name']}"
        )
    return (
        f"{words.of_hundred(float(low['value']))} are predicted as {low['positive']} among "
        f"{low['name']}, {words.of_hundred(float(high['value']))} among {high['name']}"
    )


def alone(record: Record) -> Iterable[Block]:
    """Every group of every column with all its rates."""
    table = _rates(record)
    if table is not None:
        own = table[~table["column"].str.contains(PAIR, regex=False)]
        yield _groups("groups", own, f"{words.count(_count(own), 'group')} side by side", "")


def together(record: Record) -> Iterable[Block]:
    """The largest groups that two columns make together."""
    table = _rates(record)
    own = None if table is None else table[table["column"].str.contains(PAIR, regex=False)]
    if own is None or own.empty:
        return
    largest = own.groupby(["column", "group"])["rows"].first().sort_values(ascending=False)
    kept = own[pd.MultiIndex.from_frame(own[["column", "group"]]).isin(largest.index[:MOST])]
    left = len(largest) - MOST
    more = f"{words.count(left, 'smaller group')} more in artifacts/{UNIT}/rates.parquet. "
    title = f"{words.count(len(largest), 'group')} of two columns together"
    kept = kept.sort_values(["column", "rows"], ascending=[True, False], kind="stable")
    yield _groups("intersections", kept, title, more if left > 0 else "")


def _groups(key: str, table: pd.DataFrame, title: str, more: str) -> Table:
    statistics = [name for name in STATISTICS if (table["statistic"] == name).any()]
    followed = table["positive"].nunique() > 1
    parted = table.groupby(["column", "positive", "group"], sort=False)
    rows = [
        _group(column, group, positive if followed else "", own.set_index("statistic"), statistics)
        for (column, positive, group), own in ((map(str, key), own) for key, own in parted)
    ]
    positive = table["positive"].iloc[0]
    selected = f"Selected: predicted as {positive}. " if positive and not followed else ""
    return Table(
        key,
        title,
        ["column", "group", "rows", *(STATISTICS[name] for name in statistics)],
        rows,
        how=f"{selected}{more}In brackets: 95 % interval.",
        caution="Grey: it rests on too few rows to be compared.",
        facts=(f"artifacts/{UNIT}/rates.parquet",),
        compact=True,
        sortable=True,
    )


def _group(column: str, group: str, positive: str, own: pd.DataFrame, statistics: list[str]) -> Row:
    followed = f" ({positive})" if positive else ""
    cells = [_rate(own.loc[[name]].iloc[0]) for name in statistics]
    return [column, f"{group}{followed}", num(int(own["rows"].iloc[0])), *cells]


def _rate(row: pd.Series) -> Cell:
    if pd.isna(row["value"]):
        return Cell("–", "number")
    if not row["judged"]:
        return Cell(words.number(float(row["value"])), "few", float(row["value"]))
    return num(float(row["value"]), "", (row["low"], row["high"]))


def _count(table: pd.DataFrame) -> int:
    return len(table.groupby(["column", "group"]))


def _rates(record: Record) -> pd.DataFrame | None:
    table = record.table(UNIT, "rates")
    return None if table is None or table.empty else table
