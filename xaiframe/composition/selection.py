"""Which choice of each group: the house's, the recipe's, the overrides'; and what each gives up."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from xaiframe.catalogue.listing import choices
from xaiframe.catalogue.reader import Document
from xaiframe.errors import Problem
from xaiframe.policy.reading import near
from xaiframe.recipe import Recipe

SINGLE = tuple(one.name for one in fields(Recipe) if one.type == "Node")
MULTIPLE = tuple(one.name for one in fields(Recipe) if one.type == "Mapping[str, Node]")
GROUPS = (*SINGLE, *MULTIPLE)
LAUNCHER = "hydra/launcher"
PROPOSED = ("perturbation", "gradient")
"""Groups whose methods are proposed where nobody names any, or asks for ``auto``."""
AUTO = "auto"


@dataclass(frozen=True)
class Pick:
    """A group's choices as someone wrote them: ``place`` says who."""

    group: str
    value: Any
    place: str


@dataclass
class Selection:
    """The choices of every group: of the house, of the recipe alone, and after the overrides."""

    house: dict[str, list[str]] = field(default_factory=dict)
    recipe: dict[str, list[str]] = field(default_factory=dict)
    chosen: dict[str, list[str]] = field(default_factory=lambda: {group: [] for group in GROUPS})
    places: dict[str, str] = field(default_factory=dict)
    """Where each group was chosen last."""
    taxonomy: set[str] = field(default_factory=set)
    """Groups whose choices the strategy selected by their place in the taxonomy."""
    open: set[str] = field(default_factory=set)
    """Groups whose choices are still to be proposed."""
    problems: list[Problem] = field(default_factory=list)

    @property
    def explicit(self) -> dict[str, set[str]]:
        """Choices that someone named; a list that only repeats the house's is not a wish."""
        return {
            group: set(names)
            for group, names in self.chosen.items()
            if names != self.house.get(group) and group not in self.taxonomy | self.open
        }

    def deselected(self, group: str) -> list[str]:
        """Choices of the recipe that an override took away."""
        return [name for name in self.recipe.get(group, ()) if name not in self.chosen[group]]


def select(
    house: Document,
    recipe: Document,
    overrides: Sequence[Pick],
    conf: Sequence[Path],
    taxonomy: Sequence[Pick] = (),
) -> Selection:
    """Resolve all groups, collecting every unknown, doubled or malformed choice.

    What the strategy selects by ``taxonomy`` stands until a list is named by the recipe or, where
    an override selects, by an override.
    """
    selection = Selection()
    defaults = {pick.group: pick for pick in _picks(house, selection, prefix="")}
    selection.house = {group: _names(pick, conf, []) for group, pick in defaults.items()}
    later = {pick.group: pick for pick in taxonomy if pick.place.startswith("override ")}
    own = {pick.group: pick for pick in taxonomy if pick.group not in later}
    own |= {pick.group: pick for pick in _picks(recipe, selection, prefix="override ")}
    last = own | later | {pick.group: pick for pick in overrides}
    selection.taxonomy = {pick.group for pick in taxonomy if last[pick.group] is pick}
    # An own audit.yaml speaks for itself, so that its lists stand.
    silent = house.path.resolve() == (conf[-1] / "audit.yaml").resolve()
    silent = silent and not any(group in own for group in PROPOSED)
    selection.open = {
        group
        for group in PROPOSED
        if (_is_auto(last[group].value) if group in last else silent) and group in defaults
    }
    for group in GROUPS:
        if group in selection.open:
            selection.places[group] = last.get(group, defaults[group]).place
            continue
        alone = own.get(group, defaults.get(group))
        final = last.get(group, alone)
        if alone is None or final is None:
            place = house.place(("defaults",))
            selection.problems.append(Problem(place, f"{house.path.name} chooses no {group}"))
            continue
        selection.places[group] = final.place
        selection.recipe[group] = _names(alone, conf, [])
        selection.chosen[group] = _names(final, conf, selection.problems)
        if group in SINGLE and final.value == "???":
            known = ", ".join(choices(group, conf))
            place = recipe.place(("defaults",))
            hint = f"- override {group}: one of {known}"
            selection.problems.append(Problem(place, f"no {group} is chosen", hint))
    return selection


def _is_auto(value: Any) -> bool:
    return value in (AUTO, [AUTO])


def _picks(document: Document, selection: Selection, prefix: str) -> Iterator[Pick]:
    """The group entries of a defaults list; ``prefix`` is what each must begin with."""
    entries = document.content.get("defaults")
    if not isinstance(entries, list):
        hint = "defaults: [audit, {override data: …}, _self_]"
        place = document.place(("defaults",))
        selection.problems.append(Problem(place, "there is no list of defaults", hint))
        return
    seen: set[str] = set()
    for at, entry in enumerate(entries):
        place = document.place(("defaults", at))
        pick = _pick(entry, place, prefix)
        if isinstance(pick, Problem):
            selection.problems.append(pick)
        elif pick and pick.group in seen:
            selection.problems.append(Problem(place, f"{pick.group} is chosen twice"))
        elif pick and pick.group != LAUNCHER:
            seen.add(pick.group)
            yield pick
    selection.problems += _order(document, entries, prefix)


def _pick(entry: Any, place: str, prefix: str) -> Pick | Problem | None:
    if entry == "_self_" or (prefix and entry == "audit"):
        return None
    if not isinstance(entry, Mapping) or len(entry) != 1:
        hint = "audit, _self_ and `override group: choice` only"
        return Problem(place, f"{entry!r} does not belong into the defaults", hint)
    key, value = next(iter(entry.items()))
    group = key.removeprefix(prefix)
    if group in GROUPS or (prefix and group == LAUNCHER):
        right = key.startswith(prefix)
        return Pick(group, value, place) if right else _wrong_form(place, key, value)
    if group == "policy":
        return Problem(place, "a policy is judged after the run, never composed", "policy: name")
    if group.split("@")[0] in GROUPS:
        return Problem(
            place, f"{group} would place a choice elsewhere", f"override {group.split('@')[0]}"
        )
    return Problem(place, f"there is no group {group!r}", near(group, GROUPS))


def _wrong_form(place: str, key: str, value: Any) -> Problem:
    listed = f"[{', '.join(map(str, value))}]" if isinstance(value, list) else value
    return Problem(place, f"{key} is already chosen by audit", f"- override {key}: {listed}")


def _order(document: Document, entries: list[Any], prefix: str) -> Iterator[Problem]:
    """The recipe's own values must come last, or the house's defaults would win."""
    if prefix and "audit" not in entries:
        place = document.place(("defaults",))
        yield Problem(place, "a recipe stands on the house of defaults", "defaults: [audit, …]")
    if "_self_" in entries and entries[-1] != "_self_":
        place = document.place(("defaults", entries.index("_self_")))
        yield Problem(place, "_self_ must come last, or what follows would win over this file")


def _names(pick: Pick, conf: Sequence[Path], problems: list[Problem]) -> list[str]:
    """The known choices a pick names; its faults go to ``problems``."""
    if pick.value == "???":
        return []
    given = pick.value if isinstance(pick.value, list) else [pick.value]
    if pick.group in SINGLE and (isinstance(pick.value, list) or not isinstance(pick.value, str)):
        problems.append(Problem(pick.place, f"{pick.group} takes one choice, not {pick.value!r}"))
        return []
    known = choices(pick.group, conf)
    found: list[str] = []
    for name in given:
        if not isinstance(name, str):
            hint = f"{pick.group}: [] for none" if name is None else ""
            problems.append(Problem(pick.place, f"{name!r} is not the name of a choice", hint))
        elif name not in known:
            message = f"no {pick.group} is called {name!r}"
            problems.append(Problem(pick.place, message, near(name, known)))
        elif name in found:
            problems.append(Problem(pick.place, f"{pick.group} {name} is chosen twice"))
        else:
            found.append(name)
    return found
