"""``engine: library``: shap and captum play the same game, on the same features."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from xaiframe.errors import NotApplicable
from xaiframe.perturbation.exact_shap import ExactShap
from xaiframe.perturbation.feature_ablation import FeatureAblation
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.permutation_shap import PermutationShap
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.score import Scorer

METHODS = [KernelShap(samples=254), PermutationShap(), ExactShap(), FeatureAblation()]
MASK = (np.arange(18) // 3).reshape(2, 3, 3)


def curved(x):
    flat = x.reshape(len(x), -1)
    pairs = flat[:, 0] * flat[:, 1] + flat[:, 2] * flat[:, 3] * flat[:, 4]
    return pairs + torch.tanh(flat @ torch.linspace(-1, 2, flat.shape[1]))


def rows(n, *shape, seed=0):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)


def by_library(method):
    return replace(method, engine="library")


def in_batches_of(most, bank):
    bank.scorer = Scorer(bank.scorer.model, bank.reference, most)
    return bank


@pytest.fixture(params=[None, MASK], ids=["columns", "patches"])
def bank(request, make_bank):
    shape = (6,) if request.param is None else MASK.shape
    x, background = rows(3, *shape), rows(4, *shape, seed=1)
    x[0].flat[:3] = background.reshape(4, -1)[:, :3] = 0.5  # nothing to gain from feature 0
    return make_bank(curved, x, background, weights=[1, 2, 3, 4], mask=request.param)


@pytest.mark.parametrize("method", [KernelShap(62), ExactShap(), FeatureAblation()], ids=repr)
def test_without_sampling_both_engines_say_the_same(bank, method):
    own, theirs = method.explain(bank), by_library(method).explain(bank)
    np.testing.assert_allclose(theirs.values, own.values, atol=2e-5)
    assert own.values.std() > 0.1
    if own.base is not None:
        np.testing.assert_allclose(theirs.base, own.base)


@pytest.mark.parametrize("method", [KernelShap(samples=200), PermutationShap(20)], ids=repr)
def test_with_sampling_they_agree_within_the_spread_over_seeds(make_bank, method):
    x, background = rows(3, 12), rows(4, 12, seed=1)
    exact = ExactShap().explain(make_bank(curved, x, background)).values
    runs = np.stack([
        by_library(method).explain(make_bank(curved, x, background, seed=seed)).values
        for seed in range(12)
    ])  # fmt: skip
    error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
    assert (error > 0).any()
    assert (np.abs(runs.mean(axis=0) - exact) < 6 * error + 1e-5).all()


@pytest.mark.parametrize("method", METHODS, ids=lambda one: type(one).__name__)
def test_each_picture_keeps_its_own_segments(make_bank, method):
    masks = np.stack([np.broadcast_to(one, (2, 3, 3)) for one in (
        np.array([[0, 0, 1], [0, 2, 1], [3, 3, 3]]), np.array([[0, 1, 1], [0, 1, 2], [0, 2, 2]]),
    )])  # fmt: skip
    x, background = rows(2, 2, 3, 3), rows(3, 2, 3, 3, seed=1)
    shared = make_bank(curved, x, background, mask=np.arange(18).reshape(2, 3, 3) % 4)
    bank = CoalitionBank(shared.scorer, shared.data, x, shared.targets, shared.ids, 0, masks)
    found = by_library(method).explain(bank).values
    exact = FeatureAblation() if isinstance(method, FeatureAblation) else ExactShap()
    atol = 0.3 if isinstance(method, PermutationShap) else 2e-5
    np.testing.assert_allclose(found, exact.explain(bank).values, atol=atol)


@pytest.mark.parametrize("method", METHODS, ids=lambda one: type(one).__name__)
def test_numbers_depend_on_seed_and_id_only(make_bank, method):
    x, background, order = rows(4, 8), rows(3, 8, seed=1), np.array([3, 1])
    before = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    whole = by_library(method).explain(make_bank(curved, x, background))
    small = in_batches_of(7, make_bank(curved, x[order], background, ids=order))
    part = by_library(method).explain(small)
    np.testing.assert_allclose(part.values, whole.values[order], rtol=1e-5, atol=1e-6)
    assert (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before


@pytest.mark.parametrize("method", METHODS, ids=lambda one: type(one).__name__)
def test_every_row_sent_to_the_model_is_counted_and_none_beyond_the_batch(make_bank, method):
    bank = in_batches_of(10, make_bank(curved, rows(2, 8), rows(3, 8, seed=1)))
    sent = []
    ask = bank.scorer.model._answer
    bank.scorer.model._answer = lambda x: (sent.append(len(x)), ask(x))[1]
    found = by_library(method).explain(bank)
    assert found.evaluations == bank.evaluations == sum(sent)
    assert max(sent) <= 10


def test_the_exact_explainer_keeps_to_the_limit(make_bank):
    bank = make_bank(curved, rows(1, 8), rows(2, 8, seed=1))
    with pytest.raises(NotApplicable, match="8 features differ"):
        ExactShap(limit=7, engine="library").explain(bank)
