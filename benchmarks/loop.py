"""Planted troubles: does the loop find them, and how much of the lost score does it win back?

Every trouble is planted by seed into files; an audit with several rounds gets nothing but their
recipe. Automatic prescriptions are applied by the rounds, and so is what waits for a person's
decision where the row says that the person accepts it. ``loop.recovered`` is
(last − first) ÷ (clean − first) of the test score, its interval resampled over the seeds; where
less than a hundredth was lost, the change alone is told. ``worth``, a mark beside the aim, is what
the plain fit reaches on as few sound rows as the troubled ones are worth.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import yaml
from rich.console import Console
from rich.table import Table

from benchmarks.troubles import pictures, tables
from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.rounds import audit

ROUNDS = 3
RESAMPLES = 2000
LEAST = 0.01
"""Of the score: a smaller loss has no share that could be won back."""


@dataclass(frozen=True)
class Trouble:
    """write: ``(folder, seed, planted)`` → recipe; score, other: facts before and after; accepted:
    prescriptions that a person decides on; named: the prescriptions that must be among those of
    the first round; drifted: the columns that must be found to have moved; lower: a lower score is
    the better one; worth: ``(folder, seed)`` → a recipe on sound data that tell as much as the
    troubled ones; aim: in words."""

    name: str
    write: Callable[[Path, int, bool], Path]
    named: tuple[str, ...]
    aim: str
    score: str = "model.test.accuracy"
    other: str = "model.test.calibration_error"
    accepted: tuple[str, ...] = ()
    drifted: tuple[str, ...] = ()
    lower: bool = False
    worth: Callable[[Path, int], Path] | None = None


@dataclass(frozen=True)
class Row:
    """One seed of one trouble."""

    clean: float
    first: float
    last: float
    other: tuple[float, float]
    prescribed: tuple[str, ...]
    harmful: tuple[str, ...]
    named: bool
    worth: float

    @property
    def recovered(self) -> float:
        lost = self.clean - self.first
        return (self.last - self.first) / lost if abs(lost) > 1e-9 else float("nan")


TROUBLES = (
    *(
        Trouble(
            f"decoy, {shape}", partial(pictures.decoyed, shape), ("shortcut",), "recovered ≥ .96"
        )
        for shape in pictures.SHAPES[:-1]
    ),
    Trouble("decoy, none", partial(pictures.decoyed, "none"), (), "nothing masked"),
    Trouble(
        "proxy of a dropped column", tables.proxied, ("sensitive_proxy", "base_rate_gap"),
        "gap halved at < .01 of accuracy",
        "evaluation.fairness.demographic_parity_difference", "model.test.accuracy",
        ("sensitive_proxy", "base_rate_gap"), lower=True,
    ),
    *(
        Trouble(
            f"{share:.0%} flipped labels, {where}", partial(write, share), named,
            "recovered ≥ .5", accepted=("suspect_labels",),
            worth=partial(tables.worth, share) if where == "table" else None,
        )
        for where, write, named in (
            ("table", tables.flipped, ("noisy_fit",)),  # about half of its suspects are right
            ("digits", pictures.flipped, ("noisy_fit", "suspect_labels")),
        )
        for share in (0.1, 0.2)
    ),
    Trouble("drift in two columns", tables.drifted, (), "both found; last ≥ first",
            accepted=("shifted_inputs",), drifted=tables.DRIFTED),
    Trouble("2 % in one class", tables.rare, ("class_imbalance",), "balanced accuracy rises",
            "model.test.balanced_accuracy"),
    Trouble("clean table", tables.clean, (), "nothing harmful applied"),
)  # fmt: skip


def facts_of(folder: Path) -> Facts:
    stored = json.loads((folder / "facts.json").read_text(encoding="utf-8"))
    return Facts(Fact.from_dict(one) for one in stored)


def prescribed(folder: Path) -> list[Prescription]:
    stored = yaml.safe_load((folder / "prescriptions.yaml").read_text(encoding="utf-8"))
    return [Prescription.from_dict(one) for one in stored or []]


def value(facts: Facts, name: str) -> float:
    """The largest of a fact's values over its labels: the widest gap, or the one there is."""
    found = [fact.value for fact in facts.where(name) if isinstance(fact.value, (int, float))]
    return float(max(found)) if found else float("nan")


def measure(trouble: Trouble, seed: int, out: Path) -> Row:
    """One seed: the score without the trouble, with it, and after the loop. Below ``out`` lie all
    runs and their cache: what several troubles are held against is audited once."""
    with tempfile.TemporaryDirectory() as home:
        place = Path(home)
        plain = trouble.write(place / "plain", seed, False)
        clean = facts_of(audit(plain, ("prescription=[]",), outputs=out).folder)
        worth = Facts()
        if trouble.worth:
            fewer = trouble.worth(place / "fewer", seed)
            worth = facts_of(audit(fewer, ("prescription=[]",), outputs=out).folder)
        recipe = trouble.write(place / "planted", seed, True)
        accept = f"accept=[{','.join(trouble.accepted)}]"
        run = audit(recipe, (f"rounds={ROUNDS}", accept), outputs=out).folder
        first = run / "round-1"
        keys = tuple(one.key for one in prescribed(first))
        effects = json.loads((run / "effects.json").read_text(encoding="utf-8"))
        before, after = facts_of(first), facts_of(run)
        return Row(
            value(clean, trouble.score),
            value(before, trouble.score),
            value(after, trouble.score),
            (value(before, trouble.other), value(after, trouble.other)),
            keys,
            tuple(dict.fromkeys(one["prescription"] for one in effects if one["taken_back"])),
            set(trouble.named) <= set(keys) and set(trouble.drifted) <= moved(first),
            value(worth, trouble.score),
        )


def moved(folder: Path) -> set[str]:
    """The columns that the drift check found to have moved."""
    path = folder / "artifacts/precaution.data_drift/columns.parquet"
    if not path.exists():
        return set()
    table = pd.read_parquet(path)
    return set(table.loc[table["drifted"], "column"])


def interval(rows: Sequence[Row]) -> tuple[float, float, float]:
    """loop.recovered over the seeds: sum of what was won back ÷ sum of what was lost."""
    lost = np.array([one.clean - one.first for one in rows])
    won = np.array([one.last - one.first for one in rows])
    draws = np.random.default_rng(0).integers(0, len(rows), (RESAMPLES, len(rows)))
    below = lost[draws].sum(axis=1)
    ratios = won[draws].sum(axis=1) / np.where(np.abs(below) > 1e-9, below, np.nan)
    total = lost.sum()
    whole = won.sum() / total if abs(total) > 1e-9 else float("nan")
    low, high = (
        np.nanpercentile(ratios, [2.5, 97.5]) if np.isfinite(ratios).any() else (np.nan,) * 2
    )
    return float(whole), float(low), float(high)


def shown(trouble: Trouble, rows: Sequence[Row]) -> list[str]:
    def mean(values: Sequence[float]) -> str:
        return f"{np.mean(values):.3f}"

    whole, low, high = interval(rows)
    sought = trouble.named or trouble.drifted
    named = f"{sum(one.named for one in rows)} of {len(rows)}" if sought else "–"
    won = f"{whole:.2f} ({low:.2f}–{high:.2f})"
    lost = np.mean([one.clean - one.first for one in rows])
    if (-lost if trouble.lower else lost) < LEAST:
        won = f"change {np.mean([one.last - one.first for one in rows]):+.3f}"
    return [
        trouble.name,
        named,
        mean([one.clean for one in rows]),
        mean([one.first for one in rows]),
        mean([one.last for one in rows]),
        won,
        f"{mean([one.other[0] for one in rows])} → {mean([one.other[1] for one in rows])}",
        mean([one.worth for one in rows]) if trouble.worth else "–",
        trouble.aim,
    ]


def told(row: Row) -> str:
    """One seed in a line: a benchmark of an hour shows its rows as they come."""
    before, after = row.other
    return (
        f"{row.clean:.3f}, with it {row.first:.3f}, after {row.last:.3f}; "
        f"beside {before:.3f} → {after:.3f}; {', '.join(row.prescribed) or 'nothing prescribed'}"
        + (f"; taken back {', '.join(row.harmful)}" if row.harmful else "")
    )


def over_seeds(trouble: Trouble, seeds: int, out: Path, console: Console) -> list[Row]:
    """One trouble at every seed, told as it goes."""
    start, rows = time.perf_counter(), list[Row]()
    for seed in range(seeds):
        rows.append(measure(trouble, seed, out))
        console.print(f"{trouble.name}, seed {seed}: {told(rows[-1])}")
    fired = sorted({key for one in rows for key in one.prescribed})
    taken = sorted({key for one in rows for key in one.harmful})
    spent = time.perf_counter() - start
    console.print(
        f"{trouble.name}: {spent:.0f} s; prescribed {', '.join(fired)}"
        f"{'; taken back ' + ', '.join(taken) if taken else ''}"
    )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="*", default=[""], help="rows whose name contains one")
    asked = parser.parse_args()
    console = Console(width=160)
    table = Table(title=f"the loop on planted troubles, {asked.seeds} seeds")
    for head in (
        "trouble",
        "named",
        "clean",
        "with it",
        "after",
        "loop.recovered",
        "beside",
        "worth",
        "aim",
    ):
        table.add_column(head)
    with tempfile.TemporaryDirectory() as out:
        for trouble in TROUBLES:
            if any(part in trouble.name for part in asked.only):
                rows = over_seeds(trouble, asked.seeds, Path(out), console)
                table.add_row(*shown(trouble, rows))
    console.print(table)


if __name__ == "__main__":
    main()
