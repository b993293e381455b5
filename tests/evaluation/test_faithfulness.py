from __future__ import annotations

import numpy as np
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.faithfulness import Faithfulness

WEIGHTS = [[3.0, -2.0, 1.0, 0.5, 0.0, -0.25]]


@pytest.fixture
def scene(table, linear, gather, contributions, explained):
    """Evidence about a linear model with the local methods made from its exact contributions."""

    def make(methods, weights=WEIGHTS):
        data, module = table(len(weights[0])), linear(weights, 1.0)
        exact = contributions(gather(data, module))
        local = [
            explained(name, "perturbation", make_values(exact), signed=signed)
            for name, (make_values, signed) in methods.items()
        ]
        return gather(data, module, local), exact

    return make


def hand_areas(contributions, order):
    """Areas of an additive score whose features go in ``order``, by the trapezoid rule."""
    total = contributions.sum()
    inserted = np.concatenate([[0], np.cumsum(contributions[order])])
    scale = abs(total)
    area = lambda curve: np.trapezoid(curve / scale, np.linspace(0, 1, len(curve)))
    return area(total - inserted), area(inserted)


def test_areas_of_a_linear_model_are_those_computed_by_hand(scene, value_of):
    evidence, exact = scene({"exact": (lambda values: values, True)})
    steady = np.abs(exact.sum(axis=1)) > 0.2 * np.median(np.abs(exact.sum(axis=1)))
    outcome = Faithfulness(instances=30)(evidence)
    rows = outcome.tables["instances"].set_index("position")
    for position in np.flatnonzero(steady):
        own = exact[position]
        deletion, insertion = hand_areas(own, np.argsort(-own))
        assert rows.loc[position, "deletion"] == pytest.approx(deletion, abs=1e-4)
        assert rows.loc[position, "insertion"] == pytest.approx(insertion, abs=1e-4)
    fact = value_of(outcome, "deletion", method="exact")
    assert fact.value == pytest.approx(rows["deletion"].mean())
    assert (fact.n, fact.better) == (30, "lower")


def test_the_right_order_beats_random_and_the_reversed_one_loses(scene, value_of):
    evidence, _ = scene(
        {
            "exact": (lambda values: values, True),
            "reversed": (lambda values: -values, True),
            "noise": (lambda values: np.random.default_rng(0).normal(size=values.shape), True),
            "flat": (np.ones_like, True),
        }
    )
    outcome = Faithfulness(instances=30, orders=20)(evidence)
    gain = {
        fact.labels["method"]: fact for fact in outcome.facts if fact.name == "gain_over_random"
    }
    assert gain["exact"].interval[0] > 0
    assert gain["reversed"].interval[1] < 0
    assert gain["exact"].value == pytest.approx(-gain["reversed"].value, rel=0.3)
    for name in ("noise", "flat"):
        low, high = gain[name].interval
        assert low < 0 < high
    assert "random" not in gain
    random = (
        value_of(outcome, "insertion", method="random"),
        value_of(outcome, "deletion", method="random"),
    )
    assert abs(random[0].value - random[1].value) < 0.25 * gain["exact"].value


def test_the_gain_is_the_advantage_over_the_random_orders_of_the_same_instances(scene, value_of):
    evidence, _ = scene({"exact": (lambda values: values, True)}, [[5.0, 1.0, -0.5]])
    outcome = Faithfulness(instances=8, orders=1)(evidence)
    area = {
        (kind, method): value_of(outcome, kind, method=method).value
        for kind in ("insertion", "deletion")
        for method in ("exact", "random")
    }
    random = area["insertion", "random"] - area["deletion", "random"]
    assert random != pytest.approx(0, abs=1e-3)
    expected = area["insertion", "exact"] - area["deletion", "exact"] - random
    gain = value_of(outcome, "gain_over_random", method="exact")
    assert gain.value == pytest.approx(expected)
    assert gain.value == pytest.approx(outcome.tables["instances"]["gain"].mean())
    assert gain.n == 8


def test_an_instance_with_nothing_to_explain_does_not_outweigh_the_others(scene):
    evidence, exact = scene({"exact": (lambda values: values, True)}, [[2.0, -2.0, 1.0]])
    size = np.abs(exact.sum(axis=1))
    faint = int(np.argmin(size))
    assert size[faint] < 0.1 * np.median(size)
    rows = Faithfulness(instances=30)(evidence).tables["instances"].set_index("position")
    deletion, insertion = hand_areas(exact[faint], np.argsort(-exact[faint]))
    shrunk = size[faint] / (0.1 * np.median(size))
    assert rows.loc[faint, "deletion"] == pytest.approx(deletion * shrunk, abs=1e-3)
    assert rows.loc[faint, "insertion"] == pytest.approx(insertion * shrunk, abs=1e-3)


def test_no_method_orders_better_than_the_contributions_themselves(scene):
    evidence, _ = scene(
        {
            "exact": (lambda values: values, True),
            "blurred": (lambda values: values + values[::-1], True),
        }
    )
    table = Faithfulness(instances=30)(evidence).tables["instances"]
    gains = table.pivot_table(index="position", columns="method", values="gain")
    assert (gains["exact"] >= gains["blurred"] - 1e-6).all()


def test_a_method_without_sign_is_judged_by_the_distance_to_the_full_score(scene):
    evidence, exact = scene({"magnitude": (lambda values: -values, False)})
    outcome = Faithfulness(instances=30)(evidence)
    rows = outcome.tables["instances"].set_index("position")
    position = int(np.argmax(np.abs(exact.sum(axis=1))))
    own = exact[position]
    kept = np.concatenate([[0], np.cumsum(own[np.argsort(-np.abs(own))])])
    near = 1 - np.abs(kept) / abs(own.sum())
    area = np.trapezoid(near, np.linspace(0, 1, len(near)))
    assert rows.loc[position, "deletion"] == pytest.approx(area, abs=1e-4)


def test_magnitudes_beat_their_own_random_control_and_their_reverse_loses(scene, value_of):
    evidence, _ = scene(
        {
            "magnitude": (np.abs, False),
            "reversed": (lambda values: 1 / (1e-3 + np.abs(values)), False),
            "signed": (lambda values: values, True),
        }
    )
    outcome = Faithfulness(instances=30)(evidence)
    gains = {m: value_of(outcome, "gain_over_random", method=m) for m in ("magnitude", "reversed")}
    assert gains["magnitude"].interval[0] > 0
    assert gains["reversed"].interval[1] < 0
    controls = outcome.tables["curves"].groupby("method")["control"].unique()
    assert list(controls["magnitude"]) == ["random, by magnitude"]
    assert list(controls["signed"]) == ["random"]


def test_curves_start_and_end_where_nothing_or_everything_is_kept(scene):
    evidence, _ = scene({"exact": (lambda values: values, True)})
    curves = Faithfulness(instances=30)(evidence).tables["curves"]
    ends = curves[curves["share"].isin([0.0, 1.0])].set_index(["method", "kind", "share"])["score"]
    for method in ("exact", "random"):
        assert ends[method, "deletion", 1.0] == pytest.approx(0, abs=1e-6)
        assert ends[method, "insertion", 0.0] == pytest.approx(0, abs=1e-6)
        full = ends[method, "insertion", 1.0]
        assert ends[method, "deletion", 0.0] == pytest.approx(full)
    assert (curves["low"] <= curves["score"] + 1e-9).all()


def test_many_features_move_in_groups(scene):
    evidence, _ = scene({"exact": (lambda values: values, True)}, [list(np.linspace(-1, 2, 16))])
    curves = Faithfulness(instances=4, points=5)(evidence).tables["curves"]
    own = curves[(curves["method"] == "exact") & (curves["kind"] == "insertion")]
    np.testing.assert_allclose(own["share"], np.array([0, 4, 8, 12, 16]) / 16)
    assert (own["n"] == 4).all()


def test_a_model_that_ignores_its_input_is_undefined(scene, value_of):
    evidence, _ = scene({"exact": (lambda values: values, True)}, [[0.0, 0.0, 0.0]])
    fact = value_of(Faithfulness()(evidence), "gain_over_random", method="exact")
    assert fact.value is None
    assert "nothing to remove" in fact.reason


def test_the_same_evidence_gives_the_same_numbers(scene):
    evidence, _ = scene({"flat": (np.ones_like, True)})
    first, second = Faithfulness(instances=6)(evidence), Faithfulness(instances=6)(evidence)
    assert first.facts == second.facts


def test_nothing_explained_does_not_apply(scene):
    with pytest.raises(NotApplicable):
        Faithfulness()(scene({})[0])


@pytest.mark.parametrize("wrong", [{"instances": 1}, {"points": 2}, {"orders": 0}])
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="at least"):
        Faithfulness(**wrong)
