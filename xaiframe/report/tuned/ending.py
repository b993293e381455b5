"""What the search was worth: on rows that no trial read, against what needs no search."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pandas as pd

from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Note, Prose, Row, Table, num
from xaiframe.report.record import Record
from xaiframe.report.tuned.trials import short, trials_of

UNIT, COMPARED = "tuning.ending", "tuning.comparison"
AGAINST = ("default", "dummy", "random search")
NAMES = {
    "brier": "Brier score",
    "log_loss": "log loss",
    "balanced_accuracy": "balanced accuracy",
    "calibration_error": "calibration error",
    "gap": "perturbation gap",
    "gain_over_random": "faithfulness over random",
    "residual": "completeness residual",
    "max_sensitivity": "max-sensitivity",
    "reseeding": "dispersion by the seed",
    "cost": "cost in model rows",
}
TITLES = {
    "adopt": (
        "The tuned model scores at least as well on validation rows and may be adopted",
        "The tuned model scores worse on validation rows: keep the audited one",
    ),
    "adopt_explanation": (
        "What was sought, method by method, on test instances",
        "The search chose the parameters that the recipe has",
    ),
}
HOW = {
    True: "Gain: how much better the tuned model is, in the measure's own unit, whichever way is "
    "better. In brackets: 95 % interval, the same rows drawn again for all. Default: the "
    "recipe's settings. Dummy: reads no feature. ◆ decides, for no trial sought it; ○ was "
    "sought.",
    False: "Means over the methods searched. Gain: how much better the tuned explanation is, in "
    "the measure's own unit, whichever way is better. In brackets: 95 % interval, the same "
    "instances drawn again for all. Default: the recipe's settings. ◆ decides: the first that no "
    "trial sought and that applies to all methods; ○ was sought.",
}
"""Whether models were searched; else explanations."""
MIND = {
    True: "The test rows decided nothing. The interval is that of the rows: another seed of "
    "either search may end elsewhere.",
    False: "These instances decide whether the settings are adopted, and nothing else. The "
    "interval is that of the instances: another seed of either search may end elsewhere.",
}


def ending(record: Record) -> Iterable[Block]:
    """The tuned model against the recipe's settings, a dummy and random search."""
    table = record.table(UNIT, "ending")
    if table is None or table.empty:
        if record.table("tuning.search", "trials") is not None:
            yield Note("Was the search worth it?", record.absence(UNIT))
        return
    who = [one for one in AGAINST if (table["model"] == one).any()]
    rows: list[Row] = [
        [
            f"{words.sentence(name(str(measure)))}{mark(part)}",
            _measured(part),
            *(_gain(part, one) for one in who),
        ]
        for measure, part in table.groupby("measure", sort=False)
    ]
    sentence, models = random_sentence(record), of_models(record)
    what = "row" if models else "instance"
    yield Table(
        "tuning-ending",
        ending_title(record),
        [f"test {what}s", "tuned", *(f"gain on {one}" for one in who)],
        rows,
        n=words.count(int(table["n"].max()), f"test {what}"),
        how=HOW[models],
        caution=MIND[models],
        facts=(f"{UNIT}.measured", f"{UNIT}.gain", f"{UNIT}.beats_default", f"{UNIT}.beats_random"),
        compact=True,
    )
    if sentence:
        yield Prose([sentence])


def of_models(record: Record) -> bool:
    """Whether models were searched; else explanations of one model."""
    found = trials_of(record)
    return found is None or found.refits


def by_method(record: Record) -> Iterable[Block]:
    """Which method a search of explanations bettered, by the measure that decides."""
    table = record.table(UNIT, "methods")
    if table is None or table["method"].nunique() < 2:
        return
    who = [one for one in AGAINST if (table["against"] == one).any()]
    rows: list[Row] = [
        [words.sentence(words.label(str(method))), *(_gain(part, one, "against") for one in who)]
        for method, part in table.groupby("method", sort=False)
    ]
    by = name(str(table["measure"].iloc[0]))
    own = table[table["against"] == "default"]
    better = [words.label(str(one["method"])) for _, one in own.iterrows() if one["gain_low"] > 0]
    worse = [words.label(str(one["method"])) for _, one in own.iterrows() if one["gain_high"] < 0]
    said = [f"better {words.listing(better)}"] if better else []
    said += [f"worse {words.listing(worse)}"] if worse else []
    yield Table(
        "tuning-methods",
        f"By {by} the chosen settings make {words.listing(said)}"
        if said
        else f"By {by} no method alone became better or worse beyond chance",
        ["method", *(f"gain on {one}" for one in who)],
        rows,
        how="As ◆ above, each method by itself.",
        facts=(f"artifacts/{UNIT}/methods.parquet",),
        compact=True,
    )


def name(measure: str) -> str:
    """A measure as a reader knows it."""
    return NAMES.get(measure, words.label(measure))


def mark(part: pd.DataFrame) -> str:
    """Which part a measure plays."""
    return {"decides": " ◆", "sought": " ○"}.get(str(part["role"].iloc[0]), "")


def ending_title(record: Record) -> str:
    """What the search beats, by the measure that decides."""
    by = name(str(record.facts.value(f"{UNIT}.decided_by")))
    told: dict[str, list[str]] = {"beats": [], "is no better than": [], "loses to": []}
    for quantity, other in (
        ("beats_default", "the recipe's own settings"),
        ("beats_dummy", "a dummy"),
        ("beats_random", "random search"),
    ):
        fact = record.facts.one(f"{UNIT}.{quantity}")
        if fact is None or (fact.value is None and fact.n is None):
            continue
        word = {True: "beats", False: "loses to"}.get(fact.value, "is no better than")  # type: ignore[arg-type]
        told[word].append(other)
    said = [f"{word} {words.listing(others)}" for word, others in told.items() if others]
    if of_models(record):
        return f"On untouched rows, by {by}, the tuned model {words.listing(said)}"
    return f"On untouched instances, by {by}, the tuned explanation {words.listing(said)}"


def random_sentence(record: Record) -> str:
    """Whether the search has beaten random search, or why that cannot be told."""
    fact = record.facts.one(f"{UNIT}.beats_random")
    if fact is None:
        return ""
    trials = record.facts.value("tuning.control.trials")
    budget = f" of {words.count(int(trials), 'trial')}" if isinstance(trials, int) else ""
    if fact.value is None:
        reason = re.sub(r"-(?=\d)", "−", fact.reason)
        return f"Whether it beats random search{budget} cannot be told: {reason}."
    verb = "has beaten" if fact.value else "was beaten by"
    return f"The search {verb} random search{budget}."


def _measured(part: pd.DataFrame) -> Cell:
    row = part[part["model"] == "tuned"].iloc[0]
    return num(float(row["value"]), spread=(row["low"], row["high"]))


def _gain(part: pd.DataFrame, who: str, column: str = "model") -> Cell:
    row = part[part[column] == who].iloc[0]
    return num(float(row["gain"]), spread=(row["gain_low"], row["gain_high"]))


def before_after(record: Record) -> Iterable[Block]:
    """Audited and tuned model, quantity by quantity."""
    table = record.table(COMPARED, "comparison")
    if table is None or table.empty:
        return
    title = "Audited and tuned model side by side"
    for quantity, (yes, no) in TITLES.items():
        adopt = record.facts.value(f"{COMPARED}.{quantity}")
        if adopt is not None:
            title = yes if adopt else no
    rows: list[Row] = [
        [
            words.sentence(short(str(r["quantity"]))) + of(r),
            num(r["audited"], spread=_span(r, "audited")),
            num(r["tuned"], spread=_span(r, "tuned")),
            _better(r),
        ]
        for _, r in table.iterrows()
    ]
    yield Table(
        "comparison",
        title,
        ["quantity", "audited", "tuned", "change"],
        rows,
        how="In brackets: 95 % interval. Overlapping intervals are no difference.",
        facts=(f"{COMPARED}.adopt", f"{COMPARED}.<quantity>"),
        compact=True,
    )


def of(row: pd.Series) -> str:
    """The method that a quantity is of, where it is of one."""
    method = row.get("method")
    return f" · {words.label(str(method))}" if method else ""


def _span(row: pd.Series, which: str) -> tuple[float, float] | None:
    low, high = row.get(f"{which}_low"), row.get(f"{which}_high")
    return None if pd.isna(low) or pd.isna(high) else (float(low), float(high))


def _better(row: pd.Series) -> str:
    if pd.isna(row["audited"]) or pd.isna(row["tuned"]):
        return "not measured"
    change = float(row["tuned"]) - float(row["audited"])
    wanted = {"higher": 1, "lower": -1}.get(str(row.get("better")), 0)
    word = "" if not wanted or not change else "better" if change * wanted > 0 else "worse"
    return f"{'+' if change > 0 else ''}{words.number(change)} {word}".strip()
