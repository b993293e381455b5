"""Planted faults: how often each check sees a fault that is there, and one that is not.

`make bench` plants known faults in clean real data at several sizes and seeds, beside each a
control arm where the fault is absent by construction. The real check runs, the default policy
judges; beside it stand the documented rules of Evidently and deepchecks on the same arms. Data that
are not there, and faults whose check or rule is not there, are left out with a word.
"""

from __future__ import annotations

import argparse
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from rich.console import Console
from rich.table import Table

from benchmarks.planting import (
    concept,
    copies,
    disguises,
    drift,
    gaps,
    giveaways,
    labels,
    others,
    outliers,
    people,
    rarity,
)  # fmt: skip
from benchmarks.planting.clean import TooFewRows, read
from benchmarks.planting.fault import Arm, Fault, labels_of
from benchmarks.planting.tally import Tally, mean, together
from benchmarks.planting.verdict import Verdict, check_of, policy_of, verdict
from xaiframe.errors import DataError

FAMILIES = (labels, outliers, copies, giveaways, drift, rarity, gaps, disguises, people, concept)
FAULTS: tuple[Fault, ...] = tuple(fault for family in FAMILIES for fault in family.FAULTS)
SIZES, SEEDS = (250, 500, 1000, 2000), 20
QUICK_SIZES, QUICK_SEEDS = (250, 500), 3
JUDGED = 500
"""Rows from which on a fault should be seen."""


@dataclass(frozen=True)
class Cell:
    """One fault in one source at one size."""

    fault: Fault
    source: str
    size: int

    def random(self, seed: int) -> np.random.Generator:
        return np.random.default_rng([seed, self.size, zlib.crc32(self.source.encode())])


def run(cell: Cell, seeds: int) -> dict[float, Tally]:
    """A tally per strength; the control arms are the same for all strengths."""
    fault, clean = cell.fault, read(cell.source)
    tallies = {strength: Tally() for strength in fault.strengths}
    for seed in range(seeds):
        answer, rules = control(fault, cell, seed)
        for strength, tally in tallies.items():
            tally.control(fault, answer)
            arm = fault.plant(clean, cell.random(seed), cell.size, strength)
            tally.planted(fault, arm, verdict(fault.check, arm, seed))
            best = others.possible(fault.name, arm)
            if best is not None:
                tally.possible.add(best)
            for planted, found in ((True, beside(fault, arm)), (False, rules)):
                for name, seen in found.items():
                    tally.other(name, planted, seen)
    return tallies


def control(fault: Fault, cell: Cell, seed: int) -> tuple[Verdict, dict[str, bool]]:
    """What the check and the other libraries' rules say of the control arm; faults that share a
    control share the answer."""
    key = (fault.check, fault.control, cell.source, cell.size, seed)
    spoken = tuple(others.RULES.get(fault.name, {}))
    if (key, spoken) not in KNOWN:
        arm = fault.control(read(cell.source), cell.random(seed), cell.size)
        KNOWN[key, spoken] = (verdict(fault.check, arm, seed), beside(fault, arm))
    return KNOWN[key, spoken]


KNOWN: dict[tuple[object, ...], tuple[Verdict, dict[str, bool]]] = {}


def beside(fault: Fault, arm: Arm) -> dict[str, bool]:
    """What the other libraries' rules say of an arm."""
    return {name: rule(arm) for name, rule in others.RULES.get(fault.name, {}).items()}


def attempted(cell: Cell, seeds: int) -> dict[float, Tally] | str:
    """The tallies, or why there are none."""
    try:
        return run(cell, seeds)
    except TooFewRows:
        return ""
    except DataError as error:
        return " ".join(str(error).split())


def able(fault: Fault) -> str:
    """Why a fault cannot be judged, or nothing."""
    if check_of(fault.check) is None:
        return f"there is no check {fault.check}"
    known = policy_of(fault.check).rules
    if not (set(fault.rules) & set(known) if fault.rules else known):
        return f"the policy has no rule {' or '.join(fault.rules)} about {fault.check}"
    return ""


def meant(fault: Fault) -> Fault:
    """The fault with its rules named."""
    return fault if fault.rules else replace(fault, rules=tuple(policy_of(fault.check).rules))


def shown(cells: dict[tuple[Fault, str, int, float], Tally]) -> Iterator[Table]:
    """The tables that are printed: detection and false alarms, suspects, other libraries."""
    grouped: dict[tuple[Fault, float, int], list[Tally]] = {}
    for (fault, _, size, strength), tally in cells.items():
        grouped.setdefault((fault, strength, size), []).append(tally)
    whole = {key: together(parts) for key, parts in grouped.items()}
    yield detection(whole)
    yield by_check(cells)
    yield by_other(whole)


def detection(whole: dict[tuple[Fault, float, int], Tally]) -> Table:
    table = Table(
        "check", "fault", "rows", "detected", "possible", "false alarms", "of rules",
        "suspects: precision, recall", "arms", title="Planted faults (95 % intervals)",
    )  # fmt: skip
    for (fault, strength, size), one in whole.items():
        listed = f"{mean(one.precision):.2f}, {mean(one.recall):.2f}" if one.recall else ""
        loud = ", ".join(f"{rule} {count}" for rule, count in one.speaking.items())
        possible = f"{one.possible.share:.0%}".replace("%", " %") if one.possible.n else ""
        table.add_row(
            fault.check, f"{fault.name}, {labels_of(strength, fault.unit)}", str(size),
            str(one.seen), possible, str(one.vain), loud, listed, str(one.seen.n),
        )  # fmt: skip
    return table


def by_check(cells: dict[tuple[Fault, str, int, float], Tally]) -> Table:
    """Per check from :data:`JUDGED` rows on; an alarm of a shared control counts once."""
    table = Table("check", "detected", "false alarms", "of rules",
                  title=f"Per check, from {JUDGED} rows on")  # fmt: skip
    judged = {key: one for key, one in cells.items() if key[2] >= JUDGED}
    for check in dict.fromkeys(fault.check for fault, *_ in judged):
        mine = {key: one for key, one in judged.items() if key[0].check == check}
        once = {(f.control, source, size): one for (f, source, size, _), one in mine.items()}
        seen, bare = together(list(mine.values())).seen, together(list(once.values()))
        loud = ", ".join(f"{rule} {count}" for rule, count in bare.speaking.items())
        table.add_row(check, str(seen), str(bare.vain), loud)
    return table


def by_other(whole: dict[tuple[Fault, float, int], Tally]) -> Table:
    """Every rule on the arms of :data:`JUDGED` rows and more, ours first."""
    title = f"Documented rules of other libraries on the same arms, from {JUDGED} rows on"
    table = Table("fault", "rule", "detected", "false alarms", title=title)
    keys = dict.fromkeys((fault, strength) for fault, strength, size in whole if size >= JUDGED)
    for key in keys:
        fault, strength = key
        mine = [one for (f, s, size), one in whole.items() if (f, s) == key and size >= JUDGED]
        one, what = together(mine), f"{fault.name}, {labels_of(strength, fault.unit)}"
        table.add_row(what, f"xaiframe {fault.check}", str(one.seen), str(one.vain))
        for name, (seen, vain) in one.others.items():
            table.add_row("", name, str(seen), str(vain))
    return table


def written(cells: dict[tuple[Fault, str, int, float], Tally], path: Path) -> None:
    """A row per fault, strength, source and size."""
    rows = [
        {"check": f.check, "fault": f.name, "strength": labels_of(strength, f.unit),
         "source": source, "rows": size, **tally.row()}
        for (f, source, size, strength), tally in cells.items()
    ]  # fmt: skip
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).to_csv(path, index=False)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few seeds, small sizes")
    parser.add_argument("--seeds", type=int, help=f"default {SEEDS}, quick {QUICK_SEEDS}")
    parser.add_argument("--sizes", type=int, nargs="+", help="rows of a data set, all splits")
    parser.add_argument("--checks", nargs="+", help="only faults of these checks")
    parser.add_argument("--faults", nargs="+", help="only faults whose name holds one of these")
    parser.add_argument("--sources", nargs="+", help="only these data sets, as in conf/data")
    parser.add_argument("--jobs", type=int, default=1, help="processes")
    parser.add_argument("--csv", type=Path, default=Path("outputs/benchmarks/planted_faults.csv"))
    return parser.parse_args()


def main() -> None:
    asked, console = arguments(), Console(width=170)
    seeds = asked.seeds or (QUICK_SEEDS if asked.quick else SEEDS)
    sizes = asked.sizes or (QUICK_SIZES if asked.quick else SIZES)
    chosen = [
        fault
        for fault in FAULTS
        if (not asked.checks or fault.check in asked.checks)
        and (not asked.faults or any(word in fault.name for word in asked.faults))
    ]
    left_out = {fault: able(fault) for fault in chosen}
    chosen = [meant(fault) for fault in chosen if not left_out[fault]]
    cells = [
        Cell(fault, source, size)
        for fault in chosen
        for source in fault.sources
        if not asked.sources or source in asked.sources
        for size in sizes
    ]
    told, reasons = {}, {}
    found = Parallel(n_jobs=asked.jobs, return_as="generator")(
        delayed(attempted)(cell, seeds) for cell in cells
    )
    for cell, result in zip(cells, found, strict=True):
        if isinstance(result, str):
            reasons |= {result: cell.source} if result else {}
            continue
        told |= {
            (cell.fault, cell.source, cell.size, strength): tally
            for strength, tally in result.items()
        }
        written(told, asked.csv)  # after every cell, so that a run that is stopped leaves something
    for table in shown(told):
        console.print(table)
    for reason, source in reasons.items():
        console.print(f"{source} is left out: {reason}")
    for fault, reason in left_out.items():
        if reason:
            console.print(f"{fault.name} is left out: {reason}")
    console.print(f"{seeds} seeds per source; every source and size in {asked.csv}")


if __name__ == "__main__":
    main()
