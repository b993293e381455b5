"""The shared draw of coalitions weighted back to what a fair coin per feature would toss."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xaiframe.explanation import Array
from xaiframe.probe.sampling import Draw


@dataclass(frozen=True)
class Tossed:
    """Pairs of a coalition S and its complement, the pair of all and none the last of them.

    side ``(pairs, d)``: ½ where a player is in S, −½ where it is in the complement; odd
    ``(pairs,)``: (v(S) − v(complement)) ÷ 2; weight ``(pairs,)``: existing pairs of that size that
    each stands for; draw: where the pairs but for the last come from.
    """

    side: Array
    odd: Array
    weight: Array
    draw: Draw

    @classmethod
    def of(cls, draw: Draw, answers: Array, full: float, empty: float) -> Tossed:
        """From v of each S and of its complement, ``answers`` ``(2, pairs)``, and of all, none."""
        players = draw.masks.shape[1]
        side = np.concatenate([draw.masks - 0.5, np.full((1, players), 0.5)])
        odd = np.append((answers[0] - answers[1]) / 2, (full - empty) / 2)
        return cls(side, odd, np.append(1 / draw.share, 1.0), draw)

    def standard_error(self, influence: Array) -> Array:
        """``(k,)`` from each pair's ``influence`` ``(pairs, k)``; all and none were not drawn."""
        return self.draw.standard_error(influence[:-1])
