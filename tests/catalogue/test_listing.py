import importlib
import inspect
import json
import sys
from dataclasses import MISSING as NO_DEFAULT
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xaiframe.catalogue.listing import (
    MISSING,
    UnknownTarget,
    check_value,
    choices,
    cost,
    describe,
    entries,
    groups,
    house,
    search_path,
)
from xaiframe.catalogue.source import find, module_named
from xaiframe.catalogue.values import LARGEST_EXPONENT

DATACLASSES = ["xaiframe.model.mlp.MLP", "xaiframe.model.cnn.CNN", "xaiframe.recipe.Fit"]


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package on the path whose import would fail, so that only reading it can work."""
    folder = tmp_path / "foreign_house"
    folder.mkdir()
    (folder / "__init__.py").write_text("from .room import Door as Entrance\nraise RuntimeError\n")
    (folder / "base.py").write_text(
        "from typing import Literal\n"
        "Shade = Literal['red', 'blue']\n"
        "class Base:\n"
        "    scope = 'local'\n"
        "    needs: tuple[str, ...] = ()\n"
        "    signed = True\n"
    )
    (folder / "room.py").write_text(
        '"""A module."""\n'
        "from __future__ import annotations\n"
        "import math\n"
        "from dataclasses import dataclass, field\n"
        "from typing import ClassVar, Sequence\n"
        "from foreign_house.base import Base, Shade\n"
        "raise RuntimeError('imported')\n"
        "HALF = 1 / 2\n"
        "@dataclass(frozen=True)\n"
        "class Frame(Base):\n"
        "    width: int\n"
        "    ratio: float = HALF\n"
        "@dataclass(frozen=True)\n"
        "class Door(Frame):\n"
        '    """Opens.\n\n    And shuts.\n    """\n'
        "    colour: Shade = 'red'\n"
        "    sizes: Sequence[int] = field(default=(1, 2))\n"
        "    names: dict[str, str] = field(default_factory=dict)\n"
        "    angle: float = math.pi\n"
        "    hidden: int = field(init=False, default=1)\n"
        "    shared: ClassVar[int] = 3\n"
        "    scope = 'global'\n"
        "    modalities = ('table',)\n"
        "    computed = sorted('ab')\n"
        "class Gate(Base):\n"
        "    def __init__(self, a, b: int = -1, *, c: str | None = None, **rest): ...\n"
        "def build(width: int, *, high=True): ...\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    module_named.cache_clear()
    describe.cache_clear()
    yield "foreign_house"
    module_named.cache_clear()
    describe.cache_clear()


@pytest.mark.parametrize("target", DATACLASSES)
def test_parameters_and_defaults_are_those_the_imported_class_has(target):
    module, name = target.rsplit(".", 1)
    cls = getattr(importlib.import_module(module), name)
    described = describe(target)
    assert described.names == tuple(field.name for field in fields(cls))
    for parameter, field in zip(described.parameters, fields(cls), strict=True):
        assert parameter.default == field.default
        assert parameter.required == (field.default is NO_DEFAULT)


def test_facts_are_those_the_imported_class_has():
    from xaiframe.model.cnn import CNN

    assert describe("xaiframe.model.cnn.CNN").facts == {
        "modalities": CNN.modalities,
        "provides": CNN.provides,
        "space": CNN.space,
    }


def test_a_library_class_is_described_as_inspect_does():
    from sklearn.linear_model import LogisticRegression

    described = describe("sklearn.linear_model.LogisticRegression")
    signature = inspect.signature(LogisticRegression).parameters
    assert described.names == tuple(signature)
    assert described.parameter("max_iter").default == signature["max_iter"].default


def test_nothing_of_the_package_is_imported(package):
    described = describe(f"{package}.room.Door")
    assert package not in sys.modules
    assert described.doc == "Opens."


def test_fields_come_in_the_order_of_the_bases(package):
    described = describe(f"{package}.room.Door")
    assert described.names == ("width", "ratio", "colour", "sizes", "names", "angle")
    defaults = {one.name: one.default for one in described.parameters}
    assert defaults == {
        "width": MISSING,
        "ratio": 0.5,
        "colour": "red",
        "sizes": (1, 2),
        "names": {},
        "angle": MISSING,
    }
    assert [one.name for one in described.parameters if one.required] == ["width"]


def test_an_alias_of_a_type_is_spelled_out(package):
    assert (
        describe(f"{package}.room.Door").parameter("colour").annotation == "Literal['red', 'blue']"
    )


def test_own_facts_stand_above_inherited_ones_and_computed_ones_are_left_out(package):
    facts = describe(f"{package}.room.Door").facts
    assert facts == {
        "scope": "global",
        "needs": (),
        "signed": True,
        "modalities": ("table",),
        "shared": 3,
    }


def test_an_explicit_constructor_and_a_function_are_read_from_their_signatures(package):
    gate = describe(f"{package}.room.Gate")
    assert [(one.name, one.default, one.required) for one in gate.parameters] == [
        ("a", MISSING, True),
        ("b", -1, False),
        ("c", None, False),
    ]
    assert gate.open
    assert describe(f"{package}.room.build").names == ("width", "high")


def test_a_re_export_is_followed(package):
    assert describe(f"{package}.Entrance").names == describe(f"{package}.room.Door").names


@pytest.mark.parametrize(
    "target", ["", "door", "foreign_house.room.Nobody", "foreign_house.nowhere.X", "not_there.X"]
)
def test_a_target_that_is_not_there_is_named(package, target):
    with pytest.raises(UnknownTarget, match=f"^there is no {target}$"):
        describe(target)


def test_names_that_import_each_other_end(tmp_path, monkeypatch):
    (tmp_path / "circle_a.py").write_text("from circle_b import X\n")
    (tmp_path / "circle_b.py").write_text("from circle_a import X\n")
    monkeypatch.syspath_prepend(tmp_path)
    assert find("circle_a", "X", 8) is None


def test_groups_stand_in_the_reading_order_of_the_house(tmp_path):
    for name in ("report/a", "data/b", "zebra/c", "model/d"):
        file = tmp_path / f"{name}.yaml"
        file.parent.mkdir()
        file.write_text("{}")
    assert groups([tmp_path, house()])[:2] == ["data", "model"]
    assert groups([tmp_path])[-1] == "zebra"


def test_the_first_folder_of_the_path_wins(tmp_path):
    for folder, names in (("mine", "bc"), ("ours", "ab")):
        (tmp_path / folder / "data").mkdir(parents=True)
        for name in names:
            (tmp_path / folder / "data" / f"{name}.yaml").write_text("{}")
    found = choices("data", [tmp_path / "mine", tmp_path / "ours"])
    assert {name: file.parts[-3] for name, file in found.items()} == {
        "a": "ours",
        "b": "mine",
        "c": "mine",
    }


def test_a_conf_of_ones_own_comes_first(tmp_path):
    (tmp_path / "conf").mkdir()
    assert search_path(tmp_path) == [tmp_path / "conf", house()]
    assert search_path(tmp_path / "deeper") == [house()]
    assert search_path(house().parent) == [house()]


def test_an_entry_shows_the_value_its_yaml_sets(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "small.yaml").write_text("_target_: xaiframe.model.mlp.MLP\nhidden: [8]\n")
    (folder / "gone.yaml").write_text("_target_: xaiframe.model.gone.Gone\n")
    gone, small = entries("model", [tmp_path])
    shown = json.loads(json.dumps(small.to_dict()))
    assert [one["default"] for one in shown["parameters"]] == [[8], 0.1, 0]
    assert gone.description is None
    assert "xaiframe.model.gone.Gone" in gone.doc


@pytest.mark.parametrize(
    ("content", "doc"),
    [
        ("_target_: xaiframe.model.mlp.MLP\n", "Fully connected layers with ReLU and dropout."),
        ("# A small one (Li et al. 2001).\n# And more.\n_target_: xaiframe.model.mlp.MLP\n",
         "A small one (Li et al. 2001)."),
        ("one:\n  because: >-\n    Less is\n    more. So it is.\n", "Less is more."),
    ],
)  # fmt: skip
def test_an_entry_says_in_one_sentence_what_it_is(tmp_path, content, doc):
    (tmp_path / "group").mkdir()
    (tmp_path / "group" / "one.yaml").write_text(content)
    (entry,) = entries("group", [tmp_path])
    assert entry.doc == doc


def test_every_choice_of_the_house_has_a_class_that_takes_its_keys():
    """Prescriptions and policies are data and have none."""
    for group in groups([house()]):
        for entry in entries(group, [house()]):
            if "_target_" not in entry.node:
                continue
            assert entry.description is not None, entry.doc
            for key, value in entry.node.items():
                if key == "_target_":
                    continue
                parameter = entry.description.parameter(key)
                assert parameter is not None or entry.description.open, (entry.file, key)
                if parameter is not None and value != "???":
                    assert check_value(value, parameter.annotation) is None, (entry.file, key)


@pytest.mark.parametrize(
    ("value", "annotation"),
    [
        (1, "int"),
        (1, "float"),
        (1.5, "float"),
        ("a", "str"),
        (True, "bool"),
        (None, "int | None"),
        (None, "Optional[int]"),
        (3, "Union[int, str]"),
        ("b", "Literal['a', 'b']"),
        ([1, 2], "Sequence[int]"),
        ((1, 2), "tuple[int, ...]"),
        ((1, "a"), "tuple[int, str]"),
        ([], "list[str]"),
        ({"a": 1}, "Mapping[str, int]"),
        ({"a": {"b": [1]}}, "dict[str, Any]"),
        ([[1], [2]], "Sequence[Sequence[int]]"),
        (object(), "Any"),
        ("x", "SomeType"),
        ("data.csv", "Path"),
    ],
)
def test_a_value_that_fits_is_let_through(value, annotation):
    assert check_value(value, annotation) is None


@pytest.mark.parametrize(
    ("value", "annotation", "expected"),
    [
        (True, "int", "a whole number"),
        (True, "float", "a number"),
        (1.0, "int", "a whole number"),
        ("1", "float", "a number"),
        (1, "bool", "true or false"),
        (1, "str", "text"),
        (None, "int", "a whole number"),
        ("c", "Literal['a', 'b']", "one of a, b"),
        (True, "Literal[1, 2]", "one of 1, 2"),
        ("x", "int | None", "a whole number or null"),
        ("abc", "Sequence[str]", "a list of texts"),
        ([1, "a"], "Sequence[int]", "a list of whole numbers"),
        ([1], "tuple[int, int]", "a list of whole numbers"),
        ({"a": "b"}, "Mapping[str, float]", "a mapping to numbers"),
        ([1], "dict", "a mapping"),
    ],
)
def test_a_value_that_does_not_fit_hears_what_would(value, annotation, expected):
    assert check_value(value, annotation) == expected


NUMBERS = st.integers(1, 50)


@given(NUMBERS, NUMBERS, NUMBERS)
def test_a_cost_is_what_python_would_calculate(instances, samples, features):
    names = {"instances": instances, "samples": samples, "features": features}
    expression = "instances * min(samples, 2 ** features - 2) + max(features // 3, 1) / 2 - -1"
    expected = instances * min(samples, 2**features - 2) + max(features // 3, 1) / 2 + 1
    assert cost(expression, names) == pytest.approx(expected)


def test_a_cost_with_an_unknown_name_is_unknown():
    assert cost("instances * features", {"instances": 3, "features": None}) is None
    assert cost("max(1, features)", {}) is None


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('true')",
        "().__class__",
        "[1 for _ in range(9)]",
        "'a' * 9",
        "1 +",
        "1 / 0",
        f"2 ** {LARGEST_EXPONENT + 1}",
        "min(1)",
        "1 < 2",
    ],
)
def test_a_cost_that_is_more_than_arithmetic_is_refused(expression):
    with pytest.raises(ValueError, match=r"."):
        cost(expression, {})


def test_source_that_cannot_be_parsed_counts_as_absent(tmp_path, monkeypatch):
    Path(tmp_path / "broken_room.py").write_text("class :")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(UnknownTarget):
        describe("broken_room.X")
