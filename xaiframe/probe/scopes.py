"""What may be demanded of inputs like one instance, and inputs that meet a demand."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xaiframe.data.face import Data
from xaiframe.data.messages.words import key
from xaiframe.explanation import Array
from xaiframe.probe.arms import Coin
from xaiframe.probe.coalitions import CoalitionBank

ABOVE, BELOW, EQUAL, GAP, KEPT = ">", "≤", "=", "missing", "kept"
HALF = 0.5
"""Chance that a part that no rule names stays as it is."""


class Condition(NamedTuple):
    """One demand: the value of ``feature`` is above or at most ``limit``, equals the code
    ``limit``, or is missing; or the feature is kept as the instance has it."""

    feature: int
    sign: str
    limit: float = np.nan


class Scope:
    """The conditions that one instance meets. A rule is a set of their numbers.

    real: whether held-out rows meet a rule by themselves, rather than by parts put into them.
    """

    real = True
    conditions: Sequence[Condition]

    def draw(self, rule: Coin, n: int, rng: np.random.Generator) -> Array:
        """``(n, *input_shape)`` inputs that meet the rule and are otherwise at random."""
        raise NotImplementedError

    def within(self, _rule: Coin, _n: int, _rng: np.random.Generator) -> tuple[Array, Array] | None:
        """As :meth:`draw`, and ``(n, conditions)`` bool: which inputs are as good as drawn under
        the rule with this condition as well; None where none are."""
        return None

    def free(self, rule: Coin) -> list[int]:
        """The conditions that a search may add to a rule."""
        raise NotImplementedError

    def share(self, rule: Coin) -> float:
        """How much of the data a rule speaks of, to choose the wider of two."""
        raise NotImplementedError

    def looser(self, _number: int) -> list[int | None]:
        """What may stand for a condition and demands less, the least first; None is nothing."""
        return [None]

    def meets(self, rule: Coin, x: Array) -> tuple[Array, Array]:
        """``(m,)`` bool: which of the rows ``x`` ``(m, *input_shape)`` the rule speaks of, and
        these as they are to be asked."""
        raise NotImplementedError

    def said(self, rule: Coin) -> list[tuple[int, tuple[str, float, str]]]:
        """Each condition's feature, and its sign, limit and the word that it names, in order."""
        own = [self.conditions[one] for one in sorted(rule)]
        return [(one.feature, (one.sign, one.limit, "")) for one in own]


class Parts(Scope):
    """Parts of a picture or series kept as they are, words kept where they stand; what a rule does
    not name stays or gives way to a row of the background, one as likely as the other."""

    real = False

    def __init__(self, bank: CoalitionBank, position: int) -> None:
        self.x = bank.x[position]
        mask = bank.feature_mask[position] if bank.own_features else bank.feature_mask
        self.owner = mask.reshape(-1)
        self.background = np.asarray(bank.reference.background, dtype=np.float32)
        self.weights = bank.reference.weights
        self.conditions = [Condition(feature, KEPT) for feature in range(bank.features)]
        self.active = np.flatnonzero(bank.active[position]).tolist()

    def draw(self, rule: Coin, n: int, rng: np.random.Generator) -> Array:
        return self._drawn(rule, n, rng)[0]

    def within(self, rule: Coin, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        return self._drawn(rule, n, rng)

    def _drawn(self, rule: Coin, n: int, rng: np.random.Generator) -> tuple[Array, Array]:
        kept = rng.random((n, len(self.conditions))) < HALF
        kept[:, sorted(rule)] = True
        rows = self.background[rng.choice(len(self.background), n, p=self.weights)]
        return self._mixed(kept, rows), kept

    def _mixed(self, kept: Array, rows: Array) -> Array:
        """The instance in the parts ``kept`` ``(n, features)``, ``rows`` elsewhere."""
        own = kept[:, self.owner].reshape(rows.shape)
        return np.where(own, self.x, rows)

    def free(self, rule: Coin) -> list[int]:
        return [one for one in self.active if one not in rule]

    def share(self, rule: Coin) -> float:
        return float(HALF ** len(rule))

    def meets(self, rule: Coin, x: Array) -> tuple[Array, Array]:
        """All rows, with the parts that the rule names put into them."""
        if not rule:  # whatever is left out of this one: of others that says nothing
            return np.zeros(len(x), dtype=bool), x[:0]
        kept = np.zeros((1, len(self.conditions)), dtype=bool)
        kept[:, sorted(rule)] = True
        return np.ones(len(x), dtype=bool), self._mixed(np.repeat(kept, len(x), axis=0), x)


class Words(Parts):
    """Words kept where they stand; of other messages a rule speaks where they hold them all, and
    the empty one of none."""

    real = True

    def __init__(self, bank: CoalitionBank, position: int, known: Sequence[frozenset[str]]) -> None:
        super().__init__(bank, position)
        self.tokens = bank.data.encoding.tokens(self.x)
        self.known, self.data = known, bank.data

    def share(self, rule: Coin) -> float:
        wanted = self._keys(rule)
        return sum(wanted <= one for one in self.known) / max(len(self.known), 1)

    def meets(self, rule: Coin, x: Array) -> tuple[Array, Array]:
        wanted = self._keys(rule)
        held = vocabularies(self.data, x) if wanted else [frozenset[str]()] * len(x)
        found = np.array([bool(wanted) and wanted <= one for one in held], dtype=bool)
        return found, x[found]

    def said(self, rule: Coin) -> list[tuple[int, tuple[str, float, str]]]:
        return [(one, (KEPT, np.nan, self.tokens[one])) for one in sorted(rule)]

    def _keys(self, rule: Coin) -> set[str]:
        return {key(self.tokens[one]) for one in rule}


def vocabularies(data: Data, x: Array) -> list[frozenset[str]]:
    """The words of each message, case aside."""
    return [frozenset(key(one) for one in data.encoding.tokens(row) if one) for row in x]
