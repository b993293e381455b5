"""Rows of a table whose numbers almost agree."""

from __future__ import annotations

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.precaution.resemblance.found import Found, Question
from xaiframe.precaution.resemblance.twins import Space, accidental, nearest


def near(question: Question) -> dict[str, Found]:
    """Split → what was found: rows within ``question.tolerance`` of a training row, or less where
    that many rows are so by accident. Raises :class:`NotApplicable` where neighbours cannot be told
    from near duplicates."""
    data, known = question.data, question.pools["train"]
    space = Space.of(data)
    if reason := space.obstacle(len(known)):
        raise NotApplicable(reason)
    points, found, reach = space.points(data.train)[known], {}, question.tolerance
    for split in question.pools:
        rows = question.asked(split)
        distances, others = nearest(space.points(data.splits[split])[rows], points, 3)
        if split == "train":
            distances, others = distances[:, 1:], others[:, 1:]  # the row itself comes first
            reach = min(reach, accidental(distances, len(points), question.chance))
        close = np.asarray(distances[:, 0] <= reach)
        found[split] = Found(rows, close, known[others[:, 0]])
    return found
