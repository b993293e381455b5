"""Gradients at noisy copies of the instances, asked once and kept as running sums."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xaiframe.explanation import Array, Attribution
from xaiframe.probe.gradients import GradientBank

GROUPS = 10
"""Parts of the copies that are left out in turn, for standard errors that have no formula."""


class Noisy:
    """Running sums of the gradients at ``samples`` Gaussian copies of a bank's n instances.

    ``noise``: standard deviation as a share of each element's extent on the training split.
    Gradients are in score per standard deviation. ``sums`` and ``squares`` ``(groups, n, *space)``
    float64 add up the copies of each group; ``square`` are :class:`Moments` of the squared
    gradients per interpretable feature, ``slope`` those of the gradients themselves; in an
    embedding its dimensions stay apart there, for the norm over them is taken last.
    """

    def __init__(self, bank: GradientBank, samples: int, noise: float) -> None:
        groups = min(GROUPS, samples)
        self.samples = samples
        self.counts = np.bincount(np.arange(samples) % groups)
        self.sums = np.zeros((groups, *bank.inputs.shape))
        self.squares = np.zeros_like(self.sums)
        self.slope, self.square = Moments(), Moments()
        for copies, slopes in _slopes(bank, samples, noise):
            powers = slopes**2
            for place, copy in enumerate(copies):
                self.sums[copy % groups] += slopes[:, place]
                self.squares[copy % groups] += powers[:, place]
            self.slope.add(slopes if bank.embedding else per_feature(slopes, bank))
            self.square.add(per_feature(bank.fold_each(powers), bank))

    @property
    def mean(self) -> Array:
        """``(n, *space)`` mean gradient."""
        return np.asarray(self.sums.sum(axis=0) / self.samples)

    @property
    def mean_square(self) -> Array:
        """``(n, *space)`` mean squared gradient."""
        return np.asarray(self.squares.sum(axis=0) / self.samples)

    @property
    def variance(self) -> Array:
        """``(n, *space)`` variance of the gradient over the copies, unbiased."""
        return variance(self.sums.sum(axis=0), self.squares.sum(axis=0), self.samples)

    def variance_without(self) -> Iterator[Array]:
        """:attr:`variance` with each group left out in turn."""
        for group, count in enumerate(self.counts):
            rest = np.arange(len(self.counts)) != group
            yield variance(
                self.sums[rest].sum(axis=0), self.squares[rest].sum(axis=0), self.samples - count
            )


def noisy(bank: GradientBank, samples: int, noise: float) -> Noisy:
    """The gradients at noisy copies; methods that share the noise share the copies."""
    key = ("noisy", samples, noise)
    if key not in bank.answered:
        bank.answered[key] = Noisy(bank, samples, noise)
    found: Noisy = bank.answered[key]
    return found


def check_noise(samples: int, noise: float) -> None:
    """Raise ValueError for settings that give no copies to compare."""
    if samples < 2:
        raise ValueError(f"samples must be at least 2, not {samples}")
    if not noise > 0:
        raise ValueError(f"noise must be above 0, not {noise}")


def variance(total: Array, squares: Array, count: int) -> Array:
    """Unbiased variance of ``count`` numbers from their sum and their sum of squares."""
    return np.asarray(np.maximum(squares - total**2 / count, 0) / (count - 1))


class Moments:
    """Running sums of what is added, ``(n, k, …)`` at a time, along the second axis."""

    def __init__(self) -> None:
        self.count, self.total, self.squares = 0, np.zeros(1), np.zeros(1)

    def add(self, values: Array) -> None:
        self.count += values.shape[1]
        self.total = self.total + values.sum(axis=1)
        self.squares = self.squares + (values**2).sum(axis=1)

    @property
    def variance(self) -> Array:
        """``(n, …)``: of one of the added values."""
        return variance(self.total, self.squares, self.count)

    @property
    def error(self) -> Array:
        """``(n, …)``: standard error of the mean of the added values."""
        return np.asarray(np.sqrt(self.variance / self.count))


def _slopes(bank: GradientBank, samples: int, noise: float) -> Iterator[tuple[range, Array]]:
    """Which copies, and ``(n, k, *space)`` their gradients in score per standard deviation."""
    generators = [bank.rng(position, "smoothgrad") for position in range(len(bank))]
    spread = noise * bank.extent
    for chunk in bank.chunks(samples, len(bank)):
        shape = (len(chunk), *bank.inputs.shape[1:])
        drawn = np.stack([one.standard_normal(shape, dtype=np.float32) for one in generators])
        _, gradients = bank.gradients(bank.inputs[:, None] + bank.tensor(drawn * spread))
        yield chunk, gradients.cpu().numpy() * bank.scale.astype(float)


def per_feature(values: Array, bank: GradientBank) -> Array:
    """``(n, k, features)``: ``values`` ``(n, k, *input_shape)`` summed over each feature."""
    n, copies = values.shape[:2]
    flat = Attribution(values.reshape(n * copies, *values.shape[2:]), "element")
    mask = np.repeat(bank.feature_mask, copies, axis=0) if bank.own_features else bank.feature_mask
    return flat.per_feature(mask, bank.features).reshape(n, copies, bank.features)
