"""Friedman's H against closed forms on full factorials, and the definition written out."""

from itertools import product

import numpy as np
import pytest
import torch

from xaiframe.errors import NotApplicable
from xaiframe.perturbation.feature_interaction import FeatureInteraction, by_chance
from xaiframe.probe.score import Population

SIGNS = np.array(list(product([-1.0, 1.0], repeat=4)))
"""Every combination of four signs: main effects and products are uncorrelated."""


def pairs(found):
    return {(r["first"], r["second"]): r for r in found.pairs.to_dict("records")}


def alone(found):
    return {r["feature"]: r for r in found.alone.to_dict("records")}


def test_the_closed_form_on_a_factorial(make_population):
    c = 0.8
    model = lambda x: x[:, 0] + x[:, 1] + c * x[:, 0] * x[:, 1] + 2 * x[:, 2]
    found = FeatureInteraction().explain(make_population(model, SIGNS))
    own = pairs(found)
    assert own["f0", "f1"]["value"] == pytest.approx(np.sqrt(c**2 / (2 + c**2)), rel=1e-5)
    assert own["f0", "f1"]["size"] == pytest.approx(c, rel=1e-5)
    assert alone(found)["f0"]["value"] == pytest.approx(np.sqrt(c**2 / (6 + c**2)), rel=1e-5)
    assert own["f0", "f2"]["value"] == own["f2", "f3"]["value"] == 0
    assert alone(found)["f2"]["value"] == 0


def test_a_pure_product_is_all_interaction(make_population):
    found = FeatureInteraction().explain(make_population(lambda x: x[:, 0] * x[:, 3], SIGNS))
    assert pairs(found)["f0", "f3"]["value"] == pytest.approx(1)
    assert alone(found)["f3"]["value"] == pytest.approx(1)


def test_the_definition_on_rows_that_hang_together(make_population):
    random = np.random.default_rng(0)
    x = random.normal(size=(25, 3))
    x[:, 1] += x[:, 0]

    def f(rows):
        return np.sin(rows[:, 0]) * rows[:, 1] + rows[:, 1] * rows[:, 2]

    model = lambda t: torch.sin(t[:, 0]) * t[:, 1] + t[:, 1] * t[:, 2]
    found = FeatureInteraction(sample=25).explain(make_population(model, x))

    def dependence(chosen):
        values = []
        for row in x:
            mixed = x.copy()
            mixed[:, chosen] = row[chosen]
            values.append(f(mixed).mean())
        return np.array(values) - np.mean(values)

    for (a, b), names in (((0, 1), ("f0", "f1")), ((0, 2), ("f0", "f2"))):
        both = dependence([a, b])
        due = ((both - dependence([a]) - dependence([b])) ** 2).sum() / (both**2).sum()
        assert pairs(found)[names]["value"] == pytest.approx(np.sqrt(due), rel=1e-4, abs=1e-6)
    whole = f(x) - f(x).mean()
    due = ((whole - dependence([1]) - dependence([0, 2])) ** 2).sum() / (whole**2).sum()
    assert alone(found)["f1"]["value"] == pytest.approx(np.sqrt(due), rel=1e-4)


def test_an_additive_model_gets_zero_in_any_sample(make_population):
    x = np.random.default_rng(1).normal(size=(30, 3))
    x[:, 2] = x[:, 0]
    model = lambda x: x[:, 0] ** 3 + torch.exp(x[:, 1]) - x[:, 2]
    found = FeatureInteraction().explain(make_population(model, x))
    assert (found.pairs["value"] == 0).all()
    assert found.pairs["size"].max() < 1e-4


def test_a_small_effect_is_told_with_its_size_behind_the_larger_ones(make_population):
    model = lambda x: 100 * x[:, 2] + 0.1 * x[:, 0] * x[:, 1] + x[:, 2] * x[:, 3]
    found = FeatureInteraction().explain(make_population(model, SIGNS))
    own = pairs(found)["f0", "f1"]
    assert own["value"] == pytest.approx(1, abs=1e-3)
    assert own["size"] == pytest.approx(0.1, rel=1e-3)
    assert found.overall().iloc[0][["first", "second"]].tolist() == ["f2", "f3"]


def test_what_turns_with_its_company_is_told_apart_from_chance(make_population):
    """A product of three has no pair: each sample shows one by chance. A product of two is told
    in nearly every sample."""
    three, two = [], []
    for seed in range(30):
        x = np.random.default_rng(seed).normal(size=(40, 3))
        model = lambda x: x[:, 0] * x[:, 1] * x[:, 2]
        found = FeatureInteraction().explain(make_population(model, x, seed=seed))
        three += (found.pairs["size"] > found.pairs["chance"]).tolist()
        assert (found.pairs["size"] > 0).all()
        model = lambda x: x[:, 0] * x[:, 1] + 0.3 * x[:, 0] * x[:, 1] * x[:, 2]
        found = FeatureInteraction(top=2).explain(make_population(model, x, seed=seed))
        own = pairs(found)["f0", "f1"]
        two.append(own["size"] > own["chance"])
    assert np.mean(three) < 0.06
    assert np.mean(two) > 0.95


def test_the_null_is_that_of_coins():
    """One joint effect in every company: the mean of m coins, all 2^m of them listed."""
    joint = np.repeat(np.array([1.0, -1.0, 2.0, -2.0])[:, None, None], 12, axis=1)
    coins = np.abs(np.array(list(product([-1, 1], repeat=12))).mean(axis=1))
    size = np.sqrt((joint**2).mean())
    found = by_chance(joint, np.random.default_rng(0)) / size
    assert np.quantile(coins, 0.97) <= found <= np.quantile(coins, 0.9985)


def test_evaluations_are_those_the_model_counted_and_the_plan_says(make_population):
    population = make_population(lambda x: x.prod(dim=1), np.repeat(SIGNS, 2, axis=0))
    found = FeatureInteraction(sample=20, top=3).explain(population)
    assert found.n == 20
    assert found.evaluations == population.model.evaluations == 20 + 20**2 * (2 * 4 + 3)
    assert len(found.pairs) == 3


def test_classes_without_a_declared_target_are_judged_together(make_population):
    def model(x):
        return torch.stack([x[:, 0] * x[:, 1], 2 * x[:, 2], 0 * x[:, 0]], dim=1)

    targets = np.arange(16) % 3
    found = FeatureInteraction().explain(
        make_population(model, SIGNS, classes=("a", "b", "c"), targets=targets)
    )
    assert pairs(found)["f0", "f1"]["value"] == pytest.approx(1)
    assert pairs(found)["f0", "f2"]["value"] == 0


def test_patches_and_small_batches(make_population):
    mask = np.array([[[0, 0, 1, 1], [2, 2, 3, 3]]])
    x = np.repeat(SIGNS[:, mask.reshape(-1)], 1, axis=0).reshape(-1, 1, 2, 4)
    model = lambda x: x[:, 0, 0, 0] * x[:, 0, 1, 3]
    population = make_population(model, x, mask=mask)
    whole = FeatureInteraction().explain(population)
    population.scorer.limit = 20
    small = FeatureInteraction().explain(population)
    assert pairs(whole)["f0", "f3"]["value"] == pytest.approx(1)
    np.testing.assert_allclose(small.pairs["value"], whole.pairs["value"], rtol=1e-5)


def test_what_cannot_be_said_is_refused(make_population):
    with pytest.raises(NotApplicable, match="the same in every row"):
        FeatureInteraction().explain(make_population(lambda x: 0 * x[:, 0], SIGNS))
    told = make_population(lambda x: x[:, 0], SIGNS)
    data = type(told.data)(**{**vars(told.data), "aligned": False})
    apart = Population(told.model, told.scorer, data, told.rows, told.targets, 0)
    with pytest.raises(NotApplicable, match="exchanged"):
        FeatureInteraction().explain(apart)
    for wrong in ({"sample": 7}, {"top": 1}):
        with pytest.raises(ValueError, match="at least"):
            FeatureInteraction(**wrong)
