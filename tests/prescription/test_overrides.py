"""Override strings, read back by the override parser itself, and conflicts."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
import yaml
from hydra.core.override_parser.overrides_parser import OverridesParser
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from xaiframe.facts import Prescription
from xaiframe.prescription.overrides import (
    conflicts,
    override,
    overrides_of,
    settled,
    to_yaml,
)

PARSER = OverridesParser.create()


def read(text: str) -> Any:
    """What the key becomes after parsing, storing in a config and resolving interpolations."""
    parsed = PARSER.parse_override(text)
    config = OmegaConf.create({"value": parsed.value()})
    return OmegaConf.to_container(config, resolve=True)["value"]


def make(key: str, relation: str = "precaution → optimization", **overrides: Any) -> Prescription:
    values = {name.replace("__", "."): value for name, value in overrides.items()}
    expect = {"fact": "model.validation.score", "direction": "higher"}
    return Prescription(key, relation, values, "because", True, expect, ("a fact",))


NAMES = ["worst radius", "null", "1e3", "true", "it's", 'say "x"', "a,b=c", "${oc.env:HOME}",
         "\\${x}", "back\\", "back\\'s", "", "[1]", "ünicode 값", "a: b", "$x", "a #b"]  # fmt: skip


@pytest.mark.parametrize(
    "value", [0.01, 1e-7, 3, -2, True, None, "balanced", [], [64, 32], *NAMES, NAMES],
)  # fmt: skip
def test_a_value_comes_back_as_it_was(value: Any) -> None:
    text = override("fit.x", value)
    assert PARSER.parse_override(text).key_or_group == "fit.x"
    assert read(text) == value
    assert type(read(text)) is type(value)


@given(st.lists(st.text(alphabet=st.sampled_from("a\\'\"${}[],: =\t1"), max_size=8), max_size=3))
def test_any_name_comes_back_as_it_was(names: list[str]) -> None:
    assert read(override("data.drop", names)) == names


def test_two_rules_that_disagree_change_nothing() -> None:
    both = [make("a", fit__x=1, fit__y=2), make("b", fit__x=3)]
    (conflict,) = conflicts(both)
    assert (conflict.key, conflict.values, conflict.kept) == ("fit.x", {"a": 1, "b": 3}, "")
    assert overrides_of(both) == ["fit.y=2"]


def test_what_tuning_measured_prevails() -> None:
    both = [make("a", fit__x=1), make("t", "tuning → optimization", fit__x=3)]
    (conflict,) = conflicts(both)
    assert (conflict.kept, settled(both)) == ("t", {"fit.x": 3})


def test_agreeing_rules_and_lists_of_names_are_no_conflict() -> None:
    both = [
        make("a", fit__x=1, data__drop=["id", "age"]),
        make("b", fit__x=1, data__drop=("id", "sex")),
    ]
    assert conflicts(both) == []
    assert settled(both) == {"fit.x": 1, "data.drop": ["id", "age", "sex"]}


def test_lists_of_numbers_do_conflict() -> None:
    assert conflicts([make("a", model__hidden=[8]), make("b", model__hidden=[9])])


def test_only_automatic_ones_are_applied_unless_asked() -> None:
    waiting = Prescription("w", "explanation → precaution", {"data.drop": ["a b"]}, "x", False)
    assert overrides_of([waiting]) == []
    assert overrides_of([waiting], automatic_only=False) == ["data.drop=['a b']"]


def test_the_file_reads_back_and_its_command_is_ready_for_a_shell() -> None:
    both = [make("a", fit__x=1, data__drop=["it's"]), make("b", fit__x=2)]
    text = to_yaml(both)
    assert [Prescription.from_dict(one) for one in yaml.safe_load(text)] == both
    line = next(line for line in text.splitlines() if "data.drop" in line)
    words = shlex.split(line.removeprefix("# xaiframe run RECIPE "))
    assert [read(word) for word in words] == [1, ["it's"]]
    assert "# fit.x: a and b disagree, none is applied;" in text
    assert yaml.safe_load(to_yaml([])) == []


def test_repairs_that_two_rules_select_add_up():
    one, other = (
        Prescription(key, "precaution → optimization", {"repair": names}, "", True, {}, ())
        for key, names in (("a", ["window", "suspects"]), ("b", ["window", "reweigh"]))
    )
    assert conflicts([one, other]) == []
    assert overrides_of([one, other]) == ["repair=[window,suspects,reweigh]"]
