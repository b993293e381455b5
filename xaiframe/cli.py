"""The command line: run, plan, list, report, explain; every ending has a code of its own."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from xaiframe.errors import AuditError, Problem

if TYPE_CHECKING:
    from xaiframe.rounds import Finished

NO_VERDICT = 3
"""Exit code of every ending without a verdict: usage, recipe, data, crash, Ctrl-C (DESIGN §5)."""
ENDINGS = (
    "Exit codes: 0 the policy passed · 1 it passed with warnings and --fail-on-warn was given · "
    "2 it failed · 3 there is no verdict, whatever the cause."
)
EXPLAINED = "Exit codes: 0 every row is explained · 3 some row is not, or none."

app = typer.Typer(
    help="Audit what a model has learned, from a recipe to a report worth signing.",
    epilog=ENDINGS,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)

TYPER_INTERRUPTED = 130
"""What Typer makes of Ctrl-C inside a command."""
Recipe = Annotated[str, typer.Argument(help="A recipe (YAML).", show_default=False)]
Overrides = Annotated[
    list[str] | None,
    typer.Argument(
        help="Hydra overrides: gradient=\\[saliency,lrp] model.hidden=\\[64,64] fit.epochs=50",
        show_default=False,
    ),
]
Trust = Annotated[
    list[str] | None,
    typer.Option(metavar="PACKAGE", help="Allow _target_ in this package; may be repeated."),
]
AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@app.command(epilog=ENDINGS)
def run(
    recipe: Recipe,
    overrides: Overrides = None,
    multirun: Annotated[
        bool, typer.Option("--multirun", "-m", help="One audit per combination: fit.epochs=20,50")
    ] = False,
    cfg: Annotated[
        Literal["job"] | None, typer.Option(help="Print the composed recipe and stop.")
    ] = None,
    fail_on_warn: Annotated[
        bool, typer.Option("--fail-on-warn", help="Exit with 1 on warnings.")
    ] = False,
    trust: Trust = None,
    outputs: Annotated[Path, typer.Option(help="Folder of the run folders.")] = Path("outputs"),
) -> int:
    """Audit the model that RECIPE describes."""
    path, chosen = separate([recipe, *(overrides or ())])
    trusted = tuple(trust or ())
    if cfg:
        from xaiframe.composition.compose import compose, config_text

        sys.stdout.write(config_text(compose(path, chosen, trusted)).rstrip() + "\n")
        return 0

    def one(these: Sequence[str]) -> int:
        return audit_once(path, these, trusted, outputs, fail_on_warn)

    from xaiframe.composition.sweep import multirun as sweep
    from xaiframe.composition.sweep import wants_multirun

    if multirun or wants_multirun(path, chosen):
        return sweep(path, chosen, lambda these: surviving(one, these))
    return one(chosen)


def surviving(one: Callable[[Sequence[str]], int], overrides: Sequence[str]) -> int:
    """One job of a sweep: its crash is told and counts, but the other jobs still run."""
    sys.stderr.write(f"job {' '.join(overrides)}\n")
    try:
        return one(overrides)
    except Crash as crash:
        explain(crash)
        return NO_VERDICT


def audit_once(
    recipe: Path, overrides: Sequence[str], trust: Sequence[str], outputs: Path, fail_on_warn: bool
) -> int:
    """One audit with its progress and its ending shown; the exit code of its verdict."""
    from xaiframe.rounds import audit
    from xaiframe.terminal.console import console
    from xaiframe.terminal.progress import RichObserver

    began = time.time()
    try:
        with RichObserver(console(stderr=True)) as observer:
            finished = audit(recipe, overrides, trust, outputs, observer)
    except (AuditError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise Crash(error, newest_log(outputs, began)) from error
    show_finished(finished)
    return finished.verdict.exit_code(fail_on_warn)


def show_finished(finished: Finished) -> None:
    """Findings, verdict, and where the report is."""
    from xaiframe.terminal.console import console, show_findings, show_path, show_verdict

    out = console()
    show_findings(out, finished.findings)
    show_verdict(out, finished.verdict)
    if finished.report is None:
        show_path(out, "no report was made; the run is in", finished.folder)
    else:
        show_path(out, "report", finished.report)


@app.command()
def plan(
    recipe: Recipe,
    overrides: Overrides = None,
    preflight: Annotated[
        bool, typer.Option("--preflight", help="Load data and model too, so that counts are known.")
    ] = False,
    as_json: AsJson = False,
    trust: Trust = None,
) -> int:
    """Show what would run, what does not apply and why, and what it costs; runs nothing."""
    from xaiframe.composition.compose import compose
    from xaiframe.planning.plan import plan as planned
    from xaiframe.terminal.console import console, show_plan

    path, chosen = separate([recipe, *(overrides or ())])
    composed = compose(path, chosen, tuple(trust or ()))
    made = planned(composed)
    if preflight:
        from xaiframe.preflight import preflight as look

        _, made = look(composed, tuple(trust or ()))
    if as_json:
        write_json(made.to_dict())
    else:
        show_plan(console(), made)
    return 0


@app.command("list")
def list_(
    group: Annotated[
        str | None, typer.Argument(help="One group in full, with parameters and references.")
    ] = None,
    as_json: AsJson = False,
    recipe: Annotated[
        Path | None, typer.Option(help="Also what is in conf/ beside this recipe.")
    ] = None,
) -> int:
    """Show what may be chosen; also from a conf/ in this folder."""
    from xaiframe.catalogue.listing import entries, groups
    from xaiframe.terminal.console import console, show_group, show_groups

    path = folders_of(recipe)
    known = groups(path)
    if group is not None and group not in known:
        hint = "groups are " + ", ".join(known)
        raise AuditError(Problem("list", f"there is no group {group!r}", hint))
    chosen = {name: entries(name, path) for name in ([group] if group else known)}
    if as_json:
        write_json({name: [one.to_dict() for one in found] for name, found in chosen.items()})
    elif group:
        show_group(console(), group, chosen[group])
    else:
        show_groups(console(), chosen)
    return 0


def folders_of(recipe: Path | None) -> list[Path]:
    """The search path of a recipe, or of this folder; only a recipe needs all of Hydra for it."""
    if recipe is None:
        from xaiframe.catalogue.listing import search_path as here

        return here()
    from xaiframe.composition.compose import search_path

    return search_path(recipe)


@app.command()
def report(
    run: Annotated[Path, typer.Argument(help="A run folder, such as outputs/digits/latest")],
) -> int:
    """Build the report of a finished run again, from what the run stored."""
    from xaiframe.terminal.console import console, show_path

    if not (run / "facts.json").is_file():
        raise AuditError(Problem(str(run), "is not a run folder", "it would hold a facts.json"))
    from xaiframe.report.build import rebuild

    show_path(console(), "report", rebuild(run))
    return 0


@app.command("explain", epilog=EXPLAINED)
def explain_(
    run: Annotated[Path, typer.Argument(help="A run folder, such as outputs/digits/latest")],
    rows: Annotated[str, typer.Option(metavar="FILE", help="New rows, as the audited source.")],
    html: Annotated[bool, typer.Option("--html", help="Only the HTML.")] = False,
    pdf: Annotated[bool, typer.Option("--pdf", help="Only the PDF.")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most rows; each becomes a page.")] = 10,
    show: Annotated[
        bool, typer.Option("--show", help="Show rows although the recipe redacts reports.")
    ] = False,
    as_json: AsJson = False,
    trust: Trust = None,
) -> int:
    """Explain new rows by the audited model and methods, and compare them with the audit."""
    from xaiframe.casework.explaining import explain_rows
    from xaiframe.report.case_report import told
    from xaiframe.terminal.cases import show_cases
    from xaiframe.terminal.console import console, show_path

    done = explain_rows(run, rows, html or not pdf, pdf or not html, limit, show, trust or ())
    complain(*done.problems)
    if as_json:
        write_json({"folder": str(done.folder), "cases": done.cases})
    else:
        show_cases(console(), told(done.folder))
        for report in done.reports:
            show_path(console(), "report", report)
    return NO_VERDICT if done.problems else 0


class Crash(Exception):
    """An exception nobody foresaw, and the log that holds its traceback."""

    def __init__(self, cause: Exception, log: Path | None) -> None:
        super().__init__(str(cause))
        self.cause, self.log = cause, log


def separate(arguments: Sequence[str]) -> tuple[Path, list[str]]:
    """The recipe among the arguments, and the overrides. Raises AuditError unless there is one."""
    recipes = [one for one in arguments if not is_override(one)]
    if len(recipes) == 1:
        return Path(recipes[0]), [one for one in arguments if one != recipes[0]]
    if not recipes:
        raise AuditError(Problem("command line", "there is no recipe", "xaiframe run RECIPE"))
    stray = [
        Problem("command line", f"{one!r} is neither the recipe nor an override", "key=value")
        for one in recipes[1:]
    ]
    raise AuditError(stray)


def is_override(argument: str) -> bool:
    """``key=value``, ``+key=value``, ``++key=value`` or ``~key``; a file that is there is none."""
    return ("=" in argument or argument.startswith(("~", "+"))) and not Path(argument).is_file()


def routed(arguments: Sequence[str]) -> list[str]:
    """``xaiframe recipes/x.yaml a=b`` means ``xaiframe run recipes/x.yaml a=b``."""
    if not arguments:
        return ["--help"]
    first = arguments[0]
    recipe = Path(first).suffix in {".yaml", ".yml"}
    option = first.startswith("-") and first != "--help"
    return ["run", *arguments] if recipe or option or is_override(first) else [*arguments]


def newest_log(outputs: Path, since: float) -> Path | None:
    """The log that a run which crashed after ``since`` left behind."""
    logs = [file for file in outputs.glob("*/failed-*.log") if file.stat().st_mtime >= since - 1]
    return max(logs, key=lambda file: file.stat().st_mtime, default=None)


def write_json(content: Any) -> None:
    """JSON on stdout, unwrapped."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; problems go to stderr, one line each."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal without ✓ still gets its findings
    try:
        given = routed(sys.argv[1:] if arguments is None else arguments)
        code = app(given, prog_name="xaiframe", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NO_VERDICT
    except (KeyboardInterrupt, typer.Abort):
        return interrupted()
    except Exception as error:
        explain(error)
        return NO_VERDICT
    return interrupted() if code == TYPER_INTERRUPTED else int(code or 0)


def interrupted() -> int:
    """Ctrl-C: say so, and how to go on."""
    complain(Problem("interrupted", "there is no verdict", "the same command goes on from here"))
    return NO_VERDICT


def explain(error: Exception) -> None:
    """Say what went wrong, one line per problem; a traceback only with XAIFRAME_DEBUG."""
    if os.environ.get("XAIFRAME_DEBUG"):
        traceback.print_exception(error)
    if isinstance(error, AuditError):
        complain(*error.problems)
    elif hasattr(error, "format_message"):  # Typer's own: a usage error
        complain(Problem("command line", error.format_message(), "xaiframe --help"))
    else:
        log = error.log if isinstance(error, Crash) else None
        cause = error.cause if isinstance(error, Crash) else error
        message = " ".join(str(cause).split()) or "no message"
        hint = f"log: {log}" if log else "XAIFRAME_DEBUG=1 shows the traceback"
        complain(Problem(type(cause).__name__, message, hint))


def complain(*problems: Problem) -> None:
    """Problems on stderr, one line each."""
    from xaiframe.terminal.console import console, show_problems

    show_problems(console(stderr=True), problems)


if __name__ == "__main__":
    sys.exit(main())
