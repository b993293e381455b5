"""Reading a finished run back: facts as a frame, attributions as arrays."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.errors import AuditError, Problem
from xaiframe.explanation import Array
from xaiframe.facts import Fact, Finding, Verdict


@dataclass(frozen=True)
class Run:
    """A finished run folder."""

    folder: Path

    @cached_property
    def facts(self) -> pd.DataFrame:
        """One row per fact: name, value, unit, labels, n, low, high, method, library, reason."""
        return pd.DataFrame(
            [
                {
                    "name": fact.name,
                    "value": fact.value,
                    "unit": fact.unit,
                    "labels": dict(fact.labels),
                    "n": fact.n,
                    "low": fact.interval[0] if fact.interval else np.nan,
                    "high": fact.interval[1] if fact.interval else np.nan,
                    "method": fact.source.method,
                    "library": f"{fact.source.library} {fact.source.version}".strip(),
                    "reason": fact.reason,
                }
                for fact in map(Fact.from_dict, self._json("facts.json"))
            ]
        )

    @cached_property
    def findings(self) -> list[Finding]:
        return [Finding.from_dict(item) for item in self._json("findings.json")]

    @cached_property
    def verdict(self) -> Verdict:
        return Verdict(**self._json("verdict.json"))

    @property
    def attributions(self) -> dict[str, Array]:
        """Method → ``(instances, features)`` attributions, for every local method of the run."""
        return {
            path.parent.name.split(".", 1)[1]: self.arrays(path.parent.name, "attribution")[
                "values"
            ]
            for path in sorted(self.folder.glob("artifacts/*/attribution.npz"))
        }

    @property
    def instances(self) -> pd.DataFrame:
        """The explained instances, in the order of the attributions."""
        return self.table("probe.instances", "instances")

    @property
    def features(self) -> list[str]:
        """Names of the interpretable features, in the order of the attributions."""
        return list(self.table("probe.instances", "features")["feature"])

    def table(self, unit: str, name: str) -> pd.DataFrame:
        """A stored table, e.g. ``table("precaution.data_drift", "columns")``."""
        return pd.read_parquet(self._artifact(unit, f"{name}.parquet"))

    def arrays(self, unit: str, name: str) -> dict[str, Array]:
        """Stored arrays, e.g. ``arrays("gradient.saliency", "attribution")``."""
        with np.load(self._artifact(unit, f"{name}.npz"), allow_pickle=False) as stored:
            return {key: stored[key] for key in stored.files}

    def _artifact(self, unit: str, name: str) -> Path:
        path = self.folder / "artifacts" / unit / name
        if not path.is_file():
            known = sorted(f"{p.parent.name}/{p.name}" for p in self.folder.glob("artifacts/*/*"))
            raise AuditError(
                Problem(f"{unit}/{name}", "the run stored no such artifact", ", ".join(known))
            )
        return path

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))


def load(run: Path | str) -> Run:
    """The finished run in folder ``run`` (``outputs/<recipe>/latest``, say).

    Raises :class:`AuditError` when the folder holds no finished run.
    """
    folder = Path(run)
    if not (folder / "verdict.json").is_file():
        raise AuditError(Problem(str(folder), "no finished run here", "outputs/<recipe>/<time>"))
    return Run(folder)
