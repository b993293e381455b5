"""New rows explained as the audit explained its own, compared with them, and written down."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.casework.audited import DIRECTIONS, Audited, finished, opened
from xaiframe.casework.beside import audited_instances, compared
from xaiframe.casework.new_rows import NewRows, Twin, read_rows, seeded, twins
from xaiframe.errors import AuditError, NotApplicable, Problem
from xaiframe.evaluation.evidence import Explained
from xaiframe.explanation import Array, Outcome
from xaiframe.probe.banks import BANKS
from xaiframe.probe.instances import Instances
from xaiframe.probe.score import Scorer
from xaiframe.report.case_report import build_cases
from xaiframe.runner.explain import Points, explain
from xaiframe.runner.gather import gather
from xaiframe.runner.ledger import one_line
from xaiframe.runner.outcomes import explained, local_outcome
from xaiframe.runner.prepare import instances_outcome
from xaiframe.runner.subject import Subject
from xaiframe.store import digests, file_digest, plain, save_outcome, to_json, write_atomically

COPIED = ("plan.json", "recipe.yaml", "findings.json", "verdict.json")
READ = ("data.load.modality", "data.load.task")
READ_WITHIN = ("evaluation.faithfulness", "evaluation.parameter_randomisation", "model.test")
"""The audit's facts that a picture of one case reads."""
MEASURES = ("agreement", "completeness")
"""Evaluations that mean something on one instance."""


@dataclass(frozen=True)
class CaseWork:
    """What became of new rows: the folder, a dictionary per explained row (``cases.json``), the
    rows that could not be read, and the reports."""

    folder: Path
    cases: list[dict[str, Any]]
    problems: tuple[Problem, ...]
    reports: list[Path]


def explain_rows(
    run: Path | str,
    rows: str,
    html: bool = True,
    pdf: bool = True,
    limit: int = 10,
    show: bool = False,
    trust: Sequence[str] = (),
) -> CaseWork:
    """Explain the rows of the file or folder ``rows`` by the model and the methods of a finished
    ``run``; the run folder is left as it is.

    Writes ``outputs/<recipe>/cases/<time>-<stem>/``. Raises :class:`AuditError` where the run, its
    data or its model are not as audited, where more than ``limit`` rows are asked, and where the
    recipe redacts reports and ``show`` does not say that this one may show its rows.
    """
    record = finished(Path(run))
    if (record.recipe.get("report") or {}).get("redact") and not show:
        message = "the recipe keeps single rows out of reports (report.redact), a case shows one"
        raise AuditError(Problem(str(run), message, "--show, if you may see the row"))
    audited = opened(record, trust)
    if not any(audited.methods.values()):
        told = "; ".join(f"{name}: {why}" for name, why in audited.absent.items())
        message = "no method explained single rows in this audit"
        raise AuditError(Problem(str(run), message, told or "a local method in the recipe"))
    new = read_rows(audited.tools.module, rows, limit)
    folder = _free(audited.folder.parent / "cases", Path(rows).stem)
    unfinished = folder.with_name(f".unfinished-{folder.name}")
    unfinished.mkdir(parents=True)
    try:
        cases = _work(audited, new, rows, unfinished)
        unfinished.rename(folder)
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    return CaseWork(folder, cases, new.problems, build_cases(folder, html, pdf))


def _free(home: Path, stem: str) -> Path:
    """``<home>/<time>-<stem>``, with a number behind it if two start in one second."""
    name = f"{datetime.now(UTC).strftime('%Y-%m-%dT%H-%M-%SZ')}-{stem}"
    names = [name, *(f"{name}-{number}" for number in range(2, 100))]
    taken = {path.name.removeprefix(".unfinished-") for path in home.glob("*")}
    taken |= {path.name.removeprefix(".unfinished-") for path in home.glob(".unfinished-*")}
    return home / next(one for one in names if one not in taken)


def _work(audited: Audited, new: NewRows, source: str, folder: Path) -> list[dict[str, Any]]:
    known = twins(new.split, audited.data)
    subject = subject_of(audited, new, known)
    outcomes, failures = attributions(subject, audited.methods)
    local = {
        name: explained(name, audited.methods[direction][name], outcome)
        for (direction, name), outcome in outcomes.items()
    }
    units = {f"{direction}.{name}": one for (direction, name), one in outcomes.items()}
    others, unanswered = otherwise(subject, audited)
    units, failures = units | others, failures | unanswered
    units |= {f"evaluation.{name}": one for name, one in measured(subject, local, audited).items()}
    units["probe.instances"] = instances_outcome(subject)
    for unit, outcome in units.items():
        save_outcome(outcome, folder / "artifacts" / unit)
    _copy(audited, folder, others)
    cases = plain(compared(audited, subject, new, known, local, units))
    written = {
        "run": audited.folder.name,
        "source": source,
        "modality": audited.data.modality,
        "audited": len(audited_instances(audited.record)),
        "train": len(audited.data.train),
        "absent": {**audited.absent, **failures},
        "other_versions": audited.other_versions,
        "unreadable": [str(problem) for problem in new.problems],
        "cases": cases,
    }
    write_atomically(folder / "cases.json", to_json(written))
    write_atomically(folder / "manifest.json", to_json(_manifest(audited, source, folder)))
    return list(cases)


def subject_of(audited: Audited, new: NewRows, known: Sequence[Twin | None]) -> Subject:
    """The audited model with the new rows in place of the audited instances."""
    split = seeded(new.split, list(known))
    model, reference = audited.model, audited.reference
    scorer = Scorer(model, reference, audited.tools.recipe.explain.max_batch)
    targets = reference.targets(model, split.x)
    scores = scorer(split.x, targets)
    table = _table(audited, new, targets, scores)
    instances = Instances(split, targets, scores, table)
    return Subject(audited.tools, model, model.digest, reference, scorer, instances)


def _table(audited: Audited, new: NewRows, targets: Array, scores: Array) -> pd.DataFrame:
    data, split = audited.data, new.split
    if data.task == "classification":
        names = np.array(data.classes, dtype=object)
        chances = audited.model.probabilities(split.x)
        truth = [str(names[y]) if y >= 0 else "not known" for y in split.y]
        answers: dict[str, Any] = {
            "y": truth,
            "target": names[targets],
            "predicted": names[chances.argmax(axis=1)],
            "confidence": chances.max(axis=1),
        }
    else:
        predicted = audited.model.predictions(split.x).astype(float)
        answers = {"y": split.y.astype(float), "target": data.target, "predicted": predicted}
        answers["confidence"] = np.nan
    order = np.arange(len(split))
    return pd.DataFrame(
        {"position": order, "id": split.ids, **answers, "score": scores, "case": True, "kind": "",
         "reason": list(new.places)}
    )  # fmt: skip


def attributions(
    subject: Subject, asked: Mapping[str, Mapping[str, Any]]
) -> tuple[dict[tuple[str, str], Outcome], dict[str, str]]:
    """(direction, method) → what it says of the rows, and what went wrong by method; ``asked``:
    direction → method → object."""
    rows, recipe = subject.instances.split, subject.recipe
    points = Points(rows.ids, rows.x, subject.instances.targets, rows.mask)
    found: dict[tuple[str, str], Outcome] = {}
    failures: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as temporary:
        for direction in DIRECTIONS:
            methods = asked[direction]
            if not methods:
                continue
            folders = {name: Path(temporary) / direction / name for name in methods}
            stored, failed = explain(
                methods, BANKS[direction], subject.scorer, subject.data, points,
                recipe.explain.batch, recipe.seed, subject.tools.runner, folders, _silent,
            )  # fmt: skip
            failures |= {name: one_line(error) for name, error in failed.items()}
            for name, one in stored.items():
                found[direction, name] = local_outcome(subject, methods[name], one, None)
    return found, failures


def otherwise(subject: Subject, audited: Audited) -> tuple[dict[str, Outcome], dict[str, str]]:
    """``direction.method`` → what methods of other kinds say of the rows, and what went wrong."""
    found, failures = attributions(subject, audited.others)
    ids = subject.instances.split.ids
    for outcome in found.values():
        outcome.tables = {name: placed(frame, ids) for name, frame in outcome.tables.items()}
    return {f"{direction}.{name}": one for (direction, name), one in found.items()}, failures


def placed(frame: pd.DataFrame, ids: Array) -> pd.DataFrame:
    """The table with what it says of an id at each position that has it: equal rows share one."""
    if "id" not in frame:
        return frame
    alone = frame.drop(columns="position").drop_duplicates(ignore_index=True)
    return alone.merge(pd.DataFrame({"id": ids, "position": np.arange(len(ids))}), on="id")


def _silent(_done: int, _total: int) -> None: ...


def measured(
    subject: Subject, local: Mapping[str, Explained], audited: Audited
) -> dict[str, Outcome]:
    """The evaluations of the audit that mean something on single rows."""
    evidence, found = gather(subject, local, {}), {}
    for name in MEASURES:
        measure = audited.tools.methods["evaluation"].get(name)
        if measure is None:
            continue
        try:
            found[name] = measure(evidence)
        except NotApplicable:
            continue
    return found


def _copy(audited: Audited, folder: Path, others: Mapping[str, Outcome]) -> None:
    """What the pictures of a case read of the audit itself, and what ``others`` say of the rows."""
    for name in COPIED:
        if (audited.folder / name).is_file():
            shutil.copyfile(audited.folder / name, folder / name)
    facts = audited.record.facts
    read = [fact for fact in facts if fact.name in READ]
    read += [fact for prefix in READ_WITHIN for fact in facts.within(prefix)]
    for unit, outcome in others.items():
        read += [fact.within(unit, unit.split(".", 1)[1]) for fact in outcome.facts]
    write_atomically(folder / "facts.json", to_json([fact.to_dict() for fact in read]))
    profile = Path("artifacts") / "precaution.profile"
    if (audited.folder / profile).is_dir():
        shutil.copytree(audited.folder / profile, folder / profile)


def _manifest(audited: Audited, source: str, folder: Path) -> dict[str, Any]:
    manifest, path = audited.record.manifest, Path(source)
    files = [
        file.relative_to(folder).as_posix() for file in sorted(folder.rglob("*")) if file.is_file()
    ]
    return {
        "name": manifest.get("name"),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "run": audited.folder.name,
        "run_created": manifest.get("created"),
        "rows": {"source": source, "sha256": file_digest(path) if path.is_file() else None},
        **{key: manifest.get(key) for key in ("recipe_digest", "data_digest", "model_digest")},
        "reference_digest": audited.reference.digest,
        "seed": audited.tools.recipe.seed,
        "artifacts": digests(folder, files),
    }
