"""A finished audit opened again: its recipe, data, model and reference, each held against the
digest that the audit wrote down."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from xaiframe.composition.compose import compose
from xaiframe.data.face import Data
from xaiframe.errors import AuditError, DataError, ModelError, Problem
from xaiframe.explanation import Method
from xaiframe.model.face import Model
from xaiframe.model.trail import Trail, unpacked
from xaiframe.planning.plan import plan
from xaiframe.preflight import make_tools
from xaiframe.probe.reference import Reference, declare
from xaiframe.report.record import Record
from xaiframe.runner.environment import revision, versions
from xaiframe.runner.fit import STEPS, restore
from xaiframe.runner.subject import Tools
from xaiframe.store import file_digest

NEEDED = ("manifest.json", "verdict.json", "recipe.yaml", "facts.json")
SHOWN = 5
DIRECTIONS = ("perturbation", "gradient")
COMPUTES = ("torch", "captum", "shap", "lime", "scikit-learn", "numpy", "pandas")
"""Packages whose version can change an attribution."""


@dataclass(frozen=True)
class Audited:
    """The audit in ``folder``, ready to explain further rows as it explained its own."""

    folder: Path
    record: Record
    tools: Tools
    model: Model
    reference: Reference

    @property
    def data(self) -> Data:
        return self.tools.data

    @cached_property
    def methods(self) -> dict[str, dict[str, Any]]:
        """Direction → local method → object, of those that gave attributions in the audit."""
        stored = self.folder / "artifacts"
        return {
            direction: {
                name: method
                for name, method in self.tools.methods[direction].items()
                if method.attributes()
                and (stored / f"{direction}.{name}" / "attribution.npz").is_file()
            }
            for direction in DIRECTIONS
        }

    @cached_property
    def others(self) -> dict[str, dict[str, Any]]:
        """Direction → local method → object, of those that explained otherwise in the audit:
        counterfactuals, profiles and other kinds."""
        stored = self.folder / "artifacts"
        return {
            direction: {
                name: method
                for name, method in self.tools.methods[direction].items()
                if method.scope == "local"
                and not method.attributes()
                and (stored / f"{direction}.{name}" / f"{method.kind}.parquet").is_file()
            }
            for direction in DIRECTIONS
        }

    @cached_property
    def absent(self) -> dict[str, str]:
        """Method of the audit without attributions → why, in the audit's words."""
        return {
            name: self.record.absence(f"{direction}.{name}")
            for direction in DIRECTIONS
            for name in self.record.choices(direction)
            if name not in self.methods[direction]
            and self.tools.methods[direction].get(name, Method).attributes()
        }

    @property
    def other_versions(self) -> dict[str, tuple[str, str]]:
        """Package → (version of the audit, version now) where they differ."""
        then, now = self.record.manifest.get("versions") or {}, versions()
        return {
            name: (str(then[name]), now[name])
            for name in COMPUTES
            if name in then and name in now and then[name] != now[name]
        }


def finished(run: Path) -> Record:
    """The record of a finished run; raises :class:`AuditError` where ``run`` is none, or where a
    file is not the one that the run's manifest signed."""
    folder = run.resolve()
    if not all((folder / name).is_file() for name in NEEDED):
        hint = "a folder outputs/<recipe>/<time> or outputs/<recipe>/latest"
        raise AuditError(Problem(str(run), "no finished run here", hint))
    record = Record(folder)
    problems = list(altered(record))
    if problems:
        raise AuditError(problems[:SHOWN])
    return record


def altered(record: Record) -> Iterator[Problem]:
    """A problem per file of the run that is gone or has another digest than the manifest says."""
    for name, wanted in dict(record.manifest.get("artifacts") or {}).items():
        path = record.run / name
        if not path.is_file():
            yield Problem(str(path), "the run's file is gone", f"sha256 {wanted[:12]}…")
        elif file_digest(path) != wanted:
            message = "is not what the audit stored: its sha256 differs from manifest.json"
            yield Problem(str(path), message, f"{wanted[:12]}…, or a new audit")


def opened(record: Record, trust: Sequence[str] = ()) -> Audited:
    """The audit with its tools, after its data and its model proved to be the audited ones.

    Raises :class:`DataError` or :class:`ModelError` where they are not, and says what changed.
    """
    composed = compose(record.run / "recipe.yaml", (), tuple(trust))
    tools = make_tools(composed, plan(composed), tuple(trust))
    wanted = str(record.manifest.get("data_digest"))
    if tools.data.digest != wanted:
        hint = f"the data as audited (digest {wanted[:12]}…), or a new audit of these"
        hint += other_source(record)
        raise DataError(Problem(tools.data.origin, changed(tools.data, record), hint))
    model = audited_model(tools, record)
    return Audited(record.run, record, tools, model, reference(tools, record))


def other_source(record: Record) -> str:
    """The revision that audited, where it is not this one: it may have read otherwise."""
    then, now = record.manifest.get("git") or {}, revision() or {}
    if then.get("revision") in (None, now.get("revision")):
        return ""
    return (
        f"; the audit was made by revision {str(then['revision'])[:12]}, which may read otherwise"
    )


def changed(data: Data, record: Record) -> str:
    """What of the data is not as audited."""
    then = [str(one) for one in _features(record)]
    if list(data.features) != then:
        gone = [name for name in then if name not in data.features]
        new = [name for name in data.features if name not in then]
        said = [f"without {', '.join(gone[:SHOWN])}"] if gone else []
        said += [f"with {', '.join(new[:SHOWN])}"] if new else []
        return f"the data changed since the audit: now {' and '.join(said) or 'in another order'}"
    for name, split in data.splits.items():
        rows = record.facts.value("data.load.rows", split=name)
        if rows is not None and rows != len(split):
            return f"the data changed since the audit: {name} had {rows} rows, now {len(split)}"
    return "the data changed since the audit: as many rows and columns, other values"


def _features(record: Record) -> Sequence[str]:
    table = record.table("probe.instances", "features")
    return [] if table is None else list(table["feature"])


def audited_model(tools: Tools, record: Record) -> Model:
    """The brought model loaded again, or the fitted one with what the run stored of it."""
    wanted = str(record.manifest.get("model_digest"))
    if tools.brought:
        model: Model = tools.model
        given = tools.recipe.model
        place, model.brought = str(given.get("path") or given.get("url") or "model"), True
    else:
        folder = record.run / "artifacts" / "model.fit"
        place, files = str(folder), stored(folder)
        if not files:
            message = "the run holds no weights of its model"
            raise ModelError(Problem(place, message, "run the audit again: it stores them"))
        try:
            model = restore(tools.architecture, files, tools.data)
        except (RuntimeError, KeyError) as error:
            message = f"the weights do not fit the recipe's model: {' '.join(str(error).split())}"
            raise ModelError(Problem(place, message[:300], "the version that audited")) from None
        if STEPS in files:
            model.trail = Trail(unpacked(files[STEPS]), lost=bool(tools.recipe.repair))
    if model.digest != wanted:
        message = f"is not the audited model: its digest is {model.digest[:12]}…"
        hint = f"the model as audited (digest {wanted[:12]}…), or a new audit of this one"
        hint += other_source(record)
        raise ModelError(Problem(place, message, hint))
    model.max_batch = tools.recipe.explain.max_batch
    return model


def stored(folder: Path) -> dict[str, bytes]:
    """What a run stored of its fitted model, by the files' names; empty where it stored nothing."""
    return {one.name: one.read_bytes() for one in sorted(folder.glob("*.*")) if one.is_file()}


def reference(tools: Tools, record: Record) -> Reference:
    """The audit's own background rows, under the recipe's target and output scale."""
    declared = declare(tools.recipe.reference, tools.data, tools.recipe.seed)
    stored: Mapping[str, Any] | None = record.arrays("probe.reference", "reference")
    if stored is None:
        raise AuditError(Problem(str(record.run), "the run stored no reference", "a new audit"))
    made = Reference(stored["background"], stored["weights"], declared.output, declared.target)
    if made.digest != record.facts.value("probe.reference.digest"):
        message = "the reference is not the audited one"
        raise AuditError(Problem(str(record.run), message, "the recipe as audited"))
    return made
