"""Attention relevance asks what raises the score; with fixed attention that is known."""

import numpy as np
import pytest
import torch

from tests.gradient.attending import WORDS, bank_of, data_in, network, shares
from xaiframe.gradient.attention_relevance import AttentionRelevance
from xaiframe.model.transformer import Transformer


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return data_in(tmp_path_factory.mktemp("relevance"))


def worth(bank):
    """``(n, words)``: what each word's vector adds to the score of class 1 when it is read."""
    words, _, output, contrast = bank.scorer.module
    vectors = words(torch.tensor(bank.x)).detach().numpy().astype(float)
    weight = (contrast.weight @ output.weight)[1].detach().numpy()
    return np.einsum("nds,d->ns", vectors, weight)


def test_one_layer_in_closed_form(data):
    """∂ score ∂ A_ij = r_i v_j ÷ heads and ∂ score ∂ r_i = v_i + Σ_j A_ij v_j, positive parts."""
    matrix, read = shares(2, WORDS, WORDS), shares(WORDS)
    bank = bank_of(network(data, [matrix], read), data)
    values = AttentionRelevance().explain(bank).values
    for found, v in zip(values, worth(bank), strict=True):
        layer = np.maximum(matrix * read[:, None] * v / 2, 0).mean(axis=0)
        reading = np.maximum(read * (v + matrix.mean(axis=0) @ v), 0)
        np.testing.assert_allclose(found, reading @ (np.eye(WORDS) + layer), rtol=1e-4, atol=1e-6)
    assert values.max() > 0


def test_two_layers_add_up_from_the_words_to_the_head(data):
    first, second, read = shares(1, WORDS, WORDS), shares(3, WORDS, WORDS), shares(WORDS)
    bank = bank_of(network(data, [first, second], read), data)
    values = AttentionRelevance().explain(bank).values
    eye, a, b = np.eye(WORDS), first.mean(axis=0), second.mean(axis=0)
    for found, v in zip(values, worth(bank), strict=True):
        lower = np.maximum(a * np.outer(read @ (eye + b), v), 0)
        upper = np.maximum(second * np.outer(read, (eye + a) @ v) / 3, 0).mean(axis=0)
        reading = np.maximum(read * ((eye + b) @ (eye + a) @ v), 0)
        wanted = reading @ (eye + upper) @ (eye + lower)
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)


def test_what_speaks_against_the_target_gets_nothing(data):
    """Without attention between the words each is worth its share of the score, or nothing."""
    bank = bank_of(network(data, [np.zeros((1, WORDS, WORDS))], [0.2, 0.3, 0.4]), data)
    values = AttentionRelevance().explain(bank).values
    share = worth(bank) * [0.2, 0.3, 0.4]
    assert (share < 0).any()
    np.testing.assert_allclose(values, np.maximum(share, 0), rtol=1e-4, atol=1e-7)


def test_of_the_transformer_an_absent_word_gets_nothing_and_targets_differ(data):
    torch.manual_seed(0)
    bank = bank_of(Transformer(minimum=1).build(data).eval(), data)
    bank.x[:2, 2] = 0
    for_spam = AttentionRelevance().explain(bank)
    assert (for_spam.values >= 0).all()
    assert (for_spam.values[:2, 2] == 0).all()
    assert for_spam.evaluations == 4
    bank.targets = 1 - bank.targets
    assert np.abs(AttentionRelevance().explain(bank).values - for_spam.values).max() > 1e-4


def test_same_numbers_for_any_batch_and_order(data):
    torch.manual_seed(0)
    net = Transformer(minimum=1).build(data).eval()
    whole = AttentionRelevance().explain(bank_of(net, data)).values
    with torch.inference_mode():
        part = AttentionRelevance().explain(bank_of(net, data, [3, 1], max_batch=1)).values
    np.testing.assert_allclose(part, whole[[3, 1]], rtol=1e-4, atol=1e-7)
