"""Sanity: attributions must change when the labels of the rows are dealt out anew."""

from __future__ import annotations

from dataclasses import dataclass

from xaiframe.evaluation.learnt_nothing import LearntNothing


@dataclass(frozen=True)
class LabelRandomisation(LearntNothing):
    """Similarity of the attributions to those of the same fit on labels dealt out anew.

    See :class:`LearntNothing`.
    """

    shuffled = "labels"
