"""Forecastability: whether there is anything to foretell, from the past or from the inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.data.order import in_time
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, source
from xaiframe.precaution import columns
from xaiframe.precaution.fitting.gap import Score
from xaiframe.precaution.learning.probing import UNTEACHABLE, folds_of, forest, probed, teachable
from xaiframe.precaution.time import complexity
from xaiframe.precaution.time.forecast import skill

ALL = ("train", "validation", "test")
FEWEST = 32


@dataclass(frozen=True)
class Forecastability:
    """What the target's own past tells where rows have an order in time; of series without one what
    each series' own past tells; of other data what a quick probe gains over a dummy.

    season
        steps after which a season begins anew; 0: the highest peak of the autocorrelation.
    sample
        most training rows of the probe, most series, and most values whose repetition is counted.
    folds, trees
        of the probe, a random forest asked out of fold.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    season: int = 0
    sample: int = 1000
    folds: int = 5
    trees: int = 50

    def __post_init__(self) -> None:
        if self.season < 0 or self.sample < 100:
            raise ValueError("forecastability: season at least 0, sample at least 100")
        if self.folds < 2 or self.trees < 1:
            raise ValueError("forecastability: at least 2 folds and 1 tree")

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts omega, omega_above_noise, coefficient_of_variation, permutation_entropy,
        sample_entropy, season, skill_over_seasonal_naive; of series without order omega and
        omega_above_noise of the typical series; of other data skill_over_dummy. Table
        target where there is an order."""
        try:
            values = target_in_time(data)
        except NotApplicable:
            values = None
        facts: list[Fact] = []
        tables: dict[str, pd.DataFrame] = {}
        if values is not None:
            facts += self._over_time(values, seed)
            tables["target"] = drawn(values)
        elif data.modality == "series":
            facts += self._typical(data, seed)
        if data.modality != "series":
            facts.append(self._over_dummy(data, seed))
        return Outcome(facts, tables=tables)

    def _over_time(self, values: Array, seed: int) -> list[Fact]:
        n, named = len(values), ("omega", "omega_above_noise", "skill_over_seasonal_naive")
        if n < FEWEST or np.ptp(values) == 0:
            reason = f"{n} values: fewer than {FEWEST}" if n < FEWEST else "the target is constant"
            return [Fact(name, None, "share", n=n, reason=reason) for name in named]
        level = complexity.omega(values)
        above = level - complexity.omega_of_noise(n, seed)
        latest, mean = values[-self.sample :], float(values.mean())
        variation = float(values.std(ddof=1)) / abs(mean) if mean else float("nan")
        steps = self.season or complexity.season(values)
        told = skill(values, steps, seed)
        return [
            Fact("omega", level, "share", n=n, better="higher", source=source("scipy")),
            Fact("omega_above_noise", above, "share", n=n, better="higher"),
            Fact("coefficient_of_variation", variation, "ratio", n=n, reason=""
                 if mean else "the mean is 0"),
            Fact("permutation_entropy", complexity.permutation_entropy(values), "share", n=n),
            Fact("sample_entropy", complexity.sample_entropy(latest), "nats", n=len(latest),
                 reason="no two stretches are alike"),
            Fact("season", steps, "steps", n=n),
            Fact("skill_over_seasonal_naive", told.value, "share", n=told.n,
                 interval=told.interval, better="higher", reason=told.reason),
        ]  # fmt: skip

    def _typical(self, data: Data, seed: int) -> list[Fact]:
        """Median over series and channels; a series that never changes has none."""
        rows = columns.sample(len(data.train), min(self.sample, 200), seed)
        x = data.train.x[rows].astype(np.float64)
        found = np.array([complexity.omega(one) for one in x.reshape(-1, x.shape[-1])])
        known, n = found[np.isfinite(found)], len(rows)
        names = ("omega", "omega_above_noise")
        if not len(known):
            reason = "each series is constant or shorter than 8 values"
            return [Fact(name, None, "share", n=n, reason=reason) for name in names]
        level = float(np.median(known))
        above = level - complexity.omega_of_noise(x.shape[-1], seed)
        return [
            Fact(name, value, "share", n=n, better="higher", source=source("scipy"))
            for name, value in zip(names, (level, above), strict=True)
        ]

    def _over_dummy(self, data: Data, seed: int) -> Fact:
        """(score − dummy's) ÷ (1 − dummy's) of the probe: balanced accuracy, or R²."""
        rows = columns.sample(len(data.train), self.sample, seed)
        y = data.train.y[rows]
        if not teachable(y, data.task, self.folds):
            return Fact("skill_over_dummy", None, "share", n=len(rows), reason=UNTEACHABLE)
        x = probed(data.train.take(rows), data)
        options = {"class_weight": "balanced"} if data.task == "classification" else {}
        probe, told = forest(data.task, self.trees, seed, min_samples_leaf=2, **options), y * 1.0
        for fit, held in folds_of(y, data.task, self.folds, seed):
            told[held] = probe.fit(x[fit], y[fit]).predict(x[held])
        score = Score.of(data, y, told, seed)
        chance = 1 / len(np.unique(y)) if data.task == "classification" else 0.0
        value = None if score.value is None else (score.value - chance) / (1 - chance)
        interval = score.interval
        if interval:
            low, high = ((end - chance) / (1 - chance) for end in interval)
            interval = (low, high)
        return Fact(
            "skill_over_dummy",
            value,
            "share",
            n=score.n,
            interval=interval,
            better="higher",
            source=source("scikit-learn"),
            reason=score.reason,
        )


def target_in_time(data: Data) -> Array:
    """``(n,)`` float64 target in the order of time; of classes whether it is the commonest.

    Raises NotApplicable where rows have no order.
    """
    order, _ = in_time(data, ALL)
    y = np.concatenate([data.splits[name].y for name in ALL])[order]
    if data.task == "classification" and len(y):
        return np.asarray(y == np.bincount(y).argmax(), dtype=np.float64)
    return y.astype(np.float64)


def drawn(values: Array, points: int = 300) -> pd.DataFrame:
    """position, value: means over neighbours, for a figure."""
    parts = np.array_split(np.arange(len(values)), min(points, max(len(values), 1)))
    return pd.DataFrame(
        {
            "position": [int(rows[0]) for rows in parts if len(rows)],
            "value": [float(values[rows].mean()) for rows in parts if len(rows)],
        }
    )
