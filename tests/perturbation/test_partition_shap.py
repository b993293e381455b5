"""Partition SHAP: the average over all orders that keep each group together."""

from itertools import product

import numpy as np
import pytest
import torch
from scipy.cluster.hierarchy import linkage

from xaiframe.perturbation.exact_shap import ExactShap
from xaiframe.perturbation.partition_shap import PartitionShap
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.hierarchy import Hierarchies


def curved(x):
    """Terms of order one, two and three, and a saturation."""
    flat = x.reshape(len(x), -1)
    pairs = flat[:, 0] * flat[:, 1] + flat[:, 2] * flat[:, 3] * flat[:, 4]
    return pairs + torch.tanh(flat @ torch.linspace(-1, 2, flat.shape[1]))


def rows(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def orders(group):
    """Every order of the features in which each group of the hierarchy is a block."""
    if group.halves is None:
        return [group.members]
    first, second = (orders(half) for half in group.halves)
    return [one for a, b in product(first, second) for one in (a + b, b + a)]


def owen(bank, position, group):
    """``(features,)`` by the definition: mean gain over those orders."""
    every = orders(group)
    masks = np.zeros((len(every), bank.features + 1, bank.features), dtype=bool)
    for steps, order in zip(masks, every, strict=True):
        for place, feature in enumerate(order):
            steps[place + 1 :, feature] = True
    element = bank.feature_mask
    values = np.zeros(bank.features)
    for steps, order in zip(masks, every, strict=True):
        hybrids = [
            np.where(kept[element], bank.x[position], bank.reference.background) for kept in steps
        ]
        worth = [
            bank.reference.weights @ curved(torch.as_tensor(one)).double().numpy()
            for one in hybrids
        ]
        values[list(order)] += np.diff(worth[: len(order) + 1]) / len(every)
    return values


def tree(bank, position=0):
    return Hierarchies(bank).of(position, np.flatnonzero(bank.active[position]))


@pytest.mark.parametrize("mask", [None, (np.arange(18) // 3).reshape(2, 3, 3)])
def test_it_is_the_mean_over_the_orders_that_keep_groups_together(make_bank, mask):
    d, shape = (6, (6,)) if mask is None else (18, mask.shape)
    x, background = rows(3, d).reshape(3, *shape), rows(4, d, 1).reshape(4, *shape)
    bank = make_bank(curved, x, background, mask=mask, weights=[1, 2, 3, 4])
    found = PartitionShap().explain(bank)
    for position in range(3):
        exact = owen(bank, position, tree(bank, position))
        np.testing.assert_allclose(found.values[position], exact, atol=1e-5)
    assert (found.error == 0).all()
    assert np.abs(found.values - ExactShap().explain(bank).values).max() > 0.01


def test_it_is_shaps_partition_explainer_on_the_same_hierarchy(make_bank, shap):
    train = rows(60, 7, 5) @ np.random.default_rng(3).normal(size=(7, 7)).astype(np.float32)
    x, background = rows(4, 7), rows(5, 7, 1)
    bank = make_bank(curved, x, background, train=train)
    alike = np.abs(np.corrcoef(train.argsort(axis=0).argsort(axis=0).T))
    clustering = linkage(1 - alike[np.triu_indices(7, 1)], "average")
    # shap reads the third column as how far apart, the fourth as how many.
    explainer = shap.explainers.Partition(
        lambda one: curved(torch.as_tensor(np.asarray(one), dtype=torch.float32)).numpy(),
        shap.maskers.Partition(background, clustering=clustering),
    )
    theirs = explainer(x, max_evals=5000, silent=True)
    np.testing.assert_allclose(PartitionShap().explain(bank).values, theirs.values, atol=1e-5)


@pytest.mark.parametrize("coalitions", [2, 6, 20, 64])
def test_values_sum_to_the_gain_at_any_budget_and_say_what_they_did_not_ask(make_bank, coalitions):
    x, background = rows(5, 12), rows(3, 12, 1)
    bank = make_bank(curved, x, background)
    exact = PartitionShap(coalitions=10000).explain(make_bank(curved, x, background))
    found = PartitionShap(coalitions=coalitions).explain(bank)
    np.testing.assert_allclose(found.values.sum(axis=1), bank.full - bank.empty, atol=1e-9)
    assert found.evaluations <= 5 + 3 + 5 * coalitions * 3
    known = found.error == 0
    np.testing.assert_allclose(found.values[known], exact.values[known], atol=1e-5)
    assert not known.all()


def test_a_larger_budget_comes_nearer(make_bank):
    x, background = rows(8, 14), rows(5, 14, 1)
    exact = PartitionShap(coalitions=40000).explain(make_bank(curved, x, background)).values
    off = [
        np.abs(PartitionShap(coalitions=many).explain(make_bank(curved, x, background)).values
               - exact).mean()
        for many in (4, 64, 256)
    ]  # fmt: skip
    assert off[0] > 1.4 * off[1] > 2 * off[2]


def test_features_that_say_the_same_are_credited_together(make_bank):
    """A copy takes its credit from its twin, not from the third feature."""
    train = rows(80, 2, 2)[:, [0, 0, 1]]

    def either(x):
        return torch.maximum(torch.maximum(x[:, 0], x[:, 1]), x[:, 2])

    bank = make_bank(either, np.ones((1, 3)), np.zeros((1, 3)), train=train)
    found = PartitionShap().explain(bank).values[0]
    np.testing.assert_allclose(found, [0.25, 0.25, 0.5], atol=1e-6)
    np.testing.assert_allclose(ExactShap().explain(bank).values[0], 1 / 3, atol=1e-6)


def test_numbers_depend_on_the_instance_only(make_bank):
    x, background = rows(6, 12), rows(3, 12, 1)
    whole = PartitionShap(coalitions=40).explain(make_bank(curved, x, background)).values
    order = np.array([4, 1])
    part = PartitionShap(coalitions=40).explain(
        make_bank(curved, x[order], background, ids=order, seed=9)
    )
    np.testing.assert_allclose(part.values, whole[order], rtol=1e-5, atol=1e-6)


def test_a_feature_equal_to_the_background_gets_exactly_nothing(make_bank):
    x, background = rows(2, 8), rows(3, 8, 1)
    x[0, 3] = background[:, 3] = 0.25
    x[1] = background[0] = background[1] = background[2]
    found = PartitionShap().explain(make_bank(curved, x, background))
    assert found.values[0, 3] == 0
    assert (found.values[1] == 0).all()


def test_each_picture_is_halved_along_its_own_segments(make_bank):
    masks = np.stack([np.broadcast_to(one, (2, 3, 3)) for one in (
        np.array([[0, 0, 1], [0, 2, 1], [3, 3, 3]]), np.array([[0, 1, 1], [0, 1, 2], [0, 2, 2]]),
    )])  # fmt: skip
    x, background = rows(2, 18).reshape(2, 2, 3, 3), rows(3, 18, 1).reshape(3, 2, 3, 3)
    shared = make_bank(curved, x, background, mask=np.arange(18).reshape(2, 3, 3) % 4)
    bank = CoalitionBank(shared.scorer, shared.data, x, shared.targets, shared.ids, 0, masks)
    found = PartitionShap().explain(bank)
    for position, mask in enumerate(masks):
        alone = make_bank(curved, x[[position]], background, mask=mask)
        exact = owen(alone, 0, tree(bank, position))
        np.testing.assert_allclose(found.values[position, : len(exact)], exact, atol=1e-5)
        assert (found.values[position, len(exact) :] == 0).all()


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="coalitions"):
        PartitionShap(coalitions=1)
