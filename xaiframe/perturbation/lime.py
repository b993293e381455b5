"""LIME: a weighted linear surrogate fitted around one instance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from lime.lime_tabular import LimeTabularExplainer
from scipy.stats import binom

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.sampling import Draw

IMAGE_KERNEL_WIDTH = 0.25
"""lime's default width for cosine distances between coalitions of patches."""


@dataclass(frozen=True)
class Lime(Method):
    """Coefficients of a local ridge regression of the score, as contributions.

    samples: rows drawn per instance of a table.
    around_instance: draw them around the instance, as the paper does; False draws them around
    the training mean, as the library does by default.
    discretize_continuous: replace each column by "in the same quartile as the instance".
    coalitions: coalitions of patches per image, shared with methods that ask for as many.
    kernel_width: of lime's exponential kernel; 0 takes the library's (0.75 √columns, images 0.25).

    Ribeiro, Singh & Guestrin 2016 (doi:10.1145/2939672.2939778). The lime library draws, and its
    regression is solved here in closed form.
    ``values`` ``(n, features)`` are contributions in units of the score, comparable with Shapley
    values about the same reference. Tables: slope × (x − baseline), and for a category the
    coefficient of having the instance's level × the share of the background that has another;
    when discretised the coefficient itself, which estimates another thing: being in that quartile
    and not elsewhere.
    Images, text, series: the coefficient of showing a part rather than the background, coalitions
    weighted back to lime's fair-coin draw; a part equal to all background rows gets 0. ``error``
    is the sandwich estimator of the spread over draws of the samples, not the surrogate's misfit.
    """

    samples: int = 1000
    around_instance: bool = True
    discretize_continuous: bool = False
    coalitions: int = 512
    kernel_width: float = 0.0

    direction = "perturbation"
    library = "lime"
    stochastic = True
    cost = "instances * samples"
    reference = "doi:10.1145/2939672.2939778"

    def __post_init__(self) -> None:
        if min(self.samples, self.coalitions) < 10:
            raise ValueError("samples and coalitions must be at least 10 each")
        if self.kernel_width < 0:
            raise ValueError(f"kernel_width must not be negative, not {self.kernel_width}")

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Attributions ``(n, features)`` of the bank's instances."""
        before = bank.evaluations
        values, error = self._rows(bank) if bank.modality == "table" else self._patches(bank)
        return Attribution(values, "feature", error, None, bank.evaluations - before)

    def _rows(self, bank: CoalitionBank) -> tuple[Array, Array]:
        rows = TableRows(bank)
        explainers: dict[tuple[int, ...], LimeTabularExplainer] = {}
        values, errors = (np.zeros((len(bank), bank.features)) for _ in range(2))
        at_once = max(1, bank.scorer.max_batch // self.samples)
        for start in range(0, len(bank), at_once):
            positions = range(start, min(start + at_once, len(bank)))
            drawn = []
            for position in positions:
                levels = rows.levels(position)
                if levels not in explainers:
                    explainers[levels] = self._explainer(rows, levels)
                drawn.append(self._drawn(explainers[levels], rows, levels, position))
            scores = rows.score([inverse for _, inverse in drawn], positions)
            for position, (data, _), answers in zip(positions, drawn, scores, strict=True):
                levels = rows.levels(position)
                scaler, kernel = explainers[levels].scaler, explainers[levels].base.kernel_fn
                scaled = (data - scaler.mean_) / scaler.scale_
                weight = kernel(np.sqrt(((scaled - scaled[0]) ** 2).sum(axis=1)))
                slopes, influence = ridge(scaled, answers, weight)
                step = 1.0
                if not self.discretize_continuous:
                    step = rows.steps(position, levels) / scaler.scale_
                values[position] = slopes * step
                errors[position] = np.sqrt((influence**2).sum(axis=0)) * np.abs(step)
        return values, errors

    def _explainer(self, rows: TableRows, levels: tuple[int, ...]) -> LimeTabularExplainer:
        return LimeTabularExplainer(
            rows.filled(rows.train, levels),
            mode="regression",
            categorical_features=list(levels),
            kernel_width=self.kernel_width or None,
            feature_selection="none",
            discretize_continuous=self.discretize_continuous,
            sample_around_instance=self.around_instance,
        )

    def _drawn(
        self,
        explainer: LimeTabularExplainer,
        rows: TableRows,
        levels: tuple[int, ...],
        position: int,
    ) -> tuple[Array, Array]:
        """``(samples, features)`` each: what lime regresses on and the rows that this stands for,

        drawn under the row's own seed; the first is the row itself."""
        drawer = np.random.RandomState(int(rows.bank.rng(position, "lime").integers(2**32)))
        explainer.random_state = drawer
        if explainer.discretizer is not None:
            explainer.discretizer.random_state = drawer
        own = rows.filled(rows.own[position : position + 1], levels)[0]
        # lime draws in a private method: it would ask the model of one instance at a time.
        data, inverse = explainer._LimeTabularExplainer__data_inverse(own, self.samples)
        inverse[:, list(levels)] = np.where(
            inverse[:, list(levels)] == rows.none[list(levels)], np.nan, inverse[:, list(levels)]
        )
        return data, inverse

    def _patches(self, bank: CoalitionBank) -> tuple[Array, Array]:
        values = np.zeros((len(bank), bank.features))
        error = np.zeros((len(bank), bank.features))
        for position, (draw, answers) in enumerate(bank.sample(self.coalitions)):
            active = bank.active[position]
            if not active.any():
                continue
            scores = np.array([bank.full[position], *answers.ravel(), bank.empty[position]])
            slopes, influence = self._fit_patches(draw, scores)
            values[position, active] = slopes
            if len(draw):  # of a single player there is nothing to draw
                first, second = influence[1:-1].reshape(2, len(draw), -1)
                error[position, active] = draw.standard_error(first + second)
        return values, error

    def _fit_patches(self, draw: Draw, scores: Array) -> tuple[Array, Array]:
        """Slopes and influence of the coalitions (all, the draw's, none) and their ``scores``."""
        players = draw.masks.shape[1]
        everything = np.ones((1, players), dtype=bool)
        masks = np.concatenate([everything, draw.coalitions, ~everything])
        size = masks.sum(axis=1)
        # lime tosses a fair coin per patch; our draw favours small and large coalitions.
        chance = fair_coins(players)[size] / np.bincount(size)[size]
        weight = len(masks) * chance
        weight[0] += 1  # and lime always adds the whole instance
        width = self.kernel_width or IMAGE_KERNEL_WIDTH
        distance = 1 - np.sqrt(size / players)  # cosine distance to the whole instance
        weight *= np.sqrt(np.exp(-(distance**2) / width**2))
        return ridge(masks.astype(np.float64), scores, weight)


@cache
def fair_coins(players: int) -> Array:
    """``(players + 1,)`` chance of so many heads."""
    return np.asarray(binom.pmf(np.arange(players + 1), players, 0.5))


def ridge(x: Array, y: Array, weight: Array, alpha: float = 1.0) -> tuple[Array, Array]:
    """Slopes ``(features,)`` and influence ``(rows, features)`` of the regression that lime fits,

    in closed form: ``x`` ``(rows, features)``, ``y`` and ``weight`` ``(rows,)``, α on the slopes
    alone. A row's influence is its weighted residual carried to the slopes, corrected for its
    leverage (HC3): the sum of squares over rows is the sandwich variance.
    """
    share = weight / weight.sum()
    centred = x - share @ x
    weighted = weight[:, None] * centred
    solve = np.linalg.solve(centred.T @ weighted + alpha * np.eye(x.shape[1]), weighted.T)
    slopes = solve @ y
    leverage = np.einsum("ij,ji->i", centred, solve) + share
    residual = (y - share @ y - centred @ slopes) / np.maximum(1 - leverage, 1e-6)
    return slopes, solve.T * residual[:, None]


class TableRows:
    """The rows of a bank as lime takes them: one number per feature, a code for a level.

    A feature counts as levels when it is a category or a truth value, and where the instance
    lacks it: "missing" is then one level and every value of training another.
    """

    def __init__(self, bank: CoalitionBank) -> None:
        encoding, data = bank.data.encoding, bank.data
        kinds = [encoding.kinds.get(name, "numeric") for name in data.features]
        self.bank, self.encoding = bank, encoding
        self.named = [k for k, kind in enumerate(kinds) if kind in ("categorical", "boolean")]
        self.train, self.own, self.background = (
            encoding.values(x) for x in (data.train.x, bank.x, bank.reference.background)
        )
        somewhere = ~np.isnan(self.train).all(axis=0)
        known = np.where(somewhere, self.train, 0.0)
        self.none = np.nanmin(known, axis=0) - 1
        """A number that no training row has, for what is missing."""
        self.middle = np.nanmedian(known, axis=0)

    def levels(self, position: int) -> tuple[int, ...]:
        """The features that count as levels around one instance."""
        absent = np.flatnonzero(np.isnan(self.own[position])).tolist()
        return tuple(sorted({*self.named, *absent}))

    def filled(self, values: Array, levels: tuple[int, ...]) -> Array:
        """``(n, features)`` without NaN: a number of its own for levels, the median otherwise."""
        stand_in = self.middle.copy()
        stand_in[list(levels)] = self.none[list(levels)]
        return np.where(np.isnan(values), stand_in, values)

    def steps(self, position: int, levels: tuple[int, ...]) -> Array:
        """``(features,)`` from the background's mean to the instance; for a level the share of
        the background that has another."""
        own = self.filled(self.own[position : position + 1], levels)[0]
        background, weights = self.filled(self.background, levels), self.bank.reference.weights
        away = own - weights @ background
        away[list(levels)] = weights @ (background != own)[:, list(levels)]
        return np.asarray(away)

    def score(self, drawn: Sequence[Array], positions: Sequence[int]) -> Array:
        """``(p, k)`` scores of the rows ``(k, features)`` drawn for each of some instances."""
        x = self.encoding.elements(np.concatenate(drawn))
        return self.bank.score(x.reshape(len(drawn), -1, *x.shape[1:]), np.asarray(positions))
