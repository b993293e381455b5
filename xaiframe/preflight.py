"""Before anything is computed: data loaded, model built, every name in the recipe looked up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from xaiframe.composition.compose import Composed, instantiate, services, trusted, vouched
from xaiframe.data.face import Data
from xaiframe.errors import AuditError, DataError, ModelError, Problem, RecipeError
from xaiframe.evaluation.knowledge import unknown_names
from xaiframe.model import trusted as vouching
from xaiframe.model.face import WhiteBox
from xaiframe.planning.plan import GROUPS, Bearing, Plan, Shapes, plan
from xaiframe.planning.search_space import cuts, ends
from xaiframe.probe.fitness import fitness
from xaiframe.probe.reference import declare
from xaiframe.recipe import Node, Recipe
from xaiframe.runner.fit import face
from xaiframe.runner.subject import Tools

NAMED = 3
"""Parts of the source left out that the plan names."""
TRIED = 4
"""Training rows on which the model is tried."""
TOLD = ("grad_cam",)
"""Of what the model can bear, what a reader wants to know: which layer Grad-CAM takes."""


def preflight(composed: Composed, trust: Sequence[str] = ()) -> tuple[Tools, Plan]:
    """The recipe's nodes as objects, and the plan with its counts.

    Costs the loading of data and model and nothing else. Raises :class:`RecipeError`,
    :class:`DataError` or :class:`ModelError` with every problem found.
    """
    tools = make_tools(composed, plan(composed), tuple(trust))
    data = tools.data
    bearing = bears(tools)
    problems = [*unknown(composed.recipe, data), *unfitting(tools)]
    if problems:
        raise RecipeError(problems)
    bearing = replace(bearing, notices=(*left_out(data), *bearing.notices))
    return tools, plan(composed, shapes(data, composed.recipe), bearing)


def left_out(data: Data) -> Iterator[str]:
    """How much of the source could not be read, and the first few parts of it."""
    if data.damage:
        whole = sum(len(split) for split in data.splits.values()) + len(data.damage)
        few = "; ".join(f"{one.place}: {one.message}" for one in data.damage[:NAMED])
        more = "; …" if len(data.damage) > NAMED else ""
        yield f"{len(data.damage)} of {whole} could not be read and are left out: {few}{more}"


def bears(tools: Tools) -> Bearing:
    """What the model offers and can bear: loaded, or built once unfitted, so that what it refuses
    is known now. Raises :class:`ModelError` when it cannot be loaded or built."""
    try:
        if hasattr(tools.architecture, "learn"):
            return untrained(tools)
        model = tools.model if tools.brought else unfitted(tools)
    except AuditError:
        raise
    except (ValueError, RuntimeError, TypeError) as error:
        raise ModelError(Problem("model", " ".join(str(error).split()))) from error
    if not isinstance(model, WhiteBox):
        return Bearing(tuple(model.provides), notices=model.notices)
    rows = torch.as_tensor(np.array(tools.data.train.x[:TRIED], dtype=np.float32))
    found = fitness(model.score_module(tools.recipe.reference.output), rows)
    told = [f"{one.subject}: {one.text}" for one in found if one.ok and one.subject in TOLD]
    refused = {one.subject: one.text for one in found if not one.ok}
    return Bearing(tuple(model.provides), refused, (*model.notices, *told))


def untrained(tools: Tools) -> Bearing:
    """Of an estimator that is made but not fitted: whether its trees will be there to be read is
    known once they are."""
    steps = tools.architecture.unfitted(tools.data, tools.recipe.seed)
    return Bearing(tuple(tools.architecture.offers(steps)))


def unfitted(tools: Tools) -> WhiteBox:
    """The network with the very weights that its fit starts from."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(tools.recipe.seed)
        return face(tools.architecture, tools.architecture.build(tools.data), tools.data)


def unknown(recipe: Recipe, data: Data) -> Iterator[Problem]:
    """A problem per class, feature or column that the recipe names and the data do not have."""
    try:
        declare(recipe.reference, data, recipe.seed)
    except RecipeError as error:
        yield from error.problems
    yield from unknown_names(recipe.strategy.knowledge, data)
    known = (*data.features, *data.dropped, *data.train.frame.columns)
    for name in recipe.strategy.sensitive:
        if name not in known:
            listed = ", ".join(known[:8])
            yield Problem("strategy.sensitive", f"the data have no feature {name!r}", listed)


def unfitting(tools: Tools) -> Iterator[Problem]:
    """A problem per end of a searched range of features into which the data cannot be cut."""
    for key, settings in cuts(tools.recipe):
        try:
            tools.module.recut(settings)
        except DataError as error:
            yield from (replace(one, place=key) for one in error.problems)


def make_tools(composed: Composed, planned: Plan, trust: tuple[str, ...]) -> Tools:
    """Turn the recipe's nodes into objects; only methods that the plan found applicable. From here
    on torch works with the runner's threads, a model that is loaded too.

    Raises :class:`RecipeError` with every parameter that a class refuses.
    """
    recipe, problems = composed.recipe, list[Problem]()
    vouching.allowed, vouching.allowed_pickles = trusted(trust), vouched()
    vouching.allowed_services = services()

    def made(place: str, node: Node) -> Any:
        try:
            return instantiate(node, trust)
        except AuditError as error:
            problems.extend(replace(one, place=place) for one in error.problems)

    methods: dict[str, Mapping[str, Any]] = {
        group: {
            name: made(f"{group}.{name}", node)
            for name, node in getattr(recipe, group).items()
            if planned.applies(group, name)
        }
        for group in GROUPS
    }
    single = {key: made(key, getattr(recipe, key)) for key in ("data", "model", "runner")}
    study = made("tuning", recipe.tuning)
    for key, group, choice, node in [] if hasattr(single["model"], "load") else ends(recipe):
        if choice and not planned.applies(group, choice):
            unit = planned.unit(group, choice)
            why = unit.reason if unit else ""
            problems.append(Problem(key, f"{choice} does not apply: {why}", f"{key}=null"))
        elif (methods[group][choice] if choice else single["model"]) is not None:
            made(key, node)  # what is refused as it stands is told once
    pruner = made("pruner", recipe.pruner) if recipe.pruner else None
    if hasattr(study, "check") and any(one.applies for one in planned.units("tuning")):
        try:
            study.check()
        except RecipeError as error:
            problems.extend(error.problems)
    if problems:
        raise RecipeError(problems)
    single["runner"].settle()
    return Tools(recipe, single["data"], single["model"], single["runner"], methods, study, pruner)


def shapes(data: Data, recipe: Recipe) -> Shapes:
    """The counts that cost estimates are made of."""
    rows = recipe.reference.kind(data.modality) == "rows"
    background = min(recipe.reference.rows, len(data.train)) if rows else 1
    return Shapes(
        features=len(data.features),
        elements=int(data.feature_mask.size),
        classes=len(data.classes),
        rows=len(data.test),
        train=len(data.train),
        background=background,
    )
