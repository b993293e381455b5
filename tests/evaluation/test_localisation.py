"""How much of an explanation lies in a region, counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from xaiframe.errors import NotApplicable, RecipeError
from xaiframe.evaluation.localisation import Localisation, measured
from xaiframe.recipe import Knowledge, Strategy


def test_counted_by_hand() -> None:
    inside = np.array([True, True, False, False])
    found = measured(np.array([[3.0, -1, 0, 4], [5, 4, 0, 1], [0, 0, 0, 0]]), inside)
    assert found["mass"][:2] == pytest.approx([0.5, 0.9])
    assert found["rank_accuracy"][:2].tolist() == [0.5, 1]
    assert found["pointing"][:2].tolist() == [0, 1]
    assert all(np.isnan(values[2]) for values in found.values())


@pytest.fixture
def scene(table, linear, gather, explained):
    def make(**more):
        local = [explained("a", "gradient", np.tile([4.0, 1, 1, 2], (30, 1)))]
        return gather(table(4), linear([[1.0, 2, 3, 4]]), local, **more)

    return make


def test_the_region_is_named_or_comes_from_knowledge(scene, value_of):
    named = Localisation(region=["a"])(scene())
    assert value_of(named, "mass").value == pytest.approx(0.5)
    assert value_of(named, "control").value == 0.25
    known = Strategy(knowledge=[Knowledge("d", "rises"), Knowledge("a", "does_not_matter")])
    told = Localisation()(scene(strategy=known))
    assert value_of(told, "mass").value == pytest.approx(0.25)
    assert value_of(told, "pointing").value == 0


def test_refusals(scene, table, linear, gather):
    with pytest.raises(NotApplicable, match="no region"):
        Localisation()(scene())
    with pytest.raises(RecipeError, match="no feature 'z'"):
        Localisation(region=["z"])(scene())
    with pytest.raises(NotApplicable, match="leave some out"):
        Localisation(region=list("abcd"))(scene())
    with pytest.raises(NotApplicable, match="no local attribution"):
        Localisation(region=["a"])(gather(table(2), linear([[1.0, 2.0]])))
