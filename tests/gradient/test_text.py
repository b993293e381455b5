"""Gradients of words: taken behind the embedding, summed over its dimensions, complete."""

import numpy as np
import pandas as pd
import pytest
import torch
from captum.attr import LayerIntegratedGradients
from torch import nn

from xaiframe.data.text import Text
from xaiframe.gradient.grad_cam import GradCam
from xaiframe.gradient.input_x_gradient import InputXGradient
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.lrp import LRP
from xaiframe.gradient.saliency import Saliency
from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.model.face import WhiteBox
from xaiframe.model.text_cnn import TextCNN
from xaiframe.model.transformer import Transformer
from xaiframe.model.words import Words
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

WORDS = ["win", "money", "call", "now", "home", "lunch", "you", "오늘", "한", "漢"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    random = np.random.default_rng(0)
    rows = [" ".join(random.choice(WORDS, random.integers(2, 9))) for _ in range(80)]
    frame = pd.DataFrame({"message": rows, "label": ["ham", "spam"] * 40})
    path = tmp_path_factory.mktemp("text") / "m.csv"
    frame.to_csv(path, index=False)
    return Text(str(path), "message", "label").data


def bank_of(module, data, n=6):
    model = WhiteBox(module, data.task, data.classes, ("gradient", "layers", "convolution"))
    nothing = np.zeros((1, *data.input_shape), dtype=np.float32)
    scorer = Scorer(model, Reference(nothing, np.ones(1), "logit", 1))
    rows = data.test.x[:n]
    return GradientBank(scorer, data, rows, np.ones(n, dtype=np.int64), np.arange(n), 0)


class Bag(nn.Module):
    """``(n, dimensions, words)`` to ``(n, dimensions)``: the sum over the words."""

    def forward(self, x):
        return x.sum(dim=2)


@pytest.fixture
def bag(data):
    torch.manual_seed(0)
    return nn.Sequential(Words.of(data, 5, 1), Bag(), nn.Linear(5, 2))


def trained(architecture, data):
    """Drawn anew and fitted a little, so that its answers differ between messages."""
    torch.manual_seed(0)
    network = architecture.build(data)
    x, y = torch.tensor(data.train.x), torch.tensor(data.train.y)
    step = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(15):
        step.zero_grad()
        nn.functional.cross_entropy(network(x), y).backward()
        step.step()
    return network.eval()


@pytest.mark.parametrize("method", [IntegratedGradients(), InputXGradient()])
def test_in_a_bag_of_words_each_is_worth_its_vector_times_the_weights(bag, data, method):
    bank = bank_of(bag, data)
    vectors = bag[0](torch.tensor(bank.x)).detach().numpy()
    weight = (bag[2].weight[1] - bag[2].weight[0]).detach().numpy()
    expected = np.einsum("ndk,d->nk", vectors, weight)
    np.testing.assert_allclose(method.explain(bank).values, expected, atol=1e-5)


def test_over_noisy_copies_too(bag, data):
    bank = bank_of(bag, data)
    answer = SmoothGrad(samples=200, over="input_x_gradient").explain(bank)
    plain = InputXGradient().explain(bank)
    assert answer.values.shape == bank.x.shape
    sums = [one.per_feature(bank.feature_mask, bank.features) for one in (answer, plain)]
    assert (np.abs(sums[0] - sums[1]) < 5 * answer.error + 1e-5).all()


@pytest.mark.parametrize("architecture", [TextCNN(), Transformer()])
def test_integrated_gradients_are_complete_and_captums(data, architecture):
    network = trained(architecture, data)
    bank = bank_of(network, data)
    found = IntegratedGradients(steps=64, tolerance=1e-9, limit=64).explain(bank)
    gain = bank.full - bank.empty
    np.testing.assert_allclose(found.values.sum(axis=1), gain, atol=0.02 * np.abs(gain).max())
    whole = bank.scorer.module
    theirs = LayerIntegratedGradients(whole, whole[0]).attribute(
        torch.tensor(bank.x), torch.zeros(1, bank.x.shape[1]), 1, n_steps=64
    )
    np.testing.assert_allclose(found.values, theirs.sum(dim=1).detach(), atol=1e-4)


@pytest.mark.parametrize("architecture", [TextCNN(), Transformer()])
def test_an_absent_word_gets_nothing(data, architecture):
    bank = bank_of(trained(architecture, data), data)
    for method in (IntegratedGradients(steps=8, limit=8), InputXGradient()):
        assert (method.explain(bank).values[bank.x == 0] == 0).all()


def test_every_other_method_gives_one_number_per_word(data):
    bank = bank_of(trained(TextCNN(), data), data)
    for method in (Saliency(), SmoothGrad(samples=5), LRP(), GradCam()):
        values = method.explain(bank).values
        assert values.shape == bank.x.shape
        assert np.isfinite(values).all()
        assert np.abs(values).any()


def test_saliency_is_the_norm_of_the_scaled_gradient(bag, data):
    bank = bank_of(bag, data)
    weight = (bag[2].weight[1] - bag[2].weight[0]).detach().numpy()
    seen = bag[0](torch.tensor(data.train.x[:256])).detach().movedim(1, 0).flatten(1)
    expected = np.linalg.norm(weight * seen.std(dim=1).numpy())
    np.testing.assert_allclose(Saliency().explain(bank).values, expected, rtol=1e-4)
