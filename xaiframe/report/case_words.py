"""What is said of one case in plain sentences: each with the numbers it rests on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from xaiframe.report import explained, words
from xaiframe.report.messages import marked as text_case
from xaiframe.report.record import Record
from xaiframe.report.tables.data import Case

LED = 3
"""Reasons that are named."""
FAR = 97.5
"""A case farther from training than this percentage of the test rows is told as a warning."""


@dataclass(frozen=True)
class Sentence:
    """One sentence; ``status`` warn marks what a reader must weigh before using the answer."""

    text: str
    status: str = ""


def answer(case: Mapping[str, Any]) -> str:
    """The answer and how sure the model is: ``malignant, 98.2 % sure``."""
    predicted = case["predicted"]
    said = words.number(predicted) if isinstance(predicted, float) else str(predicted)
    return said + (f", {sure(case['confidence'])}" if case["confidence"] is not None else "")


def sure(confidence: float) -> str:
    """A confidence as a reader counts it."""
    return "over 99.9 % sure" if confidence > 0.999 else f"{words.number(100 * confidence)} % sure"


def sentences(record: Record, case: Mapping[str, Any], whole: Mapping[str, Any]) -> list[Sentence]:
    """Answer, reasons, agreement, place in the training data, size of attributions, and what is
    missing; ``whole`` is ``cases.json``."""
    parts = (
        known_row(case), answered(case), reasons(record, case), agreed(case), placed(case, whole),
        remote(case), large(case), missing(whole),
    )  # fmt: skip
    return [sentence for part in parts for sentence in part]


def known_row(case: Mapping[str, Any]) -> Iterator[Sentence]:
    """Whether the row is one that the audit knows."""
    twin = case["twin"]
    if twin is None:
        return
    truth = f", whose outcome was {_said(twin['truth'])}" if "truth" in twin else ""
    split = {"train": "training", "validation": "validation", "test": "test"}[twin["split"]]
    learnt = twin["split"] in ("train", "validation")
    text = f"In every input it equals row {words.number(twin['id'])} of the {split} data{truth}"
    text += ": the model was made with it, so the answer proves nothing." if learnt else "."
    yield Sentence(text, "warn" if learnt else "")


def answered(case: Mapping[str, Any]) -> Iterator[Sentence]:
    """Where the answer lies among those to the test rows, and how good such answers were."""
    found = case["answer"]
    if not found or not found["n"]:
        none = case["confidence"] is not None
        text = f"No test row was called {_said(case['predicted'])}: nothing says how good that is."
        yield from [Sentence(text, "warn")] if found and none else []
        return
    alike = found["alike"]
    if "right" in alike:
        yield Sentence(
            f"It is surer than {_share(found['percentile'])} the {found['n']} test rows it "
            f"called {_said(case['predicted'])}; of the {alike['n']} nearest in confidence "
            f"{alike['right']} were right."
        )
        return
    inside = found["low"] <= case["predicted"] <= found["high"]
    ends = words.interval((found["low"], found["high"]))
    where = (
        f"higher than for {_share(found['percentile'])} the {found['n']} test rows"
        if inside
        else f"outside what it said of the {found['n']} test rows ({ends})"
    )
    yield Sentence(
        f"The predicted value is {where}; for the {alike['n']} test rows nearest in prediction it "
        f"was off by {words.number(alike['error'])} (median).",
        "" if inside else "warn",
    )


def reasons(record: Record, case: Mapping[str, Any]) -> Iterator[Sentence]:
    """What the answer rests on most, both directions together."""
    found = leading(record, case["number"] - 1)
    if found:
        told = (
            f"{name} ({_side(record, share, case)}, {_percent(share)})" for name, share in found
        )
        yield Sentence(
            f"It rests most on {words.listing(told)}: share of all attribution, {_by(record)}."
        )


def _by(record: Record) -> str:
    voices = explained.voices(record)
    return "P and G" if len(voices) > 1 else f"{''.join(voices)} alone"


def leading(record: Record, position: int) -> list[tuple[str, float]]:
    """(feature with its value, mean share of P and G) of the features that matter most."""
    row = explained.instances(record).iloc[position]
    case = Case(record, row, position)
    if not explained.local_methods(record):
        return []
    means = case.means.mean(axis=1)
    order = means.abs().sort_values(ascending=False, kind="stable").index
    names = [str(name) for name in order if pd.notna(means[name]) and means[name] != 0]
    return [(_named(case, name), float(means[name])) for name in names[:LED]]


def _named(case: Case, name: str) -> str:
    kind = explained.modality(case.record)
    if kind == "text":
        return text_case.named(case.record, case.position, name)
    return f"{name} = {case.recorded(name)}" if kind == "table" else name


def _side(record: Record, share: float, case: Mapping[str, Any]) -> str:
    if explained.regression(record):
        return "raises" if share > 0 else "lowers"
    return f"{'for' if share > 0 else 'against'} {case['target']}"


def agreed(case: Mapping[str, Any]) -> Iterator[Sentence]:
    """Whether the two directions agree on this case as they usually do."""
    found = case["agreement"]
    if found is None:
        return
    way = {"inside": "as much as usual", "below": "less than usual", "above": "more than usual"}
    text = (
        f"P and G agree on it {way[found['state']]}: rank correlation "
        f"{words.number(found['spearman'])}; nine in ten of "
        f"the {found['n']} audited instances have "
        f"{words.interval((found['low'], found['high']))} (median {words.number(found['median'])})."
    )
    odd = found["state"] == "below" or found["spearman"] < 0
    yield Sentence(text, "warn" if odd else "")


def placed(case: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[Sentence]:
    """Which inputs lie outside what training has shown, otherwise the most extreme."""
    columns = case["columns"]
    many = "inputs" if whole["modality"] == "table" else "measured properties"
    outside = [one for one in columns if one["state"] in ("below", "above", "unseen")]
    gaps = [one["name"] for one in columns if one["state"] == "missing"]
    if gaps:
        yield Sentence(f"Missing and filled: {words.listing(gaps)}.", "warn")
    if outside:
        told = words.listing([_outside(one) for one in outside], 4)
        verb = "lies" if len(outside) == 1 else "lie"
        yield Sentence(
            f"{len(outside)} of {len(columns)} {many} {verb} outside what the {whole['train']} "
            f"training rows have shown: {told}.",
            "warn",
        )
        return
    ranked = sorted(
        (one for one in columns if "percentile" in one),
        key=lambda one: -abs(one["percentile"] - 50),
    )
    most = f"; most extreme is {_extreme(ranked[0])}" if ranked else ""
    yield Sentence(
        f"All {len(columns)} {many} lie within what the {whole['train']} training rows have "
        f"shown{most}."
    )


def _outside(one: Mapping[str, Any]) -> str:
    if one["state"] == "unseen":
        return f"{one['name']} = {one['value']}, never seen"
    return f"{one['name']} = {_said(one['value'])}, {one['state']} the seen {seen(one)}"


def seen(one: Mapping[str, Any]) -> str:
    """The range of a column in training, empty for levels."""
    if "low" not in one:
        return ""
    low, high = one["low"], one["high"]
    if isinstance(low, str):
        return f"{low} to {high}"
    return words.interval((low, high)) or words.number(low)


def _extreme(one: Mapping[str, Any]) -> str:
    share = one["percentile"]
    way = f"above {_share(share)}" if share >= 50 else f"below {_share(100 - share)}"
    return f"{one['name']} = {_said(one['value'])}, {way} them"


def remote(case: Mapping[str, Any]) -> Iterator[Sentence]:
    """Whether the row as a whole is farther from training than test rows are."""
    found = case["remoteness"]
    if found["percentile"] > FAR:
        yield Sentence(
            f"As a whole it is farther from its nearest training row than "
            f"{_share(found['percentile'])} the {found['test']} test rows are from theirs.",
            "warn",
        )


def large(case: Mapping[str, Any]) -> Iterator[Sentence]:
    """Attributions larger than those of every audited instance."""
    found = case["unusual"]
    if found is None:
        return
    if not found["features"]:
        yield Sentence(
            f"No attribution is larger than those of all {found['n']} audited instances that "
            "explain the same output."
        )
        return
    yield Sentence(
        f"{words.sentence(words.listing(found['features'], 5))} "
        f"{'weighs' if len(found['features']) == 1 else 'weigh'} more here than in any of the "
        f"{found['n']} audited instances (by chance {words.number(found['chance'])} would).",
        "warn" if len(found["features"]) > 2 * found["chance"] + 1 else "",
    )


def missing(whole: Mapping[str, Any]) -> Iterator[Sentence]:
    """Methods of the audit that do not speak here, and what else differs from it."""
    absent: dict[str, list[str]] = {}
    for name, reason in whole["absent"].items():
        absent.setdefault(reason, []).append(words.label(name))
    if absent:
        told = "; ".join(f"{words.listing(names)} ({why})" for why, names in absent.items())
        yield Sentence(f"Of the methods asked for these do not speak: {told}.")
    other = [f"{name} {now} ({then})" for name, (then, now) in whole["other_versions"].items()]
    if other:
        yield Sentence(f"Other versions than in the audit: {words.listing(other)}.", "warn")


def warnings(said: Sequence[Sentence]) -> list[str]:
    """The sentences that a reader must weigh."""
    return [one.text for one in said if one.status == "warn"]


def _share(percent: float) -> str:
    """How many: ``all``, ``none of``, ``19 % of``."""
    ends = {0.0: "none of", 100.0: "all"}
    return ends.get(percent, f"{words.number(percent)} % of")


def _percent(share: float) -> str:
    return f"{words.number(100 * abs(share), digits=2)} %"


def _said(value: Any) -> str:
    return words.number(value) if isinstance(value, (int, float)) else str(value)
