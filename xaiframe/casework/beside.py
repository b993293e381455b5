"""New rows beside the audit's own: twins, usual answers, nearest instances, what is unusual."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.casework import comparison
from xaiframe.casework.audited import Audited
from xaiframe.casework.new_rows import NewRows, Twin
from xaiframe.evaluation.evidence import Explained
from xaiframe.explanation import Array, Outcome
from xaiframe.report.record import Record
from xaiframe.runner.subject import Subject


def audited_instances(record: Record) -> pd.DataFrame:
    """The instances that the audit explained, in its order; empty where it stored none."""
    table = record.table("probe.instances", "instances")
    return pd.DataFrame() if table is None else table


def compared(
    audited: Audited,
    subject: Subject,
    new: NewRows,
    known: Sequence[Twin | None],
    local: Mapping[str, Explained],
    units: Mapping[str, Outcome],
) -> list[dict[str, Any]]:
    """One dictionary per new row, as ``cases.json`` holds it."""
    data, record, table = audited.data, audited.record, subject.instances.table
    population = Population.of(audited, local)
    predictions = record.table("model.measure", "predictions")
    far = comparison.remoteness(new.split, data, subject.recipe.seed)
    cases = []
    for at, row in table.iterrows():
        k = int(at)  # type: ignore[call-overload]
        target = int(subject.instances.targets[k])
        cases.append(
            {
                "number": k + 1,
                "place": new.places[k],
                **{key: row[key] for key in ("predicted", "target", "score")},
                "confidence": None if pd.isna(row["confidence"]) else row["confidence"],
                "truth": None if row["y"] == "not known" or pd.isna(row["y"]) else row["y"],
                "twin": _twin(known[k], predictions),
                "columns": comparison.columns(new.split.frame, data.train.frame, k),
                "answer": _answer(predictions, row, data.task),
                "remoteness": {key: one[k] if isinstance(one, list) else one
                               for key, one in far.items()},
                "agreement": _agreement(units, record, k),
                **population.beside(local, k, target),
                "nearest": population.nearest(subject, local, k, target),
            }
        )  # fmt: skip
    return cases


def _twin(found: Twin | None, predictions: pd.DataFrame | None) -> dict[str, Any] | None:
    if found is None:
        return None
    told: dict[str, Any] = {"split": found.split, "id": found.id}
    if predictions is not None:
        same = predictions[(predictions["split"] == found.split) & (predictions["id"] == found.id)]
        told |= {"truth": same["y"].iloc[0]} if len(same) else {}
    return told


def _answer(predictions: pd.DataFrame | None, row: pd.Series, task: str) -> dict[str, Any] | None:
    if predictions is None:
        return None
    test = predictions[predictions["split"] == "test"]
    if task == "regression":
        return comparison.value_answer(test, float(row["predicted"]))
    return comparison.class_answer(test, str(row["predicted"]), float(row["confidence"]))


def _agreement(units: Mapping[str, Outcome], record: Record, at: int) -> dict[str, Any] | None:
    own = units.get("evaluation.agreement")
    usual = record.table("evaluation.agreement", "instances")
    if own is None or usual is None:
        return None
    case = float(own.tables["instances"]["spearman"].iloc[at])
    return comparison.agreement(case, usual["spearman"].to_numpy(dtype=float))


@dataclass(frozen=True)
class Population:
    """The audited instances and their attributions by the methods that explained the new rows."""

    instances: pd.DataFrame
    x: Array
    targets: Array
    values: dict[str, Array]
    sides: dict[str, str]
    aligned: bool
    features: tuple[str, ...]

    @classmethod
    def of(cls, audited: Audited, local: Mapping[str, Explained]) -> Population:
        record, table = audited.record, audited_instances(audited.record)
        inputs = record.arrays("probe.instances", "inputs") or {}
        values, sides = {}, {}
        for name, one in local.items():
            stored = record.arrays(f"{one.direction}.{name}", "attribution")
            if stored is not None:
                values[name] = stored["values"]
            if one.signed and not one.own_reference:
                sides[name] = one.direction
        # A budget may have cut some short: only what all explained can be held against each other.
        n = min((len(one) for one in values.values()), default=len(table))
        values, table = {name: one[:n] for name, one in values.items()}, table.iloc[:n]
        classes = list(audited.data.classes)
        targets = (
            [classes.index(str(one)) for one in table["target"]] if classes else [0] * len(table)
        )
        return cls(
            table, inputs["x"][:n], np.array(targets), values, sides, audited.data.aligned,
            audited.data.features,
        )  # fmt: skip

    def beside(self, local: Mapping[str, Explained], at: int, target: int) -> dict[str, Any]:
        """Attributions that are larger than the population's; None where features do not align."""
        if not self.aligned:
            return {"unusual": None}
        among = self.targets == target
        found = comparison.unusual(
            {name: one.values[at] for name, one in local.items()},
            {name: values[among] for name, values in self.values.items()},
        )
        if found is not None:
            found["features"] = [self.features[k] for k in found["features"]]
            found["percentile"] = dict(zip(self.features, found["percentile"], strict=True))
        return {"unusual": found}

    def nearest(
        self, subject: Subject, local: Mapping[str, Explained], at: int, target: int
    ) -> dict[str, list[dict[str, Any]]]:
        """The audited instances most like a new row, by input and by attribution pattern."""
        one = subject.instances.split.take(np.array([at]))
        inputs = comparison.alike_in_input(one, self.x, subject.data)
        found = {"input": [self._told(k, distance=d) for k, d in inputs]}
        sides = {name: side for name, side in self.sides.items() if name in self.values}
        if self.aligned and sides:
            own = comparison.pattern({name: local[name].values for name in sides}, sides)[at]
            others = comparison.pattern(self.values, sides)
            alike = comparison.alike_in_pattern(own, others, self.targets == target)
            found["pattern"] = [self._told(k, cosine=c) for k, c in alike]
        return found

    def _told(self, position: int, **measure: float) -> dict[str, Any]:
        row = self.instances.iloc[position]
        kept = {key: row[key] for key in ("id", "y", "predicted")}
        sure = {} if pd.isna(row["confidence"]) else {"confidence": row["confidence"]}
        return {**kept, **sure, **measure}
