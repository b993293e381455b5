"""What the checks of the data cost: seconds and peak memory per check, by number of rows.

Real data (bicycles per hour, 17 379 × 13) and a synthetic table of 10³ to 10⁶ rows, read from
Parquet. Each check runs in its own process, so that its peak memory is its own, on the memory
that the loaded data take alone. The last column is the exponent of growth over the last decade:
1 is linear.
"""

from __future__ import annotations

import argparse
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
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
    if source == BICYCLES:
        return Table(source=source, target="count", task="regression", split="time").load()
    return Table(source=source, target="label", kinds={"c3": "categorical"}).load()


def measure(source: str, name: str) -> dict[str, float]:
    """Seconds of one check, and peak memory of this process in MB."""
    data, check = load(source), None if name == NOTHING else instantiate(nodes()[name])
    start = time.perf_counter()
    try:
        if check is not None:
            check(data, 0)
    except NotApplicable:
        return {"seconds": math.nan, "peak": math.nan}
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }  # fmt: skip


def apart(source: str, name: str) -> dict[str, float]:
    """:func:`measure` in a process of its own."""
    command = [sys.executable, __file__, "--one", source, name]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def shown(found: dict[str, dict[str, dict[str, float]]], growth: bool) -> Shown:
    """A row per check, a column per source: seconds and peak MB."""
    title = "Seconds (peak MB) per check of the data"
    table = Shown("check", *found, *(["growth"] if growth else []), title=title)
    for name in next(iter(found.values())):
        cells = [one[name] for one in found.values()]
        told = [f"{one['seconds']:.1f} ({one['peak']:.0f})" for one in cells]
        table.add_row(name, *told, *([f"{exponent(cells):.2f}"] if growth else []))
    totals = [sum(s for one in each.values() if not math.isnan(s := one["seconds"]))
              for each in found.values()]  # fmt: skip
    table.add_row("together", *(f"{one:.1f}" for one in totals), *([""] if growth else []))
    return table


def exponent(cells: list[dict[str, float]]) -> float:
    """Of the power law between the last two sizes, a factor of ten apart."""
    before, last = cells[-2]["seconds"], cells[-1]["seconds"]
    return math.log10(last / before) if before > 0 < last else math.nan


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--one", nargs=2, metavar=("SOURCE", "CHECK"), help="print one as JSON")
    parser.add_argument("--rows", type=int, nargs="*", default=SIZES)
    parser.add_argument("--checks", nargs="*", default=[])
    asked = parser.parse_args()
    if asked.one:
        print(json.dumps(measure(*asked.one)))
        return
    names, console = asked.checks or [NOTHING, *nodes()], Console(width=110)
    console.print(shown({"bicycles": {name: apart(BICYCLES, name) for name in names}}, False))
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        for rows in asked.rows:
            file = Path(folder) / f"{rows}.parquet"
            synthetic(rows, file)
            found[f"{rows:,}"] = {name: apart(str(file), name) for name in names}
    if found:
        console.print(shown(found, len(found) > 1))


if __name__ == "__main__":
    main()
