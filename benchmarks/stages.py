"""Stage times, peak memory, and the explanation stage against the bare time of its evaluations.

`make bench` prints one table per question. Each recipe runs cold in its own process, so that its
peak memory is its own; the ratio is paired and repeated within one process.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from xaiframe.composition.compose import compose
from xaiframe.observer import SilentObserver
from xaiframe.preflight import preflight
from xaiframe.probe.score import Scorer
from xaiframe.rounds import audit
from xaiframe.run import Round
from xaiframe.runner.explain import Points, explain
from xaiframe.runner.explanations import BANKS
from xaiframe.runner.ledger import Ledger
from xaiframe.runner.subject import Subject
from xaiframe.store import Cache, RunFolder

RECIPES = ("recipes/breast_cancer.yaml", "recipes/digits.yaml")
REPEATS = 5


class Watch(SilentObserver):
    """Seconds between the start of one stage and the next."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self.name, self.start = "", 0.0

    def stage(self, name: str, total: int) -> None:
        now = time.perf_counter()
        if self.name:
            self.seconds[self.name] = self.seconds.get(self.name, 0.0) + now - self.start
        self.name, self.start = name, now


def run_cold(recipe: str) -> dict[str, Any]:
    """One audit with an empty cache: seconds per stage, and peak memory of this process."""
    watch, start = Watch(), time.perf_counter()
    with tempfile.TemporaryDirectory() as outputs:
        finished = audit(recipe, outputs=outputs, observer=watch)
    watch.stage("", 0)
    peaks = [
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    ]
    return {
        "stages": watch.seconds,
        "total": time.perf_counter() - start,
        "verdict": finished.verdict.status,
        "peak_mb": max(peaks) / 1024,
    }


def subject_of(recipe: str, folder: Path) -> Subject:
    """The fitted model of a recipe, ready to be explained."""
    composed = compose(Path(recipe), ["tuning=none"])
    tools, planned = preflight(composed)
    ledger = Ledger(Cache(folder / "cache"), RunFolder(folder / "run"), SilentObserver())
    one = Round(composed, planned, ledger, tools)
    return one.probe(one.model())


def overhead(subject: Subject, direction: str) -> dict[str, float]:
    """Explanation time ÷ bare time of the same number of model evaluations, paired and repeated."""
    methods = {
        name: method
        for name, method in subject.tools.methods[direction].items()
        if method.scope == "local"
    }
    rows = subject.instances
    points = Points(rows.split.ids, rows.split.x, rows.targets)
    pairs = [pair(subject, direction, methods, points) for _ in range(REPEATS + 1)]
    # The first pair warms caches and is dropped.
    evaluations, explaining, bare = zip(*pairs[1:], strict=True)
    ratios = [work / alone for work, alone in zip(explaining, bare, strict=True)]
    return {
        "evaluations": evaluations[0],
        "explaining": statistics.median(explaining),
        "bare": statistics.median(bare),
        "ratio": statistics.median(ratios),
        "low": min(ratios),
        "high": max(ratios),
    }


def pair(
    subject: Subject, direction: str, methods: Mapping[str, Any], points: Points
) -> tuple[int, float, float]:
    """Evaluations, seconds of explaining, and seconds of those evaluations alone."""
    scorer = Scorer(subject.model, subject.reference, subject.scorer.max_batch)
    batch, runner = subject.recipe.explain.batch, subject.tools.runner
    with tempfile.TemporaryDirectory() as folder:
        folders = {name: Path(folder) / name for name in methods}
        start = time.perf_counter()
        stored, _ = explain(
            methods, BANKS[direction], scorer, subject.data, points, batch, 0, runner, folders,
            lambda *_: None,
        )  # fmt: skip
        explaining = time.perf_counter() - start
    evaluations = sum(int(one["evaluations"]) for one in stored.values())
    start = time.perf_counter()
    bare_evaluations(subject, evaluations, direction == "gradient")
    return evaluations, explaining, time.perf_counter() - start


def bare_evaluations(subject: Subject, count: int, gradients: bool) -> None:
    """Nothing but ``count`` forward (and backward) passes, in the best of bounded batches."""
    batch = min(subject.scorer.max_batch, 2048 if gradients else 4096)
    x = np.resize(subject.data.train.x, (min(batch, count), *subject.data.input_shape))
    rows, module = torch.as_tensor(x), subject.scorer.module
    for start in range(0, count, batch):
        part = rows[: min(batch, count - start)]
        if not gradients:
            with torch.no_grad():
                module(part)
            continue
        part = part.clone().requires_grad_()
        torch.autograd.grad(module(part)[:, 0].sum(), part)


def table_of_stages(results: dict[str, dict[str, Any]]) -> Table:
    table = Table("stage", *results, title="Stage times of a cold run, seconds")
    stages = list(dict.fromkeys(name for one in results.values() for name in one["stages"]))
    for stage in stages:
        table.add_row(stage, *(f"{one['stages'].get(stage, 0):.1f}" for one in results.values()))
    table.add_section()
    table.add_row("total", *(f"{one['total']:.1f}" for one in results.values()))
    table.add_row("peak memory, MB", *(f"{one['peak_mb']:.0f}" for one in results.values()))
    table.add_row("verdict", *(one["verdict"] for one in results.values()))
    return table


def table_of_overhead(rows: list[tuple[str, str, dict[str, float]]]) -> Table:
    title = f"Local explanation against the bare time of its evaluations ({REPEATS} pairs)"
    table = Table(
        "recipe", "direction", "evaluations", "explaining s", "bare s", "ratio", title=title
    )
    for recipe, direction, one in rows:
        ratio = f"{one['ratio']:.2f} ({one['low']:.2f}–{one['high']:.2f})"
        cells = (
            f"{one['evaluations']:.0f}",
            f"{one['explaining']:.3f}",
            f"{one['bare']:.3f}",
            ratio,
        )
        table.add_row(Path(recipe).stem, direction, *cells)
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cold", metavar="RECIPE", help="run one recipe and print its figures as JSON"
    )
    asked = parser.parse_args()
    if asked.cold:
        print(json.dumps(run_cold(asked.cold)))
        return
    console, results = Console(width=100), {}
    for recipe in RECIPES:
        command = [sys.executable, __file__, "--cold", recipe]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results[Path(recipe).stem] = json.loads(done.stdout.splitlines()[-1])
    console.print(table_of_stages(results))
    rows = []
    for recipe in RECIPES:
        with tempfile.TemporaryDirectory() as folder:
            subject = subject_of(recipe, Path(folder))
            rows += [(recipe, direction, overhead(subject, direction)) for direction in BANKS]
    console.print(table_of_overhead(rows))


if __name__ == "__main__":
    main()
