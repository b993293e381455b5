"""Plan → facts and artifacts: one round of an audit."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from functools import cached_property, partial
from typing import Any

import pandas as pd

from xaiframe.composition.compose import Composed, instantiate
from xaiframe.data.face import Data
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact
from xaiframe.kinds.answer import Answer
from xaiframe.model.face import Model
from xaiframe.model.trail import Trail, unpacked
from xaiframe.planning.plan import Plan
from xaiframe.recipe import Recipe
from xaiframe.runner.bounds import Bounds
from xaiframe.runner.brought import brought_outcome
from xaiframe.runner.explanations import SHARED, explain_globally, explain_locally
from xaiframe.runner.fit import STEPS, fit, restore
from xaiframe.runner.gather import gather, shared
from xaiframe.runner.ledger import Ledger, room_digest, unit_key
from xaiframe.runner.loading import loading_outcome
from xaiframe.runner.metrics import measure
from xaiframe.runner.prepare import instances_outcome, prepare, reference_outcome
from xaiframe.runner.refit import Refitting
from xaiframe.runner.repairs import Repairs
from xaiframe.runner.subject import Subject, Tools
from xaiframe.runner.tuning import Tuning
from xaiframe.store import source_digest

DECLARED = (
    "purpose",
    "owner",
    "audience",
    "risk",
    "intended_use",
    "out_of_scope",
    "mitigation",
    "fallback",
)

FITTING = (
    "runner/fit.py",
    "runner/fitted.py",
    "runner/fit_estimator.py",
    "runner/learner.py",
    "runner/own_learner.py",
    "runner/keeping.py",
    "runner/stopping.py",
)
"""What makes a fit, beside the network, the data and the repairs."""


@dataclass
class Round:
    """One pass through the recipe; each stage reads only what earlier stages stored."""

    composed: Composed
    plan: Plan
    ledger: Ledger
    tools: Tools
    trust: tuple[str, ...] = ()
    local: dict[str, Any] = field(default_factory=dict)
    overall: dict[str, Answer] = field(default_factory=dict)
    stored: dict[str, pd.DataFrame] = field(default_factory=dict)
    """What the checks stored, ``check.table``, for the repairs that read it."""

    @cached_property
    def repairs(self) -> Repairs:
        return Repairs(self.tools.module)

    @property
    def recipe(self) -> Recipe:
        return self.composed.recipe

    @property
    def data(self) -> Data:
        return self.tools.data

    def go(self) -> Subject:
        """All stages in order; the ledger holds what they yielded."""
        self.ledger.bounds = Bounds.of(self.recipe.budget, self.plan)
        self.strategy()
        self.load()
        self.precaution("data", None)
        self.repair()
        model = self.model()
        self.precaution("fitted", model)
        subject = self.probe(model)
        self.explain(subject)
        self.evaluate(subject)
        self.tune(subject)
        self.budget(subject)
        if self.tools.brought:
            self.asked(model)
        return subject

    def asked(self, model: Model) -> None:
        """How often a model from outside was asked in this run; known only now, never cached."""
        facts = [
            Fact("rows", model.evaluations, "rows"),
            Fact("retries", model.retries, "requests", better="lower"),
        ]
        self.ledger.enter("model.asked", "model.asked", facts, [])

    def stage(self, name: str, total: int) -> None:
        self.ledger.observer.stage(name, total)

    def strategy(self) -> None:
        self.stage("strategy", 1)
        declared = {key: getattr(self.recipe.strategy, key) for key in DECLARED}
        facts = [Fact(key, value) for key, value in declared.items() if value]
        facts.append(Fact("knowledge", len(self.recipe.strategy.knowledge), "statements"))
        facts += [
            Fact("sensitive", name, labels={"feature": name})
            for name in self.recipe.strategy.sensitive
        ]
        self.ledger.enter("strategy.declared", "strategy.declared", facts, [])
        self.ledger.close("strategy", "declared", "done", "")

    def load(self) -> None:
        self.stage("data", 1)
        data = self.data
        decides = {
            "data": data.digest,
            "read": (data.origin, data.damage, data.notes),
            "source": source_digest("runner/loading.py", "data"),
        }
        self.ledger.unit("data", "load", decides, lambda: loading_outcome(self.data), vital=True)

    def precaution(self, phase: str, model: Model | None) -> None:
        offered = self.tools.methods["precaution"]
        checks = {k: v for k, v in offered.items() if v.phase == phase}
        if phase == "fitted":  # what a check of the data also asks of the model
            checks |= {k: v.fitted for k, v in offered.items() if hasattr(v, "fitted")}
        sensitive = tuple(self.recipe.strategy.sensitive)
        data = replace(self.data, sensitive=sensitive)
        self.stage(f"precaution ({phase})", len(checks))
        if phase == "data":
            self.not_applicable("precaution")
        for name, check in checks.items():
            node = self.recipe.precaution[name]
            decides = {
                "node": node,
                "source": room_digest(node, "data/face.py", "data/groups", "precaution"),
                "data": self.data.digest,
                "sensitive": sensitive,
                "seed": self.recipe.seed,
                "brought": getattr(check, "brought", ""),
            }
            extra = () if model is None else (model,)
            if model is not None:
                decides["model"] = model.digest
            compute = partial(check, data, *extra, self.recipe.seed)
            outcome = self.ledger.unit("precaution", name, decides, compute)
            if outcome is not None:
                self.stored |= {f"{name}.{key}": one for key, one in outcome.tables.items()}

    def repair(self) -> None:
        """What the fit will learn from, put right; checks, scores and explanations keep reading
        the data as they are."""
        repairs = self.tools.methods["repair"]
        if self.recipe.repair:
            self.stage("repair", len(repairs))
            self.not_applicable("repair")
            self.repairs.run(self.ledger, repairs, self.recipe, self.stored)

    def model(self) -> Model:
        """The model that was brought, or the one fitted here, and how good it is."""
        self.stage("model", 2)
        model = self.brought() if self.tools.brought else self.fitted()
        self.ledger.unit(
            "model",
            "measure",
            {"model": model.digest, "data": self.data.digest, "seed": self.recipe.seed,
             "source": source_digest("runner/metrics.py", "model/face.py")},
            lambda: measure(model, self.data, self.recipe.seed),
            prefix="model",
        )  # fmt: skip
        return model

    def brought(self) -> Model:
        """The loaded model; what it is and can bear is written down."""
        model = self.tools.model
        model.brought = True
        model.at_most(self.recipe.explain.max_batch)
        decides = {
            "model": self.recipe.model,
            "digest": model.digest,
            "data": self.data.digest,
            "source": room_digest(self.recipe.model, "model", "runner/brought.py"),
        }
        self.ledger.unit(
            "model", "load", decides, lambda: brought_outcome(model, self.data), vital=True
        )
        return model

    def fitted(self) -> Model:
        """The model fitted under the recipe's settings, now or earlier."""
        recipe = self.recipe
        decides = {
            "model": recipe.model,
            "fit": recipe.fit,
            "data": self.data.digest,
            "repairs": self.repairs.digests,
            "seed": recipe.seed,
            "runner": recipe.runner,
            "code": getattr(self.tools.architecture, "code", ""),
            "source": room_digest(recipe.model, "model", "data", *FITTING),
            **({"checkpoints": self.checkpoints} if self.checkpoints else {}),
        }
        key = unit_key("model", "fit", decides)
        outcome = self.ledger.unit("model", "fit", decides, lambda: self._fit(key), vital=True)
        assert outcome is not None
        model = restore(self.tools.architecture, outcome.files, self.data)
        model.at_most(recipe.explain.max_batch)
        if self.checkpoints:
            learnt = self.repairs.train if self.repairs.digests else None
            model.trail = Trail(unpacked(outcome.files[STEPS]), learnt)
        return model

    @property
    def checkpoints(self) -> int:
        """How many steps of the fit some method asks for; 0 where none does."""
        methods = self.tools.methods["gradient"].values()
        return max((int(getattr(one, "checkpoints", 0)) for one in methods), default=0)

    def _fit(self, key: str) -> Outcome:
        recipe, folder = self.recipe, self.ledger.cache.partial(key)
        folder.mkdir(parents=True, exist_ok=True)
        module, conduct = self.repairs.lesson()
        fitted = fit(
            self.tools.architecture,
            module,
            recipe.fit,
            self.tools.runner,
            folder,
            recipe.seed,
            conduct,
            self.data,
            self.checkpoints,
        )
        tables = {"history": fitted.history} if len(fitted.history) else {}
        return Outcome(fitted.facts, tables=tables, files=fitted.files)

    def probe(self, model: Model) -> Subject:
        self.stage("probe", 2)
        explain = self.recipe.explain
        subject = prepare(self.tools, model, self.data.test, explain.instances, explain.cases)
        if not self.tools.brought:
            subject = replace(subject, refit=self.refitting())
        rooms = ("probe", "model/face.py", "runner/prepare.py")
        source = source_digest(*rooms)
        decides = {**subject.decides, "source": source, "units": self.data.units}
        self.ledger.unit(
            "probe", "reference", decides, lambda: reference_outcome(subject), vital=True
        )
        self.ledger.unit(
            "probe", "instances", decides, lambda: instances_outcome(subject), vital=True
        )
        return subject

    def refitting(self) -> Refitting:
        """The fit of :meth:`fitted` once more, for methods that ask what the model would learn."""
        recipe = self.recipe
        decides = {
            "fit": recipe.fit,
            "architecture": recipe.model,
            "repairs": self.repairs.digests,
            "runner": recipe.runner,
            "refit": source_digest("runner/refit.py", "runner/fit.py"),
        }
        return Refitting(self.tools, self.repairs.lesson, decides)

    def explain(self, subject: Subject) -> None:
        if self.recipe.intrinsic:
            self.stage("intrinsic", len(self.tools.methods["intrinsic"]))
            self.not_applicable("intrinsic")
            explain_globally(self.ledger, subject, "intrinsic", self.recipe.intrinsic)
        for direction in ("perturbation", "gradient"):
            nodes = getattr(self.recipe, direction)
            self.stage(direction, len(self.tools.methods[direction]))
            self.not_applicable(direction)
            self.local |= explain_locally(self.ledger, subject, direction, nodes)
            self.overall |= explain_globally(self.ledger, subject, direction, nodes)

    def evaluate(self, subject: Subject) -> None:
        measures = self.tools.methods["evaluation"]
        self.stage("evaluation", len(measures))
        self.not_applicable("evaluation")
        evidence = gather(subject, self.local, self.overall)
        # Only what was explained: a method that raised is missing here, so that a measure made
        # without it is not taken for one made with it once it works.
        explained = {name: self.ledger.key_of(name) for name in (*self.local, *self.overall)}
        for name, measure_ in measures.items():
            node = self.recipe.evaluation[name]
            decides = {
                "node": node,
                "source": room_digest(node, "evaluation", "data/groups", *SHARED),
                "explained": explained,
                "knowledge": [asdict(one) for one in self.recipe.strategy.knowledge],
                "sensitive": list(self.recipe.strategy.sensitive),
                **subject.decides,
            }
            if "fit" in getattr(measure_, "needs", ()) and subject.refit is not None:
                decides |= subject.refit.decides
            self.ledger.unit("evaluation", name, decides, partial(measure_, evidence))

    def tune(self, subject: Subject) -> None:
        study = self.tools.study
        if not hasattr(study, "search"):
            return
        if self.tools.brought:
            self.stage("tuning", 1)
            self.not_applicable("tuning")
            return
        self.stage("tuning", 4)
        choice = self.plan.units("tuning")[0].choice
        build = partial(instantiate, trust=self.trust)
        lesson, repairs = self.repairs.lesson, self.repairs.digests
        Tuning(self.ledger, subject, choice, build, lesson, repairs).run()

    def budget(self, subject: Subject) -> None:
        """What the bounds were and what they left out, where the recipe sets any."""
        budget, instances = self.recipe.budget, len(subject.instances)
        bounds = {"minutes": budget.minutes, "evaluations": budget.evaluations}
        facts = [Fact(name, bound, name) for name, bound in bounds.items() if bound is not None]
        if not facts:
            return
        out = sum(unit.state == "not assessed" for unit in self.ledger.units)
        part = sum(fact.quantity == "explained" for fact in self.ledger.facts)
        facts += [
            Fact("met", bool(out or part)),
            Fact("not_assessed_choices", out, "choices"),
            Fact("methods_cut_short", part, "methods"),
        ]
        if part:
            _, n = shared(self.local, instances)
            facts.append(Fact("shared_instances", n, "instances", n=instances))
        self.ledger.enter("budget.round", "budget.round", facts, [])

    def not_applicable(self, stage: str) -> None:
        """Write down what the plan found not to apply, so that its absence is visible."""
        for unit in self.plan.units(stage):
            if not unit.applies:
                self.ledger.close(stage, unit.choice, "not applicable", "", unit.reason)
