"""The books of a round: facts, artifacts and states; each unit comes from the cache if it can."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from xaiframe.errors import AuditError, NotApplicable
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, Facts
from xaiframe.observer import Observer
from xaiframe.runner.bounds import Bounds
from xaiframe.runner.environment import versions
from xaiframe.store import PACKAGE, Cache, RunFolder, digest, source_digest

log = logging.getLogger("xaiframe")


@dataclass
class Unit:
    """One choice of one stage as it went: done, cached, error, not applicable or not assessed."""

    stage: str
    choice: str
    state: str
    seconds: float
    key: str
    note: str = ""


@dataclass
class Ledger:
    """The books of one round."""

    cache: Cache
    folder: RunFolder
    observer: Observer
    into: str = ""
    bounds: Bounds = field(default_factory=Bounds)
    facts: list[Fact] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)

    def unit(
        self,
        stage: str,
        choice: str,
        decides: Mapping[str, Any],
        compute: Callable[[], Outcome],
        prefix: str = "",
        vital: bool = False,
        ready: bool = False,
    ) -> Outcome | None:
        """The outcome of a unit, from the cache or by ``compute``; None when it gave none.

        ``decides`` is everything the outcome depends on. A unit that raises becomes the fact
        ``<stage>.<choice>.error`` unless it is ``vital``: nothing can follow without it. One that
        the bounds refuse is not assessed, unless it is ``ready``: already asked.
        """
        key = unit_key(stage, choice, decides)
        self.observer.unit(stage, choice, "start")
        start = time.perf_counter()
        outcome, state, note = self.cache.get(key), "cached", ""
        refused = "" if outcome or vital or ready else self.bounds.refusal(stage, choice)
        if refused:
            state, note = "not assessed", refused
        elif outcome is None:
            try:
                outcome, state = self.cache.put(key, compute()), "done"
            except NotApplicable as error:
                state, note = "not applicable", str(error)
            except Exception as error:
                log.exception("%s.%s raised", stage, choice)
                if vital:
                    self.observer.unit(stage, choice, "error", one_line(error))
                    raise
                state, note = "error", one_line(error)
        if outcome is not None:
            self.keep(stage, choice, key, outcome, prefix)
        self.close(stage, choice, state, key, note, time.perf_counter() - start)
        return outcome

    def keep(self, stage: str, choice: str, key: str, outcome: Outcome, prefix: str = "") -> None:
        """Copy a cached outcome's artifacts into the run and enter its facts under full names."""
        names = self.folder.artifacts(stage, choice, self.cache.path(key), self.into)
        self.enter(prefix or f"{stage}.{choice}", f"{stage}.{choice}", outcome.facts, names)

    def enter(self, prefix: str, method: str, facts: list[Fact], evidence: list[str]) -> None:
        self.facts += [fact.within(prefix, method, evidence) for fact in facts]

    def close(
        self, stage: str, choice: str, state: str, key: str, note: str = "", seconds: float = 0.0
    ) -> None:
        """Write down how a unit went; what it could not do becomes a fact too."""
        if state in ("error", "not applicable", "not assessed"):
            quantity = state.replace(" ", "_")
            self.enter(f"{stage}.{choice}", f"{stage}.{choice}", [Fact(quantity, note)], [])
        log.info("%s.%s %s %.2f s %s", stage, choice, state, seconds, note)
        self.units.append(Unit(stage, choice, state, seconds, key, note))
        self.observer.unit(stage, choice, state, note)

    def key_of(self, choice: str) -> str:
        """The cache key of the latest unit of that choice."""
        return next(unit.key for unit in reversed(self.units) if unit.choice == choice)

    def all_facts(self) -> Facts:
        return Facts(self.facts)


def unit_key(stage: str, choice: str, decides: Mapping[str, Any]) -> str:
    """The cache key: the unit's name, everything that decides it, and all versions."""
    return digest(stage, choice, decides, versions())


def room_digest(node: Mapping[str, Any], *shared: str) -> str:
    """Digest of a choice's own source file and of the rooms it leans on."""
    module = str(node["_target_"]).rsplit(".", 1)[0]
    own = module.removeprefix("xaiframe.").replace(".", "/") + ".py"
    rooms = [own] if (PACKAGE / own).is_file() else []
    return source_digest(*rooms, "explanation.py", *shared)


def one_line(error: Exception) -> str:
    """What went wrong in one line; errors written for the user speak for themselves."""
    text = " ".join(str(error).split()) or "no message"
    spoken = isinstance(error, AuditError | NotApplicable)
    return text if spoken else f"{type(error).__name__}: {text}"
