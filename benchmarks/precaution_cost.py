"""What the checks of the data cost: seconds and peak memory per check, by number of rows.

Real data (bicycles per hour, 17 379 × 13) and a synthetic table of 10³ to 10⁶ rows, read from
Parquet. Each check runs in a process of its own, forked from the one that loaded the data, so that
its peak memory is its own; the first row is what the loaded data take alone. The last column is
the exponent of growth over the last decade: 1 is linear.
"""

from __future__ import annotations

import argparse
import math
import resource
import tempfile
import time
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table as Shown

from xaiframe.catalogue.listing import house
from xaiframe.catalogue.reader import read
from xaiframe.composition.compose import instantiate
from xaiframe.data.face import Data
from xaiframe.data.table import Table
from xaiframe.errors import NotApplicable

SIZES = (1_000, 10_000, 100_000, 1_000_000)
BICYCLES = "shared:bike_sharing/bike_hourly_shapiq.csv"
NOTHING = "(loading)"
Cost = tuple[float, float]
"""Seconds and peak MB; NaN where a check does not apply or raised."""


def nodes() -> dict[str, Any]:
    """The checks of the data, by name, as ``conf/precaution`` declares them."""
    found = {path.stem: read(path).content[path.stem] for path in house().glob("precaution/*.yaml")}
    return {
        name: node for name, node in sorted(found.items()) if instantiate(node).phase == "data"
    }  # fmt: skip


def synthetic(rows: int, file: Path) -> None:
    """Eight numbers of which two are related, four categories, a date, gaps, two classes."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(rows, 8)), columns=[f"n{k}" for k in range(8)])
    frame["n1"] += 0.8 * frame["n0"]
    for k, levels in enumerate((2, 5, 30, 1000)):
        drawn = random.integers(0, levels, rows)
        frame[f"c{k}"] = pd.Series(np.array([f"v{j}" for j in range(levels)])[drawn])
    frame["day"] = pd.Timestamp("2020-01-01") + pd.to_timedelta(random.integers(0, 1000, rows), "D")
    frame.loc[random.random(rows) < 0.03, "n2"] = np.nan
    frame["label"] = np.where(frame["n0"] + random.normal(size=rows) > 0, "yes", "no")
    frame.to_parquet(file)


def load(source: str) -> Data:
    """The table of that source; of the synthetic one a category stands for groups of people."""
    if source == BICYCLES:
        return Table(source=source, target="count", task="regression", split="time").load()
    data = Table(source=source, target="label", kinds={"c3": "categorical"}).load()
    return replace(data, sensitive=("c1",))


def measure(data: Data, check: Any, answers: Any) -> None:
    """Seconds of one check, and peak memory of this process in MB."""
    start = time.perf_counter()
    try:
        if check is not None:
            check(data, 0)
    except NotApplicable:
        start = math.nan
    seconds = time.perf_counter() - start
    answers.put((seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))


def apart(source: str, checks: dict[str, Any]) -> dict[str, Cost]:
    """:func:`measure` of each check in a process of its own, forked once the data are there."""
    data, forked = load(source), get_context("fork")
    found = {}
    for name, check in checks.items():
        answers = forked.SimpleQueue()
        process = forked.Process(target=measure, args=(data, check, answers))
        process.start()
        process.join()
        found[name] = (math.nan, math.nan) if process.exitcode else answers.get()
    return found


def shown(found: dict[str, dict[str, Cost]]) -> Shown:
    """A row per check, a column per source: seconds and peak MB."""
    growth = len(found) > 1
    title = "Seconds (peak MB) per check of the data"
    table = Shown("check", *found, *(["growth"] if growth else []), title=title)
    for name in next(iter(found.values())):
        costs = [one[name] for one in found.values()]
        told = [f"{seconds:.2f} ({peak:.0f})" for seconds, peak in costs]
        table.add_row(name, *told, *([f"{exponent(costs):.2f}"] if growth else []))
    totals = [sum(s for s, _ in one.values() if not math.isnan(s)) for one in found.values()]
    table.add_row("together", *(f"{one:.1f}" for one in totals), *([""] if growth else []))
    return table


def exponent(costs: list[Cost]) -> float:
    """Of the power law between the last two sizes, a factor of ten apart."""
    before, last = costs[-2][0], costs[-1][0]
    return math.log10(last / before) if before > 0 and last > 0 else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES)
    parser.add_argument("--checks", nargs="*", default=[])
    asked = parser.parse_args()
    known, console = nodes(), Console(width=110)
    chosen = {name: instantiate(known[name]) for name in asked.checks or known}
    checks = {NOTHING: None, **chosen}
    console.print(shown({"bicycles": apart(BICYCLES, checks)}))
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in asked.rows:
            file = Path(folder) / f"{rows}.parquet"
            synthetic(rows, file)
            found[f"{rows:,}"] = apart(str(file), checks)
            console.print(shown(found))


if __name__ == "__main__":
    main()
