"""Which of several prescriptions did the harm they share: parts are tried, the gentlest first."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

from xaiframe.facts import Prescription

Part = tuple[Prescription, ...]
Search = Generator[Part, bool, None]
"""Yields the part to try on top of what is cleared; is sent whether it did no harm there."""


@dataclass
class Inquiry:
    """Prescriptions that promised the same fact, which became worse with all of them in force.

    The part that is gentler is tried without the rest, then the rest on top of what is cleared;
    a part that does harm is halved until single prescriptions remain. For ``n`` suspects that
    takes at most ``2 (n − 1)`` trials, and none is made twice: the course knows what was tried.
    """

    suspects: Part
    start: int
    """The round before any of them was in force."""
    tried: dict[tuple[str, ...], int]
    """Overrides of the suspects in force → the round that ran with them."""
    cleared: Part = ()
    reference: int = 0
    """The round that ran with what is cleared alone."""
    trial: Part = ()
    """What is tried on top; empty once there is nothing left to try."""
    guilty: list[Prescription] = field(default_factory=list)
    """Those found to do harm."""

    def __post_init__(self) -> None:
        self.reference = self.start
        self._search = self._of(gentle_first(self.suspects))
        self.trial = next(self._search)

    @property
    def in_force(self) -> Part:
        """What is cleared and what is tried, in the order of the suspects."""
        chosen = (*self.cleared, *self.trial)
        return tuple(one for one in self.suspects if one in chosen)

    @property
    def uncertain(self) -> list[Prescription]:
        """Those neither cleared nor found to do harm."""
        return [one for one in self.suspects if one not in (*self.cleared, *self.guilty)]

    def answer(self, fine: bool, number: int) -> None:
        """Whether the trial of round ``number`` did no harm."""
        if fine:
            self.cleared, self.reference = self.in_force, number
        elif len(self.trial) == 1:
            self.guilty += self.trial
        try:
            self.trial = self._search.send(fine)
        except StopIteration:
            self.trial = ()

    def _of(self, pile: Part) -> Search:
        """A pile that did harm as a whole, in two parts."""
        for part in parted(pile):
            fine = yield part
            if not fine and len(part) > 1:
                yield from self._of(part)


def gentle_first(suspects: Sequence[Prescription]) -> Part:
    """By weight, in their own order where they weigh the same."""
    return tuple(sorted(suspects, key=weight))


def weight(one: Prescription) -> int:
    """0: settings of the fit; 1: rows or features it learns from; 2: what a person had to let
    through."""
    if one.accepted:
        return 2
    return int(any(key.startswith(("data.", "repair")) for key in one.overrides))


def parted(pile: Part) -> tuple[Part, Part]:
    """The lightest of a pile and the rest, or two halves where all weigh the same."""
    lightest = [weight(one) for one in pile].count(weight(pile[0]))
    cut = lightest if lightest < len(pile) else (len(pile) + 1) // 2
    return pile[:cut], pile[cut:]
