"""The gradient bank gives autograd's gradients, wherever and in whatever batches it is asked."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.model.face import WhiteBox
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

TARGETS = np.array([0, 1, 2, 1])


@pytest.fixture
def x():
    return np.random.default_rng(0).normal(size=(4, 3)).astype(np.float32)


@pytest.fixture
def smooth():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 7), nn.Tanh(), nn.Linear(7, 3))


def bank_of(module, x, targets=TARGETS, seed=0, ids=None, max_batch=8192, output="logit"):
    split = Split(np.arange(4), x, np.zeros(4, dtype=int), pd.DataFrame(index=range(4)))
    names = tuple("abc")
    data = Data("table", "classification", split, split, split, names, np.arange(3), names)
    reference = Reference(x[:2], np.array([0.25, 0.75]), output, None)
    scorer = Scorer(WhiteBox(module, "classification", names, ("gradient",)), reference, max_batch)
    ids = np.arange(len(x)) if ids is None else ids
    return GradientBank(scorer, data, x, targets, ids, seed)


@pytest.mark.parametrize("output", ["logit", "probability"])
def test_gradients_are_finite_differences(smooth, x, output):
    bank = bank_of(smooth, x, output=output)
    scores, gradients = bank.at_input
    np.testing.assert_allclose(scores, bank.scorer(x, TARGETS), rtol=1e-5)
    bank.module.double()
    for element in range(3):
        move = np.zeros(3)
        move[element] = 1e-5
        ends = [
            bank.module(torch.tensor(x.astype(float) + sign * move)).detach().numpy()
            for sign in (1, -1)
        ]
        slope = ((ends[0] - ends[1]) / 2e-5)[np.arange(4), TARGETS]
        np.testing.assert_allclose(gradients[:, element], slope, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("closed", [torch.no_grad, torch.inference_mode])
def test_works_where_gradients_are_switched_off(smooth, x, closed):
    wanted = bank_of(smooth, x).at_input[1]
    with closed():
        bank = bank_of(smooth, x)
        points = torch.tensor(x)[:, None]
        got = bank.gradients(points)[1][:, 0]
        cached = bank.at_input[1]
    assert torch.equal(got, wanted)
    assert torch.equal(cached, wanted)


def test_many_points_in_batches_of_any_size(smooth, x):
    points = torch.tensor(np.random.default_rng(1).normal(size=(4, 5, 3)), dtype=torch.float32)
    bank = bank_of(smooth, x)
    scores, gradients = bank.gradients(points)
    assert scores.shape == (4, 5)
    assert gradients.shape == points.shape
    assert bank.evaluations == 20
    small = bank_of(smooth, x, max_batch=3).gradients(points)
    np.testing.assert_allclose(small[0], scores, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(small[1], gradients, rtol=1e-5, atol=1e-6)
    part = bank.gradients(points[[2, 1]], np.array([2, 1]))
    np.testing.assert_allclose(part[1], gradients[[2, 1]], rtol=1e-5, atol=1e-6)


def test_no_batch_is_larger_than_allowed(x):
    seen = []

    class Watch(nn.Linear):
        def forward(self, x):
            seen.append(len(x))
            return super().forward(x)

    bank_of(Watch(3, 3), x, max_batch=6).gradients(torch.zeros(4, 5, 3))
    assert max(seen) <= 6
    assert sum(seen) == 20


def test_chunks_cover_all_points_and_fit_a_batch(smooth, x):
    bank = bank_of(smooth, x, max_batch=10)
    chunks = list(bank.chunks(7, 4))
    assert [point for chunk in chunks for point in chunk] == list(range(7))
    assert max(map(len, chunks)) == 2
    assert list(bank.chunks(2, 1000)) == [range(0, 1), range(1, 2)]


def test_base_is_the_weighted_score_of_the_background(smooth, x):
    bank = bank_of(smooth, x)
    logits = smooth(torch.tensor(x[:2])).detach().numpy()
    outputs = logits * 1.5 - logits.sum(axis=1, keepdims=True) / 2  # less the mean of the others
    np.testing.assert_allclose(bank.background_scores, outputs[:, TARGETS].T, rtol=1e-5)
    np.testing.assert_allclose(bank.empty, ([0.25, 0.75] @ outputs)[TARGETS], rtol=1e-5)
    np.testing.assert_allclose(bank.full, bank.scorer(x, TARGETS), rtol=1e-5)


def test_randomness_follows_seed_purpose_and_id(smooth, x):
    def draw(purpose="noise", **options):
        return bank_of(smooth, x, **options).rng(1, purpose).normal()

    assert draw() == draw(ids=np.array([9, 1, 5, 6]))
    assert len({draw(), draw(seed=1), draw("path"), draw(ids=np.array([0, 7, 2, 3]))}) == 4
    assert np.isfinite(draw(seed=-1, ids=np.array([0, -5, 2, 3])))


def test_model_is_left_without_gradients(smooth, x):
    bank_of(smooth, x).at_input  # noqa: B018
    assert all(weight.grad is None for weight in smooth.parameters())


class Cut(nn.Linear):
    def forward(self, x):
        return super().forward(x.detach())


class Trainable(nn.Linear):
    """Its output has a gradient, but not with respect to the input."""

    def forward(self, x):
        return super().forward(x.detach() * torch.ones(3, requires_grad=True))


class Root(nn.Linear):
    """The square root's slope at zero is infinite."""

    def forward(self, x):
        return super().forward(torch.sqrt(x * 0))


@pytest.mark.parametrize(
    ("layer", "error"), [(Cut, NotApplicable), (Trainable, NotApplicable), (Root, ArithmeticError)]
)
def test_no_gradient_is_said_and_not_printed(x, layer, error):
    with pytest.raises(error, match=r"gradient|differentiably"):
        bank_of(layer(3, 3), x).at_input  # noqa: B018
