"""Evidence on messages by word: where a word stands differs, what it is does not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaiframe.data.encoding import Identity
from xaiframe.data.messages.words import key
from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.explanation import Array


def by_word(evidence: Evidence) -> Evidence:
    """The same evidence with one feature per different word (case aside) of the explained messages.

    ``x`` ``(n, words)`` counts the word in the message, attributions of its occurrences are added
    up, and a word that a message does not hold has attribution 0.
    """
    held = [[key(one) for one in evidence.data.encoding.tokens(row)] for row in evidence.x]
    names = tuple(dict.fromkeys(word for message in held for word in message if word))
    at = {name: place for place, name in enumerate(names)}
    places = [[at.get(word, -1) for word in message] for message in held]
    counts = np.zeros((len(held), len(names)))
    for row, message in zip(counts, places, strict=True):
        np.add.at(row, [place for place in message if place >= 0], 1)
    data = replace(
        evidence.data,
        features=names,
        feature_mask=np.arange(len(names)),
        aligned=True,
        encoding=Identity(),
    )
    local = {name: _added_up(one, places, len(names)) for name, one in evidence.local.items()}
    return replace(evidence, data=data, x=counts.astype(np.float32), local=local, mask=None)


def _added_up(one: Explained, places: list[list[int]], words: int) -> Explained:
    values: Array = np.zeros((len(places), words))
    for row, given, message in zip(values, one.values, places, strict=True):
        for place, value in zip(message, given, strict=True):
            if place >= 0:
                row[place] += value
    return replace(one, values=values, error=None, repeat=None)
