"""A run as it goes, in the terminal: one live line per stage that ends as a plain one."""

from __future__ import annotations

from dataclasses import dataclass, field
from time import monotonic
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.padding import Padding
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.text import Text

from xaiframe.terminal.console import clean, duration

TITLE_WIDTH = 20
COUNTED = (
    ("done", "done"),
    ("cached", "from the cache"),
    ("not applicable", "not applicable"),
    ("not assessed", "not assessed for the budget"),
)


@dataclass
class Running:
    """The stage that is under way: what is over in it, and the unit at work."""

    name: str
    total: int
    began: float = field(default_factory=monotonic)
    over: dict[str, tuple[str, str]] = field(default_factory=dict)
    current: str = ""

    def finished(self) -> int:
        """Units of work that are over; one that does not apply was never work."""
        return sum(state != "not applicable" for state, _ in self.over.values())

    def errors(self) -> dict[str, str]:
        return {name: note for name, (state, note) in self.over.items() if state == "error"}

    def summary(self) -> str:
        states = [state for state, _ in self.over.values()]
        parts = [f"{states.count(key)} {word}" for key, word in COUNTED if key in states]
        errors = len(self.errors())
        if errors:
            parts.append(f"{errors} raised")
        return ", ".join(parts)


class RichObserver:
    """Shows a run on a console; on anything but a terminal only the plain lines appear.

    To be used as a context manager, so that the last stage gets its line too.
    """

    def __init__(self, console: Console) -> None:
        self.console = console
        self.running: Running | None = None
        self.live: Progress | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close(broken=kind is not None)

    def round(self, number: int, of: int) -> None:
        self.close()
        if of > 1:
            self.console.print(Text(f"round {number} of {of}", "bold"))

    def stage(self, name: str, total: int) -> None:
        self.close()
        self.running = Running(name, total)
        if self.console.is_terminal:
            self.live = self._progress()
            self.live.add_task("", total=max(total, 1), title=name, unit="")
            self.live.start()

    def unit(self, stage: str, choice: str, state: str, note: str = "") -> None:
        if self.running is None:
            self.stage(stage, 1)
        assert self.running is not None
        if state == "start":
            self.running.current = choice
        else:
            self.running.over[choice] = (state, note)
        self._refresh()

    def progress(self, stage: str, choice: str, done: int, total: int) -> None:
        if self.running is None:
            self.stage(stage, 1)
        if self.running is not None:
            self.running.current = f"{choice} {done}/{total}"
            self._refresh(done / total if total else 0.0)

    def close(self, broken: bool = False) -> None:
        """End the stage that is under way with its plain line."""
        if self.live is not None:
            self.live.stop()
            self.live = None
        if self.running is not None:
            self._conclude(self.running, broken)
            self.running = None

    def _progress(self) -> Progress:
        return Progress(
            SpinnerColumn(),
            TextColumn("{task.fields[title]:<" + str(TITLE_WIDTH) + "}", markup=False),
            BarColumn(bar_width=20),
            TextColumn("{task.fields[unit]:<24.24}", style="dim", markup=False),
            TimeElapsedColumn(),
            console=self.console,
            transient=True,
        )

    def _refresh(self, part: float = 0.0) -> None:
        if self.live is not None and self.running is not None:
            done = min(self.running.finished() + part, self.running.total)
            self.live.update(
                self.live.task_ids[0], completed=done, unit=clean(self.running.current)
            )

    def _conclude(self, stage: Running, broken: bool) -> None:
        symbol, style = ("✗", "bold red") if broken or stage.errors() else ("✓", "green")
        seconds = duration(monotonic() - stage.began)
        line = Text.assemble((symbol, style), f" {clean(stage.name):<{TITLE_WIDTH}} {seconds:>7}")
        summary = "broke off" if broken else stage.summary()
        self.console.print(line.append(f"  {summary}", "dim"), soft_wrap=True)
        for name, note in stage.errors().items():
            message = Text(f"{clean(name)}: {clean(note)}", "red")
            self.console.print(Padding(message, (0, 0, 0, 4)))
