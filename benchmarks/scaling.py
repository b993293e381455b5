"""How explaining grows with rows, and what a second process gains.

Rows: the local methods that cost least, of both directions, on the table recipe's model, asked of
more and more rows in one process: processor time of predict, of joining the batches and of the
facts; its exponent against rows (1 is proportional); and the peak of this process's memory beside
what the answers themselves take up, which somebody has to hold.

Processes: the same work in one and in two, paired, either first in turn, by the clock. The first
pair begins the processes' server, and what it took longer is shown apart as the start-up. The
ratio needs as many idle processors as processes: the load at the end says whether they were.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.stages import subject_of
from xaiframe.data.face import Split
from xaiframe.gradient.input_x_gradient import InputXGradient
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.saliency import Saliency
from xaiframe.perturbation.feature_ablation import FeatureAblation
from xaiframe.probe.banks import BANKS
from xaiframe.probe.instances import Instances
from xaiframe.runner.explain import Points, Stored, explain
from xaiframe.runner.outcomes import local_outcome
from xaiframe.runner.subject import Subject
from xaiframe.runner.trainer import Runner

RECIPE = "recipes/breast_cancer.yaml"
ROWS = (100, 1_000, 10_000, 100_000)
BATCH, REPEATS, PAIRS, PAIRED_ROWS = 256, 3, 5, 20_000
CHEAP: dict[str, dict[str, Any]] = {
    "gradient": {"saliency": Saliency(), "input_x_gradient": InputXGradient()},
    "perturbation": {"feature_ablation": FeatureAblation()},
}
HEAVY: dict[str, dict[str, Any]] = {"gradient": {"integrated_gradients": IntegratedGradients()}}


@dataclass(frozen=True)
class Size:
    """Rows, processor seconds of each repeat, the process's peak MB so far, MB of the answers."""

    rows: int
    seconds: list[float]
    peak: float
    answers: float


def crowd(subject: Subject, rows: int) -> Subject:
    """The subject with ``rows`` instances: test rows over again, each a little different."""
    test = subject.data.test
    random = np.random.default_rng(0)
    x = np.resize(test.x, (rows, *test.x.shape[1:]))
    for column in range(x.shape[1]):
        noise = 0.01 * subject.data.scale[column]
        x[:, column] += (noise * random.standard_normal(rows)).astype(np.float32)
    part = Split(np.arange(rows), x, np.resize(test.y, rows), pd.DataFrame(index=range(rows)))
    targets = np.zeros(rows, dtype=np.int64)
    return replace(subject, instances=Instances(part, targets, np.zeros(rows), pd.DataFrame()))


def first(subject: Subject, rows: int) -> Subject:
    whole = subject.instances
    part = Split(whole.split.ids[:rows], whole.split.x[:rows], whole.split.y[:rows],
                 whole.split.frame[:rows])  # fmt: skip
    return replace(
        subject, instances=Instances(part, whole.targets[:rows], whole.scores[:rows], whole.table)
    )


def work(
    subject: Subject,
    methods: dict[str, dict[str, Any]],
    runner: Runner,
    batch: int,
    clock: Callable[[], float] = time.perf_counter,
) -> tuple[float, int]:
    """Seconds of explaining all instances by all methods, facts included; bytes of the answers."""
    rows = subject.instances
    points = Points(rows.split.ids, rows.split.x, rows.targets)
    answers: dict[str, Stored] = {}
    with tempfile.TemporaryDirectory() as folder:
        start = clock()
        for direction, chosen in methods.items():
            folders = {name: Path(folder) / name for name in chosen}
            stored, failures = explain(
                chosen, BANKS[direction], subject.scorer, subject.data, points, batch, 0, runner,
                folders, lambda *_: None,
            )  # fmt: skip
            for error in failures.values():
                raise error
            for name, one in stored.items():
                local_outcome(subject, chosen[name], one, None)
            answers |= stored
        seconds = clock() - start
    return seconds, sum(array.nbytes for one in answers.values() for array in one.values())


def peak() -> float:
    """Most MB that this process ever held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def grow(subject: Subject, sizes: Sequence[int], repeats: int) -> list[Size]:
    """Every size, ascending, so that a higher peak is its own; the first is asked once before."""
    runner, whole = Runner(threads=1), crowd(subject, max(sizes))
    work(first(whole, min(sizes)), CHEAP, runner, BATCH)
    found = []
    for rows in sizes:
        part = first(whole, rows)
        done = [work(part, CHEAP, runner, BATCH, time.process_time) for _ in range(repeats)]
        found.append(Size(rows, [one for one, _ in done], peak(), done[-1][1] / 2**20))
    return found


def exponent(sizes: Sequence[Size]) -> tuple[float, float, float]:
    """Slope of log seconds on log rows of the medians, and from the least to the most between the
    last two sizes."""
    rows = np.log([one.rows for one in sizes])
    slope = np.polyfit(rows, np.log([statistics.median(one.seconds) for one in sizes]), 1)[0]
    before, last = sizes[-2:]
    step = rows[-1] - rows[-2]
    low = np.log(min(last.seconds) / max(before.seconds)) / step
    high = np.log(max(last.seconds) / min(before.seconds)) / step
    return float(slope), float(low), float(high)


def pairs(subject: Subject, rows: int, count: int) -> list[tuple[float, float]]:
    """Seconds in one and in two processes, the first pair with the start-up of the second way."""
    part = crowd(subject, rows)
    ways = [Runner(threads=1), Runner(threads=1, processes=2)]
    found = []
    for number in range(count + 1):
        order = (0, 1) if number % 2 else (1, 0)
        seconds = {way: work(part, HEAVY, ways[way], 32)[0] for way in order}
        found.append((seconds[0], seconds[1]))
    return found


def table_of_sizes(sizes: Sequence[Size]) -> Table:
    slope, low, high = exponent(sizes)
    title = (
        f"Rows: exponent {slope:.2f} over all; {low:.2f}–{high:.2f} between the last two "
        "(1.00 is proportional, aim 1.05)"
    )
    table = Table("rows", "processor s", "ms per row", "peak MB", "answers MB", title=title)
    for one in sizes:
        middle = statistics.median(one.seconds)
        table.add_row(
            f"{one.rows:,}",
            f"{middle:.2f} ({min(one.seconds):.2f}–{max(one.seconds):.2f})",
            f"{1000 * middle / one.rows:.3f}",
            f"{one.peak:.0f}",
            f"{one.answers:.1f}",
        )
    return table


def table_of_pairs(found: Sequence[tuple[float, float]], rows: int) -> Table:
    warm = found[1:]
    ratios = [one / two for one, two in warm]
    title = (
        f"Two processes against one, {rows:,} rows, {len(warm)} pairs, "
        f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} (aim 1.8)"
    )
    table = Table("one s", "two s", "one ÷ two", "start-up s", title=title)
    one, two = (statistics.median(side) for side in zip(*warm, strict=True))
    table.add_row(
        f"{one:.2f}",
        f"{two:.2f}",
        f"{statistics.median(ratios):.2f} ({min(ratios):.2f}–{max(ratios):.2f})",
        f"{found[0][1] - two:.1f}",
    )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=int, default=ROWS[-1], help="largest number of rows")
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--paired-rows", type=int, default=PAIRED_ROWS)
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    console = Console(width=110)
    with tempfile.TemporaryDirectory() as folder:
        subject = subject_of(RECIPE, Path(folder))
        sizes = [rows for rows in ROWS if rows <= asked.most]
        console.print(table_of_sizes(grow(subject, sizes, asked.repeats)))
        found = pairs(subject, asked.paired_rows, asked.pairs)
        console.print(table_of_pairs(found, asked.paired_rows))


if __name__ == "__main__":
    main()
