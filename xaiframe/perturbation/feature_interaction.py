"""Friedman's H: the share of an effect that features have only together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.interactions import Interactions
from xaiframe.probe.mixing import Mixing
from xaiframe.probe.pairs import pairs_of
from xaiframe.probe.score import Population

ROUNDING = 1e-6
"""Share of the score's standard deviation that single precision leaves of nothing."""
DRAWS = 200
FLIPS, RARE = 1000, 0.99
"""How often companies are turned round for the null, and the quantile of the sizes that is told."""
FEWEST = 8
"""Rows without which turning them round gives the same effect more often than that."""


@dataclass(frozen=True)
class FeatureInteraction(Method):
    """H² of two features: variance of what partial dependence adds for both ÷ that for both.

    sample: rows, at least 8, evenly spread; each is combined with each.
    top: features whose pairs are asked about, at least 2, those with the largest joint effect with
    all others.

    Friedman & Popescu 2008 (doi:10.1214/07-AOAS148). ``value`` is H: 0 where the effects add up, 1
    where there is no effect but together; of a feature alone, the same with all others at once.
    ``size`` is the joint effect itself, a standard deviation in units of the score (Inglis, Parnell
    & Hurley 2022, doi:10.1080/10618600.2021.2007935). Every part is averaged over the same rows, so
    that features whose effects add up get 0 in any sample.

    ``chance`` is the null of a pair's size: what a joint effect that turns with its company (as in
    a product of three) would leave of itself when averaged over so many rows. The joint effect in
    the company of each row is taken with its own sign or the other one, and averaged again; 99 of
    100 such sizes lie below. A pair whose size does not exceed it is not told apart from none, and
    comes behind those that are; no effect is too small to be told. ``error`` is a bootstrap over
    the rows at which effects are taken.
    Features are set apart from each other, into combinations that may never occur. Of several
    outputs the variances are averaged.
    """

    sample: int = 60
    top: int = 10

    scope = "global"
    direction = "perturbation"
    kind = "interactions"
    signed = False
    modalities = ("table", "image", "series")
    own_reference = True
    cost = (
        "min(sample, rows) + min(sample, rows) ** 2 * (2 * features"
        " + min(top, features) * (min(top, features) - 1) / 2)"
    )
    reference = "doi:10.1214/07-AOAS148; doi:10.1080/10618600.2021.2007935"

    def __post_init__(self) -> None:
        if self.sample < FEWEST:
            raise ValueError(f"sample must be at least {FEWEST}, not {self.sample}")
        if self.top < 2:
            raise ValueError(f"top must be at least 2, not {self.top}")

    def explain(self, population: Population) -> Interactions:
        """Pairs of the leading features, and every feature with all others.

        Raises NotApplicable where features are not aligned, the score is the same in all rows, or
        there are fewer than 8.
        """
        mixing, before = Mixing(population), population.scorer.evaluations
        size, names = min(self.sample, len(population.rows)), np.array(population.features, object)
        if size < FEWEST:
            raise NotApplicable(f"{size} rows tell no effect from chance; {FEWEST} may")
        rows = evenly(len(population.rows), self.sample)
        every = np.eye(len(names), dtype=bool)
        whole = centred(mixing.recomposed(np.repeat(rows[:, None], len(names), axis=1)))
        if np.allclose(whole, 0, atol=1e-12):
            raise NotApplicable("the score is the same in every row of the sample")
        ratio = Ratio(size, population.seed, float(np.sqrt((whole**2).mean())))
        beside = [mixing.responses(one, rows) for one in every]
        single = [centred(one.mean(axis=1)) for one in beside]
        rest = [centred(mixing.dependence(~one, rows)) for one in every]
        alone = [
            ratio(whole - own - others, whole) for own, others in zip(single, rest, strict=True)
        ]
        joint = np.array([one["size"] for one in alone])
        chosen = pairs_of(np.sort(np.argsort(-joint, kind="stable")[: self.top]))
        pairs = []
        for a, b in chosen.tolist():
            both = mixing.responses(every[a] | every[b], rows)
            random = np.random.default_rng([population.seed % 2**64, 59, a, b])
            chance = by_chance(centred(both - beside[a] - beside[b]), random)
            effect = centred(both.mean(axis=1))
            found = ratio(effect - single[a] - single[b], effect)
            pairs.append(found | {"chance": chance})
        columns = ["value", "error", "size"]
        return Interactions(
            index="h",
            pairs=pd.DataFrame(pairs, columns=[*columns, "chance"]).assign(
                first=names[chosen[:, 0]], second=names[chosen[:, 1]]
            ),
            alone=pd.DataFrame(alone, columns=columns).assign(feature=names),
            n=size,
            evaluations=population.scorer.evaluations - before,
        )


def centred(effect: Array) -> Array:
    """``(n, …)`` with mean 0 over the instances."""
    return np.asarray(effect - effect.mean(axis=0))


def by_chance(joint: Array, random: np.random.Generator) -> float:
    """The size that 99 of 100 means over the company of ``joint`` ``(n, company, outputs)`` stay
    below, when each company's effect is turned round or not by the throw of a coin."""
    n, company, outputs = joint.shape
    signs = random.integers(0, 2, (FLIPS, company)) * 2 - 1
    means = signs @ joint.transpose(1, 0, 2).reshape(company, n * outputs) / company
    return float(np.quantile(np.sqrt((means**2).mean(axis=1)), RARE))


class Ratio:
    """H, its error and the joint effect, from effects at the same n rows.

    scale: standard deviation of the score.
    """

    def __init__(self, n: int, seed: int, scale: float) -> None:
        draws = np.random.default_rng([seed % 2**64, 53]).integers(0, n, (DRAWS, n))
        self.counts = np.stack([np.bincount(one, minlength=n) for one in draws])
        self.least = ROUNDING * scale

    def __call__(self, joint: Array, effect: Array) -> dict[str, float]:
        """Of the ``joint`` part ``(n, outputs)`` in the ``effect`` ``(n, outputs)``; 0 where it is
        no larger than rounding gives."""
        above, below = (joint**2).mean(axis=1), (effect**2).mean(axis=1)
        size = float(np.sqrt(above.mean()))
        if size <= self.least or below.sum() == 0:
            return {"value": 0.0, "error": 0.0, "size": size}
        again = np.sqrt(self.counts @ above / np.maximum(self.counts @ below, 1e-300))
        value = float(np.sqrt(above.sum() / below.sum()))
        return {"value": value, "error": float(again.std(ddof=1)), "size": size}
