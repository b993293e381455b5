"""Concept drift: whether what the inputs say of the target changes over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.data.order import ROW, in_time
from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.model.face import Model
from xaiframe.precaution.drift.domain import inputs
from xaiframe.precaution.learning.probing import probed
from xaiframe.precaution.time import detectors
from xaiframe.precaution.time.old_and_new import BLOCKS, Comparison, old_against_new

ALL, UNSEEN = ("train", "validation", "test"), ("validation", "test")
FEWEST = 2 * detectors.WARM


@dataclass(frozen=True)
class ConceptDrift:
    """The model's errors in the order of time, and a probe of the past against one of the present.

    Judged are rows that the fit did not learn from, validation and test. An error is a wrong class;
    in regression the absolute error, for DDM whether it exceeds its median. The probes see all
    rows, without the column of time; they cannot tell a change of P(y given x) from inputs that
    moved to where the past has few rows, which data_drift tells.

    delta
        of ADWIN, its chance of a false alarm.
    shuffles, refits
        orders without time behind the null laws, of the detectors and of the two probes.
    sample
        most rows that the probes learn from and are asked of, evenly over time.
    """

    phase = "fitted"
    modalities = ("table", "image", "text", "series")
    cost = "rows"

    delta: float = 0.002
    shuffles: int = 100
    refits: int = 30
    sample: int = 1500

    def __post_init__(self) -> None:
        if not 0 < self.delta < 1:
            raise ValueError(f"concept_drift: delta must lie between 0 and 1, not {self.delta}")
        if self.shuffles < 20 or self.refits < 20:
            raise ValueError("concept_drift: at least 20 shuffles and refits")
        if self.sample < 4 * BLOCKS:
            raise ValueError(f"concept_drift: a sample of at least {4 * BLOCKS} rows")

    def __call__(self, data: Data, model: Model, seed: int) -> Outcome:
        """Facts ddm_level with ddm_level_null95 and _null99, adwin_drifts with adwin_drifts_null95,
        page_hinkley_drifts, kswin_drifts, first_drift (a position among the rows judged); old_loss,
        new_loss, saved_by_latest with saved_by_latest_null95 and _null99. Tables stream, drifts.

        Raises NotApplicable where rows have no order in time, or fewer than 60 can be judged.
        """
        order, _ = in_time(data, UNSEEN)
        if len(order) < FEWEST:
            raise NotApplicable(f"{len(order)} rows in time to judge: fewer than {FEWEST}")
        errors, wrong = self._errors(data, model, order)
        stamps = written(data, UNSEEN, order)
        level, facts = self._by_chance(errors, wrong, seed)
        fired = self._fired(errors, seed)
        drifts = drift_table(fired, errors, stamps)
        facts += drift_facts(fired, drifts, len(errors))
        facts += comparison_facts(*self._compared(data, seed))
        return Outcome(facts, tables={"stream": stream(errors, level, stamps), "drifts": drifts})

    def _errors(self, data: Data, model: Model, order: Array) -> tuple[Array, Array]:
        """``(n,)`` errors in [0, 1] and whether each counts as wrong, in time."""
        y = np.concatenate([data.splits[name].y for name in UNSEEN])[order]
        told = np.concatenate([model.predictions(data.splits[name].x) for name in UNSEEN])[order]
        if data.task == "classification":
            wrong = (told != y).astype(np.float64)
            return wrong, wrong
        apart = np.abs(told.astype(np.float64) - y)
        top = float(np.quantile(apart, 0.95))  # ADWIN's bound is for numbers in [0, 1]
        errors = np.minimum(apart / top, 1.0) if top > 0 else np.zeros(len(apart))
        return errors, (apart > np.median(apart)).astype(np.float64)

    def _by_chance(self, errors: Array, wrong: Array, seed: int) -> tuple[Array, list[Fact]]:
        """DDM's level after each row, and the facts of what orders without time would show."""
        random, block = np.random.default_rng([seed, 241]), detectors.memory(errors)
        n, make = len(errors), detectors.adwin(self.delta)
        level = detectors.ddm_levels(wrong)
        reached, fired = [], []
        for rows in detectors.shuffles(n, block, self.shuffles, random):
            reached.append(detectors.ddm_levels(wrong[rows]).max())
            fired.append(len(detectors.changes(errors[rows], make())))
        low, high = (float(limit) for limit in np.quantile(reached, [0.95, 0.99]))
        unit = "standard deviations"
        return level, [
            Fact("ddm_level", float(level.max()), unit, n=n, better="lower"),
            Fact("ddm_level_null95", low, unit, n=n),
            Fact("ddm_level_null99", high, unit, n=n),
            Fact("adwin_drifts_null95", float(np.quantile(fired, 0.95)), "changes", n=n,
                 source=source("river")),
        ]  # fmt: skip

    def _fired(self, errors: Array, seed: int) -> dict[str, list[int]]:
        """Detector → positions at which it called a change."""
        fired = {"adwin": detectors.changes(errors, detectors.adwin(self.delta)())}
        coarse = detectors.stretches(errors)
        width, spread = len(errors) // len(coarse), coarse.std()
        scaled = coarse / spread if spread > 0 else coarse
        slower = {"page_hinkley": detectors.page_hinkley(),
                  "kswin": detectors.kswin(len(coarse), seed)}  # fmt: skip
        for name, made in slower.items():
            fired[name] = [(at + 1) * width - 1 for at in detectors.changes(scaled, made)]
        return fired

    def _compared(self, data: Data, seed: int) -> tuple[Comparison | None, int, str]:
        """The two probes, the rows there are, and why there are none."""
        order, _ = in_time(data, ALL)
        n = len(order)
        kept = order[evenly(n, self.sample)]
        y = np.concatenate([data.splits[name].y for name in ALL])[kept]
        if len(kept) < 4 * BLOCKS or len(np.unique(y)) < 2:
            least = f"fewer than {4 * BLOCKS} rows in time"
            return None, n, least if len(kept) < 4 * BLOCKS else "the target is constant"
        if data.task == "classification":
            target = (y[:, None] == np.unique(y)).astype(np.float64)
        else:
            target = ((y - y.mean(dtype=np.float64)) / y.std(dtype=np.float64))[:, None]
        z = seen(data, kept)
        if z.shape[1] == 0:
            return None, n, "there is no input beside the time"
        return old_against_new(z, target, self.refits, seed), n, ""


def seen(data: Data, kept: Array) -> Array:
    """``(n, inputs)`` comparable numbers of these rows of all splits, time left out."""
    splits = [data.splits[name] for name in ALL]
    if data.modality == "table":
        frame = pd.concat([one.frame for one in splits], ignore_index=True).iloc[kept]
        frame = frame.drop(columns=[data.time], errors="ignore").reset_index(drop=True)
        return inputs(frame)[0] if frame.shape[1] else np.empty((len(frame), 0))
    starts = np.cumsum([0, *(len(one) for one in splits)])
    parts = []
    for one, first, last in zip(splits, starts, starts[1:], strict=False):
        mine = np.sort(kept[(kept >= first) & (kept < last)]) - first
        part = probed(one.take(mine), data) if len(mine) else None
        if part is not None:
            parts.append(part.toarray() if hasattr(part, "toarray") else part)
    x = np.vstack(parts).astype(np.float64)[np.argsort(np.argsort(kept))]
    spread = x.std(axis=0)
    return np.asarray(((x - x.mean(axis=0)) / np.where(spread > 0, spread, 1.0))[:, spread > 0])


def written(data: Data, names: tuple[str, ...], order: Array) -> Array:
    """``(n,)`` object: the time of each row as the user writes it, otherwise its row number."""
    splits = [data.splits[name] for name in names]
    if data.time == ROW:
        return np.concatenate([one.ids for one in splits])[order].astype(str).astype(object)
    cells = pd.concat([one.column(data.time) for one in splits], ignore_index=True)
    return np.array([str(cell).removesuffix(" 00:00:00") for cell in cells.iloc[order]], object)


def drift_table(fired: Mapping[str, list[int]], errors: Array, stamps: Array) -> pd.DataFrame:
    """detector, position, time, before, after: mean errors on both sides up to the next change."""
    rows: list[dict[str, Any]] = []
    for name, places in fired.items():
        ends = [0, *places, len(errors)]
        rows += [
            {"detector": name, "position": at, "time": str(stamps[at]),
             "before": float(errors[ends[k] : at].mean()) if at > ends[k] else np.nan,
             "after": float(errors[at : max(ends[k + 2], at + 1)].mean())}
            for k, at in enumerate(places)
        ]  # fmt: skip
    return pd.DataFrame(rows, columns=["detector", "position", "time", "before", "after"])


def drift_facts(fired: Mapping[str, list[int]], drifts: pd.DataFrame, n: int) -> list[Fact]:
    """How often each detector fired, and where the first did."""
    told = [
        Fact(f"{name}_drifts", len(places), "changes", n=n, better="lower", source=source("river"))
        for name, places in fired.items()
    ]
    if drifts.empty:
        return [*told, Fact("first_drift", None, "rows", n=n, reason="no detector fired")]
    first = drifts.sort_values("position", kind="stable").iloc[0]
    labels = {"detector": str(first["detector"]), "time": str(first["time"])}
    return [*told, Fact("first_drift", int(first["position"]), "rows", labels, n=n)]


def comparison_facts(found: Comparison | None, rows: int, reason: str) -> list[Fact]:
    """Losses of both probes, and what share of the old one's learning from the latest saves."""
    names = ("old_loss", "new_loss", "saved_by_latest")
    if found is None or not found.old > 0:
        why = reason or "the old probe makes no error"
        return [Fact(name, None, "loss", n=rows, better="none", reason=why) for name in names]
    old, n, unit = found.old, found.n, "share of the old loss"
    interval = None
    if found.interval:
        interval = (found.interval[0] / old, found.interval[1] / old)
    return [
        Fact("old_loss", old, "squared error", n=n, better="lower"),
        Fact("new_loss", found.new, "squared error", n=n, better="lower"),
        Fact("saved_by_latest", found.difference / old, unit, n=n, interval=interval,
             better="lower"),
        Fact("saved_by_latest_null95", found.null95 / old, unit, n=n),
        Fact("saved_by_latest_null99", found.null99 / old, unit, n=n),
    ]  # fmt: skip


def stream(errors: Array, level: Array, stamps: Array, points: int = 60) -> pd.DataFrame:
    """position, time, error, level, n: means over neighbouring rows, and DDM's highest level."""
    parts = np.array_split(np.arange(len(errors)), min(points, len(errors)))
    padded = np.concatenate([np.zeros(len(errors) - len(level)), level])
    return pd.DataFrame(
        {
            "position": [int(rows[-1]) for rows in parts],
            "time": [str(stamps[rows[-1]]) for rows in parts],
            "error": [float(errors[rows].mean()) for rows in parts],
            "level": [float(padded[rows].max()) for rows in parts],
            "n": [len(rows) for rows in parts],
        }
    )
