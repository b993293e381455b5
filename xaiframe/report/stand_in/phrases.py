"""What a tree asks and a weighted sum counts, in the user's own words, units and levels."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from xaiframe.report import explained, words
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import NAMED, Values

REGIONS = ("image", "series")


def question(record: Record, node: Mapping[Any, Any]) -> str:
    """``worst radius ≤ 16.8 mm``, ``colour is red``, ``has “free”``: what a yes says."""
    if node["kind"] != "number":
        return thing(record, node)
    feature, limit = str(node["feature"]), float(node["threshold"])
    values = Values(record)
    kind = values.kind(feature)
    if kind in NAMED:
        return f"{feature}: at most {values.said(feature, math.floor(limit))}"
    if kind == "date":
        return f"{feature}: by {values.said(feature, limit)}"
    unit = values.units.get(feature, "")
    # an unbreakable space keeps sign, number and unit on one line
    return "\u00a0".join([f"{thing(record, node)} ≤", exact(limit), *([unit] if unit else [])])


def thing(record: Record, column: Mapping[Any, Any]) -> str:
    """A column of the sheet: a feature, a level that holds, a word that is there."""
    feature, kind = str(column["feature"]), column["kind"]
    if kind == "level":
        return f"{feature} is {column['level']}"
    if kind == "word":
        return f"has {words.quoted(feature)}"
    if kind == "gap":
        return f"{feature} is missing"
    return f"mean of {feature}" if explained.modality(record) in REGIONS else feature


def exact(value: float) -> str:
    """All the digits that a threshold has: a rounded one would part other rows."""
    return f"{value:.12g}".replace("-", "−")


def step(record: Record, term: Mapping[Any, Any]) -> str:
    """What counts as one more of a term: a standard deviation in its unit, or that it holds."""
    if term["kind"] != "number":
        return "holds"
    feature = str(term["feature"])
    unit = Values(record).units.get(feature, "")
    if Values(record).kind(feature) == "date":
        unit = "days"
    return f"+{words.number(float(term['unit']))}{f' {unit}' if unit else ''}"


def answered(record: Record, node: Mapping[Any, Any]) -> str:
    """What a leaf answers: its class, or the mean with the target's unit."""
    if node["answer"]:
        return str(node["answer"])
    target = str(record.facts.value("data.load.target", ""))
    return words.number(float(node["value"]), explained.target_unit(record, target))


def purity(node: Mapping[Any, Any]) -> str:
    """How far the training rows of a leaf are of one mind."""
    if node["answer"]:
        return words.of_hundred(float(node["share"]))
    return f"± {words.number(float(node['spread']), digits=2)}"
