"""Adversarial robustness: scores under attacks, and the smallest change that flips an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import binom

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.model.face import Model, WhiteBox
from xaiframe.precaution.attacks.gradient import direction, fgsm, pgd
from xaiframe.precaution.attacks.room import Room, room
from xaiframe.precaution.attacks.smallest import smallest
from xaiframe.precaution.corruptions.flips import Part, another, score_fact, score_row
from xaiframe.precaution.measure import Interval, share_fact

ATTACKS = ("fgsm", "pgd")


@dataclass(frozen=True)
class Adversary:
    """Attacks with these radii (in the unit of :func:`room`), ``steps`` of projected gradient
    descent, and a search for the smallest radius up to ``limit``."""

    radii: Sequence[float]
    limit: float
    steps: int
    halvings: int

    def scores(self, data: Data, model: WhiteBox, rows: Split, seed: int) -> Part:
        """Facts adversarial_score per attack and radius; what is attacked is the true answer."""
        part, where = Part(), room(data, rows)
        before = model.predictions(rows.x)
        clean = score_fact("clean_score", data, rows.y, before, seed)
        part.scores.append(score_row("attack", "none", "", 0.0, "nothing", clean, None))
        against = direction(data, rows.y, before)
        for attack in ATTACKS:
            for radius in self.radii:
                x = self._attacked(attack, model, rows.x, against, where, radius)
                after = model.predictions(x)
                amount = radius * where.factor
                size = f"{amount:.3g} {where.unit}"
                labels = {"attack": attack, "radius": size}
                score = score_fact("adversarial_score", data, rows.y, after, seed, labels)
                score = replace(score, source=source("captum"))
                flips = int(another(data, before, after).sum())
                flipped = share_fact("flipped", flips, len(rows))
                part.facts.append(score)
                part.scores.append(score_row("attack", attack, "", amount, size, score, flipped))
        return part

    def _attacked(
        self, attack: str, model: WhiteBox, x: Array, against: Array, where: Room, radius: float
    ) -> Array:
        size = np.full(len(x), radius)
        if attack == "fgsm":
            return fgsm(model, x, against, where, size)
        return pgd(model, x, against, where, size, self.steps)

    def flipped(self, data: Data, model: WhiteBox, rows: Split) -> Fact:
        """adversarial_flipped_validation: predictions that projected gradient descent changes at
        the smallest radius, on validation rows, which decide."""
        name = "adversarial_flipped_validation"
        if not len(rows):
            why = "there are no validation rows"
            return Fact(name, None, "share", n=0, better="lower", reason=why)
        where, before = room(data, rows), model.predictions(rows.x)
        against = _own(data, rows, before)
        x = self._attacked("pgd", model, rows.x, against, where, min(self.radii))
        flips = another(data, before, model.predictions(x))
        return share_fact(name, int(flips.sum()), len(rows))

    def smallest(self, data: Data, model: WhiteBox, rows: Split, listed: int) -> tuple[Part, Array]:
        """Fact median_minimal_perturbation with examples, and ``(n,)`` the size of each row's
        smallest change that gives another answer, infinite where none was found."""
        part, where = Part(), room(data, rows)
        before = model.predictions(rows.x)
        radius, x = smallest(
            model, data, rows.x, _own(data, rows, before), where, self.limit, self.steps,
            self.halvings,
        )  # fmt: skip
        size = radius * where.factor
        part.facts.append(median_fact(size, where.unit, self.limit * where.factor))
        after = model.predictions(x)
        for at in np.argsort(size, kind="stable")[:listed]:
            if np.isfinite(size[at]):
                how = ("attack", "smallest change", f"{size[at]:.3g} {where.unit}")
                part.example(data, rows, int(at), how, x[at], before[at], after[at])
        return part, size


def able(model: Model) -> WhiteBox:
    """The model, if gradients can be taken; raises :class:`NotApplicable`."""
    if not isinstance(model, WhiteBox) or "gradient" not in model.provides:
        raise NotApplicable("the model yields no gradients")
    return model


def _own(data: Data, rows: Split, before: Array) -> Array:
    """The model's own answer as what is attacked, whether or not it is right."""
    against = before if data.task == "classification" else rows.y
    return direction(data, against, before)


def median_fact(size: Array, unit: str, limit: float) -> Fact:
    """The median of ``size`` ``(n,)`` with the interval of its order statistics, which holds for
    any distribution; rows that hold out to ``limit`` count as larger."""
    name, n = "median_minimal_perturbation", len(size)
    if n == 0 or not np.isfinite(np.median(size)):
        reason = f"half of {n} rows or more hold out to {limit:.3g} {unit}"
        return Fact(name, None, unit, n=n, better="higher", reason=reason)
    middle = float(np.median(size))
    found = source("captum")
    return Fact(name, middle, unit, n=n, interval=_order(size), better="higher", source=found)


def _order(size: Array) -> Interval | None:
    n, ranked = len(size), np.sort(size)
    low = int(binom.ppf(0.025, n, 0.5)) - 1
    high = n - 1 - low
    if low < 0 or not np.isfinite(ranked[high]):
        return None
    return float(ranked[low]), float(ranked[high])
