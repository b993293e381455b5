"""The course of an audit's rounds: what is in force, what is taken back, and when it ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from xaiframe.facts import Facts, Prescription
from xaiframe.prescription.overrides import overrides_of
from xaiframe.prescription.relations import Changes, Effect, effects, harmed


@dataclass
class Course:
    """The prescriptions that each round added, and what became of them.

    ``given`` are the overrides that the audit was started with. A prescription that made a fact
    worse which it promised to improve, and none of that name better, is taken back: the next round
    runs without it, adds nothing of its own, since it was looked for in a worse model, and no later
    round applies it again.
    """

    given: tuple[str, ...]
    rounds: int
    steps: list[list[Prescription]] = field(default_factory=lambda: [[]])
    """Per round so far: the prescriptions applied before it."""
    told: list[Effect] = field(default_factory=list)
    """What every applied prescription did, in the order of the rounds."""
    refused: list[Prescription] = field(default_factory=list)
    """What was taken back."""

    def judge(
        self, before: Facts | None, after: Facts, changes: Changes | None = None
    ) -> list[Effect]:
        """What the prescriptions of the round just run did; ``before`` is the round it is held
        against, None in the first; ``changes`` are what was measured on the rows of both."""
        if before is None:
            return []
        number = len(self.steps)
        found = [
            replace(one, round=number) for one in effects(before, after, self.steps[-1], changes)
        ]
        self.told += found
        return found

    def further(self, prescriptions: Sequence[Prescription]) -> list[str] | None:
        """The overrides of the next round, None where the course ends.

        It ends at its number of rounds or where nothing automatic or accepted is left to apply;
        what did harm is taken back even so, by one round more.
        """
        number = len(self.steps)
        harm = harmed([one for one in self.told if one.round == number])
        if harm:
            gone = [one for one in self.steps[-1] if one.key in harm]
            self.refused += gone
            self.told = [
                replace(one, taken_back=one.round == number and one.prescription in harm)
                if one.round == number
                else one
                for one in self.told
            ]
            self.steps[-1] = [one for one in self.steps[-1] if one not in gone]
            self.steps.append([])
        else:
            fresh = [one for one in prescriptions if one.applies and not self.is_refused(one)]
            if number >= self.rounds or not overrides_of(fresh):
                return None
            self.steps.append(fresh)
        return [*self.given, *(one for step in self.steps for one in overrides_of(step))]

    def is_refused(self, one: Prescription) -> bool:
        """Whether a prescription was tried and taken back."""
        return any(one.key == gone.key and one.overrides == gone.overrides for gone in self.refused)
