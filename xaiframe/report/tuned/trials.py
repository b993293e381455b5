"""The trials of a search as every page of its report reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from xaiframe.report import chart, words
from xaiframe.report.record import Record

UNIT = "tuning.search"
KNOWN = {"number", "state", "seconds", "evaluations", "chosen", "pareto", "reason"}
NAMES = {
    "evaluation.faithfulness.gain_over_random": "faithfulness over random",
    "evaluation.stability.max_sensitivity": "max-sensitivity",
    "explanation.cost.evaluations": "cost in model rows",
}
"""Objectives whose last word says too little."""
ROLES = {
    "chosen": (chart.G, "diamond"),
    "Pareto front": (chart.P, "circle"),
    "other trial": ("#a9b3bb", "circle"),
    "breaks a constraint": ("#a9b3bb", "cross"),
}


@dataclass(frozen=True)
class Trials:
    """table: one row per trial, in the order they were drawn; space: one row per parameter."""

    table: pd.DataFrame
    space: pd.DataFrame | None
    goals: tuple[str, ...]
    better: Mapping[str, str]

    @property
    def parameters(self) -> list[str]:
        """Parameter columns, as the search space names them."""
        if self.space is not None:
            return [name for name in self.space["parameter"].astype(str) if name in self.table]
        return [str(c) for c in self.table if c not in KNOWN and c not in self.goals]

    @property
    def refits(self) -> bool:
        """Whether each trial fits a model; else it explains the one that stands."""
        return any(one.startswith(("fit.", "model.")) for one in self.parameters)

    @property
    def recuts(self) -> bool:
        """Whether trials differ in the features that explanations speak of."""
        return any(one.startswith("data.") for one in self.parameters)

    @cached_property
    def done(self) -> pd.DataFrame:
        """The trials that were measured, in order, with their role."""
        done = self.table.dropna(subset=list(self.goals))
        return done.assign(role=[role(row) for _, row in done.iterrows()])

    @property
    def drawn(self) -> pd.DataFrame:
        """:attr:`done` with the chosen one last, so that no equal of its lies over it."""
        return self.done.sort_values("chosen", kind="stable")

    @property
    def chosen(self) -> pd.Series | None:
        found = self.table[self.table["chosen"].astype(bool)]
        return None if found.empty else found.iloc[0]

    def log(self, parameter: str) -> bool:
        """Whether the parameter is searched on a logarithm."""
        return bool(self._of(parameter, "log"))

    def choice(self, parameter: str) -> bool:
        """Whether the parameter is one of a few values."""
        return self._of(parameter, "kind") == "choice"

    def varied(self) -> list[str]:
        """Parameters that took more than one value."""
        return [one for one in self.parameters if self.done[one].astype(str).nunique() > 1]

    def _of(self, parameter: str, column: str) -> object:
        if self.space is None:
            return None
        found = self.space[self.space["parameter"] == parameter]
        return None if found.empty else found.iloc[0][column]


def trials_of(record: Record, unit: str = UNIT) -> Trials | None:
    """The trials that a run stored; None where there are none."""
    table = record.table(unit, "trials")
    if table is None or table.empty:
        return None
    stored = record.table(unit, "importance")
    named = [] if stored is None else list(dict.fromkeys(stored["objective"].astype(str)))
    facts = record.facts.where(f"{unit}.best")
    named += [fact.labels.get("objective", "") for fact in facts]
    goals = tuple(name for name in dict.fromkeys(named) if name in table)
    better = {fact.labels.get("objective", ""): fact.better for fact in facts}
    return Trials(table, record.table(unit, "space"), goals, better)


def role(row: pd.Series) -> str:
    """What a measured trial is to the search."""
    if str(row.get("state")) == "infeasible":
        return "breaks a constraint"
    return "chosen" if row["chosen"] else "Pareto front" if row["pareto"] else "other trial"


def last(name: str) -> str:
    """The last word of a dotted key, or what a reader knows it as."""
    return NAMES.get(name) or words.label(name.rsplit(".", maxsplit=1)[-1])


def setting(name: str) -> str:
    """A searched key as a reader knows it; of a method's parameter also whose it is."""
    group, *rest = name.split(".")
    if group in ("perturbation", "gradient") and len(rest) == 2:
        return f"{words.label(rest[0])} {words.label(rest[1])}"
    return last(name)


def short(name: str) -> str:
    """The last words of a fact name, with where it was measured."""
    *before, end = name.split(".")
    where = " ".join(words.label(piece) for piece in before)
    return f"{words.label(end)} ({where})" if where else words.label(end)
