"""Rows that hold nothing: pictures of one colour, empty messages, flat series, only gaps."""

from __future__ import annotations

import math

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.precaution.columns import missing

KINDS = {
    "table": "no value in any column",
    "image": "one colour",
    "text": "no words",
    "series": "flat",
}
UNREADABLE = "not a finite number in it"


def corrupt(split: Split, data: Data) -> Array:
    """``(n,)`` object: what is wrong with a row's content, empty where nothing is.

    A picture or series is empty when no channel changes over its pixels or samples; what is not
    finite counts for nothing.
    """
    found = np.full(len(split), "", dtype=object)
    if data.modality == "table":
        gaps = missing(split.frame)
        if gaps.shape[1]:
            found[gaps.all(axis=1).to_numpy()] = KINDS["table"]
        return found
    if data.modality == "text" and split.original is not None:
        empty = [not str(message).strip() for message in split.original]
        found[np.array(empty, dtype=bool)] = KINDS["text"]
        return found
    channels = split.x.reshape(len(split), data.input_shape[0], math.prod(data.input_shape[1:]))
    finite = np.isfinite(channels)
    high = np.where(finite, channels, -np.inf).max(axis=2)
    low = np.where(finite, channels, np.inf).min(axis=2)
    found[(high <= low).all(axis=1)] = KINDS.get(data.modality, "constant")
    found[~finite.any(axis=(1, 2))] = UNREADABLE
    return found
