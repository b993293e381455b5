"""Interactions: which features change each other's effect, as a matrix, in words, and per case."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import altair as alt
import numpy as np
import pandas as pd

from xaiframe.report import chart, explained, words
from xaiframe.report.block import Block, Cell, Figure, Grid, Heading, Note, Row, Table
from xaiframe.report.messages import marked
from xaiframe.report.pictures import pairs as picture_pairs
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import Values

KIND = "interactions"
SHOWN, LISTED, CASE = 12, 8, 5
"""Features of the matrix, pairs of the table, pairs of a case."""
TITLED = 28
"""Characters of a feature's name in a title."""
INDICES = {
    "k_sii": "Shapley interaction index",
    "faith_shap": "Faith-SHAP interaction",
    "shapley_taylor": "Shapley–Taylor interaction",
    "h": "Friedman's H",
    "variance": "share of the score's variance",
}
QUESTIONS = {
    "k_sii": "What two features do to a score together, beyond what each does alone; averaged over "
    "all the company they can keep. Main effects and pairs sum to score − base.",
    "faith_shap": "The sum of main effects and pairs that fits the score of every combination of "
    "features best. Main effects and pairs sum to score − base.",
    "shapley_taylor": "A single feature gets what it does when it comes first, a pair all that the "
    "later of the two adds because the other is there. Main effects and pairs sum to score − base.",
    "h": "The share of two features' effect that they have only together: 0 where their effects "
    "simply add up, 1 where neither has any without the other.",
    "variance": "How much of the score's variance each feature accounts for alone, how much a pair "
    "adds when both vary, and what is left to larger groups.",
}
H_CAUTION = (
    "H is a share: of a small effect even a large share is small; the joint effect below says how "
    "much it is. Features were set apart from each other, also where they never are."
)
SIGNED = ("k_sii", "faith_shap", "shapley_taylor")
SINGLE, PAIR = "single feature", "pair"


@dataclass(frozen=True)
class Found:
    """What one method stored."""

    record: Record
    unit: str
    method: str

    @classmethod
    def of(cls, record: Record, unit: tuple[str, str]) -> Found:
        return cls(record, ".".join(unit), unit[1])

    @cached_property
    def index(self) -> str:
        return str(self.record.facts.value(f"{self.unit}.index", "k_sii"))

    @cached_property
    def signed(self) -> bool:
        return self.index in SIGNED

    def table(self, name: str) -> pd.DataFrame:
        stored = self.record.table(self.unit, name)
        return pd.DataFrame() if stored is None else stored

    @cached_property
    def rows(self) -> str:
        """What it rests on."""
        fact = self.record.facts.one(f"{self.unit}.evaluations")
        thing = "explained instance" if self.signed else "row"
        return words.count(int(fact.n), thing) if fact is not None and fact.n else ""

    def value(self, name: str) -> float:
        found = self.record.facts.value(f"{self.unit}.{name}")
        return float(found) if isinstance(found, (int, float)) else math.nan


def overall(record: Record, unit: tuple[str, str]) -> Iterable[Block]:
    """The matrix of pairs and the strongest of them; of messages the pairs of words."""
    found = Found.of(record, unit)
    name = words.sentence(words.label(found.method))
    yield Heading(f"{found.method}-overall", name, QUESTIONS[found.index])
    pairs = found.table("overall")
    if pairs.empty and not found.table(KIND).empty:
        yield from _apart(found)
    elif pairs.empty:
        yield Note(name, "nothing to show: fewer than two features differ from the reference")
    elif found.index == "variance":
        yield _variance(found, pairs)
    else:
        if pairs["value"].max() > 0:
            yield _matrix(found, pairs)
        yield _strongest(found, pairs)


def _apart(found: Found) -> Iterable[Block]:
    """Where no feature is the same in two instances: how much pairs carry, and the largest."""
    share = found.value("share")
    told = f"Pairs carry {words.of_hundred(share)} parts of what is attributed, singles the rest"
    if found.record.redact:
        yield Note("Strongest pairs", "withheld: the report was asked to keep single rows out")
        return
    pairs = _clear(found.table(KIND)).head(LISTED)
    rows: list[Row] = [
        [
            words.number(int(one["id"])),
            _thing(found.record, int(one["position"]), str(one["first"])),
            _thing(found.record, int(one["position"]), str(one["second"])),
            _number(float(one["value"]), float(one["error"])),
        ]
        for one in pairs.to_dict("records")
    ]
    yield Table(
        f"{found.method}-pairs",
        told,
        ["row", "first", "second", "together, beyond the two alone"],
        rows,
        how="The pairs with the largest size in any explained instance.",
        caution="A pair speaks of its own instance: elsewhere the same two may do otherwise.",
        n=found.rows,
        facts=(f"{found.unit}.share",),
        compact=True,
        widths=(10, 32, 32, 26),
    )


def _matrix(found: Found, pairs: pd.DataFrame) -> Figure:
    """Features by what their pairs come to, both halves alike; of H the totals on the diagonal."""
    order = _order(pairs)
    shown = order[:SHOWN]
    column = "mean" if found.signed else "value"
    cells = pairs[pairs["first"].isin(shown) & pairs["second"].isin(shown)]
    cells = cells.assign(shade=cells[column])
    turned = cells.rename(columns={"first": "second", "second": "first"})
    parts = [cells, turned]
    if not found.signed:
        alone = found.table("alone")
        alone = alone[alone["feature"].isin(shown)]
        parts.append(
            alone.assign(first=alone["feature"], second=alone["feature"], shade=alone["value"])
        )
    told = pd.concat(parts, ignore_index=True)
    most = float(told["shade"].abs().max()) or 1.0
    told = told.assign(said=_rounded(told["shade"], most))
    x = alt.X("second:N", sort=shown, title=None, axis=alt.Axis(labelAngle=-40, labelLimit=120))
    y = alt.Y("first:N", sort=shown, title=None, axis=alt.Axis(labelLimit=170))
    base = alt.Chart(chart.data(told[["first", "second", "shade", "said", "value", "error"]]))
    tiles = base.mark_rect(stroke="white", strokeWidth=1.5).encode(
        x=x,
        y=y,
        color=alt.Color("shade:Q", scale=_scale(found.signed, most), legend=None),
        tooltip=["first:N", "second:N", "shade:Q", "value:Q", "error:Q"],
    )
    dark = f"abs(datum.shade) > {0.55 * most}"
    numbers = base.mark_text(fontSize=8).encode(
        x=x, y=y, text="said:N", color=alt.condition(dark, alt.value("white"), alt.value(chart.INK))
    )
    height = 120 + 24 * len(shown)
    return chart.figure(
        f"{found.method}-matrix",
        _title(found, pairs),
        chart.fit(alt.layer(tiles, numbers), min(chart.FULL, 260 + 46 * len(shown)), height),
        how=_how(found, len(order) - len(shown)),
        caution=_caution(found) if found.signed else H_CAUTION,
        n=found.rows,
        facts=(f"{found.unit}.pair",),
    )


def _order(pairs: pd.DataFrame) -> list[str]:
    """The features, first those whose pairs come to most."""
    sides = [pairs.groupby(side, sort=False)["value"].sum() for side in ("first", "second")]
    total = sides[0].add(sides[1], fill_value=0.0)
    return [str(name) for name in total.sort_values(ascending=False, kind="stable").index]


def _rounded(values: pd.Series, most: float) -> list[str]:
    """All to as many decimals as the largest needs for two digits; nothing for zero."""
    places = max(0, 1 - math.floor(math.log10(most)))
    told = [f"{one:.{places}f}" for one in values]
    return ["" if float(one) == 0 else one.replace("-", "−") for one in told]


def _scale(signed: bool, most: float) -> alt.Scale:
    if signed:
        return alt.Scale(domain=[-most, 0, most], range=[chart.P, "#fafafa", "#d67400"])
    return alt.Scale(domain=[0, most], range=["#fafafa", chart.P])


def _how(found: Found, rest: int) -> str:
    order = "Features in the order of what their pairs come to."
    more = f" {words.count(rest, 'further feature')} with less not shown." if rest > 0 else ""
    if found.signed:
        shade = "Orange: together more than the two alone, blue: less; mean over instances."
        return f"{shade} {order}{more}"
    return f"The darker the more. On the diagonal a feature with all others at once. {order}{more}"


def _caution(found: Found) -> str:
    predicted = found.record.facts.value("probe.reference.target") == "predicted"
    told = "A mean near zero may hide pairs that help in some instances and hurt in others."
    own = " Signs are for each instance's own predicted class."
    return told + (own if predicted else "")


def _title(found: Found, pairs: pd.DataFrame) -> str:
    """The finding: the strongest pair, or that there is none worth the name."""
    best = pairs if found.index == "h" else pairs.sort_values("value", ascending=False)
    top = best.iloc[0]
    names = " and ".join(
        words.quoted(words.shortened(top[side], TITLED)) for side in ("first", "second")
    )
    value = words.number(float(top["value"]), digits=2)
    if float(top["value"]) <= max(1.96 * float(top["error"]), float(top["noise"])):
        return "No pair stands out: effects add up as far as these numbers tell"
    if found.index == "h":
        return f"{names} do most together: H {value}"
    return f"{names} change each other's effect most: {value} on average"


def _percent(share: float) -> str:
    return f"{words.number(100 * max(0.0, float(share)), digits=2)} %"


def _variance(found: Found, pairs: pd.DataFrame) -> Figure:
    """What accounts for the variance, part by part: single features, pairs, and what is left."""
    alone, left = found.table("alone"), found.value("remainder")
    clear = pairs[pairs["value"] > 1.96 * pairs["error"]]
    told = pd.concat(
        [
            alone.assign(part=alone["feature"], kind=SINGLE),
            clear.assign(part=clear["first"] + " × " + clear["second"], kind=PAIR),
        ],
        ignore_index=True,
    )
    told = told.sort_values("value", ascending=False, kind="stable").head(SHOWN)
    told = told.assign(
        low=told["value"] - 1.96 * told["error"], high=told["value"] + 1.96 * told["error"]
    )
    axis = alt.Axis(format="%", tickCount=6)
    y = alt.Y("part:N", sort=list(told["part"]), title=None, axis=alt.Axis(labelLimit=300))
    colour = alt.Scale(domain=[SINGLE, PAIR], range=[chart.P, "#8cb4d2"])
    base = alt.Chart(chart.data(told[["part", "kind", "value", "error", "low", "high"]]))
    bars = base.mark_bar(size=11).encode(
        x=alt.X("value:Q", title="share of the score's variance", axis=axis),
        y=y,
        color=alt.Color("kind:N", title=None, scale=colour),
        tooltip=["part:N", "value:Q", "error:Q"],
    )
    ends = base.mark_rule(color=chart.SOFT).encode(x="low:Q", x2="high:Q", y=y)
    spread = found.value("spread")
    times = f" Over such rows the score varies {words.number(spread, digits=2)} times as much."
    return chart.figure(
        f"{found.method}-variance",
        f"Single features account for {_percent(alone['value'].sum())} of the variance, the "
        f"{words.count(len(pairs), 'pair')} asked about for {_percent(pairs['value'].sum())}",
        chart.fit(alt.layer(bars, ends), chart.FULL, 70 + 19 * len(told)),
        how="The largest features, and pairs that exceed their error; lines: 95 % interval. "
        f"{_percent(left)} is left to larger groups and to other pairs.",
        caution="Features were drawn apart from each other, also where they never are."
        + (times if math.isfinite(spread) else ""),
        n=found.rows,
        facts=(f"{found.unit}.pair", f"{found.unit}.remainder"),
    )


def _strongest(found: Found, pairs: pd.DataFrame) -> Table:
    """The leading pairs with their intervals, and what each means in words."""
    top = pairs.head(LISTED)
    heads = ("mean size", "mean with sign") if found.signed else ("H", "joint effect (score)")
    rows: list[Row] = []
    for one in top.to_dict("records"):
        value, error = float(one["value"]), float(one["error"])
        spread = words.brackets((max(value - 1.96 * error, 0.0), value + 1.96 * error))
        second = float(one["mean" if found.signed else "size"])
        rows.append(
            [
                str(one["first"]),
                str(one["second"]),
                Cell(words.number(value), "number", value, extra=spread if error else ""),
                Cell(words.number(second), "number", second),
                _said(found, one),
            ]
        )
    return Table(
        f"{found.method}-pairs",
        "" if pairs["value"].max() > 0 else _title(found, pairs),
        ["first", "second", *heads, "in words"],
        rows,
        how=_noise(found, top),
        n=found.rows,
        facts=(f"{found.unit}.pair",),
        compact=True,
        widths=(21, 21, 17, 13, 28),
    )


def _noise(found: Found, top: pd.DataFrame) -> str:
    if not found.signed:
        return (
            "The largest joint effect first. In brackets: 95 % interval over the rows at which "
            "effects are taken. Not told apart from none: no larger than what a joint effect that "
            "turns with the other features would leave by chance in so few rows."
        )
    noise = float(top["noise"].max())
    told = "In brackets: 95 % interval over instances."
    if noise > 0:
        told += f" Sampling alone would give a mean size of up to {words.number(noise, digits=2)}."
    return told


def _said(found: Found, one: Mapping[Any, Any]) -> str:
    value, mean = float(one["value"]), float(one["mean"])
    if value <= max(1.96 * float(one["error"]), float(one["noise"])):
        return "not told apart from none"
    if not found.signed:
        return f"{words.of_hundred(min(value**2, 1.0))} parts of the two's variance are joint"
    if abs(mean) < value / 2:
        return "more in some instances, less in others"
    return f"mostly {'more' if mean > 0 else 'less'} than the sum of each alone"


def case(record: Record, unit: tuple[str, str], position: int) -> Iterable[Block]:
    """The strongest pairs of one instance, with its own values; on a picture as lines."""
    found = Found.of(record, unit)
    pairs = found.table(KIND)
    if "position" not in pairs or record.redact:
        return
    mine = _clear(pairs[pairs["position"] == position]).head(CASE)
    if mine.empty:
        yield Note("Pairs", "no pair stands out from sampling error in this instance")
        return
    table = _own(found, mine, position)
    if explained.modality(record) == "image":
        yield Grid(
            [picture_pairs.draw(record, position, mine, f"{found.method}-{position}"), table]
        )
    else:
        yield table


def _clear(pairs: pd.DataFrame) -> pd.DataFrame:
    """Those that exceed twice their error, the largest first."""
    size = pairs["value"].abs()
    kept = pairs[(size > 1.96 * pairs["error"]) & (size > 1e-6 * size.max())]
    return kept.assign(size=kept["value"].abs()).sort_values("size", ascending=False, kind="stable")


def _own(found: Found, mine: pd.DataFrame, position: int) -> Table:
    record = found.record
    rows: list[Row] = [
        [
            _thing(record, position, str(one["first"])),
            _thing(record, position, str(one["second"])),
            _number(float(one["value"]), float(one["error"])),
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
        n=_part(found, position),
        compact=True,
        widths=(37, 37, 26),
    )


def _part(found: Found, position: int) -> str:
    """How much of this answer pairs carry."""
    pairs, alone = found.table(KIND), found.table("alone")
    joint = float(pairs.loc[pairs["position"] == position, "value"].abs().sum())
    single = float(alone.loc[alone["position"] == position, "value"].abs().sum())
    if joint + single == 0:
        return ""
    return f"pairs carry {_percent(joint / (joint + single))} of all that is attributed here"


def _number(value: float, error: float) -> Cell:
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


def _thing(record: Record, position: int, feature: str) -> str:
    """The feature with this instance's own value, or its word and place."""
    modality = explained.modality(record)
    if modality == "text":
        return marked.named(record, position, feature)
    if modality != "table" or not np.isin(feature, explained.features(record)):
        return feature
    return f"{feature} = {Values(record).brief(feature, position)}"
