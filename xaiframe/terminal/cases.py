"""New cases on the command line: the answer, what it rests on, what speaks against using it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from xaiframe.terminal.console import clean


def show_cases(out: Console, cases: Iterable[Mapping[str, Any]]) -> None:
    """Per case a bold answer, its leading reasons, and a line per warning."""
    for case in cases:
        out.print(
            Text.assemble((clean(case["place"]), "dim"), "  ", (clean(case["answer"]), "bold"))
        )
        reasons = "; ".join(case["reasons"]) or "not assessed"
        told = f"rests on {reasons}" + (f", + for {case['target']}" if case["reasons"] else "")
        out.print(Padding(Text(clean(told)), (0, 0, 0, 2)))
        for warning in case["warnings"]:
            line = Text.assemble(("! ", "bold yellow"), clean(warning))
            out.print(Padding(line, (0, 0, 0, 2)))
