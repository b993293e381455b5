import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from xaiframe.errors import NotApplicable
from xaiframe.perturbation.kernel_shap import KernelShap, regress
from xaiframe.probe.sampling import draw


def curved(x):
    """Terms of order one, two and three, and a saturation."""
    flat = x.reshape(len(x), -1)
    pairs = flat[:, 0] * flat[:, 1] + flat[:, 2] * flat[:, 3] * flat[:, 4]
    return pairs + torch.tanh(flat @ torch.linspace(-1, 2, flat.shape[1]))


def rows(n, d, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d)).astype(np.float32)


def answers_of(drawn, worth):
    """v of each S and of its complement, from the worth by the coalition's bits."""
    bit = 1 << np.arange(drawn.masks.shape[1])
    return np.stack([worth[drawn.masks @ bit], worth[~drawn.masks @ bit]])


def solve(worth, players, samples=1 << 16, seed=0):
    drawn = draw(players, samples, np.random.default_rng(seed))
    gain = worth[-1] - worth[0]
    return regress(drawn, answers_of(drawn, worth), gain)[0]


def test_a_linear_model_needs_few_coalitions(make_bank):
    slopes = torch.linspace(-2, 2, 20)
    weights = np.array([0.5, 0.3, 0.2])
    bank = make_bank(lambda x: x @ slopes, rows(3, 20), rows(3, 20, 1), weights=weights)
    found = KernelShap(samples=80).explain(bank)
    expected = slopes.numpy() * (bank.x - weights @ bank.reference.background)
    np.testing.assert_allclose(found.values, expected, atol=1e-4)
    np.testing.assert_allclose(found.error, 0, atol=1e-5)


@pytest.mark.parametrize("mask", [None, (np.arange(18) // 3).reshape(2, 3, 3)])
def test_enumerated_values_are_the_shapley_values(make_bank, shapley, mask):
    x, background = rows(2, 18), rows(4, 18, 1)
    x, background = (x[:, :6], background[:, :6]) if mask is None else (x, background)
    shape = (6,) if mask is None else mask.shape
    x, background = x.reshape(2, *shape), background.reshape(4, *shape)
    bank = make_bank(curved, x, background, mask=mask)
    found = KernelShap(samples=62).explain(bank)
    element = (np.arange(6) if mask is None else mask).reshape(shape)
    for position in range(2):

        def worth(kept, own=bank.x[position]):
            hybrid = np.where(kept[element], own, bank.reference.background)
            return float(curved(torch.as_tensor(hybrid)).mean())

        np.testing.assert_allclose(found.values[position], shapley(worth, 6), atol=1e-5)
    assert (found.error == 0).all()
    np.testing.assert_allclose(found.base, bank.empty)


@pytest.mark.parametrize("samples", [50, 96, 300])
def test_sampled_values_err_as_much_as_they_say(make_bank, samples):
    x, background = rows(12, 12), rows(5, 12, 1)
    exact = KernelShap(samples=4094).explain(make_bank(curved, x, background))
    off = []
    for seed in range(5):
        found = KernelShap(samples=samples).explain(make_bank(curved, x, background, seed=seed))
        off.append(((found.values - exact.values) / found.error).ravel())
    deviations = np.concatenate(off)
    assert 0.90 < (np.abs(deviations) < 1.96).mean() < 0.98
    assert 0.85 < deviations.std() < 1.2


def test_more_coalitions_err_less(make_bank):
    bank = make_bank(curved, rows(8, 12), rows(5, 12, 1))
    exact = KernelShap(samples=4094).explain(bank).values
    errors = [
        np.abs(KernelShap(samples=samples).explain(bank).values - exact).mean()
        for samples in (48, 200, 1000)
    ]
    assert errors[0] > 2 * errors[1] > 4 * errors[2]


def test_attributions_always_sum_to_the_gain(make_bank):
    bank = make_bank(lambda x: 1e4 * curved(x), rows(4, 30), rows(3, 30, 1))
    found = KernelShap(samples=130).explain(bank)
    np.testing.assert_allclose(found.values.sum(axis=1), bank.full - bank.empty, rtol=1e-12)


@settings(max_examples=40, deadline=None)
@given(
    players=st.integers(1, 6), seed=st.integers(0, 10**6), samples=st.sampled_from([24, 40, 1000])
)
def test_efficiency_and_linearity_hold_for_any_game(players, seed, samples):
    first, second = np.random.default_rng(seed).normal(size=(2, 2**players))
    both = solve(first + 3 * second, players, samples)
    apart = solve(first, players, samples) + 3 * solve(second, players, samples)
    np.testing.assert_allclose(both, apart, atol=1e-10)
    np.testing.assert_allclose(both.sum(), (first + 3 * second)[-1] - (first + 3 * second)[0])


@settings(max_examples=40, deadline=None)
@given(players=st.integers(2, 6), seed=st.integers(0, 10**6))
def test_dummy_and_symmetry_hold_for_any_game(players, seed):
    number = np.arange(2**players)
    worth = np.random.default_rng(seed).normal(size=2**players)
    without_first = worth[number & ~1]
    assert solve(without_first, players)[0] == pytest.approx(0, abs=1e-10)
    swapped = (number & ~3) | ((number & 1) << 1) | ((number & 2) >> 1)
    values = solve(worth + worth[swapped], players)
    assert values[0] == pytest.approx(values[1], abs=1e-10)


def test_a_feature_equal_to_the_background_gets_exactly_nothing(make_bank):
    x, background = rows(2, 8), rows(3, 8, 1)
    x[0, 3] = background[:, 3] = 0.25
    found = KernelShap(samples=40).explain(make_bank(curved, x, background))
    assert found.values[0, 3] == found.error[0, 3] == 0
    assert found.values[1, 3] != 0


def test_a_batch_changes_nothing(make_bank):
    x, background, ids = rows(7, 12), rows(4, 12, 1), np.array([9, 4, 7, 1, 0, 3, 8])
    whole = KernelShap(samples=100).explain(make_bank(curved, x, background, ids=ids))
    chosen = [5, 0, 3]
    part = KernelShap(samples=100).explain(
        make_bank(curved, x[chosen], background, ids=ids[chosen])
    )
    np.testing.assert_allclose(part.values, whole.values[chosen], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(part.error, whole.error[chosen], rtol=1e-3, atol=1e-6)


def explain_with_shap(shap, x, background, samples, runs=1):
    """``(runs, n, features)`` by shap.KernelExplainer without its selection of features."""
    explainer = shap.KernelExplainer(
        lambda x: curved(torch.as_tensor(x, dtype=torch.float32)).numpy(), background
    )
    np.random.seed(0)  # shap draws from numpy's global state
    return np.stack(
        [explainer.shap_values(x, nsamples=samples, l1_reg=0, silent=True) for _ in range(runs)]
    )


def test_agrees_with_shap_where_both_enumerate(make_bank, shap):
    x, background = rows(2, 7), rows(3, 7, 1)
    found = KernelShap(samples=126).explain(make_bank(curved, x, background))
    theirs = explain_with_shap(shap, x, background, samples=126)[0]
    np.testing.assert_allclose(found.values, theirs, atol=1e-5)


def test_agrees_with_shap_within_the_error_of_both(make_bank, shap):
    x, background = rows(2, 12), rows(4, 12, 1)
    found = KernelShap(samples=1000).explain(make_bank(curved, x, background))
    theirs = explain_with_shap(shap, x, background, samples=600, runs=8)
    spread = np.sqrt(theirs.var(axis=0, ddof=1) / 8 + found.error**2)
    assert (np.abs(theirs.mean(axis=0) - found.values) < 5 * spread).all()


def test_too_few_coalitions_are_refused(make_bank):
    bank = make_bank(lambda x: x.sum(dim=1), rows(1, 40), rows(1, 40, 1))
    with pytest.raises(NotApplicable, match="at least 160"):
        KernelShap(samples=100).explain(bank)
    with pytest.raises(ValueError, match="at least 4"):
        KernelShap(samples=2)


def test_only_features_that_differ_from_the_background_count(make_bank):
    """40 places of words of which three are there: 6 coalitions are all there are."""
    x = np.zeros((2, 40), dtype=np.float32)
    x[0, :3], x[1, 5] = rows(1, 3), 1.5
    found = KernelShap(samples=6).explain(make_bank(lambda x: x.sum(dim=1), x, 0 * x[:1]))
    np.testing.assert_allclose(found.values, x, atol=1e-6)
