"""No tuning: the recipe's own settings are all that is fitted."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NoTuning:
    """A study of nothing; without ``search`` there is no tuning stage."""

    trials = 0
    cost = "0"
    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
