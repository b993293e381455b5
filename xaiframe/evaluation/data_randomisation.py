"""Sanity: attributions must change when each feature is dealt out anew among the rows."""

from __future__ import annotations

from dataclasses import dataclass

from xaiframe.evaluation.learnt_nothing import LearntNothing


@dataclass(frozen=True)
class DataRandomisation(LearntNothing):
    """Similarity of the attributions to those of the same fit on values dealt out anew.

    Every feature is shuffled for itself, so that no value belongs to its row or its label; see
    :class:`LearntNothing`.
    """

    shuffled = "inputs"
