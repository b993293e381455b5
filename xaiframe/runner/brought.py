"""A model that comes trained: what it is, what it offers, and whether it repeats itself."""

from __future__ import annotations

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact
from xaiframe.model.face import Model, WhiteBox
from xaiframe.runner.fitted import provided

ASKED = 32
"""Test rows that are asked twice."""


def brought_outcome(model: Model, data: Data) -> Outcome:
    """Facts of a loaded model; ``repeat_difference`` is the largest difference between two answers
    to the same row, 0 for a model that does not change."""
    rows = data.test.x[:ASKED]
    difference = model.repeat_difference
    if difference is None:
        difference = float(np.abs(model.raw(rows) - model.raw(rows)).max())
    facts = [
        Fact("digest", model.digest),
        Fact("gives", model.gives),
        provided(model),
        Fact("repeat_difference", difference, model.gives, n=len(rows), better="lower"),
    ]
    if isinstance(model, WhiteBox):
        size = sum(one.numel() for one in model.module.parameters())
        facts.append(Fact("parameters", size, "parameters"))
    facts += [
        Fact("notice", text, labels={"number": str(k)}) for k, text in enumerate(model.notices, 1)
    ]
    return Outcome(facts)
