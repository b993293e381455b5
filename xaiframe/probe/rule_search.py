"""The shortest rule that keeps an answer: grown by bandits, widened, then tried afresh."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np

from xaiframe.explanation import Array
from xaiframe.probe.arms import Coin, Tally, best, bounds
from xaiframe.probe.scopes import Scope

TIMES = 32
"""Draws that a rule gets at once."""
FEWEST, POOL = 4, 200
"""Draws that a rule begins with at least, and draws that its extensions share where they can."""
SOON = 128
"""Draws after which a rule that has kept fewer answers than it should is given up."""
LOOKS = 4
"""Rules of one instance that are tried afresh at most; each bound may be missed so much less."""

Alike = Callable[[Array], Array]
"""``(n,)`` bool: to which of ``(n, *input_shape)`` inputs the model answers as to the instance."""
NOTHING: Coin = frozenset()


@dataclass(frozen=True)
class Limits:
    """What a rule must reach and what the search may spend, as the method's parameters say."""

    precision: float
    delta: float
    most: int
    beam: int
    spread: float
    check: int
    evaluations: int


@dataclass(frozen=True)
class Tried:
    """A rule with the share of fresh draws that it kept, ``heads`` of ``draws``, and the bounds of
    its precision. searched: the share during the search, which flatters the chosen."""

    rule: Coin
    heads: int
    draws: int
    low: float
    high: float
    searched: float

    @property
    def precision(self) -> float:
        return self.heads / self.draws


@dataclass
class Search:
    """One instance's search. ``rng`` draws for it, ``fresh`` for the trial of what it found;
    ``rows``: inputs made at once."""

    scope: Scope
    alike: Alike
    limits: Limits
    rng: np.random.Generator
    fresh: np.random.Generator
    rows: int
    tried: list[Tried] = field(default_factory=list)

    def __post_init__(self) -> None:
        # Whatever the search spends, one rule can still be tried afresh.
        self.tally = Tally(self._toss, self.limits.evaluations - self.limits.check)
        self.reserve = True
        self.failed: set[Coin] = set()

    def found(self) -> Tried:
        """The rule that reached the precision, or of those tried the one that came nearest."""
        beam = [NOTHING]
        self.tally.toss(beam, TIMES)
        if self._proven(NOTHING):
            return self.tried[-1]
        nearest = NOTHING
        for size in range(self.limits.most):
            coins = self._extended(beam)
            if not coins:
                break
            share = max(0, self.tally.left) // (self.limits.most - size)
            beam = best(
                self.tally, coins, self.limits.beam, self.limits.spread, self.limits.delta, TIMES,
                share,
            )  # fmt: skip
            nearest = beam[0]
            able = [one for one in beam if self._holds(one, len(coins))]
            for rule in sorted(able, key=lambda one: -self.scope.share(one)):
                wide = self._widened(rule, len(coins))
                if any(self._proven(one) for one in dict.fromkeys((wide, rule))):
                    return self.tried[-1]
            if self.tally.left < TIMES:
                break
        if not self.tried or self.tried[-1].rule == NOTHING:
            return self._try(nearest)
        return max((one for one in self.tried if one.rule), key=lambda one: one.low)

    def _toss(self, rules: Sequence[Coin], times: int) -> Array:
        """``(rules,)`` how many of ``times`` draws under each are answered alike."""
        found, step = [], max(1, self.rows // times)
        for start in range(0, len(rules), step):
            part = rules[start : start + step]
            drawn = np.concatenate([self.scope.draw(rule, times, self.rng) for rule in part])
            found.append(self.alike(drawn).reshape(len(part), times).sum(axis=1))
        return np.concatenate(found)

    def _extended(self, beam: list[Coin]) -> list[Coin]:
        """Every rule of the beam with one condition more, each tossed a few times."""
        children = {parent: [parent | {one} for one in self.scope.free(parent)] for parent in beam}
        coins = list(dict.fromkeys(one for own in children.values() for one in own))
        for parent, own in children.items():
            n = min(POOL, self.tally.left // (2 * len(beam)))
            shared = self.scope.within(parent, n, self.rng) if n >= TIMES else None
            if shared is None:
                continue
            drawn, holds = shared
            self.tally.left -= n
            right = self.alike(drawn)
            for child in own:
                (added,) = child - parent
                mine = holds[:, added]
                self.tally.add(child, int(right[mine].sum()), int(mine.sum()))
        new = [one for one in coins if one not in self.tally.draws]
        times = min(TIMES, self.tally.left // (3 * max(len(new), 1)))
        if new and times >= FEWEST:
            self.tally.toss(new, times)
        return [one for one in coins if self.tally.draws.get(one)]

    def _holds(self, rule: Coin, among: int) -> bool:
        """Whether the search believes that the rule reaches the precision, having looked at as
        many draws as the trial will at most."""
        if rule in self.failed:
            return False
        limits, level = self.limits, log(max(among, 1) / self.limits.delta)
        while True:
            heads, draws = self.tally.counts([rule])
            if draws[0] >= SOON and heads[0] < limits.precision * draws[0]:
                break
            if bounds(heads, draws, level)[0][0] >= limits.precision:
                return True
            if bounds(heads, draws, log(1 / limits.delta))[1][0] < limits.precision:
                break
            if draws[0] >= limits.check or self.tally.left < TIMES:
                break
            self.tally.toss([rule], TIMES)
        self.failed.add(rule)
        return False

    def _widened(self, rule: Coin, among: int) -> Coin:
        """The rule without what it can do without: conditions left out, thresholds moved away from
        the instance, halving what is in between, as long as the search believes in it."""
        for one in sorted(rule, key=lambda one: (self.scope.share(frozenset({one})), one)):
            ways = self.scope.looser(one)
            low, high = 0, len(ways)
            while low < high:
                middle = (low + high) // 2
                wider = self._instead(rule, one, ways[middle])
                if wider and self._holds(wider, among):
                    high = middle
                else:
                    low = middle + 1
            if low < len(ways):
                rule = self._instead(rule, one, ways[low])
        return rule

    def _instead(self, rule: Coin, one: int, other: int | None) -> Coin:
        return rule - {one} | (set() if other is None else {other})

    def _proven(self, rule: Coin) -> bool:
        """Whether fresh draws confirm a rule that the search believes in."""
        if len(self.tried) >= LOOKS or not self._holds(rule, 1) or not self._paid():
            return False
        if self._try(rule).low >= self.limits.precision:
            return True
        self.failed.add(rule)
        return False

    def _paid(self) -> bool:
        """Whether there are evaluations left for a trial, which are then taken."""
        if self.tally.left >= self.limits.check:
            self.tally.left -= self.limits.check
            return True
        paid, self.reserve = self.reserve, False
        return paid

    def _try(self, rule: Coin) -> Tried:
        """Fresh draws of a rule."""
        n = self.limits.check
        heads = int(self.alike(self.scope.draw(rule, n, self.fresh)).sum())
        level = log(LOOKS / self.limits.delta)
        (low,), (high,) = bounds(np.array([heads]), np.array([n]), level)
        searched = float(self.tally.means([rule])[0])
        self.tried.append(Tried(rule, heads, n, float(low), float(high), searched))
        return self.tried[-1]
