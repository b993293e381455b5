"""The tuned model, or the tuned explanation, beside the audited one on the reported instances."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.evaluation.evidence import Explained
from xaiframe.evaluation.statistics import rank_correlation
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact, Facts
from xaiframe.probe.instances import Instances
from xaiframe.probe.score import Scorer
from xaiframe.recipe import Recipe
from xaiframe.runner.metrics import split_facts
from xaiframe.runner.prepare import prepare
from xaiframe.runner.settings import current, methods_of, recuts, refits
from xaiframe.runner.subject import Subject
from xaiframe.runner.tune import Tuner, attribute_all, evaluate

COMPARED = ("validation.score", "test.score", "test.accuracy", "test.calibration_error")


def compare(
    tuner: Tuner, subject: Subject, before: Facts, parameters: Mapping[str, Any]
) -> Outcome:
    """The tuned model or explanation beside the audited one, on the same instances and targets.

    The instances are rows of the test split, which no trial read. Facts of explaining methods are
    compared method by method, for the methods that were searched.
    """
    tuned = reported(tuner, subject, parameters)
    tools, model = tuned.tools, tuned.model
    local = attribute_all(tuned)
    after = [
        fact.within("model", "tuning.comparison")
        for name in ("validation", "test")
        for fact in split_facts(model, tools.data.splits[name], name, tools.recipe.seed)
    ]
    recut = recuts(parameters)  # the audited run's measures are of other features, if so
    standing = _standing(tuned, subject)
    facts = Facts(after + ([] if recut else evaluate(tuned, local, tools.data.test, (), standing)))
    keys = _compared(before, tuner.tools.recipe, parameters)
    rows = [row for key, method in keys if (row := _row(key, method, before, facts)) is not None]
    outcome = Outcome(tables={"comparison": pd.DataFrame(rows)})
    for key, method in keys:
        labels = {"method": method} if method else {}
        for name, told in (("audited", before), ("tuned", facts)):
            found = told.one(key, **labels)
            if found is not None:
                quantity = key.split(".", 1)[1]
                outcome.facts.append(
                    replace(found, name=quantity, labels={"model": name, **labels}, evidence=())
                )
    outcome.facts.append(
        Fact("instances", len(tuned.instances), "test instances that no trial read")
    )
    outcome.facts.append(_adopt(before, facts, parameters, tuner.tools.recipe))
    searched = {name: local[name] for name in methods_of(parameters) if name in local}
    shown = None if recut else _importance(tuned, searched or local, before)
    if shown is not None:
        outcome.tables["importance"] = shown
        sides = shown["audited"].to_numpy(), shown["tuned"].to_numpy()
        alike = rank_correlation(*sides, tuner.tools.recipe.seed)
        outcome.facts.append(alike.fact("importance_spearman", {}, "rank correlation"))
    return outcome


def reported(tuner: Tuner, subject: Subject, parameters: Mapping[str, Any]) -> Subject:
    """The model or explanation under these settings, on the instances and targets of ``subject``.

    Raises ValueError where trials may have read one of them.
    """
    tools, model = tuner.settled(parameters)
    own, same, data = prepare(tools, model, tools.data.test, 1, 0), subject.instances, tools.data
    refuse_shared(data.validation.ids, same.split.ids)
    place = {one: at for at, one in enumerate(data.test.ids.tolist())}
    rows = data.test.take(np.array([place[one] for one in same.split.ids.tolist()]))
    scores = own.scorer(rows.x, same.targets)
    return replace(own, instances=Instances(rows, same.targets, scores, same.table))


def refuse_shared(tried: Array, reported: Array) -> None:
    """Raise ValueError where an instance that is reported was one that trials may have read."""
    shared = set(tried.tolist()) & set(reported.tolist())
    if shared:
        raise ValueError(
            f"{len(shared)} reported instances are validation rows, which the trials read, the "
            f"first {min(shared)!r}: splits need ids of their own"
        )


def _standing(tuned: Subject, audited: Subject) -> Subject:
    """The tuned model under the recipe's own reference, with which both sides are measured."""
    reference = audited.reference
    scorer = Scorer(tuned.model, reference, tuned.scorer.max_batch)
    return replace(tuned, reference=reference, scorer=scorer)


def _compared(before: Facts, recipe: Recipe, searched: Collection[str]) -> list[tuple[str, str]]:
    """Name and method of what is set side by side: scores, where there is another model, agreement,
    and of the methods that were searched what the objectives and constraints name."""
    methods = methods_of(searched)
    keys = [f"model.{name}" for name in COMPARED] if refits(searched) else []
    keys += ["evaluation.agreement.mean_spearman", "evaluation.agreement.conflicting_share"]
    pairs = [(key, "") for key in keys]
    named = [*(recipe.tuning.get("objectives") or {}), *(recipe.tuning.get("constraints") or {})]
    pairs += [(name, method) for method in methods for name in named]
    return [
        (key, method)
        for key, method in dict.fromkeys(pairs)
        if before.one(key, **({"method": method} if method else {})) is not None
    ]


def _row(key: str, method: str, before: Facts, after: Facts) -> dict[str, Any] | None:
    labels = {"method": method} if method else {}
    old, new = before.one(key, **labels), after.one(key, **labels)
    if old is None or new is None:
        return None
    return {
        "quantity": key,
        "method": method,
        "audited": old.value,
        "audited_low": old.interval[0] if old.interval else np.nan,
        "audited_high": old.interval[1] if old.interval else np.nan,
        "tuned": new.value,
        "tuned_low": new.interval[0] if new.interval else np.nan,
        "tuned_high": new.interval[1] if new.interval else np.nan,
        "better": old.better,
    }


def _adopt(before: Facts, after: Facts, parameters: Mapping[str, Any], recipe: Recipe) -> Fact:
    """Adopt when the settings differ and the validation score does not fall; under a name of its
    own where only the explanation was searched, or its features, for that is another
    prescription, which asks the ending as well."""
    changed = dict(parameters) != current(recipe, list(parameters))
    old, new = before.value("model.validation.score"), after.value("model.validation.score")
    better = changed and isinstance(old, float) and isinstance(new, float) and new >= old
    name = "adopt_features" if recuts(parameters) else "adopt_explanation"
    return Fact(
        "adopt" if refits(parameters) else name,
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
