import numpy as np
import pandas as pd
import pytest
import torch
from lime.lime_base import LimeBase
from lime.lime_tabular import LimeTabularExplainer
from sklearn.linear_model import Ridge

from xaiframe.data.table import Table
from xaiframe.model.face import WhiteBox
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.lime import Lime
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

SLOPES = np.array([2.0, -1.0, 0.0, 0.5])
PATCHES = (np.arange(16) // 4).reshape(1, 4, 4)


def linear(x):
    return x @ torch.as_tensor(SLOPES, dtype=torch.float32)


def curved(x):
    flat = x.reshape(len(x), -1)
    pair = flat[:, 0] * flat[:, -1] + flat[:, 1] ** 2
    return pair + torch.tanh(flat @ torch.linspace(-1, 2, flat.shape[1]))


def rows(n, *shape, seed=0):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)


@pytest.mark.parametrize("around", [True, False])
def test_a_linear_model_gives_slope_times_distance_to_the_baseline(make_bank, around):
    # Columns in different units, and a baseline that is not the training mean.
    scale, shift = np.array([1, 100, 0.01, 10.0]), np.array([5.0, 0, -1, 3])
    x, train = rows(3, 4) * scale + shift, rows(200, 4, seed=1) * scale + shift
    background, weights = train[:3], np.array([0.6, 0.3, 0.1])
    bank = make_bank(
        lambda x: linear(x / torch.as_tensor(scale, dtype=torch.float32)),
        x,
        background,
        weights=weights,
        train=train,
    )
    found = Lime(around_instance=around).explain(bank)
    expected = SLOPES / scale * (x - weights @ background)
    np.testing.assert_allclose(found.values, expected, rtol=0.03, atol=1e-3)  # ridge α = 1 shrinks
    assert found.evaluations == 3 * 1000
    assert found.base is None


@pytest.mark.parametrize("discretize", [False, True])
def test_a_table_gets_the_librarys_coefficients(make_bank, discretize):
    train = rows(80, 5, seed=1)
    bank = make_bank(curved, rows(2, 5), train[:4], train=train)
    found = Lime(samples=300, discretize_continuous=discretize).explain(bank)
    for position in range(2):
        seed = int(bank.rng(position, "lime").integers(2**32))
        explainer = LimeTabularExplainer(
            train.astype(float),
            mode="regression",
            feature_selection="none",
            discretize_continuous=discretize,
            sample_around_instance=True,
            random_state=seed,
        )
        theirs = explainer.explain_instance(
            bank.x[position].astype(float),
            lambda x: curved(torch.as_tensor(x, dtype=torch.float32)).numpy().astype(float),
            num_samples=300,
        )
        coefficients = np.array([value for _, value in sorted(theirs.local_exp[1])])
        steps = (bank.x[position] - train[:4].mean(axis=0)) / train.std(axis=0)
        expected = coefficients if discretize else coefficients * steps
        np.testing.assert_allclose(found.values[position], expected, rtol=1e-4, atol=1e-5)


def test_an_enumerated_image_is_the_closed_form_of_limes_regression(make_bank):
    bank = make_bank(curved, rows(2, 1, 4, 4), rows(3, 1, 4, 4, seed=1), mask=PATCHES)
    found = Lime(coalitions=14).explain(bank)
    masks = (np.arange(16)[:, None] >> np.arange(4)) & 1 == 1
    scores = bank.values(np.broadcast_to(masks, (2, 16, 4)))
    distance = 1 - np.sqrt(masks.mean(axis=1))
    weight = np.sqrt(np.exp(-(distance**2) / 0.25**2))
    weight += masks.all(axis=1)  # sixteen coalitions once each, and the instance again
    design = np.c_[np.ones(16), masks]
    penalty = np.diag([0.0, 1, 1, 1, 1])
    normal = design.T @ (weight[:, None] * design) + penalty
    for position in range(2):
        expected = np.linalg.solve(normal, design.T @ (weight * scores[position]))[1:]
        np.testing.assert_allclose(found.values[position], expected, atol=1e-8)
    np.testing.assert_allclose(found.error, 0, atol=1e-12)


def test_a_sampled_image_agrees_with_fair_coins(make_bank):
    mask = (np.arange(36) // 3).reshape(1, 6, 6)
    bank = make_bank(curved, rows(1, 1, 6, 6), rows(2, 1, 6, 6, seed=1), mask=mask)
    found = Lime(coalitions=800).explain(bank)
    coins = np.random.default_rng(0).integers(0, 2, size=(40_000, 12))
    coins[0] = 1
    scores = bank.values(coins[None] == 1)[0]
    base = LimeBase(lambda distance: np.sqrt(np.exp(-(distance**2) / 0.25**2)))
    distance = 1 - np.sqrt(coins.mean(axis=1))
    theirs = base.explain_instance_with_data(
        coins, scores[:, None], distance, 0, 12, feature_selection="none"
    )
    expected = np.array([value for _, value in sorted(theirs[1])])
    assert (np.abs(found.values[0] - expected) < 5 * found.error[0] + 0.02).all()


@pytest.mark.parametrize(("kind", "samples"), [("table", 25), ("table", 400), ("image", 200)])
def test_the_error_is_the_spread_over_seeds(make_bank, kind, samples):
    mask = (np.arange(36) // 3).reshape(1, 6, 6) if kind == "image" else None
    shape = (1, 6, 6) if kind == "image" else (6,)
    method = Lime(samples=samples, coalitions=samples)
    found = [
        method.explain(
            make_bank(
                curved,
                rows(4, *shape),
                rows(50, *shape, seed=1)[:3],
                mask=mask,
                seed=seed,
                train=rows(50, *shape, seed=1),
            )
        )
        for seed in range(25)
    ]
    spread = np.stack([one.values for one in found]).std(axis=0, ddof=1)
    claimed = np.sqrt(np.stack([one.error**2 for one in found]).mean(axis=0))
    assert 0.8 < (spread / claimed).mean() < 1.2


def test_discretising_tied_and_constant_columns_stays_quiet(make_bank):
    train = rows(60, 3, seed=1)
    train[:, 0], train[:50, 1] = 1.0, 0.0
    bank = make_bank(curved, np.array([[1.0, 0.0, 0.3]]), train[:4], train=train)
    for discretize in (False, True):
        found = Lime(samples=200, discretize_continuous=discretize).explain(bank)
        assert np.isfinite(found.values).all()
        assert np.isfinite(found.error).all()


@pytest.mark.parametrize("kind", ["table", "image"])
def test_a_batch_changes_nothing(make_bank, kind):
    mask = (np.arange(36) // 3).reshape(1, 6, 6) if kind == "image" else None
    shape = (1, 6, 6) if kind == "image" else (6,)
    x, background, ids = rows(5, *shape), rows(30, *shape, seed=1), np.array([9, 4, 7, 1, 0])
    method, chosen = Lime(samples=100, coalitions=100), [3, 0]
    whole = method.explain(make_bank(curved, x, background, ids=ids, mask=mask))
    part = method.explain(make_bank(curved, x[chosen], background, ids=ids[chosen], mask=mask))
    np.testing.assert_allclose(part.values, whole.values[chosen], rtol=1e-4, atol=1e-5)


def test_an_image_equal_to_the_background_has_no_attribution(make_bank):
    x = np.zeros((1, 1, 4, 4))
    found = Lime().explain(make_bank(curved, x, x, mask=PATCHES))
    assert not found.values.any()


def test_one_patch_alone_is_regressed_on_the_two_answers_there_are(make_bank):
    x, background = np.zeros((1, 1, 4, 4), np.float32), np.zeros((1, 1, 4, 4), np.float32)
    x[0, 0, 1] = 2.0  # the only row of pixels, and the only patch, that differs
    bank = make_bank(curved, x, background, mask=PATCHES)
    found = Lime(kernel_width=0.7, coalitions=64).explain(bank)
    weight = [2.0, np.sqrt(np.exp(-1 / 0.7**2))]  # the whole instance twice, at distances 0 and 1
    own = Ridge(alpha=1.0).fit([[1.0], [0.0]], [bank.full[0], bank.empty[0]], weight)
    np.testing.assert_allclose(found.values, [[0, own.coef_[0], 0, 0]], rtol=1e-6)
    np.testing.assert_array_equal(found.error, np.zeros((1, 4)))


def test_bad_parameters_are_refused():
    with pytest.raises(ValueError, match="at least 10"):
        Lime(samples=3)
    with pytest.raises(ValueError, match="negative"):
        Lime(kernel_width=-1)


WORTH = {"red": 2.0, "green": -1.0, "blue": 0.5}


@pytest.fixture
def mixed(tmp_path):
    """Rows of a number (a third missing), a category and a truth value, and an additive model."""
    random, n = np.random.default_rng(0), 120
    frame = pd.DataFrame(
        {
            "size": np.where(random.random(n) < 0.3, np.nan, random.normal(5, 2, n)),
            "colour": random.choice(list(WORTH), n, p=[0.6, 0.3, 0.1]),
            "new": random.random(n) > 0.4,
            "y": random.normal(size=n),
        }
    )
    frame.to_csv(tmp_path / "mixed.csv", index=False)
    data = Table(str(tmp_path / "mixed.csv"), "y", task="regression").load()
    levels = data.encoding.levels["colour"]
    slopes = torch.tensor([1.5, 3.0, *(WORTH[name] for name in levels), -2.0])
    linear = torch.nn.Linear(len(slopes), 1, bias=False)
    linear.weight.data[:] = slopes
    model = WhiteBox(linear, "regression", (), ())
    background = data.train.x[:6]
    scorer = Scorer(model, Reference(background, np.full(6, 1 / 6), "logit", None))
    x = data.test.x[:8]
    return CoalitionBank(scorer, data, x, np.zeros(len(x), int), data.test.ids[:8], 0)


@pytest.mark.parametrize("around", [True, False])
def test_categories_and_missing_numbers_of_an_additive_model_get_their_shapley_values(
    mixed, around
):
    found = Lime(samples=4000, around_instance=around).explain(mixed)
    exact = KernelShap(samples=14).explain(mixed).values
    # The level against all others of training: right when the others weigh as in the background.
    worth = dict(zip(mixed.data.encoding.levels["colour"], range(3), strict=True))
    train = mixed.data.train.frame["colour"]
    for position, own in enumerate(mixed.data.test.frame["colour"][:8]):
        others = train[train != own].map(WORTH).mean()
        share = (mixed.reference.background[:, 2 + worth[own]] == 0).mean()
        expected = (WORTH[own] - others) * share
        off = abs(found.values[position, 1] - expected)
        assert off < 4 * found.error[position, 1] + 0.02
    np.testing.assert_allclose(found.values[:, 2], exact[:, 2], atol=0.05)
    known = mixed.data.test.frame["size"][:8].notna().to_numpy()
    assert 0 < known.sum() < 8
    median = mixed.data.train.frame["size"].median()
    sizes = mixed.data.train.frame["size"].to_numpy()
    background = np.nan_to_num(sizes[:6], nan=median)
    gaps = np.isnan(sizes)
    slope = 1.5 * (mixed.x[known, 0] - background.mean())
    np.testing.assert_allclose(found.values[known, 0], slope, rtol=0.05, atol=0.05)
    # Missing against drawn from the numbers of training.
    missing = 3.0 - 1.5 * (np.nanmean(sizes) - median)
    expected = missing * (1 - gaps[:6].mean())
    np.testing.assert_allclose(found.values[~known, 0], expected, atol=0.2)


def test_a_category_gets_the_librarys_coefficient(mixed):
    found = Lime(samples=500).explain(mixed)
    encoding, position = mixed.data.encoding, 0
    known = np.flatnonzero(~np.isnan(encoding.values(mixed.x)[:, 0]))
    position = int(known[0])
    train = encoding.values(mixed.data.train.x)
    train[np.isnan(train[:, 0]), 0] = np.nanmedian(train[:, 0])
    explainer = LimeTabularExplainer(
        train,
        mode="regression",
        categorical_features=[1, 2],
        feature_selection="none",
        discretize_continuous=False,
        sample_around_instance=True,
        random_state=int(mixed.rng(position, "lime").integers(2**32)),
    )
    theirs = explainer.explain_instance(
        encoding.values(mixed.x)[position],
        lambda rows: mixed.scorer(encoding.elements(rows), 0),
        num_samples=500,
    )
    coefficients = np.array([value for _, value in sorted(theirs.local_exp[1])])
    background = encoding.values(mixed.reference.background)
    own = encoding.values(mixed.x)[position]
    shares = (background != own).mean(axis=0)
    np.testing.assert_allclose(
        found.values[position, 1:], (coefficients * shares)[1:], rtol=1e-4, atol=1e-5
    )
