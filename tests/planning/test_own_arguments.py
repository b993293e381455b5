"""Arguments of a user's own class are tuned from YAML alone, and checked against its source."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from xaiframe.catalogue.listing import describe
from xaiframe.catalogue.source import module_named
from xaiframe.composition.compose import compose
from xaiframe.errors import RecipeError
from xaiframe.planning.plan import plan

CODE = """
from torch import nn

class Net(nn.Module):
    def __init__(self, inputs: int, width: int = 4, rate=0.1, bias: bool = not False,
                 act: str = "relu"):
        super().__init__()
"""
START = "model.params={inputs: 30, width: 8, rate: 0.2}"


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    (tmp_path / "argued").mkdir()
    (tmp_path / "argued" / "__init__.py").touch()
    (tmp_path / "argued" / "nets.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield ["model=own_network", "model.network=argued.nets.Net", START, "gradient=[saliency]"]
    module_named.cache_clear()
    describe.cache_clear()


def planned(recipe: Path, overrides: list[str]) -> None:
    plan(compose(recipe, overrides))


def test_arguments_with_and_without_a_type_can_be_searched(
    breast_cancer: Path, own: list[str]
) -> None:
    width = "tuning.space.model.params.width={low: 4, high: 32}"
    rate = "tuning.space.model.params.rate={low: 0.0, high: 0.5}"
    composed = compose(breast_cancer, [*own, width, rate])
    plan(composed)
    space = composed.recipe.tuning["space"]["model"]
    assert space == {"params": {"width": {"low": 4, "high": 32}, "rate": {"low": 0.0, "high": 0.5}}}


def test_a_search_begins_at_the_default_of_the_class(breast_cancer: Path, own: list[str]) -> None:
    composed = compose(
        breast_cancer, [*own, "tuning.space.model.params.act={choices: [relu, tanh]}"]
    )
    plan(composed)
    assert composed.recipe.model["params"] == {"inputs": 30, "width": 8, "rate": 0.2, "act": "relu"}
    assert "act: relu" in composed.frozen


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ("params.depth={low: 1, high: 3}", "params.depth there is no such key to tune"),
        ("params.width={low: 0.5, high: 3.5}", "params.width low is 0.5.*whole number"),
        ("params.act={low: 1, high: 3}", "act has no numeric range"),
        ("params.bias={choices: [true, false]}", "params.bias has no value to start from"),
    ],
)
def test_what_its_constructor_does_not_take_is_refused(
    breast_cancer: Path, own: list[str], space: str, words: str
) -> None:
    with pytest.raises(RecipeError, match=words):
        planned(breast_cancer, [*own, f"tuning.space.model.{space}"])
