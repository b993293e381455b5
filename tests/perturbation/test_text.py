"""Words taken out of messages: exact Shapley values, and what absent places get."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.text import Text
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.model.text_cnn import TextCNN
from xaiframe.model.words import Words
from xaiframe.perturbation.feature_ablation import FeatureAblation
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.lime import Lime
from xaiframe.probe.coalitions import CoalitionBank
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


def bank_of(model, data, n=8):
    nothing = np.zeros((1, *data.input_shape), dtype=np.float32)
    scorer = Scorer(model, Reference(nothing, np.ones(1), "logit", 1))
    rows = data.test.x[:n]
    return CoalitionBank(scorer, data, rows, np.ones(n, dtype=np.int64), np.arange(n), 0)


def network(data):
    torch.manual_seed(0)
    return WhiteBox(TextCNN().build(data), data.task, data.classes, ("gradient",))


class Bag(nn.Module):
    """``(n, dimensions, words)`` to ``(n, dimensions)``: the sum over the words."""

    def forward(self, x):
        return x.sum(dim=2)


def test_kernel_shap_is_exact_on_short_messages(data, shapley):
    bank = bank_of(network(data), data)
    found = KernelShap(samples=1 << 10).explain(bank)
    for own, x in zip(found.values, bank.x, strict=True):
        there = np.flatnonzero(x)

        def worth(kept, x=x, there=there):
            row = np.zeros_like(x)
            row[there[kept]] = x[there[kept]]
            return float(bank.scorer(row[None], 1)[0])

        np.testing.assert_allclose(own[there], shapley(worth, len(there)), atol=1e-4)
        assert (own[x == 0] == 0).all()


@pytest.mark.parametrize("method", [KernelShap(samples=64), FeatureAblation()])
def test_in_a_bag_of_words_each_is_worth_its_vector_times_the_weights(data, method):
    torch.manual_seed(0)
    bag = nn.Sequential(Words.of(data, 5, 1), Bag(), nn.Linear(5, 2))
    bank = bank_of(WhiteBox(bag, data.task, data.classes, ("gradient",)), data)
    with torch.no_grad():
        vectors = bag[0](torch.tensor(bank.x)).numpy()
        weight = (bag[2].weight[1] - bag[2].weight[0]).numpy()
    expected = np.einsum("ndk,d->nk", vectors, weight)
    np.testing.assert_allclose(method.explain(bank).values, expected, atol=1e-5)


def test_lime_finds_the_word_that_decides(data):
    """An outside model that reads strings and knows one word: it alone gets a coefficient."""

    def answer(x):
        says = np.array(["money" in message for message in data.encoding.raw(x)])
        return np.where(says, 0.9, 0.2)[:, None] * [-1, 1] + [1, 0]

    bank = bank_of(BlackBox(answer, data.task, data.classes), data, n=12)
    found = Lime(coalitions=64).explain(bank).values
    money = data.encoding.encode([" money"])[0, 0]
    first = data.encoding.encode(["money"])[0, 0]
    is_money = (bank.x == money) | (bank.x == first)
    alone = is_money.sum(axis=1) == 1
    assert alone.any()
    np.testing.assert_array_equal(
        np.abs(found[alone]).argmax(axis=1), is_money[alone].argmax(axis=1)
    )
    assert (found[is_money & alone[:, None]] > 0.5).all()
    assert (found[bank.x == 0] == 0).all()
