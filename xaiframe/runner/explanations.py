"""Explanations of a subject: local ones through predict, global ones on a bounded sample."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from xaiframe.evaluation.evidence import Explained
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, source
from xaiframe.kinds.answer import Answer, kind
from xaiframe.probe.banks import BANKS
from xaiframe.runner.explain import Points, Stored, explain
from xaiframe.runner.ledger import Ledger, room_digest, unit_key
from xaiframe.runner.outcomes import explained, local_outcome, spent
from xaiframe.runner.subject import Subject

SHARED = (
    "probe",
    "kinds",
    "model/face.py",
    "data/face.py",
    "runner/explain.py",
    "runner/explanations.py",
    "runner/outcomes.py",
)
"""What every explanation leans on beside its own file; a change there is a change of the answer."""


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
