"""Wrong labels or merely hard rows: does doubt die away from the border between the classes?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2

from xaiframe.explanation import Array
from xaiframe.precaution.measure import Interval

SHARPNESS = np.geomspace(0.03, 20, 56)
FLOORS = np.r_[0.0, np.geomspace(0.002, 0.6, 115)]


@dataclass(frozen=True)
class Floor:
    """Share of rows whose label contradicts the probe however sure it is.

    value, interval: maximum likelihood and 95 % profile-likelihood interval; overlap ``(n, k)``:
    probabilities without that share, at the interval's lower end, where overlap of the classes
    explains as much as it can; wrong ``(n,)``: probability that a row's label was turned over, at
    the value.
    """

    value: float
    interval: Interval
    overlap: Array
    wrong: Array


def floor(probability: Array, y: Array) -> Floor:
    """Fit P(label k) = (1 − ε) qₖ + ε (1 − qₖ) ÷ (classes − 1), q the tempered probabilities.

    Classes that overlap leave doubt near their border only, and ε is 0: the probabilities need
    no more than another temperature (Guo et al. 2017, arXiv:1706.04599). Labels turned over by
    chance contradict also where the probe is sure: ε is their share (Copas 1988,
    doi:10.1111/j.2517-6161.1988.tb01723.x). A target that is truly random at a constant rate far
    from any border looks the same as wrong labels; no method tells these apart from the data.
    ``probability`` ``(n, k)`` out of fold, k at least 2; ``y`` ``(n,)``.
    """
    # where the columns say nothing, the classes' shares are all there is to know
    shares = np.bincount(y, minlength=probability.shape[1]) / len(y)
    laws = [np.broadcast_to(shares, probability.shape)]
    laws += [tempered(probability, b) for b in SHARPNESS]
    surface = np.stack([_likelihoods(law, y) for law in laws])
    profile = surface.max(axis=0)
    within = np.flatnonzero(2 * (profile.max() - profile) <= chi2.ppf(0.95, 1))
    low, high = int(within[0]), int(within[-1])
    top = int(profile.argmax())
    return Floor(
        float(FLOORS[top]),
        (float(FLOORS[low]), float(FLOORS[high])),
        laws[int(surface[:, low].argmax())],
        turned(laws[int(surface[:, top].argmax())], y, float(FLOORS[top])),
    )


def turned(probability: Array, y: Array, share: float) -> Array:
    """``(n,)`` probability that a label of ``y`` was turned over, where ``share`` were: Bayes' rule
    on the probabilities ``(n, k)`` of the true class."""
    own = probability[np.arange(len(y)), y]
    others = share * (1 - own) / (probability.shape[1] - 1)
    return np.asarray(others / ((1 - share) * own + others))


def tempered(probability: Array, sharpness: float) -> Array:
    """``(n, k)`` positive probabilities to the power of ``sharpness``, rows summing to 1 again."""
    logs = sharpness * np.log(probability)
    told = np.exp(logs - logs.max(axis=1, keepdims=True))
    return np.asarray(told / told.sum(axis=1, keepdims=True))


def _likelihoods(probability: Array, y: Array) -> Array:
    """``(floors,)`` log-likelihood of the given labels for every floor."""
    own = probability[np.arange(len(y)), y]
    others = (1 - own) / (probability.shape[1] - 1)
    return np.asarray([np.log((1 - e) * own + e * others + 1e-12).sum() for e in FLOORS])


def redrawn(probability: Array, times: int, seed: int) -> Array:
    """``(times, n)`` labels drawn from ``probability`` ``(n, k)``."""
    random = np.random.default_rng([seed, 41])
    bounds = probability.cumsum(axis=1)[:, :-1]
    draws = random.random((times, len(probability), 1))
    return np.asarray((draws > bounds).sum(axis=2))
