"""Answers at noisy copies of the instances, asked once and kept as running sums."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from torch import Tensor

from xaiframe.explanation import Array, Attribution
from xaiframe.probe.gradients import GradientBank

GROUPS = 10
"""Parts of the copies that are left out in turn, for standard errors that have no formula."""


Ask = Callable[[GradientBank], Attribution]
"""What a method explains, element by element."""


class Noisy:
    """Running sums of the answers at ``samples`` Gaussian copies of a bank's n instances.

    ``noise``: standard deviation as a share of each element's extent on the training split.
    ``ask`` explains the copies; without it they are asked for their gradients, in score per
    standard deviation. ``sums`` and ``squares`` ``(groups, n, …)`` float64 add up the copies of
    each group; ``square`` are :class:`Moments` of the squared answers per interpretable feature,
    ``slope`` those of the answers themselves. Gradients in an embedding keep its dimensions apart,
    ``(n, *space)``, for the norm over them is taken last; everything else is ``(n, *input_shape)``.
    """

    def __init__(
        self, bank: GradientBank, samples: int, noise: float, ask: Ask | None = None
    ) -> None:
        groups = min(GROUPS, samples)
        self.bank, self.samples = bank, samples
        self.apart = ask is None and bank.embedding is not None
        self.evaluations = 0
        self.counts = np.bincount(np.arange(samples) % groups)
        self.sums = np.zeros((groups, *(bank.inputs if self.apart else bank.x).shape))
        self.squares = np.zeros_like(self.sums)
        self.slope, self.square = Moments(), Moments()
        for copies, answers in self._answers(noise, ask):
            powers = answers**2
            for place, copy in enumerate(copies):
                self.sums[copy % groups] += answers[:, place]
                self.squares[copy % groups] += powers[:, place]
            self.slope.add(answers if self.apart else per_feature(answers, bank))
            self.square.add(per_feature(bank.fold_each(powers) if self.apart else powers, bank))

    def _answers(self, noise: float, ask: Ask | None) -> Iterator[tuple[range, Array]]:
        """Which copies, and ``(n, k, …)`` their answers."""
        bank = self.bank
        for copies, points in _points(bank, self.samples, noise):
            if ask is None:
                _, gradients = bank.gradients(points)
                self.evaluations += len(bank) * len(copies)
                yield copies, gradients.cpu().numpy() * bank.scale.astype(float)
            else:
                answer = ask(bank.moved(points))
                self.evaluations += answer.evaluations
                yield copies, answer.values.reshape(len(bank), len(copies), *bank.x.shape[1:])

    def fold(self, values: Array, norm: bool = False) -> Array:
        """``(n, *input_shape)`` of what the properties give, see :meth:`GradientBank.fold`."""
        return self.bank.fold(values, norm) if self.apart else values

    @property
    def mean(self) -> Array:
        """``(n, …)`` mean answer."""
        return np.asarray(self.sums.sum(axis=0) / self.samples)

    @property
    def mean_square(self) -> Array:
        """``(n, …)`` mean squared answer."""
        return np.asarray(self.squares.sum(axis=0) / self.samples)

    @property
    def variance(self) -> Array:
        """``(n, …)`` variance of the answers over the copies, unbiased."""
        return variance(self.sums.sum(axis=0), self.squares.sum(axis=0), self.samples)

    def variance_without(self) -> Iterator[Array]:
        """:attr:`variance` with each group left out in turn."""
        for group, count in enumerate(self.counts):
            rest = np.arange(len(self.counts)) != group
            yield variance(
                self.sums[rest].sum(axis=0), self.squares[rest].sum(axis=0), self.samples - count
            )


def noisy(
    bank: GradientBank, samples: int, noise: float, over: str = "", ask: Ask | None = None
) -> Noisy:
    """The answers at noisy copies; methods that share the noise share them. ``over`` names
    ``ask``."""
    key = ("noisy", samples, noise, over)
    if key not in bank.answered:
        bank.answered[key] = Noisy(bank, samples, noise, ask)
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


def _points(bank: GradientBank, samples: int, noise: float) -> Iterator[tuple[range, Tensor]]:
    """Which copies, and where they lie, ``(n, k, *space)``."""
    generators = [bank.rng(position, "smoothgrad") for position in range(len(bank))]
    spread = noise * bank.extent
    for chunk in bank.chunks(samples, len(bank)):
        shape = (len(chunk), *bank.inputs.shape[1:])
        drawn = np.stack([one.standard_normal(shape, dtype=np.float32) for one in generators])
        yield chunk, bank.inputs[:, None] + bank.tensor(drawn * spread)


def per_feature(values: Array, bank: GradientBank) -> Array:
    """``(n, k, features)``: ``values`` ``(n, k, *input_shape)`` summed over each feature."""
    n, copies = values.shape[:2]
    flat = Attribution(values.reshape(n * copies, *values.shape[2:]), "element")
    mask = np.repeat(bank.feature_mask, copies, axis=0) if bank.own_features else bank.feature_mask
    return flat.per_feature(mask, bank.features).reshape(n, copies, bank.features)
