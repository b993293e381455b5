"""Every recipe in recipes/ composes, plans, and fills in the strategy."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from xaiframe.composition.compose import compose
from xaiframe.planning.plan import plan
from xaiframe.recipe import Strategy

RECIPES = sorted((Path(__file__).parent.parent / "recipes").glob("*.yaml"))


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No test reads the settings of whoever runs it."""
    monkeypatch.setenv("XAIFRAME_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.delenv("XAIFRAME_POLICY", raising=False)


@pytest.fixture(params=RECIPES, ids=lambda path: path.stem)
def recipe(request) -> Path:
    return request.param


def test_composes_without_a_notice_and_is_named_after_its_file(recipe):
    composed = compose(recipe)
    assert composed.recipe.name == recipe.stem
    assert composed.notices == [] or all("not searched" in one for one in composed.notices)


def test_plans_and_everything_it_names_applies(recipe):
    composed = compose(recipe)
    made = plan(composed)
    for group, names in composed.explicit.items():
        for name in names:
            unit = made.unit(group, name)
            assert unit is None or unit.applies, f"{group} {name}: {unit.reason}"


def test_the_strategy_is_filled_in(recipe):
    composed = compose(recipe)
    strategy = composed.recipe.strategy
    optional = {"sensitive", "select"}
    if "knowledge" not in composed.choices["evaluation"]:
        optional.add("knowledge")  # where no feature means the same in two instances
    empty = [key for key in vars(Strategy()) if not getattr(strategy, key) and key not in optional]
    assert empty == []
    assert all(statement.because for statement in strategy.knowledge)
    assert not any(strategy.signatories.values()), "names are filled in by hand"


def test_holds_only_differences(recipe):
    """A value that says what the house or the choice says anyway only hides what is different."""
    content = yaml.safe_load(recipe.read_text(encoding="utf-8"))
    house = yaml.safe_load((recipe.parent.parent / "conf" / "audit.yaml").read_text())
    for key, value in content.items():
        if isinstance(value, dict) and isinstance(house.get(key), dict):
            assert [one for one in value if value[one] == house[key].get(one)] == []
