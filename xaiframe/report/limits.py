"""What this report does not show, and why."""

from __future__ import annotations

from collections.abc import Iterable

from xaiframe.report import explained, words
from xaiframe.report.block import Block, Chapter, Prose, Row, Table, parts
from xaiframe.report.record import Record

STAGES = ("precaution", "repair", "intrinsic", "perturbation", "gradient", "evaluation")


def chapter(record: Record) -> Chapter:
    """Limits, absences and every parameter in force."""
    return Chapter(
        "limits",
        "Limits",
        "What does this report not say?",
        parts(record, limits, budget, missing),
    )


def limits(record: Record) -> Iterable[Block]:
    """What the numbers cover and what they do not."""
    explain, reference = record.recipe.get("explain") or {}, record.recipe.get("reference") or {}
    said = [
        "Intervals are 95 %; they cover the sampling of rows, not the choice of data source, "
        "model family or seed.",
    ]
    instances = explained.shared(record) or explain.get("instances")
    if instances:
        said.append(
            f"Local statements rest on {words.number(instances)} explained test rows"
            + (
                f"; global methods read at most {words.number(explain['sample'])} rows."
                if explain.get("sample")
                else "."
            )
        )
    rows = record.facts.value("probe.reference.background_rows")
    if reference and isinstance(rows, (int, float)):
        said.append(
            f"{_sharing(record)} one reference: background "
            f"{words.count(int(rows), 'row')}, output "
            f"{reference.get('output')}, target "
            f"{reference.get('target')}. Another reference gives other attributions."
        )
    said.append(
        "Thresholds whose source is 'ours' are judgements made by this tool, not published limits."
    )
    notices = map(str, record.plan.get("notices", []))
    said += [one for one in notices if not one.startswith("budget.")]  # told by budget()
    yield Prose(said)


def _sharing(record: Record) -> str:
    return "Both directions share" if len(explained.sides(record)) > 1 else "All methods share"


def budget(record: Record) -> Iterable[Block]:
    """What the budget of the run left out; nothing where it sets none, or was not met."""
    facts, of = record.facts, "budget.round"
    if not facts.value(f"{of}.met"):
        return
    bounds = [
        words.count(int(bound), thing) if float(bound).is_integer() else f"{bound:g} {thing}s"
        for name, thing in (("minutes", "minute"), ("evaluations", "model evaluation"))
        if isinstance(bound := facts.value(f"{of}.{name}"), (int, float))
    ]
    out, part = facts.value(f"{of}.not_assessed_choices"), facts.value(f"{of}.methods_cut_short")
    told = [words.count(int(out), "choice was not asked", "choices were not asked")] if out else []
    told += [words.count(int(part), "method was", "methods were") + " cut short"] if part else []
    said = f"The run met its budget of {words.listing(bounds)}: {words.listing(told)}. "
    said += "A larger budget goes on from here."
    n, whole = explained.shared(record), record.facts.value("probe.instances.count")
    if n is not None and n != whole:
        said += (
            f" Figures and measures stand on the first {n} of {whole} instances, which all methods "
            "that they show explained."
        )
    rows: list[Row] = [
        [words.label(fact.choice), f"{fact.n} of {fact.labels['of']}", fact.reason]
        for fact in explained.cut(record).values()
    ]
    yield Prose([said])
    if rows:
        title = f"{words.count(len(rows), 'method')} explained only the first instances"
        yield Table("cut-short", title, ["method", "instances", "why"], rows, compact=True)


def missing(record: Record) -> Iterable[Block]:
    """Everything that was requested and is not here, with the reason."""
    rows: list[Row] = []
    for stage in (*STAGES, "tuning"):
        for choice in record.choices(stage):
            why = record.absence(f"{stage}.{choice}")
            if why.startswith(("could not", "not applicable", "not assessed, ")):
                rows.append([words.sentence(stage), words.label(choice), why])
    if rows:
        yield Table(
            "absent",
            f"{words.count(len(rows), 'choice')} gave no result",
            ["stage", "choice", "why"],
            rows,
            compact=True,
        )
