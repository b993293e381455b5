"""Who is told how a run goes: one line of work at a time, nothing to answer."""

from __future__ import annotations

from typing import Literal, Protocol

State = Literal["start", "done", "cached", "error", "not applicable", "not assessed"]


class Observer(Protocol):
    """Hears about stages, the units of work in them, and the batches of a long unit.

    A stage is over when the next one begins, or when whoever watches is closed.
    """

    def round(self, number: int, of: int) -> None:
        """Round ``number`` (from 1) of ``of`` begins."""

    def stage(self, name: str, total: int) -> None:
        """A stage begins that has ``total`` units of work."""

    def unit(self, stage: str, choice: str, state: State | str, note: str = "") -> None:
        """A unit starts (``start``) or is over (any other state); ``note`` says why or how."""

    def progress(self, stage: str, choice: str, done: int, total: int) -> None:
        """``done`` of ``total`` batches of a unit are done."""


class SilentObserver:
    """Hears everything and says nothing."""

    def round(self, number: int, of: int) -> None: ...

    def stage(self, name: str, total: int) -> None: ...

    def unit(self, stage: str, choice: str, state: State | str, note: str = "") -> None: ...

    def progress(self, stage: str, choice: str, done: int, total: int) -> None: ...
