"""Functional ANOVA: how much of the score's variance single features and pairs account for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.interactions import Interactions
from xaiframe.probe.mixing import Mixing
from xaiframe.probe.pairs import pairs_of
from xaiframe.probe.score import Population


@dataclass(frozen=True)
class FunctionalDecomposition(Method):
    """The score as a sum of main effects, effects of pairs and a remainder that do not overlap.

    samples: rows drawn, at least 64, each feature from a row of its own.
    top: features whose pairs are asked about, at least 2: those with the most variance beyond
    their main effect.

    Hooker 2007 (doi:10.1198/106186007X237892) with the product of the features' own distributions
    as weight; there the shares of variance are Sobol's indices (2001,
    doi:10.1016/S0378-4754(00)00270-6) and sum to 1. Where features depend on each other some of
    these rows never occur: ``spread`` is the variance over them ÷ over the real rows, far from 1
    where that matters. Of several outputs the variances are added (Gamboa et al. 2014,
    doi:10.1214/14-EJS895). Two draws that share features, and the difference that sharing
    them makes (Saltelli et al. 2010, doi:10.1016/j.cpc.2009.09.018): an effect that is not there
    has no noise. ``error`` is the standard error over the draws; a share below 0 is noise.
    """

    samples: int = 4096
    top: int = 8

    scope = "global"
    direction = "perturbation"
    kind = "interactions"
    signed = False
    modalities = ("table", "image", "series")
    own_reference = True
    stochastic = True
    cost = "rows + samples * (2 + features + min(top, features) * (min(top, features) - 1) / 2)"
    reference = "doi:10.1198/106186007X237892; doi:10.1016/S0378-4754(00)00270-6"

    def __post_init__(self) -> None:
        if self.samples < 64:
            raise ValueError(f"samples must be at least 64, not {self.samples}")
        if self.top < 2:
            raise ValueError(f"top must be at least 2, not {self.top}")

    def explain(self, population: Population) -> Interactions:
        """Shares of variance of every feature and of the leading pairs, and the remainder.

        Raises NotApplicable where features are not aligned or the score never changes.
        """
        before, draws = population.scorer.evaluations, Draws(population, self.samples)
        features = range(len(population.features))
        moved = [draws.exchanged((k,)) for k in features]
        main = [draws.share(one - draws.own) for one in moved]
        alone = np.array([value for value, _ in main])
        beyond = np.array([draws.total(one) for one in moved]) - alone
        chosen = pairs_of(np.sort(np.argsort(-beyond, kind="stable")[: self.top]))
        pairs = []
        for a, b in chosen.tolist():
            both = draws.exchanged((a, b))
            pairs.append(draws.share(both - moved[a] - moved[b] + draws.own))
        names = np.array(population.features, dtype=object)
        together = pd.DataFrame(pairs, columns=["value", "error"])
        return Interactions(
            index="variance",
            pairs=together.assign(first=names[chosen[:, 0]], second=names[chosen[:, 1]]),
            alone=pd.DataFrame(main, columns=["value", "error"]).assign(feature=names),
            remainder=float(1 - alone.sum() - together["value"].sum()),
            spread=draws.variance / draws.real if draws.real > 0 else float("nan"),
            n=self.samples,
            evaluations=population.scorer.evaluations - before,
        )


class Draws:
    """Two draws of rows, and what becomes of the first when it takes features of the second.

    own, other
        ``(n, outputs)`` scores of either.
    variance, real
        of the score over the draws, and over the population's rows, outputs added.
    """

    def __init__(self, population: Population, samples: int) -> None:
        self.mixing = Mixing(population)
        rows, features = len(population.rows), len(population.features)
        random = np.random.default_rng([population.seed % 2**64, 59])
        self.first, self.second = random.integers(0, rows, (2, samples, features))
        self.own, self.other = (self.mixing.recomposed(one) for one in (self.first, self.second))
        both = np.concatenate([self.own, self.other])
        self.centre, self.variance = both.mean(axis=0), float(both.var(axis=0).sum())
        if self.variance <= 1e-24:
            raise NotApplicable("the score is the same whatever the features are")
        whole = self.mixing.recomposed(np.repeat(np.arange(rows)[:, None], features, axis=1))
        self.real = float(whole.var(axis=0).sum())

    def exchanged(self, features: tuple[int, ...]) -> Array:
        """``(n, outputs)`` scores of the first draw with these features of the second."""
        origins = self.first.copy()
        origins[:, features] = self.second[:, features]
        return self.mixing.recomposed(origins)

    def share(self, difference: Array) -> tuple[float, float]:
        """Covariance of what features taken from the second draw make of the first, ``difference``
        ``(n, outputs)``, with the second, as a share of variance, and its standard error."""
        away = self.other - self.centre
        products = (away * difference).sum(axis=1)
        value = float(products.mean() / self.variance)
        influence = products - value * (away**2).sum(axis=1)
        error = float(influence.std(ddof=1) / np.sqrt(len(influence)) / self.variance)
        return value, error

    def total(self, after: Array) -> float:
        """Share of variance that a feature has a part in, alone or with others (Jansen 1999)."""
        return float(((after - self.own) ** 2).sum(axis=1).mean() / 2 / self.variance)
