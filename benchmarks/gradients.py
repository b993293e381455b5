"""Seven gradient methods from one bank, against captum one after the other, paired in one process.

Same model, instances, baselines and number of samples. Equality is checked where the samples are
the same (saliency, input × gradient, integrated gradients); where each draws its own noise, the
difference is held against the stated error. Prints seconds per side, their ratio with its range
over the pairs, and the largest deviation.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from captum import attr
from rich.console import Console
from rich.table import Table

from benchmarks.stages import RECIPES, subject_of
from xaiframe.explanation import Array
from xaiframe.gradient.expected_gradients import ExpectedGradients
from xaiframe.gradient.input_x_gradient import InputXGradient
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.saliency import Saliency
from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.gradient.smoothgrad_squared import SmoothGradSquared
from xaiframe.gradient.vargrad import VarGrad
from xaiframe.probe.gradients import GradientBank
from xaiframe.runner.subject import Subject

SAMPLES, STEPS, REPEATS = 50, 32, 5
METHODS: dict[str, Any] = {
    "saliency": Saliency(),
    "input_x_gradient": InputXGradient(),
    "smoothgrad": SmoothGrad(SAMPLES),
    "smoothgrad_squared": SmoothGradSquared(SAMPLES),
    "vargrad": VarGrad(SAMPLES),
    "integrated_gradients": IntegratedGradients(STEPS, limit=STEPS),
    "expected_gradients": ExpectedGradients(SAMPLES),
}
Answers = dict[str, Array]


def ours(subject: Subject) -> Answers:
    """Every method on one bank."""
    rows = subject.instances
    bank = GradientBank(subject.scorer, subject.data, rows.split.x, rows.targets, rows.split.ids, 0)
    return {name: method.explain(bank).values for name, method in METHODS.items()}


def theirs(subject: Subject) -> Answers:
    """captum, one method after the other, as its documentation shows them."""
    module, data = subject.scorer.module.eval(), subject.data
    x = torch.as_tensor(subject.instances.split.x)
    target = torch.as_tensor(subject.instances.targets)
    noise = 0.15 * float(data.extent.max())
    baseline = torch.as_tensor(subject.reference.baseline)
    scale, background = data.scale, torch.as_tensor(subject.reference.background)
    plain, tunnel = attr.Saliency(module), attr.NoiseTunnel(attr.Saliency(module))

    def tunnelled(kind: str) -> Array:
        found = tunnel.attribute(
            x, nt_type=kind, nt_samples=SAMPLES, stdevs=noise, target=target, abs=False
        )
        return np.asarray(found.detach().numpy())

    found = {
        "saliency": plain.attribute(x.clone().requires_grad_(), target, abs=False).numpy() * scale,
        # ours takes the distance from the baseline, captum's the input itself
        "input_x_gradient": attr.InputXGradient(lambda moved: module(moved + baseline))
        .attribute((x - baseline).requires_grad_(), target).detach().numpy(),
        "smoothgrad": tunnelled("smoothgrad") * scale,
        "smoothgrad_squared": tunnelled("smoothgrad_sq") * scale**2,
        "vargrad": tunnelled("vargrad") * scale**2,
    }  # fmt: skip
    integrated = attr.IntegratedGradients(module)
    paths = [
        weight
        * integrated.attribute(
            x, row[None].expand_as(x), target, n_steps=STEPS, method="gausslegendre"
        ).numpy()
        for row, weight in zip(background, subject.reference.weights, strict=True)
    ]
    found["integrated_gradients"] = np.sum(paths, axis=0)
    found["expected_gradients"] = (
        attr.GradientShap(module)
        .attribute(x, background, n_samples=SAMPLES, stdevs=0.0, target=target)
        .detach().numpy()
    )  # fmt: skip
    return {name: np.asarray(values) for name, values in found.items()}


def timed(work: Callable[[Subject], Answers], subject: Subject) -> tuple[float, Answers]:
    start = time.perf_counter()
    answers = work(subject)
    return time.perf_counter() - start, answers


def compare(subject: Subject, repeats: int) -> tuple[list[tuple[float, float]], dict[str, float]]:
    """Seconds of ours and theirs per pair, and how far the answers that must be equal differ."""
    seconds = []
    for _ in range(repeats + 1):
        mine, own = timed(ours, subject)
        captum, other = timed(theirs, subject)
        seconds.append((mine, captum))
    apart = {
        name: float(np.abs(own[name] - other[name]).max() / np.abs(other[name]).max())
        for name in ("saliency", "input_x_gradient", "integrated_gradients")
    }
    return seconds[1:], apart  # the first pair warms caches


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    table = Table(
        "recipe", "instances", "ours s", "captum s", "captum ÷ ours", "largest deviation",
        title=f"Seven gradient methods: one bank against captum one by one ({asked.repeats} pairs)",
    )  # fmt: skip
    for recipe in RECIPES:
        with tempfile.TemporaryDirectory() as folder:
            subject = subject_of(recipe, Path(folder))
            seconds, apart = compare(subject, asked.repeats)
        ratios = [captum / mine for mine, captum in seconds]
        worst = max(apart, key=lambda name: apart[name])
        table.add_row(
            Path(recipe).stem,
            str(len(subject.instances.split)),
            f"{statistics.median(mine for mine, _ in seconds):.2f}",
            f"{statistics.median(captum for _, captum in seconds):.2f}",
            f"{statistics.median(ratios):.1f} ({min(ratios):.1f}–{max(ratios):.1f})",
            f"{apart[worst]:.1e} {worst}",
        )
    Console(width=110).print(table)


if __name__ == "__main__":
    main()
