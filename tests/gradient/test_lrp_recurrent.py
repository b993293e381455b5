"""Relevance through hidden states and memory cells: conserved, by hand, the same in any batch."""

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.errors import NotApplicable
from xaiframe.gradient.lrp import LRP
from xaiframe.model.gru import Recurrent as Trained

TARGETS = [0, 1, 2, 1]


@pytest.fixture
def curves():
    return np.random.default_rng(3).normal(size=(4, 2, 12)).astype(np.float32)


class Reader(nn.Module):
    """``(n, channels, samples)`` → what ``read`` takes of the cell's answer."""

    def __init__(self, cell, read):
        super().__init__()
        self.cell, self.read = cell, read

    def forward(self, x):
        return self.read(self.cell(x.permute(0, 2, 1)))


def both_ends(answer):
    _, (last, _) = answer
    return torch.cat([last[-2], last[-1]], dim=1)


READERS = {
    "gru": lambda: Trained(2, 5, 2),
    "lstm": lambda: Reader(nn.LSTM(2, 5, batch_first=True), lambda answer: answer[0][:, -1]),
    "lstm, last state": lambda: Reader(
        nn.LSTM(2, 5, num_layers=2, batch_first=True), lambda answer: answer[1][0][-1]
    ),
    "lstm, all states": lambda: Reader(
        nn.LSTM(2, 5, batch_first=True), lambda answer: answer[0].flatten(1)
    ),
    "lstm, both ways": lambda: Reader(
        nn.LSTM(2, 5, batch_first=True, bidirectional=True), both_ends
    ),
}


def network(reader, bias=True):
    torch.manual_seed(0)
    inner = READERS[reader]()
    width = inner(torch.zeros(1, 2, 12)).shape[1]
    net = nn.Sequential(inner, nn.ReLU(), nn.Linear(width, 3)).eval()
    for name, value in net.named_parameters():
        value.data *= 1.0 if bias or "bias" not in name else 0.0
    return net


@pytest.mark.parametrize("reader", READERS)
def test_relevance_is_conserved_without_biases(bank_of, curves, reader):
    bank = bank_of(network(reader, bias=False), curves, classes=3, targets=TARGETS)
    values = LRP(epsilon=1e-9).explain(bank).values
    assert values.shape == curves.shape
    np.testing.assert_allclose(values.sum(axis=(1, 2)), bank.full, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("reader", READERS)
def test_biases_absorb_what_is_missing(bank_of, curves, reader):
    bank = bank_of(network(reader), curves, classes=3, targets=TARGETS)
    values = LRP().explain(bank).values
    assert np.isfinite(values).all()
    assert np.abs(values.sum(axis=(1, 2)) - bank.full).max() > 1e-3


def test_one_lstm_step_by_hand(bank_of):
    """One unit, x = (1, 2), w = (0.5, 0.25), no biases: z = 1, of which each gives a half."""
    cell = nn.LSTM(2, 1, bias=False, batch_first=True)
    cell.weight_ih_l0.data = torch.tensor([[0.3, 0.1], [9, 9], [0.5, 0.25], [-1, 2]])
    net = nn.Sequential(
        Reader(cell, lambda answer: answer[0][:, -1]), nn.Linear(1, 1, bias=False)
    ).eval()
    bank = bank_of(net, np.array([[[1.0], [2.0]]]))
    values = LRP(epsilon=1e-9).explain(bank).values[0, :, 0]
    np.testing.assert_allclose(values, [bank.full[0] / 2] * 2, rtol=1e-5)


def test_one_gru_step_by_hand(bank_of):
    """x = 1, z = 0.5 + bias 1.5: the input keeps a quarter of the score, the bias the rest."""
    cell = nn.GRU(1, 1, batch_first=True)
    for value in cell.parameters():
        value.data.fill_(0.0)
    cell.weight_ih_l0.data[2] = 0.5
    cell.bias_ih_l0.data[2] = 1.5
    net = nn.Sequential(
        Reader(cell, lambda answer: answer[0][:, -1]), nn.Linear(1, 1, bias=False)
    ).eval()
    bank = bank_of(net, np.array([[[1.0]]]))
    values = LRP(epsilon=1e-9).explain(bank).values
    np.testing.assert_allclose(values[0, 0, 0], bank.full[0] / 4, rtol=1e-5)


def test_a_closed_gate_keeps_the_memory_of_one_sample(bank_of):
    """An LSTM that lets in the first sample only, by a second channel: all relevance is there."""
    cell = nn.LSTM(2, 1, bias=False, batch_first=True)
    cell.weight_hh_l0.data.fill_(0.0)
    cell.weight_ih_l0.data = torch.tensor([[0.0, 30], [0, 30], [1, 0], [0, 0]])
    x = np.array([[[2.0, 3.0, -4.0, 1.0], [1.0, -1.0, -1.0, -1.0]]])
    x[0, 1, 1:] = [1.0, -1.0, 1.0]  # let in and keep, neither, let in and keep
    net = nn.Sequential(
        Reader(cell, lambda answer: answer[0][:, -1]), nn.Linear(1, 1, bias=False)
    ).eval()
    bank = bank_of(net, x)
    values = LRP(epsilon=1e-9).explain(bank).values[0]
    np.testing.assert_allclose(values[0], [0, 0, 0, bank.full[0]], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(values[1], 0, atol=1e-6)


def test_same_numbers_for_any_batch_and_order(bank_of, curves):
    net = network("gru")
    whole = LRP().explain(bank_of(net, curves, classes=3)).values
    part = LRP().explain(bank_of(net, curves[[3, 1]], classes=3, train=curves, max_batch=1))
    np.testing.assert_allclose(part.values, whole[[3, 1]], rtol=1e-4, atol=1e-6)


def test_the_model_is_left_as_it_is(bank_of, curves):
    bank = bank_of(network("lstm"), curves, classes=3)
    before = bank.module(torch.tensor(curves))
    LRP().explain(bank)
    assert torch.equal(bank.module(torch.tensor(curves)), before)
    assert any(isinstance(layer, nn.LSTM) for layer in bank.module.modules())


def test_says_why_a_cell_cannot_be_followed(bank_of, curves):
    memory = Reader(nn.LSTM(2, 5, batch_first=True), lambda answer: answer[1][1][-1])
    net = nn.Sequential(memory, nn.Linear(5, 3)).eval()
    with pytest.raises(NotApplicable, match=r"layer 0\.cell \(LSTM\): its memory is read"):
        LRP().explain(bank_of(net, curves, classes=3))
