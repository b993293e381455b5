"""The chosen trial, its tables and its facts, by hand-made trials."""

from __future__ import annotations

import pytest

from xaiframe.tuning.space import Parameter
from xaiframe.tuning.trials import Found, Trial, standard_error

BOTH = {"model.validation.score": "maximize", "evaluation.agreement.mean_spearman": "maximize"}
SPACE = [Parameter("fit.x", "float", 0, 1), Parameter("model.hidden", "choice", choices=([8], [4]))]


def trial(number: int, score: float, explains: float, half: float = 0.0) -> Trial:
    intervals = ((score - half, score + half), None)
    drawn = {"fit.x": number / 10, "model.hidden": [8]}
    return Trial(number, drawn, (score, explains), intervals, 1.0, pareto=True)


def found(*trials: Trial) -> Found:
    return Found(trials, BOTH, SPACE)  # type: ignore[arg-type]


def test_the_standard_error_is_a_quarter_of_a_95_percent_interval() -> None:
    assert standard_error((0.0, 2 * 1.959964)) == pytest.approx(1.0)
    assert standard_error(None) == 0.0


def test_among_equals_in_score_the_best_explained_is_chosen() -> None:
    half = 0.02 * 1.959964  # a standard error of 0.02 on the best
    trials = [trial(0, 0.90, 0.1, half), trial(1, 0.885, 0.5), trial(2, 0.87, 0.9)]
    assert found(*trials).chosen().number == 1


def test_without_an_interval_the_best_score_is_chosen() -> None:
    assert found(trial(0, 0.90, 0.1), trial(1, 0.899, 0.5)).chosen().number == 0


def test_a_dominated_trial_is_never_chosen() -> None:
    shadow = Trial(1, {"fit.x": 0.1, "model.hidden": [8]}, (0.89, 0.9), (None, None))
    assert found(trial(0, 0.90, 0.1, 0.5), shadow).chosen().number == 0


def test_the_earliest_of_equal_trials_is_chosen_and_less_may_be_better() -> None:
    assert found(trial(3, 0.9, 0.5), trial(4, 0.9, 0.5)).chosen().number == 3
    loss = Found(
        [trial(0, 0.4, 0.0), trial(1, 0.3, 0.0)], {"model.validation.mae": "minimize"}, SPACE
    )
    assert loss.chosen().number == 1


def test_tables_and_facts_say_what_was_tried() -> None:
    failed = Trial(2, {"fit.x": 0.2, "model.hidden": [4]}, failed="ValueError: boom")
    outcome = found(trial(0, 0.8, 0.6, 0.01), trial(1, 0.9, 0.5, 0.01), failed).outcome()
    table = outcome.tables["trials"]
    assert list(table["state"]) == ["complete", "complete", "failed"]
    assert list(table["chosen"]) == [False, True, False]
    assert list(table["model.hidden"]) == ["[8]", "[8]", "[4]"]
    assert table["model.validation.score"].isna().tolist() == [False, False, True]
    facts = {(fact.name, *fact.labels.values()): fact for fact in outcome.facts}
    assert facts[("trials",)].value == 3
    assert facts[("failed",)].value == 1
    assert facts[("best", "evaluation.agreement.mean_spearman")].value == 0.6
    assert facts[("start", "model.validation.score")].value == 0.8
    assert facts[("reached", "model.validation.score")].interval == pytest.approx((0.89, 0.91))
    assert facts[("chosen", "fit.x")].value == 0.1
    assert facts[("chosen", "model.hidden")].value == "[8]"
    space = outcome.tables["space"].set_index("parameter")
    assert space.loc["model.hidden", "choices"] == "[8], [4]"
    assert space.loc["fit.x", "high"] == 1.0
