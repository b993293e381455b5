"""Choices, house, recipe and overrides laid over each other, as they will be composed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xaiframe.catalogue.listing import choices
from xaiframe.catalogue.reader import Document, Keys, read
from xaiframe.composition.check import choice_problems
from xaiframe.composition.layers import Layers, Place, dotted
from xaiframe.composition.overrides import Override
from xaiframe.composition.selection import GROUPS, MULTIPLE, SINGLE, Selection
from xaiframe.errors import Problem, RecipeError
from xaiframe.policy.reading import near


@dataclass
class Merger:
    """body: the recipe's own values, without what an override took away; stock: the choices alone.

    What was left out is told in ``notices``, what is tuned and not selected in ``problems``.
    """

    recipe: Document
    house: Document
    selection: Selection
    folders: Sequence[Path]
    body: dict[str, Any] = field(default_factory=dict)
    stock: Layers = field(default_factory=Layers)
    problems: list[Problem] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def merge(self, changes: Sequence[Override]) -> Layers:
        for group in GROUPS:
            for name in self.selection.chosen[group]:
                self._lay_choice(group, name)
        content = deepcopy(self.recipe.content)
        self.body = {key: one for key, one in content.items() if key not in {"defaults", "hydra"}}
        for group in SINGLE:
            self._leave_out_other(group)
        for group in MULTIPLE:
            self._leave_out_deselected(group)
        self._leave_out_accepted()
        layers = self.stock.copy()
        defaults = {key: one for key, one in self.house.content.items() if key != "defaults"}
        layers.document(self.house, "house", defaults)
        layers.document(self.recipe, "recipe", self.body)
        for change in changes:
            self._lay_change(layers, change)
        return layers

    def _lay_choice(self, group: str, name: str) -> None:
        try:
            document = read(choices(group, self.folders)[name])
        except RecipeError as error:
            self.problems += error.problems
            return
        self.problems += choice_problems(document, group, name)
        self.stock.document(document, "house", document.content, at=(group,))

    def _leave_out_other(self, group: str) -> None:
        """Parameters the recipe gives to a choice that an override replaced by another."""
        gone = self.selection.deselected(group)
        if gone and self.body.get(group):
            del self.body[group]
            chosen = " ".join(self.selection.chosen[group])
            self.notices.append(
                f"{group} is {chosen}: what the recipe says of {gone[0]} is left out"
            )

    def _leave_out_deselected(self, group: str) -> None:
        nodes = self.body.get(group, {})
        if not isinstance(nodes, Mapping):
            listed = ", ".join(map(str, nodes)) if isinstance(nodes, list) else nodes
            hint = f"- override {group}: [{listed}]"
            message = f"{group} is chosen in the list of defaults"
            self.problems.append(Problem(self.recipe.place((group,)), message, hint))
            del self.body[group]
            return
        for name in [one for one in nodes if one not in self.selection.chosen[group]]:
            del self.body[group][name]
            if name in self.selection.deselected(group):
                told = f"{group} {name} was deselected: what the recipe says of it is left out"
                self.notices.append(told)
            else:
                place = self.recipe.place((group, name))
                self.problems.append(self._unselected(group, name, place, "- override {}: [{}]"))

    def _leave_out_accepted(self) -> None:
        """What the recipe accepts of prescriptions that an override took away."""
        given, gone = self.body.get("accept"), self.selection.deselected("prescription")
        if isinstance(given, list) and (names := [one for one in given if one in gone]):
            self.body["accept"] = [one for one in given if one not in names]
            self.notices += [
                f"prescription {name} was deselected: accepting it is left out" for name in names
            ]

    def _unselected(self, group: str, name: str, place: str, form: str) -> Problem:
        known = choices(group, self.folders)
        if name not in known:
            return Problem(place, f"no {group} is called {name!r}", near(name, known))
        hint = form.format(group, ", ".join([*self.selection.chosen[group], name]))
        return Problem(place, f"{group} {name} is tuned but not selected", hint)

    def _lay_change(self, layers: Layers, change: Override) -> None:
        group, *rest = (str(key) for key in change.keys)
        if group in MULTIPLE and rest and rest[0] not in self.selection.chosen[group]:
            self.problems.append(self._unselected(group, rest[0], change.place, "'{}=[{}]'"))
            return
        listed = _list_on_the_way(layers, change.keys)
        if listed:
            message = f"{dotted(listed)} is a list, and is replaced as a whole"
            self.problems.append(Problem(change.place, message, f"{dotted(listed)}=[…]"))
            return
        place = Place(change.place, "override")
        layers.lay({str(change.keys[-1]): change.value}, lambda _: place, change.keys[:-1])


def _list_on_the_way(layers: Layers, keys: Keys) -> Keys:
    """The first of the key's ancestors that is a list, if any is."""
    ancestors = (keys[:depth] for depth in range(1, len(keys)))
    return next((one for one in ancestors if isinstance(layers.get(*one), list)), ())
