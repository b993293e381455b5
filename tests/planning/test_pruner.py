"""What a pruner cannot watch is said before anything is fitted."""

from __future__ import annotations

from pathlib import Path

import pytest

from xaiframe.composition.compose import compose
from xaiframe.errors import RecipeError
from xaiframe.planning.plan import plan

ONE = (
    "tuning.objectives={model.validation.score: maximize, evaluation.agreement.mean_spearman: null}"
)

OTHER = ONE.replace("maximize", "?").replace("null", "maximize").replace("?", "null")


def test_one_validation_objective_can_be_watched(breast_cancer: Path) -> None:
    composed = compose(breast_cancer, ["pruner=median", "pruner.warmup=3", ONE])
    plan(composed)
    assert composed.recipe.pruner["warmup"] == 3
    assert composed.recipe.tuning["objectives"] == {"model.validation.score": "maximize"}


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        (["pruner=median"], "Median follows one objective, the search has 2.*mean_spearman: null"),
        (
            ["pruner=percentile", OTHER],
            "needs a score after every epoch, evaluation.agreement.mean_spearman is known after",
        ),
        (["pruner=hyperband", "fit.epochs=3", ONE], "first is 3, no rung before the last of 3"),
        (["pruner=median", "pruner.warmup=x", ONE], "warmup"),
        (["pruner=wilcoxon"], "wilcoxon"),
    ],
)  # fmt: skip
def test_what_it_cannot_watch_is_refused(
    breast_cancer: Path, overrides: list[str], words: str
) -> None:
    with pytest.raises(RecipeError, match=words):
        plan(compose(breast_cancer, overrides))


def test_without_tuning_there_is_nothing_to_watch(breast_cancer: Path) -> None:
    plan(compose(breast_cancer, ["pruner=median", "tuning=none"]))
