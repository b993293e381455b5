import numpy as np
import pytest
import torch
from scipy.special import softmax
from torch import nn

from xaiframe.model.face import WhiteBox


def linear(outputs: int, seed: int = 0) -> nn.Sequential:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(3, outputs))


@pytest.fixture
def x() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(11, 3)).astype(np.float32)


def test_probabilities_are_the_softmax_of_the_logits(x):
    model = WhiteBox(linear(4), "classification", tuple("abcd"), ("gradient",))
    np.testing.assert_allclose(model.probabilities(x), softmax(model.raw(x), axis=1), rtol=1e-6)


def test_batches_do_not_change_the_numbers(x):
    whole = WhiteBox(linear(2), "classification", ("a", "b"), ()).raw(x)
    parts = WhiteBox(linear(2), "classification", ("a", "b"), (), max_batch=2).raw(x)
    np.testing.assert_allclose(parts, whole, rtol=1e-6)


def test_two_classes_are_scored_by_their_log_odds(x):
    model = WhiteBox(linear(2), "classification", ("a", "b"), ())
    p = model.probabilities(x)
    scores = model.score_module("logit")(torch.as_tensor(x)).numpy()
    np.testing.assert_allclose(scores, np.log(p / (1 - p)), rtol=1e-4, atol=1e-5)


def test_many_classes_are_scored_by_their_logit_against_the_mean_of_the_others(x):
    model = WhiteBox(linear(3), "classification", tuple("abc"), ())
    scores = model.score_module("logit")(torch.as_tensor(x)).numpy()
    a, b, c = model.raw(x).T
    expected = np.stack([a - (b + c) / 2, b - (a + c) / 2, c - (a + b) / 2], axis=1)
    np.testing.assert_allclose(scores, expected, rtol=1e-5, atol=1e-6)


def test_the_score_ignores_a_common_shift_of_the_logits_as_the_softmax_does(x):
    network, shifted = linear(3), linear(3)
    shifted[0].bias.data += 5.0
    shifted[0].weight.data += torch.tensor([1.0, -2.0, 3.0])
    models = [WhiteBox(one, "classification", tuple("abc"), ()) for one in (network, shifted)]
    one, two = (model.score_module("logit")(torch.as_tensor(x)) for model in models)
    np.testing.assert_allclose(one, two, rtol=1e-4, atol=1e-5)


def test_the_probability_scale_is_the_probability(x):
    model = WhiteBox(linear(3), "classification", tuple("abc"), ())
    scores = model.score_module("probability")(torch.as_tensor(x)).numpy()
    np.testing.assert_allclose(scores, model.probabilities(x), rtol=1e-5)


def test_a_regression_model_is_scored_by_its_value(x):
    model = WhiteBox(linear(1), "regression", (), ())
    scores = model.score_module("logit")(torch.as_tensor(x)).numpy()
    np.testing.assert_allclose(scores[:, 0], model.predictions(x), rtol=1e-6)
