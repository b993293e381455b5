"""KernelSHAP: Shapley values from a regression over coalitions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.kriging import MOST_PAIRS, Kriging
from xaiframe.probe.libraries import shap
from xaiframe.probe.sampling import LEAST, Draw


@dataclass(frozen=True)
class KernelShap(Method):
    """Shapley values of the score against the reference's background.

    samples: coalitions per instance; at least 4 per feature that differs from the background,
    exact from 2**features − 2 on.
    engine: own, or the library: shap's KernelExplainer with as many.

    Lundberg & Lee 2017 (arXiv:1705.07874) on paired, leverage-weighted coalitions (Musco & Witter
    2025, arXiv:2410.01917). Where not all coalitions are asked, what the others score is predicted
    from them by a Gaussian process with main effects (:class:`Kriging`), which errs less than the
    regression of the paper on the same coalitions; that regression gives the values where all are,
    or more than 4096. ``values`` ``(n, features)`` sum to score − base to the last digit; ``base``
    is the expected score of the background. ``error`` is the prediction's standard error, for the
    regression the sandwich estimator over the drawn pairs, stratified by size, residuals corrected
    for leverage (HC3); 0 where exact.
    """

    samples: int = 512
    engine: Literal["own", "library"] = "own"

    direction = "perturbation"
    additive = True
    stochastic = True
    counterpart = "shap"
    cost = "instances * min(samples, 2 ** min(features, 60) - 2) * background"
    reference = "arXiv:1705.07874; arXiv:2410.01917"

    def __post_init__(self) -> None:
        if self.samples < 4:
            raise ValueError(f"samples must be at least 4, not {self.samples}")

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Raises NotApplicable when ``samples`` are too few to determine as many features as an
        instance has that differ from the background."""
        if self.engine == "library":
            return shap.kernel_shap(bank, self.samples)
        before = bank.evaluations
        values, error = (np.zeros((len(bank), bank.features)) for _ in range(2))
        sample = bank.sample(self.samples, LEAST)
        gain = bank.full - bank.empty
        for shared, positions in alike(sample):
            answers = np.stack([sample[position][1] for position in positions])
            found = solved(shared, answers, gain[positions], bank.scorer.kept)
            for position, own, off in zip(positions, *found, strict=True):
                order = sample[position][0].order
                values[position, bank.active[position]] = own[order]
                error[position, bank.active[position]] = off[order]
        return Attribution(values, "feature", error, bank.empty, bank.evaluations - before)


def alike(sample: Sequence[tuple[Draw, Array]]) -> Iterator[tuple[Draw, list[int]]]:
    """The draws that several instances share, each with the positions of those."""
    groups: dict[int, tuple[Draw, list[int]]] = {}
    for position, (draw, _) in enumerate(sample):
        assert draw.shared is not None  # a bank's draws are reordered ones
        groups.setdefault(id(draw.shared), (draw.shared, []))[1].append(position)
    yield from groups.values()


def solved(draw: Draw, answers: Array, gain: Array, kept: dict[Any, Any]) -> tuple[Array, Array]:
    """Shapley values ``(m, d)`` and standard errors of m games on one ``draw``.

    ``answers`` ``(m, 2, pairs)``; what depends on the draw alone is left in ``kept``.
    """
    players = draw.masks.shape[1]
    if players < 2 or draw.exhaustive or len(draw) > MOST_PAIRS:
        each = [regress(draw, own, one) for own, one in zip(answers, gain.tolist(), strict=True)]
        return np.stack([one for one, _ in each]), np.stack([one for _, one in each])
    key = ("kriging", draw.masks.shape, draw.masks.tobytes())
    if key not in kept:
        kept[key] = Kriging(draw)
    found: tuple[Array, Array] = kept[key].values((answers[:, 0] - answers[:, 1]) / 2, gain)
    return found


def regress(draw: Draw, answers: Array, gain: float) -> tuple[Array, Array]:
    """Shapley values ``(d,)`` and their standard errors from v of each S and its complement.

    ``answers`` is ``(2, pairs)``, ``gain`` is v(all) − v(∅). A pair holds S and its complement at
    the same weight, so only the odd half (v(S) − v(complement)) / 2 moves the solution. The
    constraint Σ = gain is met by regressing in the plane of vectors that sum to 0, with the rank
    cut there; a Lagrange multiplier or a large weight would cost more than a digit.
    """
    players = draw.masks.shape[1]
    if players < 2:
        return np.full(players, gain), np.zeros(players)
    kept = draw.masks - 0.5
    centred = kept - kept.mean(axis=1, keepdims=True)
    odd = (answers[0] - answers[1]) / 2 - kept.sum(axis=1) * gain / players
    # All coalitions of size s together weigh 1 / (s (d − s)), split evenly over those drawn; in
    # the middle size one pair is two of them, elsewhere S and its complement differ in size.
    drawn = np.bincount(draw.size)[draw.size] * np.where(2 * draw.size == players, 2, 1)
    weight = np.sqrt(1 / (draw.size * (players - draw.size) * drawn))
    design = weight[:, None] * centred
    solve = np.linalg.pinv(design, rcond=1e-10)
    hat = np.einsum("ij,ji->i", design, solve)
    slopes = solve @ (weight * odd)
    values = gain / players + slopes - slopes.mean()
    residual = weight * (odd - centred @ slopes) / np.maximum(1 - hat, 1e-6)
    return values, draw.standard_error(solve.T * residual[:, None])
