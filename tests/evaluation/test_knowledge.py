from __future__ import annotations

import numpy as np
import pytest

from xaiframe.errors import NotApplicable, RecipeError
from xaiframe.evaluation.knowledge import Knowledge
from xaiframe.kinds.curve import Curve
from xaiframe.recipe import Knowledge as Statement
from xaiframe.recipe import Strategy

WEIGHTS = [[3.0, -2.0, 0.0, 0.01]]


@pytest.fixture
def run(table, linear, gather, contributions, explained):
    """Judge statements on a linear model, P and G both giving its exact contributions unless
    ``g`` changes what G says."""

    def make(
        *statements,
        weights=WEIGHTS,
        classes=(),
        target=None,
        g=lambda values: values,
        curves=None,
        sides=("perturbation", "gradient"),
    ):
        data, module = table(len(weights[0]), classes), linear(weights)
        exact = contributions(gather(data, module, target=target))
        said = {"perturbation": exact, "gradient": g(exact)}
        local = [explained(f"by {side}", side, said[side]) for side in sides]
        strategy = Strategy(knowledge=tuple(Statement(*one) for one in statements))
        evidence = gather(
            data, module, local, target=target, strategy=strategy, curves=curves or {}
        )
        return Knowledge()(evidence)

    return make


def verdicts(outcome):
    return list(outcome.tables["statements"]["verdict"])


def test_planted_truths_are_held_and_their_contraries_contradicted(run, value_of):
    outcome = run(
        ("a", "rises", "it is planted"),
        ("a", "falls"),
        ("b", "falls"),
        ("b", "rises"),
        ("a", "matters"),
        ("c", "does_not_matter"),
        ("c", "matters"),
        ("a", "does_not_matter"),
    )
    assert verdicts(outcome) == ["held", "contradicted"] * 2 + ["held"] * 2 + ["contradicted"] * 2
    fact = value_of(outcome, "statement", feature="a", effect="rises")
    assert (fact.value, fact.n) == ("held", 30)
    assert fact.labels["class"] == ""
    assert "P: attributions rising" in fact.reason
    assert value_of(outcome, "held_share").value == 0.5
    row = outcome.tables["statements"].iloc[0]
    assert row["because"] == "it is planted"
    assert (row["p_rank"], row["g_rank"]) == (1, 1)
    assert row["low"] < row["local_share"] < row["high"]


def test_a_feature_without_any_effect_has_no_direction(run):
    assert verdicts(run(("c", "rises"))) == ["undecided"]


def test_what_only_one_direction_says_is_undecided_and_the_words_tell_which(run, value_of):
    outcome = run(("a", "rises"), g=lambda values: values * [-1, 1, 1, 1])
    assert verdicts(outcome) == ["undecided"]
    words = value_of(outcome, "statement").reason
    assert "P: attributions rising" in words
    assert "G: attributions falling" in words


def test_a_missing_direction_is_said(run, value_of):
    outcome = run(("a", "rises"), ("a", "matters"), sides=("perturbation",))
    assert verdicts(outcome) == ["held"] * 2
    for effect in ("rises", "matters"):
        reason = value_of(outcome, "statement", effect=effect).reason
        assert reason.endswith("perturbation alone was asked")


def test_a_share_between_half_and_a_whole_even_share_is_undecided(run):
    outcome = run(("b", "matters"), ("b", "does_not_matter"), weights=[[4.0, 1.0]])
    share = outcome.tables["statements"]["local_share"][0]
    assert 0.2 < share < 0.35
    outcome = run(("b", "matters"), ("b", "does_not_matter"), weights=[[3.0, 1.6]])
    assert 0.25 < outcome.tables["statements"]["local_share"][0] < 0.5
    assert verdicts(outcome) == ["undecided"] * 2


def test_of_two_classes_the_other_is_the_mirror_image(run):
    two = [[1.5, 0.0, 0.0], [-1.5, 0.0, 0.2]]
    statements = [
        ("a", "rises", "", "yes"),
        ("a", "falls", "", "no"),
        ("a", "rises", "", "no"),
        ("a", "matters", "", "no"),
    ]
    for target in (None, 0, 1):
        outcome = run(*statements, weights=two, classes=("yes", "no"), target=target)
        assert verdicts(outcome) == ["held", "held", "contradicted", "held"], target
        assert set(outcome.tables["statements"]["n"]) == {30}


def test_a_direction_without_a_class_needs_a_class_when_each_row_explains_its_own(run, value_of):
    two = [[1.5, 0.0], [-1.5, 0.0]]
    outcome = run(("a", "rises"), ("a", "matters"), weights=two, classes=("yes", "no"))
    assert verdicts(outcome) == ["undecided", "held"]
    assert "name a class" in value_of(outcome, "statement", effect="rises").reason
    fixed = run(("a", "rises"), weights=two, classes=("yes", "no"), target=0)
    assert verdicts(fixed) == ["held"]


def test_of_many_classes_only_the_instances_that_explain_it_count(run, value_of):
    three = [[2.0, 0.0, 0.0], [0.0, 2.0, 0.0], [-2.0, -2.0, 0.0]]
    statement = ("a", "rises", "", "red")
    outcome = run(statement, weights=three, classes=("red", "green", "blue"))
    row = outcome.tables["statements"].iloc[0]
    assert 10 <= row["n"] < 30
    assert row["verdict"] == "held"
    elsewhere = run(statement, weights=three, classes=("red", "green", "blue"), target=1)
    fact = value_of(elsewhere, "statement")
    assert (fact.value, fact.n) == ("undecided", 0)
    assert "0 instances can be judged, 10 are needed" in fact.reason


def curve(slope):
    grid = np.linspace(10, 20, 5)
    noise = np.random.default_rng(0).normal(size=(20, 1))
    individual = slope * grid + (noise - noise.mean()) * grid * 0.1
    average = {"a": individual.mean(axis=0)}
    return {
        "pdp": Curve(
            n=20, evaluations=0, grid={"a": grid}, average=average, individual={"a": individual}
        )
    }


def test_a_curve_against_the_attributions_leaves_perturbation_without_a_word(run, value_of):
    agreeing = run(("a", "rises"), curves=curve(1.0))
    assert verdicts(agreeing) == ["held"]
    assert "pdp rising (+10." in value_of(agreeing, "statement").reason
    opposing = run(("a", "rises"), curves=curve(-1.0))
    assert verdicts(opposing) == ["undecided"]
    flat = run(("a", "rises"), curves=curve(0.0))
    assert verdicts(flat) == ["held"]
    assert "pdp without direction" in value_of(flat, "statement").reason


def test_a_curve_of_the_other_of_two_classes_is_turned_and_of_predicted_ones_ignored(run, value_of):
    two = {"weights": [[1.5, 0.0], [-1.5, 0.0]], "classes": ("yes", "no")}
    turned = run(("a", "falls", "", "no"), target=0, curves=curve(1.0), **two)
    assert verdicts(turned) == ["held"]
    assert "pdp falling (-10." in value_of(turned, "statement").reason
    ignored = run(("a", "falls", "", "no"), curves=curve(1.0), **two)
    assert verdicts(ignored) == ["held"]
    assert "pdp" not in value_of(ignored, "statement").reason


def test_unknown_names_are_all_reported_with_near_matches(run):
    with pytest.raises(RecipeError) as caught:
        run(("aa", "rises"), ("a", "rises", "", "yess"), ("zzz", "matters"), **BINARY)
    lines = str(caught.value).splitlines()
    assert len(lines) == 3
    assert lines[0].startswith("strategy.knowledge[0].feature")
    assert "did you mean a" in lines[0]
    assert "did you mean yes" in lines[1]


BINARY = {"weights": [[1.0, 0.0], [0.0, 1.0]], "classes": ("yes", "no")}


def test_nothing_stated_does_not_apply(run):
    with pytest.raises(NotApplicable, match="no knowledge"):
        run()


def test_too_small_a_minimum_is_refused():
    with pytest.raises(ValueError, match="at least"):
        Knowledge(minimum=2)
