"""Every YAML in conf/: it stands alone, names a class that exists, and its parameters fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from xaiframe.catalogue.listing import describe, house
from xaiframe.catalogue.reader import read
from xaiframe.composition.check import Checker, choice_problems
from xaiframe.composition.layers import Layers, walk
from xaiframe.composition.selection import GROUPS, MULTIPLE
from xaiframe.prescription.rules import problems_of

FILES = sorted(house().glob("*/*.yaml"))
CHOICES = [path for path in FILES if path.parent.name in GROUPS]
PRESCRIPTIONS = [path for path in CHOICES if path.parent.name == "prescription"]
METHODS = [path for path in CHOICES if path.parent.name in {*MULTIPLE} - {"prescription"}]
AUDIT = house() / "audit.yaml"


def name(path: Path) -> str:
    return f"{path.parent.name}/{path.stem}"


def test_every_folder_is_a_group_or_the_policies():
    assert {path.parent.name for path in FILES} <= {*GROUPS, "policy"}
    assert list(house().glob("*/*/*")) == []


@pytest.mark.parametrize("path", FILES, ids=name)
def test_every_file_reads_without_a_problem(path):
    document = read(path)
    assert document.problems == ()
    assert document.content
    assert not any("${" in str(value) for _, value in walk(document.content))


@pytest.mark.parametrize("path", CHOICES, ids=name)
def test_every_choice_is_sound(path):
    group, choice = path.parent.name, path.stem
    document = read(path)
    layers = Layers()
    layers.document(document, "house", document.content, at=(group,))
    chosen = {one: [choice] if one == group else [] for one in GROUPS}
    found = [*choice_problems(document, group, choice)]
    found += Checker(document, layers, chosen, ()).problems()
    assert [str(one) for one in found if not one.message.endswith("is missing")] == []


@pytest.mark.parametrize("path", METHODS, ids=name)
def test_every_multiple_choice_lives_in_the_file_of_its_name(path):
    """One choice, one YAML, one file, one test."""
    group, choice = path.parent.name, path.stem
    target = read(path).content[choice]["_target_"]
    assert target.rpartition(".")[0] == f"xaiframe.{group}.{choice}"
    tests = Path(__file__).parent / group
    assert (tests / f"test_{choice}.py").is_file()


@pytest.mark.parametrize("path", PRESCRIPTIONS, ids=name)
def test_every_prescription_reads_as_a_rule(path):
    assert problems_of(path.stem, read(path).content[path.stem]) == []


@pytest.mark.parametrize("path", PRESCRIPTIONS, ids=name)
def test_what_a_prescription_selects_and_sets_is_there(path):
    """``then: {repair: [suspects], repair.suspects.action: drop}``."""
    then = read(path).content[path.stem].get("then") or {}
    for key, value in then.items():
        group, _, rest = key.partition(".")
        for choice in value if group in MULTIPLE and not rest else [rest.partition(".")[0]]:
            if group not in MULTIPLE:
                continue
            file = house() / group / f"{choice}.yaml"
            assert file.is_file(), f"{key}: no {group} {choice}"
            assert not rest or rest.partition(".")[2] in read(file).content[choice], key


def test_the_house_chooses_every_group_once_and_only_what_exists():
    entries = read(AUDIT).content["defaults"]
    assert entries[-1] == "_self_"
    picks = {key: value for entry in entries[:-1] for key, value in entry.items()}
    assert list(picks) == list(dict.fromkeys(picks))
    assert set(picks) == set(GROUPS)
    for group, value in picks.items():
        for choice in value if isinstance(value, list) else [value]:
            assert choice == "???" or (house() / group / f"{choice}.yaml").is_file()


def test_the_house_states_every_default_of_the_recipes_data_classes():
    """audit.yaml is what a reader sees; the data classes are what the code uses."""
    from xaiframe.composition.check import SECTIONS, VALUES
    from xaiframe.recipe import Recipe

    content = read(AUDIT).content
    assert {key for key in content if key != "defaults"} == {*SECTIONS, *VALUES}
    for key, kind in SECTIONS.items():
        section = {name: value or () for name, value in vars(kind()).items()}
        assert {name: value or () for name, value in content[key].items()} == section
    for key in set(VALUES) - {"name"}:
        assert (content[key] or ()) == (Recipe.__dataclass_fields__[key].default or ())


@pytest.mark.parametrize("path", [one for one in CHOICES if one.parent.name == "model"], ids=name)
def test_a_models_own_search_space_holds_the_setting_it_starts_from(path):
    content = read(path).content
    described = describe(content["_target_"])
    for key, limits in described.facts.get("space", {}).items():
        assert key in described.names
        if "choices" in limits:
            assert content[key] in limits["choices"]
        else:
            assert limits["low"] <= content[key] <= limits["high"]
