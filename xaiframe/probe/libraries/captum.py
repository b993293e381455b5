"""Attributions as the captum library computes them: same reference, target, scale and units.

captum's defaults are not the papers' and not ours; each function says what it sets and why.
captum states no error of what it draws.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial
from math import lcm
from typing import Literal

import captum.attr as captum
import numpy as np
import torch
from torch import Tensor

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Attribution
from xaiframe.model.memory import until_it_fits
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.libraries.seeds import seeded

MOST_ROWS = 10_000
"""Longest list of background rows, each as often as it weighs, that captum may draw from."""
Kind = Literal["smoothgrad", "smoothgrad_sq", "vargrad"]
Forward = Callable[[Tensor], Tensor]
Ask = Callable[[Forward, Tensor, int], Tensor]
"""``(forward, x (1, *space), position)`` → ``(1, *space)`` attributions."""


def feature_ablation(bank: CoalitionBank) -> Attribution:
    """FeatureAblation against each background row, averaged by weight; the default is zeros."""
    before = bank.evaluations
    values = np.zeros((len(bank), bank.features))

    def forward(rows: Tensor) -> Tensor:
        bank.evaluations += len(rows)
        return torch.from_numpy(bank.scorer.outputs(rows.numpy()))

    background = torch.from_numpy(bank.reference.background)
    for position, x in enumerate(torch.from_numpy(bank.x)):
        own = bank.feature_mask[position] if bank.own_features else bank.feature_mask
        found = captum.FeatureAblation(forward).attribute(
            x[None].expand_as(background).contiguous(),
            background,
            int(bank.targets[position]),
            feature_mask=torch.from_numpy(np.ascontiguousarray(own))[None],
            perturbations_per_eval=max(1, bank.scorer.max_batch // len(background)),
        )
        mean = np.tensordot(bank.reference.weights, found.numpy().astype(np.float64), axes=1)
        there, first = np.unique(own, return_index=True)
        values[position, there] = mean.reshape(-1)[first]
    return Attribution(values, "feature", evaluations=bank.evaluations - before)


def saliency(bank: GradientBank) -> Attribution:
    """Saliency with its sign (``abs=False``), per standard deviation."""

    def ask(forward: Forward, x: Tensor, position: int) -> Tensor:
        found = captum.Saliency(forward).attribute(x, int(bank.targets[position]), abs=False)
        return _scaled(bank, found)

    return _each(bank, ask, norm=True)


def input_x_gradient(bank: GradientBank) -> Attribution:
    """InputXGradient of the distance to the baseline: captum multiplies by the input itself."""

    def ask(forward: Forward, x: Tensor, position: int) -> Tensor:
        baseline = bank.baseline.clone()
        shifted = captum.InputXGradient(lambda distance: forward(baseline + distance))
        return shifted.attribute(_leaf(x - baseline), int(bank.targets[position]))

    return _each(bank, ask)


def noise_tunnel(bank: GradientBank, kind: Kind, samples: int, noise: float) -> Attribution:
    """NoiseTunnel over signed Saliency, ``noise`` a share of each element's range.

    captum's ``stdevs`` is one absolute number for all elements, by default 1.0: the model is
    asked in units of each element's noise. Elements that never change on the training split get
    none. Its VarGrad divides by ``samples``; here by one less, as an unbiased variance does.
    """
    power = 1 if kind == "smoothgrad" else 2
    unbiased = samples / (samples - 1) if kind == "vargrad" else 1.0

    def ask(forward: Forward, x: Tensor, position: int) -> Tensor:
        spread = bank.tensor(noise * bank.extent)
        moving = spread > 0
        unit = torch.where(moving, spread, 1.0)

        def rescaled(loud: Tensor, still: Tensor) -> Tensor:
            return forward(torch.where(moving, loud * unit, still))

        loud, still = captum.NoiseTunnel(captum.Saliency(rescaled)).attribute(
            (_leaf(x / unit), _leaf(x)),
            nt_type=kind,
            nt_samples=samples,
            nt_samples_batch_size=min(samples, bank.scorer.max_batch),
            stdevs=(1.0, 0.0),
            target=int(bank.targets[position]),
            abs=False,
        )
        found = torch.where(moving, loud.double() / unit.double() ** power, still.double())
        return _scaled(bank, unbiased * found, power)

    return _each(bank, ask, norm=power == 1)


def integrated_gradients(
    bank: GradientBank, steps: int, tolerance: float, limit: int
) -> Attribution:
    """IntegratedGradients from each background row, averaged by weight; the default is zeros.

    The steps are doubled while the sum misses score − base, as our own engine does; captum stays
    at its 50.
    """
    weights = bank.reference.weights

    def ask(forward: Forward, x: Tensor, position: int) -> Tensor:
        rows, points = bank.background.clone(), steps
        gain = bank.full[position] - bank.empty[position]
        size = weights @ np.abs(bank.full[position] - bank.background_scores[position])
        while True:
            most = bank.scorer.max_batch
            parts = [
                captum.IntegratedGradients(forward).attribute(
                    x.expand_as(some).contiguous(),
                    some,
                    int(bank.targets[position]),
                    n_steps=points,
                    method="gausslegendre",
                    internal_batch_size=most,  # captum takes at least a point of every row
                )
                for some in rows.split(most)
            ]
            paths = torch.cat(parts)
            found = torch.tensordot(bank.tensor(weights, torch.float64), paths.double(), dims=1)
            if abs(float(found.detach().sum()) - gain) <= tolerance * size or 2 * points > limit:
                return found[None]
            points *= 2

    return _each(bank, ask, base=True)


def expected_gradients(bank: GradientBank, samples: int) -> Attribution:
    """GradientShap without noise on the input, in draws of at most a batch.

    captum draws background rows alike, so each is listed as often as it weighs. Raises
    NotApplicable where the weights have no common measure.
    """
    often = multiplicities(bank.reference.weights)

    def ask(forward: Forward, x: Tensor, position: int) -> Tensor:
        rows = bank.background[torch.as_tensor(np.repeat(np.arange(len(often)), often))]
        shap, target = captum.GradientShap(forward), int(bank.targets[position])
        most = bank.scorer.max_batch
        sizes = [min(most, samples - start) for start in range(0, samples, most)]
        parts = [
            size * shap.attribute(x, rows, n_samples=size, stdevs=0.0, target=target).double()
            for size in sizes
        ]
        return torch.stack(parts).sum(dim=0) / samples

    return _each(bank, ask, base=True)


def multiplicities(weights: Array) -> Array:
    """``(m,)`` whole numbers in the proportion of ``weights`` ``(m,)``."""
    shares = [Fraction(float(one)).limit_denominator(MOST_ROWS) for one in weights]
    whole = lcm(*(share.denominator for share in shares))
    counts = np.array([int(share * whole) for share in shares])
    if counts.sum() > MOST_ROWS or not np.allclose(counts / whole, weights, rtol=1e-6, atol=1e-9):
        raise NotApplicable(
            "captum draws background rows alike, and these weights are no whole numbers of rows"
        )
    return counts


def _each(bank: GradientBank, ask: Ask, norm: bool = False, base: bool = False) -> Attribution:
    """What ``ask`` says of every instance alone, seeded by its id; folded, counted.

    The model gets a copy: a first layer that works in place must not write on captum's inputs.
    """
    before = bank.evaluations

    def forward(rows: Tensor) -> Tensor:
        bank.evaluations += len(rows)
        return bank.module(rows.clone())

    def alone(position: int) -> Array:
        spent = bank.evaluations
        try:
            with seeded(bank, position), torch.inference_mode(False), torch.enable_grad():
                x = _leaf(bank.inputs[position : position + 1])
                return np.asarray(ask(forward, x, position).detach().cpu().numpy()[0])
        except Exception:
            bank.evaluations = spent  # what did not fit into memory is asked again
            raise

    found = np.zeros(bank.inputs.shape)
    for position in range(len(bank)):
        found[position] = until_it_fits(bank.scorer, partial(alone, position))
    start = bank.empty if base else None
    values = bank.fold(found, norm=norm)
    return Attribution(values, "element", None, start, bank.evaluations - before)


def _leaf(x: Tensor) -> Tensor:
    return x.detach().clone().requires_grad_(True)


def _scaled(bank: GradientBank, found: Tensor, power: int = 1) -> Tensor:
    """Gradients, or squares of them, per standard deviation of each element."""
    return found.double() * bank.tensor(bank.scale, torch.float64) ** power
