"""How close two rows must be to count as near where rows lie closer in some places than others."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xaiframe.data.face import Split
from xaiframe.explanation import Array
from xaiframe.precaution.resemblance.found import Found, Question, own_places
from xaiframe.precaution.resemblance.twins import nearest

NEIGHBOURS = 10
"""The neighbour that says how closely rows lie around one."""
MOST = 0.15
"""Distance of rows of length 1 beyond which none is near: a correlation of 0.99."""
NARROW = 0.5
"""Part of the distance to the tenth neighbour beyond which none is near."""

Views = Callable[[Split, Array, bool], list[Array]]
"""Rows ``(m,)`` of a split as points ``(m, d)`` of length 1 (0: nothing to compare), the first as
they are, then, where asked for, slightly moved."""


def near(question: Question, views: Views) -> dict[str, Found]:
    """Split → what was found: rows whose nearest training row is closer than
    ``question.chance`` of all rows would have theirs by accident, judged by how far their tenth
    neighbour is.

    Within a small ball of k dimensions the share of neighbours nearer than s times its radius is
    s^k, and the mean of ln(r₁₀ ÷ r₁) is (1 + ½ + … + 1⁄9) ÷ k (Levina & Bickel 2004). Raises
    :class:`NotApplicable` where too few rows can be compared.
    """
    train = question.data.train
    every = views(train, question.pools["train"], False)[0]
    able = np.zeros(len(train), dtype=bool)
    able[question.pools["train"]] = every.any(axis=1)
    known = question.known(able)
    place = np.searchsorted(question.pools["train"], known)
    points, found, part = every[place], {}, 0.0
    for name in question.pools:
        rows = question.asked(name)
        seen = views(question.data.splits[name], rows, True)
        own = own_places(name, rows, known)
        distances, others = without_own(seen[0], points, own, NEIGHBOURS)
        if name == "train":
            part = narrow(distances, question.chance / len(points) / len(seen))
        reach = np.minimum(MOST, part * distances[:, -1])
        first, other = distances[:, 0], others[:, 0]
        for moved in seen[1:]:
            distance, which = without_own(moved, points, own, 1)
            other = np.where(distance[:, 0] < first, which[:, 0], other)
            first = np.minimum(first, distance[:, 0])
        found[name] = Found(rows, (first <= reach) & seen[0].any(axis=1), known[other])
    return found


def without_own(asked: Array, known: Array, own: Array, count: int) -> tuple[Array, Array]:
    """``(m, count)`` distances to the nearest of ``known`` but ``own`` ``(m,)``, and places."""
    distances, places = nearest(asked, known, count + 1)
    distances = np.where(places == own[:, None], np.inf, distances)
    order = np.argsort(distances, axis=1, kind="stable")[:, :count]
    return np.take_along_axis(distances, order, 1), np.take_along_axis(places, order, 1)


def narrow(distances: Array, chance: float) -> float:
    """The part of the tenth neighbour's distance within which a row has another with ``chance``,
    from distances ``(m, 10)``, rising; the median keeps real copies from deciding."""
    first, last = np.maximum(distances[:, 0], 1e-300), np.maximum(distances[:, -1], 1e-300)
    ratio = float(np.median(np.log(last / first)))
    harmonic = float((1 / np.arange(1, NEIGHBOURS)).sum())
    return float(min((chance / (NEIGHBOURS - 1)) ** (ratio / harmonic), NARROW))
