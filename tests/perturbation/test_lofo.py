"""Leave one feature out: least squares as the model, whose refits are known in closed form."""

import numpy as np
import pytest
import torch

from xaiframe.catalogue.listing import describe
from xaiframe.composition.applicability import Subject, reason_against
from xaiframe.errors import NotApplicable
from xaiframe.model.face import WhiteBox
from xaiframe.perturbation.lofo import Lofo
from xaiframe.probe.holding import hold

SLOPES = np.array([3.0, -1.0, 0.0])


class Squares:
    """Refits by least squares; ``jitter`` moves the intercept by the seed."""

    def __init__(self, data, jitter=0.0):
        self.data, self.jitter, self.asked = data, jitter, []

    def __call__(self, features, seed):
        self.asked.append((tuple(features), seed))
        x = hold(self.data.train.x, features, self.data).astype(np.float64)
        design = np.c_[x, np.ones(len(x))]
        *slopes, constant = np.linalg.lstsq(design, self.data.train.y, rcond=None)[0]
        layer = torch.nn.Linear(len(slopes), 1)
        layer.weight.data[:] = torch.tensor(slopes)
        layer.bias.data[:] = constant + self.jitter * seed
        return WhiteBox(layer, "regression", (), ()), 1000


def worlds(make_population, x, y, jitter=0.0, **keywords):
    population = make_population(lambda x: x @ torch.tensor(SLOPES).float(), x, y, **keywords)
    refit = Squares(population.data, jitter)
    return type(population)(**{**vars(population), "refit": refit}), refit


def independent(n=400):
    random = np.random.default_rng(0)
    x = random.normal(size=(n, 3)).astype(np.float32)
    return x, (x @ SLOPES + 0.1 * random.normal(size=n)).astype(np.float32)


def test_each_feature_is_worth_the_error_of_the_fit_without_it(make_population):
    x, y = independent()
    population, refit = worlds(make_population, x, y)
    found = Lofo(seeds=2).explain(population)
    assert list(found.features) == ["f0", "f1", "f2"]
    audited = np.abs(y - x @ SLOPES.astype(np.float32)).mean()
    again = np.abs(y - refit((), 0)[0].predictions(x)).mean()
    whole = (audited + again) / 2
    for value, feature in zip(found.values, range(3), strict=True):
        rest = np.delete(x.astype(float), feature, axis=1)
        design = np.c_[rest, np.ones(len(x))]
        fit = design @ np.linalg.lstsq(design, y, rcond=None)[0]
        assert value == pytest.approx(np.abs(y - fit).mean() - whole, abs=1e-5)
    assert abs(found.values[2]) < 0.001


def test_a_feature_that_has_a_double_is_worth_nothing(make_population):
    x, _ = independent()
    x[:, 1] = x[:, 0]
    y = (x @ SLOPES).astype(np.float32)
    population, _ = worlds(make_population, x, y)
    found = Lofo(seeds=2).explain(population)
    np.testing.assert_allclose(found.values, 0, atol=1e-4)


def test_the_error_joins_rows_and_seeds(make_population):
    x, y = independent(100)
    population, _ = worlds(make_population, x, y, jitter=2.0)
    found = Lofo(seeds=4, top=1).explain(population)
    means = found.samples[0]
    assert found.samples.shape == (1, 4)
    assert found.values[0] == pytest.approx(means.mean())
    assert found.error[0] > means.std(ddof=1) / 2  # the spread over rows comes on top
    calm, _ = worlds(make_population, x, y)
    assert Lofo(seeds=4, top=1).explain(calm).error[0] < found.error[0]


def test_only_what_the_model_would_miss_most_is_left_out(make_population):
    x, y = independent(50)
    population, refit = worlds(make_population, x, y, seed=5)
    found = Lofo(seeds=2, top=1).explain(population)
    assert list(found.features) == ["f0"]
    # the audited model stands for the first fit with all features
    assert refit.asked == [((), 6), ((0,), 5), ((0,), 6)]
    assert found.evaluations == 50 * (3 + 1 + (1 + 1) * 2) + 3 * 1000


def test_classes_lose_probability_of_the_truth(make_population):
    x = np.random.default_rng(1).normal(size=(60, 2)).astype(np.float32)
    y = (x[:, 0] > 0).astype(np.int64)
    population = make_population(
        lambda x: torch.stack([-4 * x[:, 0], 4 * x[:, 0]], dim=1), x, y, classes=("no", "yes")
    )

    def refit(features, seed):
        if 0 in features:
            blind = torch.nn.Linear(2, 2)
            blind.weight.data[:], blind.bias.data[:] = 0, 0
            return WhiteBox(blind, "classification", ("no", "yes"), ()), 10
        return population.model, 10

    found = Lofo(seeds=2).explain(type(population)(**{**vars(population), "refit": refit}))
    sure = population.model.probabilities(x)[np.arange(60), y]
    assert found.values[list(found.features).index("f0")] == pytest.approx((sure - 0.5).mean())
    assert found.values[list(found.features).index("f1")] == pytest.approx(0, abs=1e-6)


def test_a_patch_is_held_as_a_whole(make_population):
    mask = np.array([[[0, 0, 1]]])
    x = np.random.default_rng(2).normal(size=(20, 1, 1, 3))
    population = make_population(lambda x: x.flatten(1).sum(1), x, mask=mask)
    held = hold(population.rows.x, (0,), population.data)
    assert np.ptp(held[..., :2], axis=0).max() == 0
    np.testing.assert_allclose(held[0, 0, 0, :2], x[..., :2].mean(axis=(0, 1, 2)), atol=1e-6)
    assert (held[..., 2] == population.rows.x[..., 2]).all()


def test_a_model_that_came_trained_cannot_learn_again(make_population):
    with pytest.raises(NotApplicable, match="trained here"):
        Lofo().explain(make_population(lambda x: x[:, 0], np.eye(3)))
    method = describe("xaiframe.perturbation.lofo.Lofo")
    table = {"_target_": "xaiframe.data.table.Table"}
    for model, word in (("trees.Trees", "trained here"), ("mlp.MLP", "")):
        subject = Subject.of(table, {"_target_": f"xaiframe.model.{model}"}, "logit")
        assert word in reason_against(method, subject.with_model(("gradient",)))
        assert bool(word) == bool(reason_against(method, subject))


def test_bad_parameters_are_refused():
    for wrong in ({"seeds": 1}, {"top": 0}):
        with pytest.raises(ValueError, match="at least"):
            Lofo(**wrong)
