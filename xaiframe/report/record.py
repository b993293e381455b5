"""Everything the report may know: what a run folder holds, read once, never the model."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from xaiframe.explanation import Array
from xaiframe.facts import Fact, Facts, Finding, Prescription, Verdict

ABSENT = ("error", "not_applicable", "not_assessed")
"""Quantities that say why there is no other."""


@dataclass(frozen=True)
class Record:
    """A finished (or half-finished) run; every part that is missing reads as empty.

    redact: rows, texts and pictures of people stay out of what is rendered.
    """

    run: Path
    redact: bool = False

    @cached_property
    def facts(self) -> Facts:
        return Facts(Fact.from_dict(item) for item in self._json("facts.json", []))

    @cached_property
    def findings(self) -> list[Finding]:
        return [Finding.from_dict(item) for item in self._json("findings.json", [])]

    @cached_property
    def verdict(self) -> Verdict | None:
        stored = self._json("verdict.json", None)
        return Verdict(**stored) if stored else None

    @cached_property
    def plan(self) -> dict[str, Any]:
        return dict(self._json("plan.json", {}))

    @cached_property
    def manifest(self) -> dict[str, Any]:
        return dict(self._json("manifest.json", {}))

    @cached_property
    def relations(self) -> list[dict[str, Any]]:
        return list(self._json("relations.json", []))

    @cached_property
    def effects(self) -> list[dict[str, Any]]:
        return list(self._json("effects.json", []))

    @cached_property
    def prescriptions(self) -> list[Prescription]:
        stored = self._yaml("prescriptions.yaml") or []
        return [Prescription.from_dict(item) for item in stored]

    @cached_property
    def recipe(self) -> dict[str, Any]:
        """The recipe as composed (plan.json), otherwise as written (recipe.yaml)."""
        composed = self.plan.get("recipe")
        loaded = composed if isinstance(composed, Mapping) else self._yaml("recipe.yaml")
        return dict(loaded) if isinstance(loaded, Mapping) else {}

    @cached_property
    def strategy(self) -> dict[str, Any]:
        return dict(self.recipe.get("strategy") or {})

    @cached_property
    def units(self) -> dict[str, dict[str, Any]]:
        """``stage.choice`` → what the plan says about it, in plan order."""
        return {
            f"{stage['name']}.{unit['choice']}": unit
            for stage in self.plan.get("stages", [])
            for unit in stage.get("units", [])
        }

    def chosen(self, stage: str) -> str:
        """The choice of a group that allows one (data, model, tuning), as the plan names it."""
        planned = [name.split(".", 1)[1] for name in self.units if name.startswith(f"{stage}.")]
        return planned[0] if planned else ""

    def choices(self, stage: str) -> list[str]:
        """The choices of a stage in plan order, then those that only facts or artifacts know."""
        planned = [name.split(".", 1)[1] for name in self.units if name.startswith(f"{stage}.")]
        seen = [
            fact.choice for fact in self.facts if fact.stage == stage and fact.name.count(".") > 1
        ]
        stored = [path.name.split(".", 1)[1] for path in self._stored(stage)]
        return list(dict.fromkeys([*planned, *seen, *stored]))

    def _stored(self, stage: str) -> list[Path]:
        folder = self.run / "artifacts"
        return sorted(folder.glob(f"{stage}.*")) if folder.is_dir() else []

    def table(self, unit: str, name: str) -> pd.DataFrame | None:
        path = self.run / "artifacts" / unit / f"{name}.parquet"
        return pd.read_parquet(path) if path.is_file() else None

    def arrays(self, unit: str, name: str) -> dict[str, Array] | None:
        path = self.run / "artifacts" / unit / f"{name}.npz"
        if not path.is_file():
            return None
        with np.load(path, allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}

    def absence(self, unit: str) -> str:
        """Why a unit has nothing to show, in the three forms a reader must tell apart."""
        error = self.facts.value(f"{unit}.error")
        unfit = self.facts.value(f"{unit}.not_applicable")
        cut = self.facts.value(f"{unit}.not_assessed")
        planned = self.units.get(unit)
        if error:
            return f"could not be judged: {error}"
        if unfit:
            return f"not applicable: {unfit}"
        if cut:
            return f"not assessed, {cut}"
        if planned and not planned.get("applies", True):
            return f"not applicable: {planned.get('reason', '')}"
        if planned is None and unit.split(".", 1)[1] not in self.choices(
            unit.split(".", maxsplit=1)[0]
        ):
            return "not requested"
        return "not assessed: the run stored no result"

    def earlier(self) -> list[Record]:
        """The rounds of this run, first to last; empty for a run of one round."""
        return [Record(path, self.redact) for path in sorted(self.run.glob("round-*"))]

    def _json(self, name: str, default: Any) -> Any:
        path = self.run / name
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else default

    def _yaml(self, name: str) -> Any:
        path = self.run / name
        return yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
