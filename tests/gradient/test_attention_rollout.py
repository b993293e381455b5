"""Rollout is the sum over all ways from a word to the head."""

from itertools import product

import numpy as np
import pytest
import torch
from torch import nn

from tests.gradient.attending import WORDS, bank_of, data_in, network, shares
from xaiframe.errors import NotApplicable
from xaiframe.gradient.attention_rollout import AttentionRollout
from xaiframe.model.network import Attention
from xaiframe.model.transformer import Transformer
from xaiframe.model.words import Words


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_in(tmp_path_factory.mktemp("rollout"))


def test_one_layer_by_hand(data):
    """The head reads the second word alone, which takes 0.6 of the first and 0.2 of itself."""
    matrix = np.zeros((1, WORDS, WORDS))
    matrix[0, 1] = [0.6, 0.2, 0.0]
    answer = AttentionRollout().explain(bank_of(network(data, [matrix], [0, 1, 0]), data))
    np.testing.assert_allclose(answer.values, np.tile([0.3, 0.6, 0.0], (4, 1)), atol=1e-6)
    assert answer.evaluations == 4


def test_it_adds_up_every_way_from_a_word_to_the_head(data):
    matrices = [shares(2, WORDS, WORDS), shares(4, WORDS, WORDS), shares(1, WORDS, WORDS)]
    read = shares(WORDS)
    expected = np.zeros(WORDS)
    for word, first, second, third in product(range(WORDS), repeat=4):
        way = read[third]
        for asks, asked, matrix in zip(
            (first, second, third), (word, first, second), matrices, strict=True
        ):
            way *= 0.5 * matrix[:, asks, asked].mean() + 0.5 * (asks == asked)
        expected[word] += way
    values = AttentionRollout().explain(bank_of(network(data, matrices, read), data)).values
    np.testing.assert_allclose(values, np.tile(expected, (4, 1)), rtol=1e-5)


def test_of_the_transformer_it_is_shares_that_an_absent_word_has_no_part_in(data):
    torch.manual_seed(0)
    bank = bank_of(Transformer(minimum=1).build(data).eval(), data)
    bank.x[:2, 2] = 0
    values = AttentionRollout().explain(bank).values
    assert (values[:2, 2] == 0).all()
    assert (values[:, :2] > 0).all()
    assert (values.sum(axis=1) < 1).all()


def test_same_numbers_for_any_batch_and_order(data):
    torch.manual_seed(0)
    net = Transformer(minimum=1).build(data).eval()
    whole = AttentionRollout().explain(bank_of(net, data)).values
    part = AttentionRollout().explain(bank_of(net, data, [3, 1], max_batch=1)).values
    np.testing.assert_allclose(part, whole[[3, 1]], rtol=1e-5)


class Mean(nn.Module):
    """Attention between the words, and a mean over them that nobody is shown."""

    def __init__(self, place):
        super().__init__()
        self.place = place

    def forward(self, vectors):
        return self.place(vectors[:, None]).mean(dim=(1, 3))


@pytest.mark.parametrize(
    ("place", "said"),
    [(nn.Identity(), "no attention weights"), (Attention(), "does not show how its head reads")],
)
def test_refuses_a_model_that_does_not_show_it(data, place, said):
    net = nn.Sequential(Words.of(data, 4, 1), Mean(place), nn.Linear(4, 2)).eval()
    with pytest.raises(NotApplicable, match=said):
        AttentionRollout().explain(bank_of(net, data))


def test_no_hook_is_left_on_the_model(data):
    bank = bank_of(network(data, [shares(1, WORDS, WORDS)], shares(WORDS)), data)
    AttentionRollout().explain(bank)
    assert not any(layer._forward_hooks for layer in bank.module.modules())
