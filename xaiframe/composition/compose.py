"""Recipe and overrides → one checked configuration; the only place that composes with Hydra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from hydra import compose as hydra_compose
from hydra import initialize_config_dir
from hydra.core.config_store import ConfigStore
from hydra.core.global_hydra import GlobalHydra
from hydra.errors import HydraException
from omegaconf import OmegaConf
from omegaconf.errors import OmegaConfBaseException

from xaiframe.catalogue.listing import choices, house
from xaiframe.catalogue.reader import read
from xaiframe.composition.applicability import misfits
from xaiframe.composition.check import SECTIONS, Checker
from xaiframe.composition.freeze import dump, freeze
from xaiframe.composition.grammar import parse
from xaiframe.composition.interpolation import resolve
from xaiframe.composition.launch import folders, launch
from xaiframe.composition.layers import Layers
from xaiframe.composition.merge import Merger
from xaiframe.composition.overrides import PATHS, absolute, sort
from xaiframe.composition.proposal import Suggestion, named, propose
from xaiframe.composition.questions import candidates
from xaiframe.composition.selection import MULTIPLE, Pick, Selection, select
from xaiframe.composition.taxonomy import left_out, selected
from xaiframe.composition.trust import (
    absolute_policy,
    instantiate,
    is_path,
    objection,
    policy_floor,
    services,
    trusted,
    vouched,
)
from xaiframe.composition.tuned_space import fitting_objectives, fitting_space, pruned
from xaiframe.errors import Problem, RecipeError
from xaiframe.policy.load import load_policy
from xaiframe.policy.reading import near
from xaiframe.recipe import Knowledge, Recipe

__all__ = [
    "Composed",
    "compose",
    "config_text",
    "instantiate",
    "policy_floor",
    "search_path",
    "services",
    "trusted",
    "vouched",
]

PRIMARY = "xaiframe_recipe"
ORDER = ("name", "policy", "seed", "rounds", "accept", *SECTIONS, "data", "model")


@dataclass(frozen=True)
class Composed:
    """A recipe with its overrides, checked and resolved.

    config: plain values; frozen: the text of ``recipe.yaml``; choices: group → chosen names;
    explicit: those that somebody named, where they differ from the house's; notices: what was
    left out and why; policy: a name or an absolute path; proposal: what was proposed or not where
    nobody named a list, and why.
    """

    recipe: Recipe
    config: dict[str, Any]
    frozen: str
    choices: dict[str, list[str]]
    explicit: dict[str, set[str]]
    notices: list[str]
    path: Path
    policy: str
    proposal: tuple[Suggestion, ...] = ()


def compose(path: Path, overrides: Sequence[str] = (), trust: Sequence[str] = ()) -> Composed:
    """Compose a recipe.

    Raises :class:`RecipeError` with every fault of recipe, choices and overrides at once.
    """
    return _Composition(Path(path), overrides, trust).composed()


def search_path(recipe: Path) -> list[Path]:
    """Folders of choices, the first wins: beside the recipe, those it names, the house's.

    Beside the recipe is ``conf/`` in its folder, or next to it where that is called ``recipes``.
    """
    return folders(Path(recipe), launch(read(Path(recipe))))


def config_text(composed: Composed) -> str:
    """The resolved configuration as YAML."""
    return dump(composed.config)


class _Composition:
    """One recipe on its way: read, selected, merged, checked, composed."""

    def __init__(self, path: Path, overrides: Sequence[str], trust: Sequence[str]) -> None:
        self.path = path
        self.document = read(path)
        self.packages = trusted(trust)
        launched = launch(self.document)
        self.folders = folders(path, launched)
        audit = read(next(file for one in self.folders if (file := one / "audit.yaml").is_file()))
        self.asked = sort([parse(text) for text in overrides])
        wanted, faults = selected(self.document, self.asked.changes, self.folders)
        self.selection = select(audit, self.document, self.asked.picks, self.folders, wanted)
        self.proposal: list[Suggestion] = []
        self.audit = audit
        self.merger = Merger(self.document, audit, self.selection, self.folders)
        self.problems = [
            *self.document.problems,
            *launched.problems,
            *audit.problems,
            *self.selection.problems,
            *self.asked.problems,
            *faults,
            *(_whole_list(pick, self.selection) for pick in self.asked.added),
        ]

    def composed(self) -> Composed:
        if self.selection.open:
            self.propose()
        layers = self.merger.merge(self.asked.changes)
        self.merger.notices += left_out(layers.values, self.selection)
        self.problems += [*self.merger.problems, *resolve(layers), *self.check(layers)]
        policy = self.policy(layers)
        if self.problems:
            self.problems += self.planned(layers, policy)
        self.stop()
        raw = self.ordered(self.compose() | {"policy": policy})
        switched = bool(self.selection.deselected("model"))
        retuned = bool(self.selection.deselected("tuning"))
        notices = fitting_space(raw, layers, self.selection.chosen["model"], switched, retuned)
        notices += fitting_objectives(raw, layers)
        # What is used is what was composed, so that is checked too, and not only our own reading.
        self.problems += self.check(replace(layers, values=raw))
        self.stop()
        config = pruned(raw)
        own = [folder for folder in self.folders if folder != house().resolve()]
        return Composed(
            recipe=typed(config),
            config=config,
            frozen=freeze(raw, self.selection.chosen, self.merger.stock, own),
            choices=dict(self.selection.chosen),
            explicit=self.selection.explicit,
            notices=[*self.merger.notices, *notices],
            path=self.path,
            policy=policy,
            proposal=tuple(self.proposal),
        )

    def propose(self) -> None:
        """Fill the groups that are open; a recipe with faults keeps all that could be proposed,
        for its faults are told and nothing runs."""
        groups = sorted(self.selection.open, reverse=True)
        tuned = {group: self.tuned(group) for group in groups}
        for group in groups:
            known = choices(group, self.folders)
            asked = dict.fromkeys((*tuned[group], *candidates(group)))
            self.selection.chosen[group] = [name for name in asked if name in known]
            self.selection.recipe[group] = list(self.selection.chosen[group])
        trial = Merger(self.document, self.audit, self.selection, self.folders)
        layers = trial.merge(self.asked.changes)
        if [*self.problems, *trial.problems, *resolve(layers), *self.check(layers)]:
            return
        recipe = typed(self.ordered(layers.values))
        self.proposal = propose(recipe, groups, tuned)
        for group in groups:
            found = named(self.proposal, group)
            # Where nothing applies, the plan says of each method of the house's why not.
            self.selection.chosen[group] = found or list(self.selection.house[group])

    def tuned(self, group: str) -> list[str]:
        """The group's methods whose parameters the recipe or an override sets."""
        own = self.document.content.get(group)
        names = list(own) if isinstance(own, Mapping) else []
        names += [one.keys[1] for one in self.asked.changes if one.keys[0] == group]
        return [str(name) for name in dict.fromkeys(names)]

    def check(self, layers: Layers) -> list[Problem]:
        checker = Checker(self.document, layers, self.selection.chosen, self.packages)
        return list(checker.problems())

    def planned(self, layers: Layers, policy: str) -> Iterator[Problem]:
        """What the plan would find, told now, because a recipe with faults is never planned."""
        sound = all(self.trusted(room, layers.values.get(room)) for room in ("data", "model"))
        for group, name, reason in misfits(layers.values, self.selection.explicit if sound else {}):
            place = self.selection.places[group]
            yield Problem(place, f"{group} {name} does not apply: {reason}")
        try:
            if policy:
                load_policy(policy, self.folders, policy_floor())
        except RecipeError as error:
            known = {problem.message for problem in self.problems}
            yield from (one for one in error.problems if one.message not in known)

    def trusted(self, room: str, node: Any) -> bool:
        """Whether a single choice is a class that may be looked at."""
        target = node.get("_target_") if isinstance(node, Mapping) else None
        return not objection(target, self.packages, (room,))

    def stop(self) -> None:
        if self.problems:
            raise RecipeError(_sorted(self.problems))

    def policy(self, layers: Layers) -> str:
        """The policy's name, or its path made absolute; the command line's wins."""
        asked, folder = self.asked.policy, Path.cwd()
        if asked is None:
            asked = Pick("policy", layers.get("policy"), layers.place(("policy",)).text)
            folder = self.path.absolute().parent
        if not isinstance(asked.value, str):
            return ""  # already among the problems
        known = choices("policy", self.folders)
        found = absolute_policy(asked.value, folder)
        if is_path(asked.value) and not Path(found).is_file():
            self.problems.append(Problem(asked.place, f"there is no policy file {found}"))
            return ""
        if not is_path(asked.value) and found not in known:
            message = f"no policy is called {found!r}"
            self.problems.append(Problem(asked.place, message, near(found, known)))
            return ""
        return found

    def compose(self) -> dict[str, Any]:
        """What Hydra composes of a recipe that is sound: plain values, references resolved."""
        chosen = [
            {f"override {group}": list(names) if group in MULTIPLE else names[0]}
            for group, names in self.selection.chosen.items()
        ]
        further = [f"file://{folder}" for folder in self.folders[1:]]
        primary = {
            **self.merger.body,
            "defaults": ["audit", *chosen, "_self_"],
            "hydra": {"searchpath": further},
        }
        store = ConfigStore.instance()
        store.store(name=PRIMARY, node=primary, provider="xaiframe")
        GlobalHydra.instance().clear()
        try:
            with initialize_config_dir(str(self.folders[0]), version_base="1.3"):
                lines = [change.line for change in self.asked.changes]
                composed = hydra_compose(config_name=PRIMARY, overrides=lines)
            plain = OmegaConf.to_container(composed, resolve=True)
        except (HydraException, OmegaConfBaseException) as error:
            message = f"cannot be composed: {str(error).splitlines()[0]}"
            raise RecipeError(Problem(self.document.name, message)) from error
        finally:
            store.repo.pop(f"{PRIMARY}.yaml", None)
        return {str(key): value for key, value in plain.items()} if isinstance(plain, dict) else {}

    def ordered(self, config: dict[str, Any]) -> dict[str, Any]:
        """In reading order, with the chosen nodes only and with paths made absolute."""
        keys = dict.fromkeys((*ORDER, *config))
        found = {key: config[key] for key in keys if key in config}
        for group in MULTIPLE:
            nodes = found.get(group) or {}
            found[group] = {name: nodes[name] for name in self.selection.chosen[group]}
        for *groups, key in PATHS:
            node: Any = found
            for group in groups:
                node = node.get(group) or {}
            if key in node:
                node[key] = absolute(node[key], self.path.absolute().parent)
        return found


def _whole_list(pick: Pick, selection: Selection) -> Problem:
    names = pick.value if isinstance(pick.value, list) else [pick.value]
    whole = ",".join(dict.fromkeys(str(name) for name in (*selection.chosen[pick.group], *names)))
    right = f"{pick.group}=[{whole}]" if pick.group in MULTIPLE else f"{pick.group}={pick.value}"
    return Problem(pick.place, "+ would silently reset a choice's parameters", f"'{right}'")


def _sorted(problems: Sequence[Problem]) -> list[Problem]:
    """Without repetitions, files in the order they came up, each by line."""
    files: dict[str, int] = {}
    order = {}
    for problem in dict.fromkeys(problems):
        name, _, line = problem.place.rpartition(":")
        known = line.isdigit()
        file = files.setdefault(name if known else problem.place, len(files))
        order[problem] = (file, int(line) if known else 0)
    return sorted(order, key=order.__getitem__)


def typed(config: Mapping[str, Any]) -> Recipe:
    """The composed configuration as the data classes of :mod:`xaiframe.recipe`."""
    values = dict(config)
    for key, kind in SECTIONS.items():
        section = config.get(key) or {}
        floats = {one.name for one in fields(kind) if one.type == "float"}
        values[key] = kind(
            **{name: float(one) if name in floats else one for name, one in section.items()}
        )
    statements = (Knowledge(**statement) for statement in values["strategy"].knowledge)
    values["strategy"] = replace(values["strategy"], knowledge=tuple(statements))
    return Recipe(**values)
