"""Stage times, peak memory, and the explanation stage against the bare time of its evaluations.

`make bench` prints one table per question. Each recipe runs cold in its own process, so that its
peak memory is its own; the ratio is paired and repeated within one process, in the processor's
seconds. The bare evaluations run on rows that are there already, in the batch size that is fastest
for this model; the explaining runs as a recipe has it, and with that batch size beside. With
``--profile`` the functions that take longest are listed where the aim is missed.
"""

from __future__ import annotations

import argparse
import cProfile
import io
import json
import pstats
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.paired import Aim, Pairs, middle, pairs, spread, timed
from xaiframe.composition.compose import compose
from xaiframe.observer import SilentObserver
from xaiframe.preflight import preflight
from xaiframe.probe.banks import BANKS
from xaiframe.probe.score import Scorer
from xaiframe.rounds import audit
from xaiframe.run import Round
from xaiframe.runner.explain import Points, explain
from xaiframe.runner.ledger import Ledger
from xaiframe.runner.subject import Subject
from xaiframe.store import Cache, RunFolder

RECIPES = ("recipes/breast_cancer.yaml", "recipes/digits.yaml")
DIRECTIONS = ("perturbation", "gradient")
REPEATS, SAMPLE, PROFILED = 5, 20_000, 12
BATCHES = (256, 512, 1024, 2048, 4096, 8192)
AIM = Aim(most=1.2)


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


@dataclass(frozen=True)
class Overhead:
    """Explaining against its evaluations alone, as the recipe has it and in the fastest batch."""

    evaluations: int
    batch: int
    usual: Pairs
    fastest: Pairs


def overhead(subject: Subject, direction: str, repeats: int) -> Overhead:
    gradients = direction == "gradient"
    evaluations = explained(subject, direction, subject.scorer.max_batch)
    sample = min(evaluations, SAMPLE)

    def alone(batch: int, count: int = evaluations) -> None:
        bare_evaluations(subject, count, gradients, batch)

    taken = {
        batch: min(timed(partial(alone, batch, sample)).cpu for _ in range(3)) for batch in BATCHES
    }
    best = min(taken, key=lambda batch: taken[batch])
    usual, fastest = (
        pairs(partial(explained, subject, direction, most), partial(alone, best), repeats)
        for most in (subject.scorer.max_batch, best)
    )
    return Overhead(evaluations, best, usual, fastest)


def explained(subject: Subject, direction: str, most: int) -> int:
    """Evaluations of all local methods of a direction, at most ``most`` rows at once."""
    methods = {
        name: method
        for name, method in subject.tools.methods[direction].items()
        if method.scope == "local"
    }
    rows = subject.instances
    points = Points(rows.split.ids, rows.split.x, rows.targets)
    scorer = Scorer(subject.model, subject.reference, most)
    batch, runner = subject.recipe.explain.batch, subject.tools.runner
    with tempfile.TemporaryDirectory() as folder:
        folders = {name: Path(folder) / name for name in methods}
        stored, _ = explain(
            methods, BANKS[direction], scorer, subject.data, points, batch, 0, runner, folders,
            lambda *_: None,
        )  # fmt: skip
    return sum(int(one["evaluations"]) for one in stored.values())


def bare_evaluations(subject: Subject, count: int, gradients: bool, batch: int) -> None:
    """Nothing but ``count`` forward (and backward) passes, ``batch`` at once."""
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


def profile(subject: Subject, direction: str) -> str:
    """The functions of the explaining that take longest by themselves."""
    watched, lines = cProfile.Profile(), io.StringIO()
    watched.runcall(explained, subject, direction, subject.scorer.max_batch)
    pstats.Stats(watched, stream=lines).sort_stats("tottime").print_stats(PROFILED)
    return lines.getvalue()


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


def table_of_overhead(rows: list[tuple[str, str, Overhead]]) -> Table:
    title = f"Local explanation against the bare time of its evaluations; aim {AIM}"
    table = Table("recipe", "direction", "evaluations", "explaining s", "bare s", "batch", "ratio",
                  "by the wall", "ratio in that batch", "aim", title=title)  # fmt: skip
    for recipe, direction, one in rows:
        table.add_row(
            Path(recipe).stem,
            direction,
            str(one.evaluations),
            f"{middle(one.usual.first):.3f}",
            f"{middle(one.usual.second):.3f}",
            str(one.batch),
            spread(one.usual.ratios, 2),
            spread(one.usual.wall_ratios, 2),
            spread(one.fastest.ratios, 2),
            f"{AIM} {AIM.verdict(one.usual.ratio)}",
        )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--cold", metavar="RECIPE", help="run one recipe and print its figures as JSON"
    )
    parser.add_argument("--overhead", action="store_true", help="no cold runs, only the ratios")
    parser.add_argument("--profile", action="store_true", help="what takes long where it missed")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    asked = parser.parse_args()
    if asked.cold:
        print(json.dumps(run_cold(asked.cold)))
        return
    console, results = Console(width=150), {}
    for recipe in () if asked.overhead else RECIPES:
        command = [sys.executable, "-m", "benchmarks.stages", "--cold", recipe]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        results[Path(recipe).stem] = json.loads(done.stdout.splitlines()[-1])
    if results:
        console.print(table_of_stages(results))
    rows, profiles = [], []
    for recipe in RECIPES:
        with tempfile.TemporaryDirectory() as folder:
            subject = subject_of(recipe, Path(folder))
            for direction in DIRECTIONS:
                found = overhead(subject, direction, asked.repeats)
                rows.append((recipe, direction, found))
                if asked.profile and AIM.verdict(found.usual.ratio) == "missed":
                    profiles.append(f"{recipe}, {direction}{profile(subject, direction)}")
    console.print(table_of_overhead(rows))
    for one in profiles:
        print(one)


if __name__ == "__main__":
    main()
