"""What the search was worth: on rows that no trial read, against what needs no search."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from xaiframe.report import words
from xaiframe.report.block import Block, Cell, Note, Prose, Row, Table, num
from xaiframe.report.record import Record
from xaiframe.report.tuned.trials import short

UNIT, COMPARED = "tuning.ending", "tuning.comparison"
AGAINST = ("default", "dummy", "random search")
NAMES = {
    "brier": "Brier score",
    "log_loss": "log loss",
    "balanced_accuracy": "balanced accuracy",
    "calibration_error": "calibration error",
}
TITLES = {
    "adopt": (
        "The tuned model is better on validation data and may be adopted",
        "The tuned model is not better on validation data: keep the audited one",
    ),
    "adopt_explanation": (
        "The chosen parameters explain best on validation rows; on test rows they do this",
        "No parameters explain better on validation rows: keep the recipe's own",
    ),
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
    sentence = random_sentence(record)
    yield Table(
        "tuning-ending",
        ending_title(record),
        ["test rows", "tuned", *(f"gain on {one}" for one in who)],
        rows,
        n=words.count(int(table["n"].max()), "test row"),
        how="Gain: how much better the tuned model is, in the measure's own unit, whichever way is "
        "better. In brackets: 95 % interval, the same rows drawn again for all. Default: the "
        "recipe's settings. Dummy: reads no feature. ◆ decides, for no trial sought it; ○ was "
        "sought.",
        caution="The test rows decided nothing. The interval is that of the rows: another seed of "
        "either search may end elsewhere.",
        facts=(f"{UNIT}.measured", f"{UNIT}.gain", f"{UNIT}.beats_default", f"{UNIT}.beats_random"),
        compact=True,
    )
    if sentence:
        yield Prose([sentence])


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
    return f"On untouched rows, by {by}, the tuned model {words.listing(said)}"


def random_sentence(record: Record) -> str:
    """Whether the search has beaten random search, or why that cannot be told."""
    fact = record.facts.one(f"{UNIT}.beats_random")
    if fact is None:
        return ""
    trials = record.facts.value("tuning.control.trials")
    budget = f" of {words.count(int(trials), 'trial')}" if isinstance(trials, int) else ""
    if fact.value is None:
        return f"Whether it beats random search{budget} cannot be told: {fact.reason}."
    verb = "has beaten" if fact.value else "was beaten by"
    return f"The search {verb} random search{budget}."


def _measured(part: pd.DataFrame) -> Cell:
    row = part[part["model"] == "tuned"].iloc[0]
    return num(float(row["value"]), spread=(row["low"], row["high"]))


def _gain(part: pd.DataFrame, who: str) -> Cell:
    row = part[part["model"] == who].iloc[0]
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
