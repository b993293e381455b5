"""A whole audit: rounds of running, judging and prescribing, and the folder they leave behind."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from xaiframe.composition.compose import Composed, compose, instantiate, policy_floor, search_path
from xaiframe.facts import Facts, Finding, Prescription, Verdict
from xaiframe.observer import Observer, SilentObserver
from xaiframe.planning.plan import Plan
from xaiframe.policy.judge import judge
from xaiframe.policy.load import load_policy
from xaiframe.policy.schema import Policy
from xaiframe.preflight import preflight
from xaiframe.prescription.course import Course
from xaiframe.prescription.effects import Changes, Effect
from xaiframe.prescription.match import prescribe
from xaiframe.prescription.outcomes import outcomes
from xaiframe.prescription.overrides import to_yaml
from xaiframe.prescription.relations import relations
from xaiframe.report.build import build
from xaiframe.report.factsheet import factsheet
from xaiframe.run import Round
from xaiframe.runner.before_after import Stored, before_after
from xaiframe.runner.environment import revision, versions
from xaiframe.runner.ledger import Ledger
from xaiframe.runner.paired import changes
from xaiframe.runner.subject import Tools
from xaiframe.store import Cache, RunFolder, digest, digests, source_digest, to_json

log = logging.getLogger("xaiframe")


@dataclass(frozen=True)
class Finished:
    """A finished audit: where it is, what was found, and the verdict."""

    folder: Path
    verdict: Verdict
    findings: list[Finding]
    report: Path | None


@dataclass(frozen=True)
class Judged:
    """One round after judging."""

    composed: Composed
    plan: Plan
    ledger: Ledger
    findings: list[Finding]
    verdict: Verdict
    prescriptions: list[Prescription]
    effects: list[Effect] = field(default_factory=list)
    """What every prescription applied so far did."""

    @property
    def facts(self) -> Facts:
        return self.ledger.all_facts()


@dataclass(frozen=True)
class Job:
    """What stays the same from round to round."""

    composed: Composed
    overrides: tuple[str, ...]
    trust: tuple[str, ...]
    folder: RunFolder
    cache: Cache
    observer: Observer


def audit(
    path: Path | str,
    overrides: Sequence[str] = (),
    trust: Sequence[str] = (),
    outputs: Path | str = "outputs",
    observer: Observer | None = None,
) -> Finished:
    """Run the recipe at ``path`` and write its run folder below ``outputs``.

    Raises :class:`RecipeError`, :class:`DataError` or :class:`ModelError` before any folder is made
    when the recipe, the data or the model cannot be used.
    """
    path, outputs, observer = Path(path), Path(outputs), observer or SilentObserver()
    composed = compose(path, overrides, trust)
    tools, planned = preflight(composed, trust)
    started = datetime.now(UTC)
    home = outputs / composed.recipe.name
    sweep(home)
    folder = RunFolder(free_name(home, started))
    job = Job(composed, tuple(overrides), tuple(trust), folder, Cache(outputs / ".cache"), observer)
    with logging_to(folder.path / "log.txt"):
        try:
            judged = _rounds(job, tools, planned)
            _write(judged, job, started)
        except BaseException:
            log.exception("the audit ended early")
            _leave_log(folder)
            raise
    final = folder.finish()
    pdf, html = final / "report.pdf", final / "report.html"
    report = pdf if pdf.exists() else html if html.exists() else None
    return Finished(final, judged[-1].verdict, judged[-1].findings, report)


def _rounds(job: Job, tools: Tools, planned: Plan) -> list[Judged]:
    """Rounds until the course of their prescriptions ends."""
    composed, judged = job.composed, list[Judged]()
    rounds, ledgers = composed.recipe.rounds, list[Ledger]()
    course = Course(job.overrides, rounds, partial(_changes, job, ledgers))
    while True:
        number = len(judged) + 1
        job.observer.round(number, max(number, rounds))
        into = f"round-{number}" if rounds > 1 else ""
        ledger = Ledger(job.cache, job.folder, job.observer, into)
        ledgers.append(ledger)
        Round(composed, planned, ledger, tools, job.trust).go()
        if judged:
            since_first(ledgers[0], ledger, composed, tools)
        course.judge(ledger.all_facts())
        ledger.enter("rounds.course", "rounds.course", outcomes(course.told), [])
        judged.append(_judged(composed, planned, ledger))
        overrides = course.further(judged[-1].prescriptions)
        judged[-1].effects.extend(course.told)
        if rounds > 1:
            write_round(judged[-1], job.folder, into)
        if overrides is None:
            return judged
        log.info("round %d runs with %s", number + 1, " ".join(overrides[len(job.overrides) :]))
        composed = compose(composed.path, overrides, job.trust)
        tools, planned = preflight(composed, job.trust)


def since_first(first: Ledger, last: Ledger, composed: Composed, tools: Tools) -> None:
    """What became of the first round's answers, gaps and explanations, on the same rows."""
    last.observer.stage("rounds", 1)
    recipe = composed.recipe
    data = replace(tools.data, sensitive=tuple(recipe.strategy.sensitive))
    fairness = recipe.evaluation.get("fairness") or {}
    was, now = (last.folder.path / one.into / "artifacts" for one in (first, last))
    decides = {
        "units": [[one.key for one in ledger.units] for ledger in (first, last)],
        "fairness": fairness,
        "sensitive": data.sensitive,
        "source": source_digest("runner/before_after.py", "evaluation", "probe", "data/groups"),
    }
    last.unit(
        "rounds",
        "paired",
        decides,
        lambda: before_after(data, fairness, Stored.below(was), Stored.below(now), recipe.seed),
        ready=True,
    )


def _changes(job: Job, ledgers: Sequence[Ledger], before: int, after: int) -> Changes:
    """What the model of round ``after`` changed on the validation rows of both rounds."""
    keys = (ledgers[number - 1].key_of("measure") for number in (before, after))
    was, now = (job.cache.get(key) for key in keys)
    if was is None or now is None:
        return {}
    seed = job.composed.recipe.seed
    return changes(was.tables["predictions"], now.tables["predictions"], seed)


def _judged(composed: Composed, planned: Plan, ledger: Ledger) -> Judged:
    ledger.observer.stage("policy", 1)
    facts = ledger.all_facts()
    findings, verdict = judge(facts, policy_of(composed), datetime.now(UTC).date())
    prescriptions = prescribe(
        facts, composed.recipe.prescription, composed.config, composed.recipe.accept
    )
    ledger.observer.unit("policy", "judge", "done")
    return Judged(composed, planned, ledger, findings, verdict, prescriptions)


def policy_of(composed: Composed) -> Policy:
    """The recipe's policy merged with its parents and the user's floor."""
    return load_policy(composed.policy, search_path(composed.path), policy_floor())


def write_round(judged: Judged, folder: RunFolder, into: str) -> None:
    """Facts, findings, verdict, prescriptions and relations of one round."""
    prefix = f"{into}/" if into else ""
    facts, recipe = judged.facts, judged.composed.recipe
    states = relations(facts, recipe.prescription, judged.prescriptions)
    folder.write(f"{prefix}recipe.yaml", judged.composed.frozen)
    folder.write(f"{prefix}facts.json", to_json([fact.to_dict() for fact in facts]))
    folder.write(f"{prefix}findings.json", to_json([one.to_dict() for one in judged.findings]))
    folder.write(f"{prefix}verdict.json", to_json(asdict(judged.verdict)))
    folder.write(f"{prefix}relations.json", to_json([state.to_dict() for state in states]))
    folder.write(f"{prefix}effects.json", to_json([effect.to_dict() for effect in judged.effects]))
    folder.write(f"{prefix}prescriptions.yaml", to_yaml(judged.prescriptions))


def _write(rounds: list[Judged], job: Job, started: datetime) -> None:
    """The top level of a run: the last round's files, plan, manifest, factsheet and report."""
    last, folder, observer = rounds[-1], job.folder, job.observer
    write_round(last, folder, "")
    if last.ledger.into:
        shutil.copytree(folder.path / last.ledger.into / "artifacts", folder.path / "artifacts")
    folder.write("plan.json", to_json(last.plan.to_dict()))
    manifest = _manifest(rounds, folder, started)
    sheet = factsheet(
        last.facts, last.findings, last.verdict, manifest, asdict(last.composed.recipe.strategy)
    )
    folder.write("factsheet.json", to_json(sheet))
    folder.write("manifest.json", to_json(manifest))
    observer.stage("report", 1)
    observer.unit("report", "build", "start")
    built = build(folder.path, instantiate(last.composed.recipe.report))
    observer.unit("report", "build", "done")
    manifest["reports"] = digests(folder.path, [file.name for file in built])
    folder.write("manifest.json", to_json(manifest))


def _manifest(rounds: list[Judged], folder: RunFolder, started: datetime) -> dict[str, Any]:
    last = rounds[-1]
    recipe = last.composed.recipe
    files = [
        file.relative_to(folder.path).as_posix()
        for file in sorted(folder.path.rglob("*"))
        if file.is_file() and file.name not in ("log.txt", "manifest.json", ".pid")
    ]
    policy = policy_of(last.composed)
    return {
        "name": recipe.name,
        "created": started.isoformat(timespec="seconds"),
        "rounds": len(rounds),
        "recipe_digest": digest(last.composed.frozen),
        "data_digest": last.facts.value("data.load.digest"),
        "model_digest": last.facts.value("model.fit.digest")
        or last.facts.value("model.load.digest"),
        "policy": {
            "name": last.verdict.policy,
            "digest": policy.digest,
            "chain": list(policy.chain),
        },
        "policy_merged": policy.to_dict(),
        "python": versions()["python"],
        "platform": _platform(),
        "versions": {k: v for k, v in versions().items() if k != "python"},
        "git": revision(),
        "seeds": {"seed": recipe.seed, "split": recipe.data.get("split_seed", 0)},
        "artifacts": digests(folder.path, files),
        "stages": [
            {"round": number, **asdict(unit)}
            for number, one in enumerate(rounds, start=1)
            for unit in one.ledger.units
        ],
    }


def _platform() -> str:
    system = os.uname()
    return f"{system.sysname} {system.machine}"


def free_name(home: Path, started: datetime) -> Path:
    """``<home>/<time>``, with a number behind it if two runs start in one second."""
    stem = started.strftime("%Y-%m-%dT%H-%M-%SZ")
    names = [stem, *(f"{stem}-{number}" for number in range(2, 100))]
    taken = {path.name.removeprefix(".unfinished-") for path in home.glob("*")}
    taken |= {path.name.removeprefix(".unfinished-") for path in home.glob(".unfinished-*")}
    return home / next(name for name in names if name not in taken)


def sweep(home: Path) -> None:
    """Remove what killed runs left behind; their finished work is in the cache."""
    for leftover in home.glob(".unfinished-*"):
        owner = leftover / ".pid"
        if not (owner.exists() and _alive(int(owner.read_text() or 0))):
            shutil.rmtree(leftover, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _leave_log(folder: RunFolder) -> None:
    """A failed run leaves no folder, only its log beside the others."""
    log_file = folder.path / "log.txt"
    if log_file.exists():
        shutil.copyfile(log_file, folder.final.parent / f"failed-{folder.final.name}.log")
    folder.discard()


@contextmanager
def logging_to(path: Path) -> Iterator[None]:
    """Everything the package logs goes to the run's own file."""
    handler = logging.FileHandler(path, encoding="utf-8")
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    level = log.level
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.setLevel(level)
        log.propagate = True
        handler.close()
