"""Explanations of a subject: local ones through predict, global ones on a bounded sample."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.evaluation.evidence import Asked, Engine, Evidence, Explained, Recompute, Reexplain
from xaiframe.explanation import Array, Attribution, Outcome
from xaiframe.facts import Fact, source
from xaiframe.kinds.answer import Answer, kind
from xaiframe.kinds.curve import Curve
from xaiframe.kinds.importance import Importance
from xaiframe.model.face import Model
from xaiframe.probe.bank import Bank
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.score import Scorer
from xaiframe.runner.explain import Points, Stored, explain
from xaiframe.runner.ledger import Ledger, one_line, room_digest, unit_key
from xaiframe.runner.subject import Subject

BANKS: Mapping[str, type[Bank]] = {"perturbation": CoalitionBank, "gradient": GradientBank}
SHARED = (
    "probe",
    "kinds",
    "model/face.py",
    "data/face.py",
    "runner/explain.py",
    "runner/explanations.py",
)
"""What every explanation leans on beside its own file; a change there is a change of the answer."""
DRAWS = 1000
TOGETHER = 1_000_000
"""Numbers that the bootstrap draws at once."""
log = logging.getLogger("xaiframe")
Attributed = dict[str, Explained]
"""Local explanations by method name."""


def explain_locally(
    ledger: Ledger, subject: Subject, direction: str, nodes: Mapping[str, Any]
) -> dict[str, Explained]:
    """Every local method of one direction on the subject's instances, one predict for all.

    What is returned are the attributions; explanations of another kind are stored for the report.
    A method that the budget cuts short is stored under a key of its own, with the first instances
    alone; its batches stay, so that a larger budget goes on behind them.
    """
    methods = {
        name: method
        for name, method in subject.tools.methods[direction].items()
        if method.scope == "local"
    }
    decides = {
        name: {
            "node": nodes[name],
            "source": room_digest(nodes[name], *SHARED),
            **subject.decides,
            **held_still(subject, method),
        }
        for name, method in methods.items()
    }
    wanted = {
        name: method
        for name, method in methods.items()
        if ledger.bounds.kept(direction, name) != 0
        and ledger.cache.get(unit_key(direction, name, decides[name])) is None
    }
    fresh, failures = _ask(ledger, subject, direction, wanted, decides)
    found = {}
    for name, method in methods.items():
        part = fresh[name].part if name in fresh else {}
        outcome = ledger.unit(
            direction,
            name,
            {**decides[name], **part},
            partial(_or_raise, name, fresh, failures),
            ready=name in fresh or name in failures,
        )
        if outcome is not None and method.attributes():
            found[name] = explained(name, method, outcome)
    return found


def held_still(subject: Subject, method: Any) -> dict[str, Any]:
    """What else an answer depends on: sensitive columns, of methods that leave them as they are."""
    return {"sensitive": subject.data.sensitive} if hasattr(method, "fixed") else {}


@dataclass(frozen=True)
class Fresh:
    """What was just asked; ``part`` says how many instances, where the budget cut some off."""

    outcome: Outcome
    part: Mapping[str, int] = field(default_factory=dict)


def _or_raise(name: str, fresh: Mapping[str, Fresh], failures: Mapping[str, Exception]) -> Outcome:
    if name in failures:
        raise failures[name]
    return fresh[name].outcome


def _ask(
    ledger: Ledger,
    subject: Subject,
    direction: str,
    methods: Mapping[str, Any],
    decides: Mapping[str, Mapping[str, Any]],
) -> tuple[dict[str, Fresh], dict[str, Exception]]:
    if not methods:
        return {}, {}
    keys = {name: unit_key(direction, name, decides[name]) for name in methods}
    rows = subject.instances.split
    points = Points(rows.ids, rows.x, subject.instances.targets, rows.mask)
    seed, config = subject.recipe.seed, subject.recipe.explain
    kept = {name: ledger.bounds.kept(direction, name) or len(points) for name in methods}

    def run(chosen: Mapping[str, Any], part: str, rows: Points, seed: int) -> Any:
        folders = {name: ledger.cache.partial(keys[name]) / part for name in chosen}
        return explain(
            chosen, BANKS[direction], subject.scorer, subject.data, rows, config.batch, seed,
            subject.tools.runner, folders,
            lambda done, total: ledger.observer.progress(direction, part, done, total),
            {name: min(kept[name], len(rows)) for name in chosen}, ledger.bounds.end(direction),
        )  # fmt: skip

    stored, failures = run(methods, "once", points, seed)
    again: dict[str, Stored] = {}
    stochastic = {
        name: methods[name]
        for name in stored
        if methods[name].stochastic and stored[name].answer is None
    }
    if stochastic and config.repeats:
        again, failed = run(stochastic, "again", points.first(config.repeats), seed + 1)
        failures |= failed
    twice = min(config.repeats, len(points))
    found = {}
    for name in stored:
        if name in failures:
            continue
        repeats = len(again[name]["ids"]) if name in again else 0
        wanted = twice if name in stochastic else 0
        part = shortened(len(stored[name]["ids"]), repeats, len(points), wanted)
        outcome = local_outcome(subject, methods[name], stored[name], again.get(name))
        if part and part["first"] < len(points):
            outcome.facts.append(cut_short(part, len(points), ledger.bounds.cut(direction, name)))
        found[name] = Fresh(outcome, part)
    return found, failures


def shortened(first: int, again: int, instances: int, twice: int) -> dict[str, int]:
    """What tells a cut answer from a whole one: ``first`` of the ``instances``, ``again`` of those
    to be explained ``twice``; empty where nothing is missing."""
    if first == instances and again == twice:
        return {}
    return {"first": first, "again": again}


def cut_short(part: Mapping[str, int], instances: int, reason: str) -> Fact:
    """How many instances a method explained that did not explain all."""
    n = part["first"]
    return Fact("explained", n, "instances", {"of": str(instances)}, n=n, reason=reason)


def local_outcome(subject: Subject, method: Any, stored: Stored, again: Stored | None) -> Outcome:
    """Facts and the ``attribution`` arrays of one local method, or the artifacts of its kind."""
    data = subject.data
    library = source(method.computed_by)
    if stored.answer is not None:
        outcome = stored.answer.outcome(library)
        known = {one: at for at, one in enumerate(subject.instances.split.ids.tolist())}
        for frame in outcome.tables.values():
            if "id" in frame:
                frame["position"] = frame["id"].map(known)
        outcome.facts[:0] = spent(stored.answer, float(stored["seconds"]))
        return outcome
    arrays: dict[str, Array] = {"values": per_feature(stored, subject)}
    if str(stored["level"]) == "element":
        arrays["element"] = stored["values"]
    arrays |= {name: stored[name] for name in ("error", "base") if name in stored}
    if again is not None:
        arrays["repeat"] = per_feature(again, subject)
    n = len(stored["ids"])
    facts = [
        Fact("evaluations", int(stored["evaluations"]), "model evaluations", n=n, better="lower"),
        Fact("seconds", round(float(stored["seconds"]), 4), "s", n=n, better="lower"),
    ]
    if not data.aligned:
        return Outcome(facts, arrays={"attribution": arrays})
    means, low, high = mean_with_interval(np.abs(arrays["values"]), subject.recipe.seed)
    facts += [
        Fact("mean_absolute", float(means[k]), "score", {"feature": name}, n,
             (float(low[k]), float(high[k])), source=library)
        for k, name in enumerate(data.features)
    ]  # fmt: skip
    return Outcome(facts, arrays={"attribution": arrays})


def per_feature(stored: Stored, subject: Subject) -> Array:
    """``(n, features)`` float64 attributions per interpretable feature."""
    level: Literal["element", "feature"] = "element" if stored["level"] == "element" else "feature"
    attribution = Attribution(stored["values"].astype(np.float64, copy=False), level)
    own = subject.instances.split.mask
    mask = subject.data.feature_mask if own is None else own[: len(stored["ids"])]
    return attribution.per_feature(mask, len(subject.data.features))


def mask_of(rows: Split, data: Data) -> Array:
    """The interpretable features of these instances: shared, or each its own."""
    return data.feature_mask if rows.mask is None else rows.mask


def mean_with_interval(values: Array, seed: int) -> tuple[Array, Array, Array]:
    """Column means of ``values`` ``(n, columns)`` with 95 % percentile-bootstrap bounds."""
    random, n = np.random.default_rng([seed, 41]), len(values)
    step, means = max(1, TOGETHER // n), np.empty((DRAWS, values.shape[1]))
    for start in range(0, DRAWS, step):
        draws = random.integers(0, n, (min(step, DRAWS - start), n))
        counts = np.stack([np.bincount(draw, minlength=n) for draw in draws])
        means[start : start + step] = counts @ values / n
    low, high = np.quantile(means, [0.025, 0.975], axis=0)
    return values.mean(axis=0), low, high


def explained(name: str, method: Any, outcome: Outcome) -> Explained:
    """A stored outcome as the evaluations read it."""
    arrays = outcome.arrays["attribution"]
    return Explained(
        method=name,
        direction=method.direction,
        values=arrays["values"],
        error=arrays.get("error"),
        base=arrays.get("base"),
        repeat=arrays.get("repeat"),
        signed=method.signed,
        additive=method.additive,
        own_reference=method.own_reference,
        stochastic=method.stochastic,
        counterpart=method.counterpart if method.computed_by == "xaiframe" else "",
    )


def spent(answer: Answer, seconds: float) -> list[Fact]:
    """What an answer cost."""
    return [
        Fact("evaluations", answer.evaluations, "model evaluations", n=answer.n, better="lower"),
        Fact("seconds", round(seconds, 4), "s", n=answer.n, better="lower"),
    ]


def explain_globally(
    ledger: Ledger, subject: Subject, direction: str, nodes: Mapping[str, Any]
) -> dict[str, Answer]:
    """Every global method of one direction on a bounded sample of the test split.

    What is returned are the answers that evaluations read.
    """
    found: dict[str, Answer] = {}
    for name, method in subject.tools.methods[direction].items():
        if method.scope != "global":
            continue
        decides = {
            "node": nodes[name],
            "source": room_digest(nodes[name], *SHARED),
            **subject.decides,
        }
        if "fit" in method.needs and subject.refit is not None:
            decides |= subject.refit.decides

        def compute(method: Any = method) -> Outcome:
            start = time.perf_counter()
            answer = method.explain(subject.population())
            seconds = time.perf_counter() - start
            library = source(method.computed_by)
            outcome: Outcome = answer.outcome(library)
            outcome.facts[:0] = spent(answer, seconds)
            return outcome

        outcome = ledger.unit(direction, name, decides, compute)
        if outcome is not None:
            read = kind(method.kind).read(outcome)
            found |= {} if read is None else {name: read}
    return found


def attribute(subject: Subject, names: Sequence[str], asked: Asked | None = None) -> Attributed:
    """Attributions of the subject's instances (or of others) at once, outside of predict.

    For small questions inside an evaluation or a tuning trial; nothing is stored, and a method
    that raises is left out.
    """
    if asked is None:
        rows = subject.instances.split
        asked = Asked(rows.x, subject.instances.targets, rows.ids, rows.mask)
    features = len(subject.data.features)
    own = subject.data.feature_mask if asked.mask is None else asked.mask
    answers: dict[str, Explained] = {}
    for direction, bank in BANKS.items():
        shared = bank(
            *(subject.scorer, subject.data, asked.x, asked.targets, asked.ids),
            subject.recipe.seed,
            asked.mask,
        )
        for name, method in subject.tools.methods[direction].items():
            if name not in names:
                continue
            try:
                answer = method.explain(shared)
            except Exception as error:
                log.info("%s left out: %s", name, one_line(error))
                continue
            values = answer.per_feature(own, features)
            arrays = {"values": values.astype(np.float64), "base": answer.base}
            known = {key: value for key, value in arrays.items() if value is not None}
            answers[name] = explained(name, method, Outcome(arrays={"attribution": known}))
    return answers


def reexplainer(subject: Subject) -> Reexplain:
    """``(model, asked, methods)`` → attributions of those instances under a model."""

    def reexplain(model: Model, asked: Asked, names: Sequence[str]) -> dict[str, Array]:
        scorer = Scorer(model, subject.reference, subject.scorer.max_batch)
        other = replace(subject, model=model, scorer=scorer)
        answers = attribute(other, names, asked)
        return {name: answer.values for name, answer in answers.items()}

    return reexplain


def recomputer(subject: Subject) -> Recompute:
    """``(method, asked, engine, seed)`` → attributions of those instances, here or by a library."""
    methods = {**subject.tools.methods["perturbation"], **subject.tools.methods["gradient"]}

    def recompute(name: str, asked: Asked, engine: Engine, seed: int) -> Array:
        method = replace(methods[name], engine=engine)
        bank = BANKS[method.direction](
            *(subject.scorer, subject.data, asked.x, asked.targets, asked.ids), seed, asked.mask
        )
        own = subject.data.feature_mask if asked.mask is None else asked.mask
        values = method.explain(bank).per_feature(own, len(subject.data.features))
        return np.asarray(values, dtype=np.float64)

    return recompute


FEW = 8
"""A method that the budget cut shorter is left out of the measures, which share its instances."""


def shared(local: Mapping[str, Explained], instances: int) -> tuple[dict[str, Explained], int]:
    """What the methods say of the first instances that all explained, and how many those are.

    All but methods cut to fewer than :data:`FEW`.
    """
    least = min(FEW, instances)
    enough = {name: one for name, one in local.items() if len(one.values) >= least}
    n = min((len(one.values) for one in enough.values()), default=instances)
    return {name: first(one, n) for name, one in enough.items()}, n


def first(one: Explained, n: int) -> Explained:
    """The first ``n`` instances."""

    def part(column: Array | None) -> Array | None:
        return None if column is None else column[:n]

    return replace(
        one,
        values=one.values[:n],
        error=part(one.error),
        base=part(one.base),
        repeat=part(one.repeat),
    )


def gather(
    subject: Subject,
    local: Mapping[str, Explained],
    overall: Mapping[str, Answer],
) -> Evidence:
    """Everything the evaluations read, of the instances that all methods explained."""
    instances = subject.instances
    local, n = shared(local, len(instances))
    mask = instances.split.mask
    return Evidence(
        data=subject.data,
        model=subject.model,
        reference=subject.reference,
        scorer=subject.scorer,
        ids=instances.split.ids[:n],
        x=instances.split.x[:n],
        y=instances.split.y[:n],
        targets=instances.targets[:n],
        scores=instances.scores[:n],
        local=local,
        importance={k: v for k, v in overall.items() if isinstance(v, Importance)},
        curves={k: v for k, v in overall.items() if isinstance(v, Curve)},
        strategy=subject.recipe.strategy,
        reexplain=reexplainer(subject),
        recompute=recomputer(subject),
        seed=subject.recipe.seed,
        mask=None if mask is None else mask[:n],
        refit=subject.refit,
    )
