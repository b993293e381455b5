"""A tuning trial: fit, score and explain on the validation split; then the comparison."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.face import Split
from xaiframe.data.module import DataModule
from xaiframe.evaluation.evidence import Explained
from xaiframe.evaluation.statistics import rank_correlation
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact, Facts
from xaiframe.probe.instances import Instances
from xaiframe.recipe import Fit, Recipe
from xaiframe.repair.repaired import Conduct
from xaiframe.runner.again import attribute
from xaiframe.runner.fit import Fitted, fit
from xaiframe.runner.gather import gather
from xaiframe.runner.metrics import split_facts
from xaiframe.runner.prepare import prepare
from xaiframe.runner.reporting import Reporting
from xaiframe.runner.subject import Subject, Tools
from xaiframe.tuning.watch import Pruned, Watch

TRIAL_INSTANCES = 12
COMPARED = ("validation.score", "test.score", "test.accuracy", "test.calibration_error")


@dataclass(frozen=True)
class Tuner:
    """Everything a trial needs; ``build`` turns a model node into an architecture, ``lesson`` makes
    what every trial learns from."""

    tools: Tools
    build: Callable[[Mapping[str, Any]], Any]
    folder: Path
    lesson: Callable[[], tuple[DataModule, Conduct]]

    def refit(
        self, parameters: Mapping[str, Any], watch: Watch | None = None
    ) -> tuple[Tools, Fitted]:
        """Fit the recipe's model under other parameters (``fit.*`` and ``model.*``).

        ``watch`` is told how it goes; raises :class:`Pruned` where it ends the fit.
        """
        recipe = with_parameters(self.tools.recipe, parameters)
        tools = replace(self.tools, recipe=recipe, architecture=self.build(recipe.model))
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
        return tools, fitted

    def trial(self, parameters: Mapping[str, Any], watch: Watch) -> Facts:
        """Facts of one configuration, from the validation split alone."""
        tools, fitted = self.refit(parameters, watch)
        facts = [
            fact.within("model", "tuning.search")
            for fact in split_facts(
                fitted.model, tools.data.validation, "validation", tools.recipe.seed
            )
        ]
        subject = prepare(tools, fitted.model, tools.data.validation, TRIAL_INSTANCES, 0)
        facts += evaluate(subject, attribute_all(subject), tools.data.validation)
        watch.evaluations += fitted.model.evaluations
        return Facts(facts)


def attribute_all(subject: Subject) -> dict[str, Explained]:
    """Attributions of every local method under the shared reference."""
    names = [
        name
        for direction in ("perturbation", "gradient")
        for name, method in subject.tools.methods[direction].items()
        if method.attributes() and not method.own_reference
    ]
    return attribute(subject, names)


def evaluate(subject: Subject, local: Mapping[str, Explained], rows: Split) -> list[Fact]:
    """What a trial's explanation is worth: agreement, and what objectives and constraints name.

    Fairness counts ``rows``: in a trial the validation split, for the test split decides nothing.
    """
    evaluations = subject.tools.methods["evaluation"]
    evidence = gather(subject, local, {})
    evidence = replace(evidence, data=replace(subject.data, test=rows))
    facts: list[Fact] = []
    for name in asked(subject.recipe):
        evaluation = evaluations.get(name)
        if evaluation is None:
            continue
        outcome = evaluation(evidence)
        facts += [fact.within(f"evaluation.{name}", f"evaluation.{name}") for fact in outcome.facts]
    return facts


def asked(recipe: Recipe) -> list[str]:
    """The evaluations of a trial, agreement first."""
    named = [*(recipe.tuning.get("objectives") or {}), *(recipe.tuning.get("constraints") or {})]
    found = [name.split(".")[1] for name in named if name.startswith("evaluation.")]
    return list(dict.fromkeys(["agreement", *found]))


def with_parameters(recipe: Recipe, parameters: Mapping[str, Any]) -> Recipe:
    """The recipe with dotted ``fit.*`` and ``model.*`` keys set."""
    fitted, model = {}, dict(recipe.model)
    for key, value in parameters.items():
        section, name = key.split(".", 1)
        if section == "fit":
            fitted[name] = value
        elif section == "model":
            model[name] = value
        else:
            raise ValueError(f"{key} cannot be tuned; only fit.* and model.* can")
    return replace(recipe, fit=replace(recipe.fit, **fitted), model=model)


def current(recipe: Recipe, keys: Sequence[str]) -> dict[str, Any]:
    """What the recipe itself sets for each dotted key, where it does: the study's first trial."""
    fitted = {f"fit.{name}": getattr(recipe.fit, name) for name in Fit.__dataclass_fields__}
    known = fitted | {f"model.{name}": value for name, value in recipe.model.items()}
    return {key: known[key] for key in keys if key in known}


def compare(
    tuner: Tuner, subject: Subject, before: Facts, parameters: Mapping[str, Any]
) -> Outcome:
    """The tuned model beside the audited one, on the same instances and targets."""
    tools, fitted = tuner.refit(parameters)
    own = prepare(tools, fitted.model, tools.data.test, 1, 0)
    same = subject.instances
    instances = Instances(
        same.split, same.targets, own.scorer(same.split.x, same.targets), same.table
    )
    tuned = replace(own, instances=instances)
    local = attribute_all(tuned)
    after = [
        fact.within("model", "tuning.comparison")
        for name in ("validation", "test")
        for fact in split_facts(fitted.model, tools.data.splits[name], name, tools.recipe.seed)
    ]
    facts = Facts(after + evaluate(tuned, local, tools.data.test))
    rows = [row for key in _compared(before) if (row := _row(key, before, facts)) is not None]
    outcome = Outcome(tables={"comparison": pd.DataFrame(rows)})
    for key in _compared(before):
        for name, found in (("audited", before.one(key)), ("tuned", facts.one(key))):
            if found is not None:
                quantity = key.split(".", 1)[1]
                outcome.facts.append(
                    replace(found, name=quantity, labels={"model": name}, evidence=())
                )
    outcome.facts.append(_adopt(before, facts, parameters, tuner.tools.recipe))
    shown = _importance(tuned, local, before)
    if shown is not None:
        outcome.tables["importance"] = shown
        sides = shown["audited"].to_numpy(), shown["tuned"].to_numpy()
        alike = rank_correlation(*sides, tuner.tools.recipe.seed)
        outcome.facts.append(alike.fact("importance_spearman", {}, "rank correlation"))
    return outcome


def _compared(before: Facts) -> list[str]:
    keys = [f"model.{name}" for name in COMPARED]
    keys += ["evaluation.agreement.mean_spearman", "evaluation.agreement.conflicting_share"]
    return [key for key in keys if before.one(key) is not None]


def _row(key: str, before: Facts, after: Facts) -> dict[str, Any] | None:
    old, new = before.one(key), after.one(key)
    if old is None or new is None:
        return None
    return {
        "quantity": key,
        "audited": old.value,
        "audited_low": old.interval[0] if old.interval else np.nan,
        "audited_high": old.interval[1] if old.interval else np.nan,
        "tuned": new.value,
        "tuned_low": new.interval[0] if new.interval else np.nan,
        "tuned_high": new.interval[1] if new.interval else np.nan,
        "better": old.better,
    }


def _adopt(before: Facts, after: Facts, parameters: Mapping[str, Any], recipe: Recipe) -> Fact:
    """Adopt when the settings differ and the validation score does not fall."""
    changed = dict(parameters) != current(recipe, list(parameters))
    old, new = before.value("model.validation.score"), after.value("model.validation.score")
    better = changed and isinstance(old, float) and isinstance(new, float) and new >= old
    return Fact(
        "adopt",
        bool(better),
        reason="" if changed else "the search chose the settings the recipe already has",
    )


def _importance(
    tuned: Subject, local: Mapping[str, Explained], before: Facts
) -> pd.DataFrame | None:
    """Mean absolute attribution per feature, audited against tuned, by the first shared method."""
    for name, answer in local.items():
        prefix = f"{answer.direction}.{name}.mean_absolute"
        features = tuned.data.features
        audited = [before.value(prefix, feature=feature) for feature in features]
        if all(value is not None for value in audited):
            means = np.abs(answer.values).mean(axis=0)
            return pd.DataFrame(
                {"feature": features, "audited": audited, "tuned": means, "method": name}
            )
    return None
