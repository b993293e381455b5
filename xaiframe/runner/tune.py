"""A tuning trial: fit, score and explain on the validation split."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.data.module import DataModule
from xaiframe.evaluation.evidence import Explained
from xaiframe.facts import Fact, Facts
from xaiframe.model.face import Model
from xaiframe.recipe import Recipe
from xaiframe.repair.repaired import Conduct
from xaiframe.runner.again import attribute
from xaiframe.runner.fit import fit
from xaiframe.runner.gather import gather
from xaiframe.runner.metrics import split_facts
from xaiframe.runner.prepare import prepare
from xaiframe.runner.reporting import Reporting
from xaiframe.runner.settings import methods_of, recuts, refits, retooled
from xaiframe.runner.subject import Subject, Tools
from xaiframe.runner.tried import Tried
from xaiframe.runner.yardstick import CELLS, on_cells
from xaiframe.store import digest
from xaiframe.tuning.watch import Pruned, Watch

TRIAL_INSTANCES = 12
COST = "explanation.cost.evaluations"
"""Rows sent through the model per explained instance: what an objective on cost reads."""
Settled = tuple[Tools, Model]


@dataclass(frozen=True)
class Tuner:
    """Everything a trial needs.

    build: turns a node of the recipe into its object; lesson: makes what every trial learns from;
    audited: the model as the recipe fits it, which stands where only the explanation is searched;
    tried: what settings came to that were tried before.
    """

    tools: Tools
    build: Callable[[Mapping[str, Any]], Any]
    folder: Path
    lesson: Callable[[], tuple[DataModule, Conduct]]
    audited: Model
    tried: Tried
    known: dict[str, Settled] = field(default_factory=dict, compare=False)

    def refit(self, parameters: Mapping[str, Any], watch: Watch | None = None) -> Settled:
        """The tools and the model under other settings; fitted anew where they ask for it.

        ``watch`` is told how the fit goes; raises :class:`Pruned` where it ends it.
        """
        tools = retooled(self.tools, parameters, self.build)
        if not refits(parameters):
            return tools, self.audited
        recipe = tools.recipe
        module, conduct = self.lesson()
        folder = self.folder / f"fit-{os.getpid()}"  # several may fit at the same time
        fitted = fit(
            tools.architecture,
            module,
            recipe.fit,
            tools.runner,
            folder,
            recipe.seed,
            conduct,
            tools.data,
            callbacks=[Reporting(watch, tools.data)] if watch else (),
        )
        if watch and watch.pruned:
            raise Pruned
        fitted.model.at_most(recipe.explain.max_batch)
        return tools, fitted.model

    def settled(self, parameters: Mapping[str, Any]) -> Settled:
        """:meth:`refit`, once for each setting."""
        key = digest(dict(parameters))
        if key not in self.known:
            self.known[key] = self.refit(parameters)
        return self.known[key]

    def trial(self, parameters: Mapping[str, Any], watch: Watch) -> Facts:
        """Facts of one configuration, from the validation split alone; read from what is known
        unless somebody wants to hear of every epoch."""
        known = None if watch.wanted else self.tried.facts(parameters)
        if known is not None:
            return known
        tools, model = self.refit(parameters, watch)
        before, rows = model.evaluations, tools.data.validation
        subject = prepare(tools, model, rows, TRIAL_INSTANCES, 0)
        standing = self.standing(subject, parameters)
        names, spent, left = explained_names(tools, parameters), dict[str, int](), dict[str, str]()
        local = attribute(subject, names, spent=spent, left=left)
        facts = [
            fact.within("model", "tuning.search")
            for fact in split_facts(model, rows, "validation", tools.recipe.seed)
        ]
        cells = self.cells(parameters)
        if cells and left:  # a mean over the methods that are left would be another objective
            raise ValueError(": ".join(next(iter(left.items()))))
        measured = evaluate(subject, local, rows, parameters, standing, cells)
        facts += overall(measured, methods_of(parameters) or local)
        facts += [] if cells else leaning(subject, local)
        facts.append(Fact(COST, sum(spent.values()) / len(subject.instances), "rows per instance"))
        watch.evaluations += model.evaluations - before
        found = Facts(facts)
        self.tried.keep(parameters, found)
        return found

    def cells(self, keys: Iterable[str]) -> Data | None:
        """What trials in different features are measured in; None where all have the same."""
        return self.tools.module.cells(CELLS) if recuts(keys) else None

    def standing(self, subject: Subject, parameters: Mapping[str, Any]) -> Subject:
        """The subject whose reference the measures keep to: where the reference itself is searched
        the recipe's own, so that a trial cannot better its mark by moving the yardstick."""
        if not any(key.startswith("reference.") for key in parameters):
            return subject
        tools = replace(self.tools, architecture=subject.tools.architecture)
        return prepare(tools, subject.model, tools.data.validation, TRIAL_INSTANCES, 0)


def alone(keys: Iterable[str]) -> bool:
    """Whether these settings are parameters of explaining methods and nothing else."""
    named = list(keys)
    return bool(named) and all(key.startswith(("perturbation.", "gradient.")) for key in named)


def asked(recipe: Recipe, keys: Collection[str] = ()) -> list[str]:
    """The evaluations of a trial: what objectives and constraints name, agreement before them
    unless methods are searched ``alone`` or in other features, whose ranks do not compare."""
    named = [*(recipe.tuning.get("objectives") or {}), *(recipe.tuning.get("constraints") or {})]
    found = [name.split(".")[1] for name in named if name.startswith("evaluation.")]
    return list(dict.fromkeys([*([] if alone(keys) or recuts(keys) else ["agreement"]), *found]))


def explained_names(tools: Tools, keys: Iterable[str] = ()) -> list[str]:
    """The methods that a trial explains with: every local one under the shared reference, or where
    methods are searched ``alone`` (features aside) and agreement is not asked for, those."""
    named = list(keys)
    own = alone(key for key in named if not recuts([key]))
    if own and "agreement" not in asked(tools.recipe, named):
        return methods_of(named)
    return [
        name
        for direction in ("perturbation", "gradient")
        for name, method in tools.methods[direction].items()
        if method.attributes() and not method.own_reference
    ]


def evaluate(
    subject: Subject,
    local: Mapping[str, Explained],
    rows: Split,
    keys: Collection[str] = (),
    standing: Subject | None = None,
    cells: Data | None = None,
) -> list[Fact]:
    """What a trial's explanation is worth: agreement, and what objectives and constraints name.

    Fairness counts ``rows``: in a trial the validation split, for the test split decides nothing.
    ``standing``: whose reference the measures take features away with, the subject's own if None;
    ``cells``: what they take away, the subject's own features if None.
    """
    stick = standing or subject
    evidence = replace(
        gather(subject, local, {}),
        data=replace(subject.data, test=rows),
        reference=stick.reference,
        scorer=stick.scorer,
    )
    evidence = on_cells(evidence, cells) if cells else evidence
    facts: list[Fact] = []
    for name in asked(subject.recipe, keys):
        evaluation = subject.tools.methods["evaluation"].get(name)
        if evaluation is None:
            continue
        outcome = evaluation(evidence)
        facts += [fact.within(f"evaluation.{name}", f"evaluation.{name}") for fact in outcome.facts]
    return facts


def overall(facts: Sequence[Fact], methods: Collection[str]) -> list[Fact]:
    """``facts``, before them one without labels for each that is told per method: what an objective
    reads. The mean over ``methods``, and of their intervals: the widest that the interval of the
    mean can be, as if all methods erred together."""
    told: dict[str, list[Fact]] = {}
    for fact in facts:
        if list(fact.labels) == ["method"] and fact.labels["method"] in methods:
            told.setdefault(fact.name, []).append(fact)
    whole = []
    for name, found in told.items():
        values = [fact.value for fact in found if isinstance(fact.value, (int, float))]
        missing = next((fact for fact in found if not isinstance(fact.value, (int, float))), None)
        first = replace(found[0], labels={})
        spreads = [fact.interval for fact in found if fact.interval is not None]
        if len(found) > 1 and values:
            low, high = np.mean(spreads, axis=0) if len(spreads) == len(found) else (np.nan, np.nan)
            interval = (float(low), float(high))  # none, where it is not finite
            first = replace(first, value=float(np.mean(values)), interval=interval)
        if missing is not None:
            first = Fact(name, None, reason=missing.reason or "not measured")
        whole.append(first)
    return [*whole, *facts]


def leaning(subject: Subject, local: Mapping[str, Explained]) -> list[Fact]:
    """Mean |attribution| per method and feature; nothing where a feature is another thing in every
    instance."""
    if not subject.data.aligned:
        return []
    return [
        Fact(f"{one.direction}.{name}.mean_absolute", float(value), "score", {"feature": feature})
        for name, one in local.items()
        for feature, value in zip(
            subject.data.features, np.abs(one.values).mean(axis=0), strict=True
        )
    ]


def attribute_all(subject: Subject) -> dict[str, Explained]:
    """Attributions of every local method under the shared reference."""
    return attribute(subject, explained_names(subject.tools))
