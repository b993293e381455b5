"""The course of an audit's rounds: what is in force, what is taken back, and when it ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from xaiframe.facts import Facts, Prescription
from xaiframe.prescription.blame import Inquiry, Part
from xaiframe.prescription.effects import Changes, Effect, effects, harmed
from xaiframe.prescription.overrides import overrides_of, prevailing

HARMLESS = frozenset({"kept", "no effect"})
"""Of a fact that was to improve; that another was spared is no sign of it."""


def unpaired(before: int, after: int) -> Changes:  # noqa: ARG001
    """Nothing is known of the same rows."""
    return {}


@dataclass
class Course:
    """The prescriptions that each round added, and what became of them.

    ``given`` are the overrides that the audit was started with; ``changes`` tells what was measured
    on the rows of two rounds, by their numbers from 1.

    A prescription that made a fact worse which it promised to improve, and none of that name
    better, or that cost more than it may, is taken back: a round runs without it and adds nothing
    of its own, since it was looked for in a worse model, and no later round applies it again. Where
    several of a round share the harm, none is condemned for all: the rounds that are left try parts
    of them (see :class:`Inquiry`). What no round is left to tell apart is taken back as a whole.
    What stays is judged again by the round that runs without the rest.
    """

    given: tuple[str, ...]
    rounds: int
    changes: Callable[[int, int], Changes] = unpaired
    told: list[Effect] = field(default_factory=list)
    """What every applied prescription did, in the order in which it was found out."""
    refused: list[Prescription] = field(default_factory=list)
    """What was taken back."""
    facts: list[Facts] = field(default_factory=list)
    """Of every round so far."""
    _closed: list[str] = field(default_factory=list)
    """Overrides of what earlier batches left in force."""
    _batch: Part = ()
    """What the last round that added something added, as its rules wrote it."""
    _standing: Part = ()
    """What of it is in force and under no suspicion, with the settings that prevailed."""
    _inquiries: list[Inquiry] = field(default_factory=list)
    _since: int = 0
    """Effects told before the batch."""
    _judged: Part = ()
    """What of it the next round judges."""
    _reference: int = 0
    """The round before the batch; 0 once the batch is judged."""
    _ran: list[str] = field(default_factory=list)
    """The overrides of the last round, but for those given."""

    @property
    def _open(self) -> list[Inquiry]:
        return [one for one in self._inquiries if one.trial]

    @property
    def in_force(self) -> list[str]:
        """Overrides that are in force or on trial."""
        asked = {one.key for inquiry in self._inquiries for one in inquiry.in_force}
        asked |= {one.key for one in self._standing}
        batch = [one for one in prevailing(self._batch) if one.key in asked]
        return [*self._closed, *overrides_of(batch)]

    def judge(self, facts: Facts) -> None:
        """What the prescriptions of the round just run did, from its facts."""
        self.facts.append(facts)
        number = len(self.facts)
        if self._reference:
            before, self._reference = self._reference, 0
            self._first(before, number)
        while self._open and self.in_force == self._ran:
            for inquiry in self._open:
                inquiry.tried.setdefault(_settings(inquiry.in_force), number)
                self._ask(inquiry)
        for inquiry in self._open if number >= self.rounds else ():
            self._give_up(inquiry)

    def further(self, prescriptions: Sequence[Prescription]) -> list[str] | None:
        """The overrides of the next round, None where the course ends.

        It ends at its number of rounds or where nothing automatic or accepted is left to apply;
        what did harm is taken back even so, by one round more.
        """
        if self.in_force == self._ran:
            fresh = [one for one in prescriptions if one.applies and not self.is_refused(one)]
            if len(self.facts) >= self.rounds or not overrides_of(fresh):
                return None
            self._closed, self._inquiries = self.in_force, []
            self._batch, self._standing = tuple(fresh), tuple(prevailing(fresh))
            self._judged = self._batch
            self._since, self._reference = len(self.told), len(self.facts)
        self._ran = self.in_force
        return [*self.given, *self._ran]

    def is_refused(self, one: Prescription) -> bool:
        """Whether a prescription was tried and taken back."""
        return any(one.key == gone.key and one.overrides == gone.overrides for gone in self.refused)

    def _first(self, before: int, number: int) -> None:
        """The batch as a whole, or what is left of it; those that share a harm become suspects.

        What stays where others are taken back is judged again by the round that runs without them:
        what it gained may have been theirs.
        """
        told = self._effects(before, number, self._judged)
        self._tell(told)
        harm = harmed(told)
        suspects = [one for one in self._standing if one.key in harm]
        self._judged = tuple(one for one in self._standing if one not in suspects)
        if suspects and self._judged:
            self._reference = before
        while suspects:
            alike = _together(suspects[0], suspects, told)
            suspects = [one for one in suspects if one not in alike]
            if len(alike) == 1:
                self._take_back(alike[0])
                continue
            self._standing = tuple(one for one in self._standing if one not in alike)
            self._reference = 0  # parts are on trial: the round that runs next has them beside it
            inquiry = Inquiry(alike, before, {(): before, _settings(alike): number})
            self._inquiries.append(inquiry)
            self._ask(inquiry)

    def _ask(self, inquiry: Inquiry) -> None:
        """Answer trials as long as a round is known that ran with what is to be tried."""
        while inquiry.trial and (number := inquiry.tried.get(_settings(inquiry.in_force))):
            trial = inquiry.trial
            told = self._effects(inquiry.reference, number, trial)
            fine = not harmed(told) and _measured(told, trial)
            if fine and inquiry.cleared:
                whole = self._effects(inquiry.start, number, inquiry.in_force)
                if harmed(whole):
                    keys = {one.key for one in trial}
                    fine, told = False, [one for one in whole if one.prescription in keys]
            self._tell(told)
            inquiry.answer(fine, number)
            for one in inquiry.guilty:
                if one in trial:
                    self._take_back(one)

    def _give_up(self, inquiry: Inquiry) -> None:
        """No round is left: what is not cleared goes, although it may have done nothing."""
        for one in inquiry.uncertain:
            self._take_back(one)
        inquiry.trial = ()

    def _effects(self, before: int, after: int, part: Sequence[Prescription]) -> list[Effect]:
        facts = self.facts[before - 1], self.facts[after - 1]
        found = effects(*facts, part, self.changes(before, after))
        return [replace(one, round=after, against=before) for one in found]

    def _tell(self, told: Sequence[Effect]) -> None:
        """What is found out later of a prescription of this batch counts more."""
        keys = {one.prescription for one in told}
        self.told[self._since :] = [
            replace(one, superseded=one.superseded or one.prescription in keys)
            for one in self.told[self._since :]
        ]
        self.told += told

    def _take_back(self, gone: Prescription) -> None:
        self._standing = tuple(one for one in self._standing if one.key != gone.key)
        self.refused += [one for one in self._batch if one.key == gone.key]
        self.told[self._since :] = [
            replace(one, taken_back=one.taken_back or _is_last_of(one, gone))
            for one in self.told[self._since :]
        ]


def _together(one: Prescription, suspects: Sequence[Prescription], told: Sequence[Effect]) -> Part:
    """``one`` and the other suspects that share a harm with it, in their own order."""
    worse = [effect for effect in told if effect.verdict == "harmful"]
    keys = {one.key} | {key for e in worse if e.prescription == one.key for key in e.shared}
    return tuple(other for other in suspects if other.key in keys)


def _is_last_of(effect: Effect, one: Prescription) -> bool:
    return effect.prescription == one.key and not effect.superseded


def _settings(part: Part) -> tuple[str, ...]:
    return tuple(overrides_of(part))


def _measured(told: Sequence[Effect], trial: Part) -> bool:
    """Whether every prescription on trial is known to have done no harm."""
    return {one.key for one in trial} <= {
        one.prescription for one in told if one.verdict in HARMLESS
    }
