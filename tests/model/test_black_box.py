"""A model that only answers: its scores against the white box's, and every answer that is none."""

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.errors import ModelError
from xaiframe.model.face import BlackBox, WhiteBox

X = np.random.default_rng(0).normal(size=(17, 4)).astype(np.float32)
ABC = ("a", "b", "c")


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3))


def softly(x):
    return torch.softmax(network()(torch.as_tensor(x)), dim=1).detach().numpy()


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_probabilities_are_scored_like_the_logits_behind_them(output):
    white = WhiteBox(network(), "classification", ABC, ())
    black = BlackBox(softly, "classification", ABC)
    np.testing.assert_allclose(black.scores(X, output), white.scores(X, output), atol=1e-4)
    np.testing.assert_allclose(black.probabilities(X), white.probabilities(X), atol=1e-6)
    np.testing.assert_array_equal(black.predictions(X), white.predictions(X))


def test_the_score_of_two_classes_is_the_log_odds():
    p = np.array([0.1, 0.5, 0.999999999])
    black = BlackBox(lambda x: np.stack([1 - p, p], axis=1), "classification", ("n", "y"))
    found = black.scores(X[:3], "logit")[:, 1]
    np.testing.assert_allclose(found[:2], np.log(p[:2] / (1 - p[:2])), atol=1e-9)
    assert found[2] == pytest.approx(np.log(1 / 1e-6), abs=1e-5)


def test_a_batch_is_never_larger_than_said():
    sizes = []

    def answer(x):
        sizes.append(len(x))
        return x[:, :1]

    model = BlackBox(answer, "regression", (), max_batch=5)
    np.testing.assert_allclose(model.predictions(X), X[:, 0])
    assert sizes == [5, 5, 5, 2]
    assert model.evaluations == 17


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x: np.ones((len(x), 2)) / 2, r"shape \(17, 2\).*numbers of shape \(17, 3\)"),
        (lambda x: np.ones(len(x)), r"shape \(17,\)"),
        (lambda x: np.array([["x"] * 3] * len(x)), "numbers of shape"),
        (lambda x: np.where(np.arange(3) == 1, np.nan, softly(x)), "row 1 .* not a finite number"),
        (lambda x: np.full((len(x), 3), 0.5), "0.5, 0.5, 0.5, is no probability"),
        (lambda x: np.tile([1.5, -0.25, -0.25], (len(x), 1)), "is no probability"),
    ],
)
def test_what_is_no_answer_is_refused(answer, said):
    with pytest.raises(ModelError, match=said):
        BlackBox(answer, "classification", ABC, place="service").raw(X)


def test_the_digest_follows_what_decides_the_answers():
    one, same, other = (
        BlackBox(softly, "classification", ABC, place="m.onnx", identity=name) for name in "aab"
    )
    assert one.digest == same.digest != other.digest
