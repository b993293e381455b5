"""Data drift: whether one split, by default the test split, comes from the law of another."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Outcome
from xaiframe.facts import Better, Fact, source
from xaiframe.model.face import Model
from xaiframe.precaution import columns as reading
from xaiframe.precaution.drift.domain import Domain, separate
from xaiframe.precaution.drift.embedding import fitted_facts
from xaiframe.precaution.drift.expected import expected_loss
from xaiframe.precaution.drift.shift import Shift, compare, label_shift, psi_null, value_shift

MINIMUM = 20
"""Rows with a value that each side needs before a column is compared."""


@dataclass(frozen=True)
class DataDrift:
    """Shift per column, joint shift, and shift of the label, reference → current split.

    Up to ``large`` training rows a column is judged by a test (KS; χ²; two-proportion Z) with
    Benjamini–Hochberg correction over the columns, above it by a distance (Wasserstein ÷ training
    sd; Jensen–Shannon), as any test finds something in many rows. All null limits hold for the
    largest of all columns at once (Šidák). Images, messages and series are compared through their
    measured properties, where regions mean the same everywhere jointly through their means as well.

    bins
        training-quantile bins of the population stability index.
    reference, current
        the splits compared. What the fitted model makes of them is compared from validation where
        the reference is train, since a model knows the rows it learnt from.
    folds, permutations, sample
        of the domain classifier: cross-validation folds, shuffles behind its null law, most rows
        read of each split.
    """

    phase = "data"
    modalities = ("table", "image", "text", "series")

    bins: int = 10
    large: int = 1000
    folds: int = 5
    permutations: int = 100
    sample: int = 800
    reference: str = "train"
    current: str = "test"

    def __post_init__(self) -> None:
        known = {"train", "validation", "test"}
        if not {self.reference, self.current} <= known or self.reference == self.current:
            raise ValueError("data_drift: reference and current are two of train, validation, test")
        if self.bins < 2 or self.folds < 2:
            raise ValueError("data_drift: bins and folds must be at least 2")
        if self.permutations < 20 or self.sample < MINIMUM:
            raise ValueError("data_drift: at least 20 permutations and a sample of 20 rows")

    def __call__(self, data: Data, seed: int) -> Outcome:
        """Facts per column: psi, psi_null95, psi_null99; effect, with p_adjusted where a test
        judges and effect_null95, effect_null99 where a distance does; drifted_share; domain_auc,
        domain_null_upper; label_drift with label_drift_null95 and label_drift_null99. Tables
        columns and domain."""
        reference, current = self._pair(data)
        table = self._columns(reference.frame, current.frame, seed)
        facts = [fact for row in table.to_dict("records") for fact in column_facts(row)]
        joint, domain = self._joint(data, seed)
        facts += [drifted_share(table), *joint, *label_facts(reference, current, data.task)]
        return Outcome(facts=facts, tables={"columns": table, "domain": domain})

    def fitted(self, data: Data, model: Model, seed: int) -> Outcome:
        """Facts embedding_auc, embedding_null_upper; prediction_drift with
        prediction_drift_null95 and prediction_drift_null99; expected_loss."""
        learnt = self.reference == "train"
        first = "validation" if learnt and self.current == "test" else self.reference
        law = {"folds": self.folds, "permutations": self.permutations}
        shift = label_shift if data.task == "classification" else value_shift
        names = (first, self.current)
        facts = fitted_facts(data, model, names, law, self.sample, seed, shift)
        return Outcome([*facts, expected_loss(data, model, names, self.folds, seed)])

    def _pair(self, data: Data) -> tuple[Split, Split]:
        return data.splits[self.reference], data.splits[self.current]

    def _columns(self, train: pd.DataFrame, test: pd.DataFrame, seed: int) -> pd.DataFrame:
        large, shifts, reasons = len(train) > self.large, {}, {}
        for name, column in train.items():
            reasons[name] = obstacle(column, test[name])
        able = [name for name, reason in reasons.items() if not reason]
        for name in able:
            shifts[name] = compare(train[name], test[name], self.bins, large, len(able), seed)
        rows = [_row(str(n), shifts.get(n), reason, len(able)) for n, reason in reasons.items()]
        table = pd.DataFrame(rows, columns=COLUMNS)
        tested = table["p_value"].notna()
        if tested.any():
            table.loc[tested, "p_adjusted"] = false_discovery_control(table.loc[tested, "p_value"])
        by_distance = table["effect"] > np.maximum(table["null95"], 0.1)
        table["drifted"] = (table["p_adjusted"] < 0.05) | by_distance
        return table.sort_values("effect", ascending=False, kind="stable", ignore_index=True)

    def _joint(self, data: Data, seed: int) -> tuple[list[Fact], pd.DataFrame]:
        empty = pd.DataFrame({"column": pd.Series(dtype=str), "importance": pd.Series(dtype=float)})
        train, test = (self._sampled(split, data, seed) for split in self._pair(data))
        least, needed = min(len(train), len(test)), max(MINIMUM, 4 * self.folds)
        if least < needed or train.shape[1] == 0:
            reason = f"{least} rows in the smaller split: fewer than {needed}"
            return [
                _auc_fact(n, None, 0, reason) for n in ("domain_auc", "domain_null_upper")
            ], empty
        found = separate(train, test, folds=self.folds, permutations=self.permutations, seed=seed)
        table = pd.DataFrame(
            {"column": list(found.importance), "importance": list(found.importance.values())}
        )
        table = table.sort_values("importance", ascending=False, kind="stable", ignore_index=True)
        return domain_facts(found), table

    def _sampled(self, split: Split, data: Data, seed: int) -> pd.DataFrame:
        rows = reading.sample(len(split), self.sample, seed)
        frame = split.frame.iloc[rows].reset_index(drop=True)
        if data.modality in ("table", "text") or not data.aligned:
            return frame
        return pd.concat([frame, reading.region_means(split.x[rows], data)], axis=1)


COLUMNS = [
    *("column", "test", "statistic", "p_value", "p_adjusted", "effect"),
    *("psi", "psi_null95", "psi_null99", "drifted", "null95", "null99", "n", "m", "reason"),
]


def obstacle(reference: pd.Series, current: pd.Series) -> str:
    """Why two columns cannot be compared, or nothing."""
    gaps = [reading.missing(one.to_frame()).to_numpy() for one in (reference, current)]
    present = min(int((~gap).sum()) for gap in gaps)
    if present < MINIMUM:
        return f"{present} values in the smaller split: fewer than {MINIMUM}"
    if reading.kind(reference) != reading.kind(current):
        return "numbers in one split, categories in the other"
    return ""


def _row(name: str, shift: Shift | None, reason: str, columns: int) -> dict[str, Any]:
    row: dict[str, Any] = dict.fromkeys(COLUMNS[2:], np.nan)
    row |= {"column": name, "test": "none", "reason": reason, "n": 0, "m": 0, "drifted": False}
    if shift is None:
        return row
    tails = [1 - level ** (1 / columns) for level in (0.95, 0.99)]
    nulls = [psi_null(shift.n, shift.m, shift.bins, tail) for tail in tails]
    told = {key: value for key, value in asdict(shift).items() if key in COLUMNS}
    return row | told | dict(zip(("psi_null95", "psi_null99"), nulls, strict=True))


def column_facts(row: Mapping[Hashable, Any]) -> list[Fact]:
    """The facts of one row of ``columns``; only those of the test or distance that judged it."""
    told = {"psi": "psi", "psi_null95": "psi_null95", "psi_null99": "psi_null99"}
    if not np.isnan(row["p_value"]) or row["reason"]:
        told |= {"effect": "effect", "p_adjusted": "p_adjusted"}
    else:
        told |= {"effect": "effect", "effect_null95": "null95", "effect_null99": "null99"}
    library = source("scipy" if not row["reason"] else "xaiframe")
    return [
        Fact(
            name,
            float(row[key]),
            "p" if key == "p_adjusted" else "PSI" if key.startswith("psi") else str(row["test"]),
            {"column": str(row["column"])},
            n=int(row["n"] + row["m"]),
            better=BETTER.get(name, "none"),
            source=source() if name == "psi" else library,
            reason=str(row["reason"]),
        )
        for name, key in told.items()
    ]


BETTER: dict[str, Better] = {
    "psi": "lower",
    "effect": "lower",
    "p_adjusted": "higher",
}


def drifted_share(table: pd.DataFrame) -> Fact:
    """Share of the judged columns that drifted."""
    judged = int((table["reason"] == "").sum())
    if judged == 0:
        reason = "no column could be compared"
        return Fact("drifted_share", None, "share", n=0, better="lower", reason=reason)
    share = float(table["drifted"].sum() / judged)
    return Fact("drifted_share", share, "share", n=judged, better="lower")


def domain_facts(found: Domain) -> list[Fact]:
    """The classifier's AUC, and null mean + 3 sd under shuffled labels."""
    n, interval = found.n + found.m, (found.low, found.high)
    upper = found.null_mean + 3 * found.null_sd
    return [
        _auc_fact("domain_auc", found.auc, n, interval=interval),
        _auc_fact("domain_null_upper", upper, n),
    ]


def _auc_fact(
    name: str,
    value: float | None,
    n: int,
    reason: str = "",
    interval: tuple[float, float] | None = None,
) -> Fact:
    better: Better = "lower" if name == "domain_auc" else "none"
    return Fact(name, value, "AUC", n=n, interval=interval, better=better, reason=reason)


def label_facts(reference: Split, current: Split, task: str) -> list[Fact]:
    """Bias-corrected Cramér's V of label and split, or for regression the KS statistic, with what
    95 and 99 of 100 samples without drift stay below."""
    a, b = reference.y, current.y
    n, m = len(a), len(b)
    unit = "Cramér's V" if task == "classification" else "KS statistic"
    if min(n, m) < MINIMUM:
        reason = f"{min(n, m)} rows in the smaller split: fewer than {MINIMUM}"
        return [Fact("label_drift", None, unit, n=n + m, better="lower", reason=reason)]
    value, *nulls = label_shift(a, b) if task == "classification" else value_shift(a, b)
    told = Fact("label_drift", value, unit, n=n + m, better="lower", source=source("scipy"))
    return [
        told,
        *(
            Fact(f"label_drift_null{level}", null, unit, n=n + m, source=source("scipy"))
            for level, null in zip((95, 99), nulls, strict=True)
        ),
    ]
