"""How far inputs lie from training rows, and how far those lie from each other."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.sparse import csr_array
from scipy.spatial.distance import cdist

from xaiframe.data.face import Data, Split
from xaiframe.data.spread import evenly
from xaiframe.explanation import Array
from xaiframe.probe.score import Scorer

BLOCK = 256
"""Rows whose distances to all others are held at once."""


@dataclass(frozen=True)
class Nearby:
    """At most so many training rows, evenly spread, and what the model answers to them.

    rows: of the training split. outputs: ``(m, outputs)`` float64 scores.
    """

    data: Data
    rows: Split
    outputs: Array

    @classmethod
    def of(cls, scorer: Scorer, data: Data, most: int) -> Nearby:
        """The sample; the model is asked about it once for all batches of one scorer."""
        key = ("nearby", most)
        if key not in scorer.kept:
            rows = data.train.take(evenly(len(data.train), most))
            scorer.kept[key] = cls(data, rows, scorer.outputs(rows.x))
        found: Nearby = scorer.kept[key]
        return found

    def order(self, x: Array, among: Array) -> Array:
        """Positions of the rows ``among`` ``(m,)`` bool, those nearest to ``x`` ``input_shape``
        first."""
        near = np.flatnonzero(among)
        far = distances(x[None], self.rows.x[near], self.data)[0] if len(near) else np.zeros(0)
        return near[np.argsort(far, kind="stable")]

    def apart(self, x: Array, among: Array) -> Array:
        """``(k,)`` distance of each of ``x`` ``(k, *input_shape)`` to the nearest of the rows
        ``among``, NaN where there are none."""
        if not among.any() or not len(x):
            return np.full(len(x), np.nan)
        return np.asarray(distances(x, self.rows.x[among], self.data).min(axis=1))

    def usual(self, label: int | None) -> Array:
        """``(rows,)`` sorted: how far each row of one class, or each row, lies from the nearest
        other; empty where there are fewer than two."""
        if label not in self._usual:
            own = self.rows.x if label is None else self.rows.x[self.rows.y == label]
            self._usual[label] = np.sort(nearest_other(own, self.data))
        return self._usual[label]

    @cached_property
    def _usual(self) -> dict[int | None, Array]:
        return {}


def nearest_other(x: Array, data: Data) -> Array:
    """``(n,)`` distance of each of ``x`` ``(n, *input_shape)`` to the nearest of the others."""
    if len(x) < 2:
        return np.zeros(0)
    found = []
    for start in range(0, len(x), BLOCK):
        far = distances(x[start : start + BLOCK], x, data)
        far[np.arange(len(far)), start + np.arange(len(far))] = np.inf
        found.append(far.min(axis=1))
    return np.concatenate(found)


def distances(a: Array, b: Array, data: Data) -> Array:
    """``(len(a), len(b))``: for messages the share of their words that only one of the two has
    (Jaccard); otherwise the root mean squared difference in standard deviations of training."""
    if data.modality == "text":
        return _jaccard(a, b)
    scale = data.scale.reshape(-1).astype(np.float64)
    flat = [rows.reshape(len(rows), -1).astype(np.float64) / scale for rows in (a, b)]
    return np.asarray(cdist(*flat) / np.sqrt(len(scale)))


def _jaccard(a: Array, b: Array) -> Array:
    words = int(max(a.max(initial=0), b.max(initial=0))) + 1
    left, right = _words(a, words), _words(b, words)
    shared = (left @ right.T).toarray()
    sizes = left.sum(axis=1)[:, None] + right.sum(axis=1)[None]
    return np.asarray(1 - shared / np.maximum(sizes - shared, 1))


def _words(x: Array, words: int) -> csr_array:
    """``(n, words)`` 1 where a message has the word of this number; 0 is none."""
    row, place = np.nonzero(x)
    pairs = np.unique(np.stack([row, x[row, place].astype(np.int64)]), axis=1)
    return csr_array((np.ones(pairs.shape[1]), (pairs[0], pairs[1])), shape=(len(x), words))
