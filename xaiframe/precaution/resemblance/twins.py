"""Rows that are the same, or almost: fingerprints for exact copies, distances for near ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.neighbors import NearestNeighbors

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.precaution.columns import kind, missing, numbers, texts, varying

COLUMNS = 4
ROWS = 30


def fingerprints(split: Split, data: Data) -> Array:
    """``(n,)`` one number per row, equal for equal rows: of its raw columns, its message, or the
    bytes of its picture or series (64 bits: two different rows of a million collide with a chance
    of 3e-8)."""
    if data.modality == "table":
        plain = {
            name: numbers(column) + 0.0 if kind(column) == "numeric" else texts(column)
            for name, column in split.frame.items()
        }
        hashed = pd.util.hash_pandas_object(pd.DataFrame(plain, split.frame.index), index=False)
        return hashed.to_numpy()
    if data.modality == "text" and split.original is not None:
        # one line or two, one space or two: the same message
        contents = [" ".join(str(message).split()).encode() for message in split.original]
    else:
        # −0 and 0 are one grey level
        contents = [row.tobytes() for row in np.ascontiguousarray(split.x + 0.0)]
    keys = [hashlib.blake2b(content, digest_size=8).digest() for content in contents]
    return np.frombuffer(b"".join(keys), dtype=np.uint64)


@dataclass(frozen=True)
class Space:
    """Where distances between rows of a table are measured: scaled by its training split.

    columns: numeric columns that vary there; centre, sd: their moments; levels: for every other
    column a whole number per category, so that unequal ones are at least 1 apart, never near.
    """

    columns: tuple[str, ...]
    centre: Array
    sd: Array
    levels: dict[str, pd.Series]

    @classmethod
    def of(cls, data: Data) -> Space:
        """The space of a table's training split."""
        frame = data.train.frame.rename(columns=str)
        chosen = tuple(n for n in varying(frame) if kind(frame[n]) == "numeric")
        values = [numbers(frame[name]) for name in chosen]
        levels = {}
        for name in frame.columns[[kind(column) == "categorical" for _, column in frame.items()]]:
            parts = [split.frame.rename(columns=str)[name] for split in data.splits.values()]
            every = pd.concat(list(map(texts, parts))).unique()
            levels[name] = pd.Series(np.arange(len(every), dtype=np.float64), index=every)
        centre = np.array([np.nanmean(one) for one in values])
        deviation = np.array([np.nanstd(one) for one in values])
        return cls(chosen, centre, deviation, levels)

    def obstacle(self, rows: int) -> str:
        """Why near duplicates cannot be told from neighbours here, or nothing."""
        if rows < ROWS:
            return f"{rows} different rows: fewer than {ROWS}"
        if len(self.columns) < COLUMNS:
            found = len(self.columns)
            return (
                f"{found} varying numeric columns: fewer than {COLUMNS}, neighbours are near anyway"
            )
        return ""

    def points(self, split: Split) -> Array:
        """``(n, dimensions)`` such that Euclidean distance is root-mean-square distance in sd."""
        frame = split.frame.rename(columns=str)
        numeric = np.column_stack([numbers(frame[name]) for name in self.columns])
        scaled = (numeric - self.centre) / self.sd / np.sqrt(len(self.columns))
        apart: list[Array] = [missing(frame).to_numpy(dtype=np.float64)]
        apart += [texts(frame[name]).map(known).to_numpy() for name, known in self.levels.items()]
        return np.column_stack([np.nan_to_num(scaled), *apart])


def nearest(points: Array, known: Array, count: int) -> tuple[Array, Array]:
    """``(n, count)`` distances to the nearest of ``known`` ``(m, d)`` and their positions."""
    if len(points) == 0:
        return np.empty((0, count)), np.empty((0, count), dtype=np.int64)
    search = NearestNeighbors(n_neighbors=count, algorithm="brute").fit(known)
    distance, position = search.kneighbors(points)
    return distance, position


def accidental(distances: Array, rows: int, chance: float, most: float = 0.1) -> float:
    """The distance that ``chance`` of ``rows`` rows are expected to have their nearest neighbour
    within, from distances ``(n, 2)`` to the two nearest; at most ``most`` of the typical distance.

    In k dimensions the share of rows with a neighbour within r grows as r^k, and ln(r₂ ÷ r₁) is
    exponential with rate k (Facco et al. 2017, doi:10.1038/s41598-017-11873-y); medians keep real
    copies from deciding.
    """
    first, second = distances.T
    ratio = float(np.median(np.log(np.maximum(second, 1e-300) / np.maximum(first, 1e-300))))
    # on a grid both neighbours are equally far, and nothing lies between
    shrink = (chance / (np.log(2) * rows)) ** (ratio / np.log(2))
    return float(np.median(first) * min(shrink, most))
