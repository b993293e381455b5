import numpy as np
import pytest
import torch
from captum.attr import FeatureAblation as CaptumAblation

from xaiframe.perturbation.feature_ablation import FeatureAblation

SLOPES = torch.tensor([2.0, -1.0, 0.0, 0.5])


def curved(x):
    flat = x.reshape(len(x), -1)
    return torch.tanh(flat @ torch.linspace(-1, 1, flat.shape[1])) + flat[:, 0] * flat[:, 1]


def test_linear_model_loses_slope_times_distance_to_the_background_mean(make_bank):
    rng = np.random.default_rng(0)
    x, background = rng.normal(size=(3, 4)), rng.normal(size=(5, 4))
    weights = np.array([0.1, 0.2, 0.3, 0.15, 0.25])
    found = FeatureAblation().explain(
        make_bank(lambda x: x @ SLOPES, x, background, weights=weights)
    )
    expected = SLOPES.numpy() * (x - weights @ background)
    np.testing.assert_allclose(found.values, expected, atol=1e-5)
    assert found.level == "feature"
    assert found.base is None


@pytest.mark.parametrize(
    ("shape", "mask"), [((6,), np.arange(6)), ((1, 4, 4), (np.arange(16) // 4).reshape(1, 4, 4))]
)
def test_agrees_with_captum_on_one_baseline(make_bank, shape, mask):
    rng = np.random.default_rng(1)
    x, background = rng.normal(size=(3, *shape)), rng.normal(size=(1, *shape))
    bank = make_bank(curved, x, background, mask=mask)
    found = FeatureAblation().explain(bank)
    theirs = CaptumAblation(curved).attribute(
        torch.as_tensor(bank.x),
        baselines=torch.as_tensor(bank.reference.background),
        feature_mask=torch.as_tensor(mask)[None],
    )
    first = [np.flatnonzero(mask.ravel() == f)[0] for f in range(mask.max() + 1)]
    np.testing.assert_allclose(found.values, theirs.numpy().reshape(3, -1)[:, first], atol=1e-5)


def test_asks_once_per_feature_and_nothing_when_the_bank_knows(make_bank):
    rng = np.random.default_rng(2)
    bank = make_bank(curved, rng.normal(size=(2, 4)), rng.normal(size=(3, 4)))
    first = FeatureAblation().explain(bank)
    # Two instances: themselves, four ablations over three rows each; the background once.
    assert first.evaluations == 2 + 2 * 4 * 3 + 3
    again = FeatureAblation().explain(bank)
    assert again.evaluations == 0
    np.testing.assert_array_equal(again.values, first.values)
