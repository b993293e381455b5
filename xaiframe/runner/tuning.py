"""The tuning stage: the search, its winner beside the audited model, and the honest ending."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from xaiframe.data.module import DataModule
from xaiframe.explanation import Outcome
from xaiframe.repair.repaired import Conduct
from xaiframe.runner.comparison import compare
from xaiframe.runner.ending import DEFAULT, ITSELF, RANDOM, TUNED, answers, ending
from xaiframe.runner.explained_ending import explained_ending
from xaiframe.runner.ledger import Ledger, unit_key
from xaiframe.runner.searching import is_whole, unbounded
from xaiframe.runner.settings import current, refits
from xaiframe.runner.subject import Subject
from xaiframe.runner.tried import Tried
from xaiframe.runner.tune import Tuner
from xaiframe.store import source_digest
from xaiframe.tuning.movement import alike, profiles, steps

ROOMS = ("tuning", "runner", "probe", "model", "data", "perturbation", "gradient", "evaluation")
OFF = "tuning.control is off"


@dataclass(frozen=True)
class Tuning:
    """One round's tuning. choice: of the group tuning; build: turns a node into its object; lesson:
    makes what a fit learns from; repairs: digests of what was repaired."""

    ledger: Ledger
    subject: Subject
    choice: str
    build: Callable[[Mapping[str, Any]], Any]
    lesson: Callable[[], tuple[DataModule, Conduct]]
    repairs: Any

    @property
    def study(self) -> Any:
        return self.subject.tools.study

    def run(self) -> None:
        """Search, compare, and end; all cached, and resumed where they were cut off."""
        ledger, study = self.ledger, self.study
        decides = self.decides()
        minutes, key = self.subject.recipe.budget.minutes, unit_key("tuning", "search", decides)
        if minutes is not None and ledger.cache.get(key) is None:
            decides["minutes"] = minutes  # it may end the search
            key = unit_key("tuning", "search", decides)
        refused = ledger.bounds.refusal_of_search(self.choice, study.trials)
        if refused and ledger.cache.get(key) is None:
            ledger.close("tuning", self.choice, "not assessed", "", refused)
            return
        identity = unit_key("tuning", "study", unbounded(decides))
        folder = ledger.cache.partial(identity)
        folder.mkdir(parents=True, exist_ok=True)
        tuner = self.tuner(folder)
        found = ledger.unit(
            "tuning", "search", decides, lambda: self.search(tuner, study, identity), ready=True
        )
        if found is None:
            return
        parameters = study.chosen(found)
        ledger.unit(
            "tuning",
            "comparison",
            {**decides, "chosen": parameters},
            lambda: compare(tuner, self.subject, ledger.all_facts(), parameters),
            ready=True,
        )
        self.end(tuner, found, decides, identity)
        if is_whole(found):
            shutil.rmtree(folder, ignore_errors=True)

    def tuner(self, folder: Path) -> Tuner:
        """What does the trials; on one thread each where several are made at the same time."""
        tools = self.subject.tools
        threads = 1 if self.study.workers > 1 else tools.runner.threads
        tools = replace(tools, runner=replace(tools.runner, threads=threads))
        tried = Tried(folder / "tried")
        return Tuner(tools, self.build, folder, self.lesson, self.subject.model, tried)

    def search(self, tuner: Tuner, study: Any, identity: str, choice: str = "search") -> Outcome:
        """What the study finds, and how the explanation moved along its trials."""
        recipe, pruner = self.subject.recipe, self.subject.tools.pruner
        observer, names = self.ledger.observer, study.parameters
        outcome: Outcome = study.search(
            tuner.trial,
            tuner.folder if choice == "search" else tuner.folder / choice,
            recipe.seed,
            current(recipe, names),
            lambda done, total: observer.progress("tuning", choice, done, total),
            pruner=pruner if hasattr(pruner, "rule") else None,
            epochs=recipe.fit.epochs,
            identity=identity,
            until=self.ledger.bounds.until,
        )
        if choice == "search":
            self.move(outcome, tuner.tried)
        return outcome

    def move(self, outcome: Outcome, tried: Tried) -> None:
        """Add what each trial's model leaned on."""
        table = outcome.tables["trials"]
        known = {
            int(row["number"]): facts
            for row in table.to_dict("records")
            if (facts := tried.facts(self.study.read(row))) is not None
        }
        leaning, chosen = profiles(known), int(table.loc[table["chosen"], "number"].iloc[0])
        if len(leaning):
            outcome.tables["trials_importance"] = leaning
            outcome.tables["trials_alike"] = alike(leaning, chosen)
            outcome.facts += steps(leaning, chosen)

    def end(self, tuner: Tuner, found: Outcome, decides: dict[str, Any], identity: str) -> None:
        """The random search of the same budget, and the winner judged against it."""
        study, control, why = self.study, None, self.no_control()
        if not why:
            trials = len(found.tables["trials"])
            even = replace(study, sampler="random", trials=trials, minutes=None, evaluations=None)
            control = self.ledger.unit(
                "tuning",
                "control",
                {**decides, "trials": trials},
                lambda: self.search(tuner, even, identity, "control"),
            )
            why = "" if control else self.ledger.units[-1].note
        chosen = {TUNED: study.chosen(found)}
        if control is not None:
            chosen[RANDOM] = study.chosen(control)
        self.ledger.unit(
            "tuning",
            "ending",
            {**decides, "ending": chosen, "why": why},
            lambda: self.judged(tuner, chosen, why),
            ready=True,
        )

    def no_control(self) -> str:
        """Why no random search is made; empty where one is."""
        if self.study.sampler == "random":
            return ITSELF
        return "" if self.study.control else OFF

    def judged(self, tuner: Tuner, chosen: Mapping[str, Mapping[str, Any]], why: str) -> Outcome:
        """The ending: of models, or where one model stands, of explanations."""
        if not refits(self.study.parameters):
            return explained_ending(tuner, self.subject, chosen, why)
        data, seed = self.subject.data, self.subject.recipe.seed
        contestants = {DEFAULT: answers(self.subject.model, data.test.x)}
        for who, parameters in chosen.items():
            contestants[who] = answers(tuner.settled(parameters)[1], data.test.x)
        return ending(contestants, data, list(self.study.objectives), why, seed)

    def decides(self) -> dict[str, Any]:
        """Everything that a trial depends on."""
        recipe = self.subject.recipe
        node = {key: one for key, one in recipe.tuning.items() if key != "control"}
        return {
            "node": node,
            "pruner": recipe.pruner,
            "model": recipe.model,
            "code": getattr(self.subject.tools.architecture, "code", ""),
            "fit": recipe.fit,
            "methods": {"perturbation": recipe.perturbation, "gradient": recipe.gradient},
            "repairs": self.repairs,
            "evaluation": recipe.evaluation,
            "source": source_digest(*ROOMS),
            **self.subject.decides,
        }
