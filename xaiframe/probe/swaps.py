"""An instance whose features may be swapped for others' values, and the few swaps that matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from xaiframe.data.encoding import Encoding
from xaiframe.data.spread import evenly
from xaiframe.explanation import Array

OWN = -1
"""A feature that is left as it is."""
Lead = Callable[[Array], Array]
"""Inputs ``(m, *input_shape)`` → ``(m,)``, above 0 where the answer is as wanted."""


@dataclass(frozen=True)
class Swaps:
    """Choices ``(m, features)`` of int: which option each feature takes, :data:`OWN` for none.

    open
        ``(features, options)`` bool: what may be swapped for what, and would make a difference.
    bound
        whether all swaps of one input come from the same option, e.g. one other picture.
    """

    open: Array
    bound: bool

    def inputs(self, choices: Array) -> Array:
        """``(m, *input_shape)`` float32."""
        raise NotImplementedError


@dataclass(frozen=True)
class Cells(Swaps):
    """A row of a table; option k of a feature is its value in ``options`` ``(options, features)``.

    own: ``(features,)`` numbers of the instance, NaN where missing.
    """

    own: Array
    options: Array
    encoding: Encoding

    def values(self, choices: Array) -> Array:
        """``(m, features)`` one number per feature."""
        swapped = np.take_along_axis(self.options, np.maximum(choices, 0), axis=0)
        return np.where(choices == OWN, self.own, swapped)

    def inputs(self, choices: Array) -> Array:
        return self.encoding.elements(self.values(choices))


@dataclass(frozen=True)
class Parts(Swaps):
    """A picture, series or message ``x`` ``input_shape`` whose parts, as ``mask`` numbers them,
    are those of one of the ``donors`` ``(options, *input_shape)``."""

    x: Array
    donors: Array
    mask: Array

    def inputs(self, choices: Array) -> Array:
        taken = choices[:, self.mask]
        found = np.broadcast_to(self.x, (len(choices), *self.x.shape)).copy()
        for option in range(len(self.donors)):
            np.copyto(found, self.donors[option], where=taken == option)
        return found


def searched(swaps: Swaps, lead: Lead, ways: int, most: int) -> Array:
    """``(k, features)`` choices that bring about what is wanted, k at most ``ways``; each would
    no longer do so if any one of its swaps were taken back.

    The ``ways`` single swaps of different features that lead farthest are each followed by the
    swap that then leads farthest, up to ``most``, as Martens & Provost 2014
    (doi:10.25300/MISQ/2014/38.1.04) grow sets of words. So that the ways part, none takes up a
    feature with which one before it began, unless ``bound`` parts them already.
    """
    features = len(swaps.open)
    starts = np.argwhere(swaps.open)
    if not len(starts):
        return np.empty((0, features), dtype=int)
    grown = np.full((len(starts), features), OWN)
    grown[np.arange(len(starts)), starts[:, 0]] = starts[:, 1]
    ahead = lead(swaps.inputs(grown))
    first = leaders(starts[:, 0], ahead)[:ways]
    begun = [] if swaps.bound else starts[first, 0].tolist()
    barred = [set(begun[:way]) for way in range(len(first))]
    live = [(grown[at], barred[way]) for way, at in enumerate(first) if ahead[at] <= 0]
    found = list(grown[first[ahead[first] > 0]])
    for _ in range(most - 1):
        live, done = _step(swaps, lead, live)
        found += done
        if not live:
            break
    kept = [pruned(swaps, lead, one) for one in found]
    return np.unique(np.array(kept, dtype=int).reshape(-1, features), axis=0)


def leaders(features: Array, ahead: Array) -> Array:
    """Positions of the best of each feature, the farthest ahead first."""
    order = np.argsort(-ahead, kind="stable")
    _, first = np.unique(features[order], return_index=True)
    return np.asarray(order[np.sort(first)])


Way = tuple[Array, set[int]]
"""A choice that is not there yet, and the features that it may not take up."""


def _step(swaps: Swaps, lead: Lead, live: Sequence[Way]) -> tuple[list[Way], list[Array]]:
    """Each way with the one further swap that leads farthest: those not there yet, and the choices
    that are."""
    sets = [list(_further(swaps, *one)) for one in live]
    asked = [one for own in sets for one in own]
    if not asked:
        return [], []
    ahead = lead(swaps.inputs(np.array(asked)))
    going: list[Way] = []
    done: list[Array] = []
    start = 0
    for (_, barred), own in zip(live, sets, strict=True):
        if own:
            mine = ahead[start : start + len(own)]
            best = int(mine.argmax())
            if mine[best] > 0:
                done.append(own[best])
            else:
                going.append((own[best], barred))
        start += len(own)
    return going, done


def _further(swaps: Swaps, choice: Array, barred: set[int]) -> Iterator[Array]:
    allowed = swaps.open & (choice == OWN)[:, None]
    allowed[list(barred)] = False
    if swaps.bound:
        allowed = allowed & (np.arange(allowed.shape[1]) == choice.max())
    for feature, option in np.argwhere(allowed):
        more = choice.copy()
        more[feature] = option
        yield more


def pruned(swaps: Swaps, lead: Lead, choice: Array) -> Array:
    """The choice without swaps that can be taken back one after the other, first those whose lack
    leaves the answer surest."""
    while (choice != OWN).sum() > 1:
        changed = np.flatnonzero(choice != OWN)
        fewer = np.repeat(choice[None], len(changed), axis=0)
        fewer[np.arange(len(changed)), changed] = OWN
        ahead = lead(swaps.inputs(fewer))
        if ahead.max() <= 0:
            break
        choice = fewer[int(ahead.argmax())]
    return choice


def ladder(values: Array, rungs: int) -> Array:
    """At most ``rungs`` different values, sorted, evenly spread over those there are."""
    known = np.unique(values[~np.isnan(values)])
    return np.asarray(known[evenly(len(known), rungs)])


def nearest(rows: Array, feature: Array, rungs: Sequence[Array], lead: Lead, steps: int) -> Array:
    """``(m,)`` the first rung of each row ``(m, features)`` at which its feature ``(m,)`` brings
    about what is wanted; NaN where no rung that was tried does.

    ``rungs``: values of each, from its own outwards. ``steps`` of them are tried, evenly spread,
    then those before the first that did it, and so on: what lies between two tried in vain is
    passed over, so a wanted stretch that begins and ends there is missed.
    """
    found = np.full(len(rows), np.nan)
    low, high = [-1] * len(rows), [len(one) for one in rungs]
    open_ = [k for k in range(len(rows)) if len(rungs[k])]
    while open_:
        tried = {k: _between(low[k], high[k], steps) for k in open_}
        asked = np.repeat(rows[open_], [len(tried[k]) for k in open_], axis=0)
        owners = np.repeat(feature[open_], [len(tried[k]) for k in open_])
        values = np.concatenate([rungs[k][tried[k]] for k in open_])
        asked[np.arange(len(asked)), owners] = values
        ahead = lead(asked)
        start, going = 0, []
        for k in open_:
            hits = np.flatnonzero(ahead[start : start + len(tried[k])] > 0)
            start += len(tried[k])
            if not len(hits):
                # Behind a rung that did it, what is left before it does not.
                continue
            first = int(hits[0])
            high[k] = int(tried[k][first])
            found[k] = rungs[k][high[k]]
            low[k] = int(tried[k][first - 1]) if first else low[k]
            if high[k] - low[k] > 1:
                going.append(k)
        open_ = going
    return found


def _between(low: int, high: int, steps: int) -> Array:
    """At most ``steps`` whole numbers above ``low`` and below ``high``, the last among them."""
    inside = np.arange(low + 1, high)
    if len(inside) <= steps:
        return inside
    return inside[np.linspace(0, len(inside) - 1, steps + 1).round().astype(int)[1:]]
