"""What the command line shows: choices, plan, findings, verdict, problems; made for 80 columns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from xaiframe.catalogue.listing import AXES, Entry
from xaiframe.errors import Problem
from xaiframe.facts import ORDER, Finding, Verdict

if TYPE_CHECKING:  # list needs no plan, and a plan needs Hydra
    from xaiframe.composition.proposal import Suggestion
    from xaiframe.planning.plan import Plan, Stage, Unit

STATUS: Mapping[str, tuple[str, str, str]] = {
    "error": ("✗", "bold red", "raised"),
    "fail": ("✗", "bold red", "failed"),
    "warn": ("!", "bold yellow", "warned"),
    "undecided": ("?", "magenta", "undecided"),
    "waived": ("~", "cyan", "waived"),
    "pass": ("✓", "green", "passed"),
    "not_assessed": ("–", "dim", "not assessed"),
}
"""Symbol, colour and word of each status; symbol and word tell them apart without colour."""
LISTED = ("error", "fail", "warn", "undecided", "waived")
LONGEST_UNIT = 8
"""A longer unit is a sentence of its own, and the message has room for it."""
WIDEST = 120
"""A longer line is hard to read, however wide the terminal."""
GROUPS: Mapping[str, str] = {
    "data": "what is learnt from",
    "model": "what is audited",
    "precaution": "checks of the data, before they do harm",
    "repair": "what the fit learns from, put right; validation and test stay",
    "intrinsic": "models that are their own explanation, fitted beside the audited one",
    "perturbation": "change the input, watch the output",
    "gradient": "follow the output back to the input",
    "evaluation": "do the explanations agree; are they faithful and sane",
    "tuning": "search for a better model, explanation quality included",
    "pruner": "which trials of the search are stopped before their end",
    "prescription": "what a finding calls for, as overrides",
    "report": "how the result is bound",
    "runner": "where it runs",
    "policy": "what counts as good enough",
}


def console(stderr: bool = False) -> Console:
    """Results go to stdout, progress and problems to stderr."""
    made = Console(stderr=stderr, highlight=False)
    made.width = min(made.width, WIDEST)
    return made


def clean(text: object) -> str:
    """``text`` without control characters: names from data must not steer the terminal."""
    return "".join(one if one.isprintable() else " " for one in str(text))


def number(value: Any, unit: str = "") -> str:
    """A value as a reader wants it: three digits that count, words for true and false."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if unit == "share":
        value, unit = 100.0 * value, "%"
    if isinstance(value, float):
        value = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}"
    elif isinstance(value, int):
        value = f"{value:,}"
    return clean(f"{value} {unit}").strip()


def grid(*widths: int | None) -> Table:
    """Columns without lines: a fixed width each, None takes what is left and wraps."""
    table = Table.grid(padding=(0, 2), expand=True)
    for width in widths:
        table.add_column(width=width, ratio=1 if width is None else None, overflow="fold")
    return table


def heading(name: str, words: str = "") -> Text:
    """A bold name and, dim beside it, what it means."""
    return Text.assemble((clean(name), "bold"), (f"  {clean(words)}" if words else "", "dim"))


def show_groups(out: Console, groups: Mapping[str, Sequence[Entry]]) -> None:
    """Every group with its choices: one line of meaning each, methods with their taxonomy."""
    width = max((len(one.choice) for group in groups.values() for one in group), default=0)
    for group, entries in groups.items():
        out.print(heading(group, GROUPS.get(group, "")))
        table = grid(width, None)
        for entry in entries:
            table.add_row(Text(entry.choice, "cyan"), Group(*_meaning(entry)))
        out.print(Padding(table, (0, 0, 1, 2)))
    out.print(Text("xaiframe list GROUP shows parameters, defaults and references.", "dim"))


def show_group(out: Console, group: str, entries: Sequence[Entry]) -> None:
    """One group in full: meaning, place in the taxonomy, parameters with defaults, reference."""
    out.print(heading(group, GROUPS.get(group, "")))
    out.print()
    width = max((len(entry.choice) for entry in entries), default=0)
    table = grid(width, None)
    for entry in entries:
        table.add_row(
            Text(entry.choice, "cyan"), Group(*_meaning(entry), *_details(entry), Text(""))
        )
    out.print(Padding(table, (0, 0, 0, 2)))


def _meaning(entry: Entry) -> Iterator[RenderableType]:
    """The first line of the docstring, and the place in the taxonomy where there is one."""
    yield Text(clean(entry.doc).replace("``", ""))
    facts = entry.description.facts if entry.description else {}
    axes = [facts.get(axis, "none") for axis in AXES if axis != "direction"]
    places = [str(axis) for axis in axes if facts.get("direction", "none") != "none"]
    modalities = facts.get("modalities") or [one for one in [facts.get("modality")] if one]
    if len(modalities) == 1:
        places.append(f"{modalities[0]} only")
    if places:
        yield Text(clean(" · ".join(places).replace("_", " ")), "dim")


def _details(entry: Entry) -> Iterator[RenderableType]:
    if entry.description is None:
        return
    parameters = [
        f"{one.name}=???" if value is None and one.required else f"{one.name}={_yaml(value)}"
        for one in entry.description.parameters
        for value in [entry.value(one)]
    ]
    if parameters:
        yield Text(clean("  ".join(parameters)), "green")
    if entry.description.facts.get("reference"):
        yield Text(clean(entry.description.facts["reference"]), "dim")


def _yaml(value: Any) -> str:
    """A value as it is written in an override."""
    if isinstance(value, (list, tuple)):
        return f"[{','.join(map(_yaml, value))}]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{key}:{_yaml(one)}" for key, one in value.items()) + "}"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value) or "''"


def show_plan(out: Console, plan: Plan) -> None:
    """Stages and units with their cost, what does not apply and why, the sum, the notices."""
    out.print(heading(plan.recipe, "the plan, before anything is computed"))
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column("stage", style="bold", no_wrap=True)
    table.add_column("choice", overflow="fold", max_width=34)
    for name in ("evaluations", "time", "memory"):
        table.add_column(name, justify="right", no_wrap=True)
    for stage in plan.stages:
        for title, choice, costs in _plan_rows(stage):
            table.add_row(Text(title), Text(clean(choice)), *map(Text, costs))
    out.print(table)
    for stage in plan.stages:
        _show_left_out(out, stage)
    _show_cut(out, plan)
    _show_proposal(out, plan.proposal)
    _show_total(out, plan)
    for notice in plan.notices:
        out.print(Text.assemble(("! ", "yellow"), clean(notice)))


def _plan_rows(stage: Stage) -> Iterator[tuple[str, str, tuple[str, str, str]]]:
    """(stage, choice, costs): a row per unit that asks the model, one row for all the others."""
    applying = [unit for unit in stage.units if unit.applies]
    costly = [unit for unit in applying if unit.evaluations != 0]
    free = [unit.choice for unit in applying if unit.evaluations == 0]
    rows = [(unit.choice, _costs(unit)) for unit in costly]
    rows += [(", ".join(free), ("", "", ""))] if free else []
    for position, (choice, costs) in enumerate(rows):
        yield stage.title if position == 0 else "", choice, costs


def _show_left_out(out: Console, stage: Stage) -> None:
    left_out = [unit for unit in stage.units if not unit.applies]
    if not left_out:
        return
    out.print(heading(f"does not apply: {stage.title}"))
    table = grid(max(len(unit.choice) for unit in left_out), None)
    for unit in left_out:
        table.add_row(Text(unit.choice), Text(clean(unit.reason), "dim"))
    out.print(Padding(table, (0, 0, 1, 2)))


def _show_cut(out: Console, plan: Plan) -> None:
    """What does not fit the budget, or only in part."""
    cut = [unit for stage in plan.stages for unit in stage.units if unit.cut]
    if cut:
        _show_reasons(out, "does not fit the budget", [(unit.choice, unit.cut) for unit in cut])


def _show_proposal(out: Console, proposal: Sequence[Suggestion]) -> None:
    """What was proposed where the recipe names no methods; left out for one reason, on one line."""
    for group in dict.fromkeys(one.group for one in proposal):
        taken = [one for one in proposal if one.group == group and one.taken]
        if taken:
            rows = [(one.method, one.reason) for one in taken]
            _show_reasons(out, f"proposed: {group}", rows)
    rest: dict[str, list[str]] = {}
    for one in proposal:
        if not one.taken:
            rest.setdefault(one.reason, []).append(one.method)
    if rest:
        left_out = [(", ".join(names), reason) for reason, names in rest.items()]
        _show_reasons(out, "not proposed", left_out)


def _show_reasons(out: Console, title: str, rows: Sequence[tuple[str, str]]) -> None:
    out.print(heading(title))
    table = grid(min(max(len(name) for name, _ in rows), 34), None)
    for name, reason in rows:
        table.add_row(Text(name), Text(clean(reason), "dim"))
    out.print(Padding(table, (0, 0, 1, 2)))


def _show_total(out: Console, plan: Plan) -> None:
    total = plan.total
    parts = [f"{total.evaluations or 0:,} model evaluations", f"about {duration(total.seconds)}"]
    if plan.complete:
        parts.append(f"{memory(total.memory_mb)} beside libraries and data")
    out.print(Text(("" if plan.complete else "at least ") + ", ".join(parts), "bold"))
    out.print(
        Text(
            "Estimates for two cores. Training counts every epoch, early stopping usually needs "
            "fewer; checks of the data and the report come on top.",
            "dim",
        )
    )
    if not plan.complete:
        out.print(Text("? needs the data: xaiframe plan RECIPE --preflight", "dim"))


def _costs(unit: Unit) -> tuple[str, str, str]:
    evaluations = "?" if unit.evaluations is None else f"{unit.evaluations:,}"
    return evaluations, duration(unit.seconds), memory(unit.memory_mb)


def duration(seconds: float | None) -> str:
    """``<0.1 s``, ``0.4 s``, ``12 s``, ``3 min``; ``?`` when unknown."""
    if seconds is None:
        return "?"
    if 0 < seconds < 0.05:
        return "<0.1 s"
    if seconds >= 90:
        return f"{seconds / 60:.0f} min"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def memory(megabytes: float | None) -> str:
    """``12 MB``, ``1.5 GB``; ``?`` when unknown."""
    if megabytes is None:
        return "?"
    return f"{megabytes / 1000:.1f} GB" if megabytes >= 1000 else f"{max(megabytes, 1):.0f} MB"


def show_findings(out: Console, findings: Iterable[Finding]) -> None:
    """What needs attention, worst first; what passed or was not assessed is only counted."""
    ordered = sorted(findings, key=lambda finding: ORDER.index(finding.status))
    listed = [finding for finding in ordered if finding.status in LISTED]
    widths = [
        min(max(map(cell_len, ("finding", *(finding.rule for finding in listed)))), 34),
        max(map(cell_len, ("value", *(_value(finding) for finding in listed)))),
    ]
    if listed:
        out.print()
        out.print(
            _row(widths, Text(), *(Text(one, "dim") for one in ("finding", "value", "limit")))
        )
    for finding in listed:
        symbol, style, _ = STATUS[finding.status]
        value, limit = Text(_value(finding)), Text(clean(finding.threshold), "dim")
        out.print(_row(widths, Text(symbol, style), Text(clean(finding.rule), style), value, limit))
        out.print(Padding(Text(clean(_message(finding))), (0, 0, 0, 4)))
    out.print()
    out.print(counts(ordered))


def _row(widths: Sequence[int], *cells: Text) -> RenderableType:
    """Symbol, finding, value (to the right), limit; the same widths in every row."""
    table = Table.grid(padding=(0, 2), expand=True)
    table.add_column(width=1)
    table.add_column(width=widths[0], overflow="fold")
    table.add_column(width=widths[1], justify="right", no_wrap=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_row(*cells)
    return table


def _value(finding: Finding) -> str:
    """The judged number; a text (an error, say) is told by the message already."""
    unit = finding.unit if len(finding.unit) <= LONGEST_UNIT else ""
    return "" if isinstance(finding.value, str) else number(finding.value, unit)


def _message(finding: Finding) -> str:
    """What was found, without the limit, which has its column; and why nothing was decided."""
    message = finding.message
    if finding.threshold:
        message = message.replace(f", {finding.threshold}", "", 1)
    return message if finding.reason in message else f"{message} ({finding.reason})"


def counts(findings: Iterable[Finding]) -> Text:
    """``✗ 1 failed  ! 2 warned  ✓ 14 passed  – 3 not assessed``."""
    statuses = [finding.status for finding in findings]
    parts = [
        (f"{symbol} {statuses.count(status)} {word}", style)
        for status, (symbol, style, word) in STATUS.items()
        if status in statuses
    ]
    return Text("  ").join(Text(*part) for part in parts)


def show_verdict(out: Console, verdict: Verdict) -> None:
    """The policy's last word, framed in its colour."""
    symbol, style, word = STATUS[verdict.status]
    words = {"pass": "passed", "warn": "passed with warnings", "fail": "failed"}
    title = Text(f" {symbol} {words.get(verdict.status, word)} ", style)
    body = clean(verdict.summary) or f"The audit {words.get(verdict.status, word)}."
    policy = Text(f"policy {clean(verdict.policy)} · {verdict.policy_digest[:12]}", "dim")
    out.print(
        Panel(
            Group(Text(body), policy),
            title=title,
            title_align="left",
            box=ROUNDED,
            border_style=style,
            padding=(0, 1),
        )
    )


def show_path(out: Console, words: str, path: Path | None) -> None:
    """The path alone on its line, whole, so that it can be copied."""
    if path is not None:
        out.print(Text(words, "dim"))
        out.out(str(path), highlight=False)


def show_problems(err: Console, problems: Iterable[Problem]) -> None:
    """One line each, whatever the width: a problem is read by people and by grep."""
    for problem in problems:
        line = Text.assemble(("✗ ", "bold red"), (clean(problem.place), "bold"), ": ")
        line.append(clean(problem.message))
        if problem.hint:
            line.append(f" ({clean(problem.hint)})", "dim")
        err.print(line, soft_wrap=True)
