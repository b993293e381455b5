"""Messages that almost repeat others: shares of short runs of characters they have in common."""

from __future__ import annotations

import re

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.feature_extraction.text import HashingVectorizer

from xaiframe.data.face import Split
from xaiframe.explanation import Array
from xaiframe.precaution.resemblance.found import Found, Question, own_places
from xaiframe.precaution.resemblance.twins import accidental

RUN = 5
"""Characters in a run."""
FEWEST = 20
"""Different runs below which a message is too short: only an equal one repeats it."""
APART = 0.3
"""Share of the runs of two messages that only one of them has, up to which they are near."""
TYPICAL = 0.5
"""Part of the usual distance between messages beyond which none is near: where every message
follows one template, following it is no repetition."""
CELLS = 4_000_000
"""Pairs of messages compared at once."""


def near(question: Question) -> dict[str, Found]:
    """Split → what was found. Two messages are near when the Jaccard distance of their sets of
    runs, digits all alike, is at most :data:`APART` (Broder 1997,
    doi:10.1109/SEQUEN.1997.666900), or less where that is common among the training messages.

    Raises :class:`NotApplicable` where too few messages are long enough.
    """
    train = runs(question.data.train)
    known = question.known(np.diff(train.indptr) >= FEWEST)
    told, found, reach = train[known], {}, 0.0
    for name in question.pools:
        rows = question.asked(name)
        own = train if name == "train" else runs(question.data.splits[name])
        asked, long = own[rows], np.diff(own[rows].indptr) >= FEWEST
        distance, other = jaccard(asked, told, own_places(name, rows, known))
        if name == "train":
            usual = accidental(distance[long], len(known), question.chance, TYPICAL)
            reach = min(APART, usual) if long.any() else 0.0
        found[name] = Found(rows, long & (distance[:, 0] <= reach), known[other])
    return found


def runs(split: Split) -> csr_matrix:
    """``(n, 2²⁰)`` 0/1: which runs each message holds, hashed; case and digits do not count."""
    contents = [] if split.original is None else [str(one) for one in split.original]
    plain = [re.sub(r"\d", "0", " ".join(one.casefold().split())) for one in contents]
    hashed = HashingVectorizer(analyzer="char", ngram_range=(RUN, RUN), binary=True, norm=None,
                               alternate_sign=False, n_features=2**20)  # fmt: skip
    return csr_matrix(hashed.transform(plain)) if plain else csr_matrix((len(split), 2**20))


def jaccard(asked: csr_matrix, known: csr_matrix, own: Array) -> tuple[Array, Array]:
    """``(m, 2)`` distances to the two nearest of ``known`` and ``(m,)`` the place of the nearest;
    ``own`` ``(m,)`` is left aside. Memory is bounded by :data:`CELLS` pairs."""
    size, sizes = np.diff(asked.indptr), np.diff(known.indptr)
    distances, places = np.ones((len(size), 2)), np.zeros(len(size), dtype=np.int64)
    across, step = known.T.tocsr(), max(CELLS // len(sizes), 1)
    for start in range(0, len(size), step):
        rows = slice(start, start + step)
        shared = (asked[rows] @ across).toarray()
        apart = 1 - shared / np.maximum(size[rows, None] + sizes - shared, 1)
        there = np.flatnonzero(own[rows] >= 0)
        apart[there, own[rows][there]] = np.inf
        distances[rows] = np.partition(apart, 1, axis=1)[:, :2]
        places[rows] = apart.argmin(axis=1)
    return distances, places
