"""Recipe → Plan: what will run, what does not apply and why, what it costs, all problems."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import cached_property
from typing import Any

from xaiframe.catalogue.estimate import (
    NOTHING,
    Cost,
    Estimator,
    Shapes,
    attributes,
    known_shapes,
    numbers,
)
from xaiframe.catalogue.listing import AXES, Description, UnknownTarget, choices, describe
from xaiframe.catalogue.reader import read, shown
from xaiframe.composition import own_class
from xaiframe.composition.applicability import Subject, fitting_models, reason_against
from xaiframe.composition.compose import Composed, policy_floor, search_path
from xaiframe.errors import Problem, RecipeError
from xaiframe.planning.budget import COUNTED, Cut, Demand
from xaiframe.planning.planned import Bearing, Plan
from xaiframe.planning.search_space import refits, searches, space_faults
from xaiframe.planning.tuning_cost import bounded
from xaiframe.planning.unit import Stage, Unit
from xaiframe.policy.load import load_policy
from xaiframe.policy.schema import Policy
from xaiframe.recipe import Fit

DIRECTIONS = ("perturbation", "gradient")
METHODS = ("intrinsic", *DIRECTIONS)
GROUPS = ("precaution", "repair", *METHODS, "evaluation")
TRAINED = "the model comes trained: nothing is fitted here"
INSTEAD = "to tune a network, give its class as model own_network"
UNKNOWN = Description("", (), {}, "")
Names = Mapping[str, float | None]

__all__ = ["GROUPS", "Bearing", "Plan", "Shapes", "Stage", "Unit", "plan", "policy_of"]


def plan(composed: Composed, shapes: Shapes | None = None, bearing: Bearing | None = None) -> Plan:
    """The plan of a composed recipe; ``shapes`` and what the model bears are known after preflight.

    Raises :class:`RecipeError` with every choice that cannot do what was asked of it.
    """
    planner = Planner(composed, shapes, bearing)
    stages = tuple(planner.affordable(list(planner.stages())))
    planner.check_policy()
    if planner.problems:
        raise RecipeError(planner.problems)
    notices = [*composed.notices, *planner.notices(stages), *(bearing.notices if bearing else ())]
    return Plan(composed.recipe.name, stages, tuple(notices), composed.proposal)


def policy_of(composed: Composed) -> Policy:
    """The recipe's policy merged with its parents and the user's floor.

    Raises :class:`RecipeError` when it cannot be read or loosens what it inherits.
    """
    return load_policy(composed.policy, search_path(composed.path), policy_floor())


class Planner:
    """Builds the stages of one recipe and collects what is wrong on the way."""

    def __init__(self, composed: Composed, shapes: Shapes | None, bearing: Bearing | None) -> None:
        self.composed = composed
        self.recipe = composed.recipe
        self.problems: list[Problem] = []
        self.local: list[tuple[str, str]] = []
        self.data = self.description("data", self.recipe.data)
        self.model = self.description("model", self.recipe.model)
        self.bearing = bearing
        self.subject = self.about()
        self.shapes = shapes or known_shapes(self.data, self.recipe.data)
        # a word's number has no gradient, its vector has
        gradient = "gradient" in self.subject.provides and self.subject.modality != "text"
        once = "epochs" not in self.model.facts.get("reads", ("epochs",))
        self.estimator = Estimator(self.recipe, self.shapes, self.subject.modality, gradient, once)

    def stages(self) -> Iterator[Stage]:
        if UNKNOWN in (self.data, self.model):
            return  # nothing can be said about methods before data and model are known
        self.check_model()
        tuning = self.description("tuning", self.recipe.tuning)
        if not self.brought:
            for key, message, hint in space_faults(self.recipe, self.model, tuning):
                self.problem(key, message, hint)
        yield Stage("strategy", (Unit("declared"),))
        yield Stage("data", (self.single("data", NOTHING),))
        yield Stage("precaution", tuple(self.checks("data")), "data")
        if self.recipe.repair:
            yield Stage("repair", tuple(self.every["repair"]))
        fit = self.estimator.of(self.shapes.rows) if self.brought else self.estimator.fit()
        yield Stage("model", (self.single("model", fit),))
        yield Stage("precaution", tuple(self.checks("fitted")), "fitted")
        yield Stage("probe", (Unit("reference"), Unit("instances")))
        for group in METHODS:
            if group in DIRECTIONS or self.every[group]:
                yield Stage(group, tuple(self.every[group]))
        yield Stage("evaluation", tuple(self.every["evaluation"]))
        if tuning.parameter("trials"):  # tuning none has no trials, and no stage
            trials = numbers(tuning, self.recipe.tuning)["trials"] or 0
            costs = self.estimator.trials(
                self.explanation, trials * searches(self.recipe, tuning), refits(self.recipe)
            )
            costs = bounded(costs, self.recipe.tuning, searches(self.recipe, tuning))
            yield Stage("tuning", (self.tuned(costs),))
        yield Stage("policy", (Unit(self.recipe.policy),))
        yield Stage("prescription", tuple(Unit(name) for name in self.recipe.prescription))
        yield Stage("report", (self.single("report", NOTHING),))

    @property
    def brought(self) -> bool:
        """Whether the model comes trained, so that nothing is fitted or tuned."""
        return bool(self.model.facts.get("brought"))

    def tuned(self, costs: Cost) -> Unit:
        """The tuning, where there is something to tune."""
        unit = self.single("tuning", NOTHING if self.brought else costs)
        return (
            replace(unit, applies=False, reason=f"{TRAINED}; {INSTEAD}") if self.brought else unit
        )

    def affordable(self, stages: list[Stage]) -> list[Stage]:
        """The stages with what does not fit ``budget.evaluations`` cut."""
        bound, explain = self.recipe.budget.evaluations, self.recipe.explain
        if bound is None:
            return stages
        demands = {
            (stage.name, unit.choice): self.demand(stage.name, unit)
            for stage in stages
            if stage.name in DIRECTIONS
            for unit in stage.units
            if unit.axes.get("scope") == "local"
        }
        instances = self.estimator.instances
        return Cut(bound, demands, instances, explain.batch).stages(stages)

    def demand(self, group: str, unit: Unit) -> Demand:
        """What a local method asks per batch; nothing, where its cost is not known."""
        described, node = describe(unit.target), getattr(self.recipe, group)[unit.choice]

        def price(instances: int) -> float:
            try:
                return self.estimator.so_many(described, node, instances) or 0.0
            except ValueError:
                return 0.0  # already among the problems

        twice = described.facts.get("stochastic") and attributes(described)
        return Demand(price, self.estimator.repeats if twice else 0)

    def about(self) -> Subject:
        recipe = self.recipe
        try:
            found = Subject.of(
                recipe.data, recipe.model, recipe.reference.output, recipe.strategy.sensitive
            )
        except UnknownTarget:
            return Subject("table", "classification", recipe.reference.output, ())
        return found if self.bearing is None else found.with_model(self.bearing.provides)

    def description(self, key: str, node: Mapping[str, Any]) -> Description:
        """What the source says of a node's class; a class that cannot be found is a problem."""
        target = str(node.get("_target_", ""))
        try:
            return describe(target)
        except UnknownTarget as error:
            self.problem(key, f"cannot be found: {error}")
            return UNKNOWN

    def problem(self, key: str, message: str, hint: str = "") -> None:
        """``key`` is a dotted key of the recipe or a group, with the choice behind it."""
        self.problems.append(Problem(self.place(key), f"{key} {message}", hint))

    def place(self, key: str) -> str:
        """File and line of a key or, for a choice, of where its group is chosen."""
        document = read(self.composed.path)
        keys = tuple(key.split("."))
        if keys in document.lines:
            return document.place(keys)
        group = keys[0].split(" ")[0]
        chosen = self.composed.choices.get(group)
        for at, entry in enumerate(document.content.get("defaults") or ()):
            names = entry.get(f"override {group}") if isinstance(entry, Mapping) else None
            if names and chosen == (names if isinstance(names, list) else [names]):
                return document.place(("defaults", at))
        return shown(self.composed.path)

    def check_model(self) -> None:
        taken = self.model.facts.get("modalities", (self.subject.modality,))
        for key, message, hint in own_class.faults(self.recipe.model, self.model):
            self.problem(f"model.{key}", message, hint)
        if self.subject.modality in taken:
            return
        models = choices("model", search_path(self.composed.path))
        fitting = fitting_models(models, self.subject.modality)
        self.problem(
            f"model {self.choice('model')}",
            f"takes {' and '.join(taken)} data, {self.choice('data')} is {self.subject.modality}",
            f"these fit: {', '.join(fitting)}" if fitting else "",
        )

    def check_policy(self) -> None:
        try:
            policy_of(self.composed)
        except RecipeError as error:
            self.problems += error.problems

    def choice(self, group: str) -> str:
        return next(iter(self.composed.choices.get(group, ())), group)

    def single(self, group: str, costs: Cost) -> Unit:
        node = getattr(self.recipe, group)
        described = self.description(group, node) if node.get("_target_") else None
        doc = described.doc if described else ""
        target = str(node.get("_target_", ""))
        return Unit(self.choice(group), target, True, "", **asdict(costs), doc=doc)

    def checks(self, phase: str) -> Iterator[Unit]:
        for unit in self.every["precaution"]:
            if describe(unit.target).facts.get("phase", "data") == phase:
                yield unit

    @cached_property
    def every(self) -> dict[str, list[Unit]]:
        """All units of the groups of many choices; the measures last, for they read the others."""
        units = {group: list(self.units(group)) for group in GROUPS[:-1]}
        self.local = [
            (group, unit.choice)
            for group in METHODS
            for unit in units[group]
            if unit.applies and attributes(describe(unit.target))
        ]
        further = {"methods": len(self.local), "explanation": self.explanation}
        return units | {"evaluation": list(self.units("evaluation", further))}

    @property
    def explanation(self) -> float | None:
        """Evaluations of attributing one instance by every method that applies."""
        nodes = [getattr(self.recipe, group)[name] for group, name in self.local]
        try:
            costs = [self.estimator.so_many(describe(one["_target_"]), one, 1) for one in nodes]
        except ValueError:
            return None  # already among the problems, as the method's own cost
        known = [one for one in costs if one is not None]
        return sum(known) if len(known) == len(costs) else None

    def units(self, group: str, further: Names | None = None) -> Iterator[Unit]:
        nodes: Mapping[str, Mapping[str, Any]] = getattr(self.recipe, group)
        described = {name: self.description(f"{group}.{name}", nodes[name]) for name in nodes}
        reasons = {
            name: reason_against(one, self.subject)
            for name, one in described.items()
            if one is not UNKNOWN
        }
        if group == "repair":
            # A round switches repairs on by itself: one that does not apply must not stop it.
            yield from self.repairs(described, reasons)
            return
        fitting = [name for name, reason in reasons.items() if not reason]
        for name, reason in reasons.items():
            if reason and name in self.composed.explicit.get(group, ()):
                hint = f"of {group} these apply: {', '.join(fitting)}" if fitting else ""
                self.problem(f"{group} {name}", f"does not apply: {reason}", hint)
            facts, bearing = described[name].facts, self.bearing
            refused = bearing.reason_against(name, facts, nodes[name]) if bearing else ""
            yield self.unit(group, name, described[name], reason or refused, further)

    def repairs(
        self, described: Mapping[str, Description], reasons: Mapping[str, str]
    ) -> Iterator[Unit]:
        """Repairs, with why one does not apply: the model comes trained, or its check is not
        here to tell what to repair."""
        for name, reason in reasons.items():
            own = TRAINED if self.brought else reason or self.unread(described[name])
            yield self.unit("repair", name, described[name], own, None)

    def unread(self, description: Description) -> str:
        """Which check a repair reads and the recipe does not have; empty where all are there."""
        read = [str(one).partition(".")[0] for one in description.facts.get("reads", ())]
        missing = [one for one in read if one not in self.recipe.precaution]
        return (
            f"it reads what precaution {missing[0]} finds, which is not chosen" if missing else ""
        )

    def unit(
        self, group: str, name: str, description: Description, reason: str, further: Names | None
    ) -> Unit:
        costs = NOTHING if reason else self.cost(group, name, description, further)
        axes = {axis: str(description.facts.get(axis, "")) for axis in AXES}
        return Unit(
            name,
            description.target,
            not reason,
            reason,
            **asdict(costs),
            axes=axes if group in METHODS else {},
            kind=str(description.facts.get("kind", "")),
            doc=description.doc,
        )

    def cost(self, group: str, name: str, description: Description, further: Names | None) -> Cost:
        node = getattr(self.recipe, group)[name]
        try:
            return self.estimator.method(description, node, further)
        except ValueError as error:
            self.problem(f"{group}.{name}", f"its cost cannot be read: {error}")
            return Cost()

    def notices(self, stages: Sequence[Stage]) -> Iterator[str]:
        for group in DIRECTIONS:
            units = [unit for stage in stages if stage.name == group for unit in stage.units]
            if units and not any(unit.applies for unit in units):
                yield f"no {group} method applies, so there is no evidence from that direction"
        if self.recipe.accept and self.recipe.rounds == 1:
            named = ", ".join(self.recipe.accept)
            yield f"accept names {named}, but rounds is 1, so nothing is applied"
        yield from self.unread_settings()
        yield from self.over_budget(stages)

    def unread_settings(self) -> Iterator[str]:
        """What the recipe sets of the fit and the model does not read."""
        read, usual = self.model.facts.get("reads"), asdict(Fit())
        idle = [
            f"fit.{key}"
            for key, value in asdict(self.recipe.fit).items()
            if read is not None and key not in read and value != usual[key]
        ]
        if idle:
            yield f"{', '.join(idle)}: model {self.choice('model')} does not read that"

    def over_budget(self, stages: Sequence[Stage]) -> Iterator[str]:
        """What the budget cuts, and how much of it is planned."""
        bound = self.recipe.budget.evaluations
        counted = [unit for stage in stages if stage.name in COUNTED for unit in stage.units]
        asked = sum(unit.evaluations or 0 for unit in counted if unit.applies)
        whole = [unit.choice for stage in stages for unit in stage.units if unit.kept == 0]
        part = [unit.choice for stage in stages for unit in stage.units if unit.kept]
        if whole or part:
            told = [f"not asked: {', '.join(whole)}"] if whole else []
            told += [f"only in part: {', '.join(part)}"] if part else []
            yield f"budget.evaluations is {bound:,}, planned are {asked:,}; {'; '.join(told)}"
