"""Recurrent cells unrolled: equal outputs, relevance as it is written out by hand."""

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.probe.recurrent import Unrolled, obstacle, unroll
from xaiframe.probe.rewrite import layers, simplify

CELLS = [nn.GRU, nn.LSTM]
EPSILON = 1e-3


class Net(nn.Module):
    """Reads of a cell what ``read`` takes of its answer."""

    def __init__(self, cell, read):
        super().__init__()
        self.cell, self.read = cell, read

    def forward(self, x):
        return self.read(self.cell(x))


def unrolled(cell, read):
    network = simplify(Net(cell, read))
    unroll(network, EPSILON)
    return network


def remaining(network):
    return [type(layer) for _, layer in layers(network, nn.RNNBase, Unrolled)]


READS = {
    "states": lambda answer: answer[0],
    "gru": lambda answer: answer[1],
    "lstm": lambda answer: answer[1][0],
}


@pytest.mark.parametrize("kind", CELLS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"num_layers": 2},
        {"bidirectional": True, "batch_first": True},
        {"num_layers": 2, "bidirectional": True, "bias": False, "dropout": 0.4},
    ],
)
@pytest.mark.parametrize("final", [False, True])
def test_it_puts_out_what_the_cell_does(kind, options, final):
    torch.manual_seed(0)
    cell = kind(3, 4, **options).eval()
    read = READS[kind.__name__.lower()] if final else READS["states"]
    network = unrolled(cell, read)
    assert remaining(network) == [Unrolled]
    x = torch.randn(5, 6, 3)
    torch.testing.assert_close(network(x), read(cell(x)), rtol=1e-4, atol=1e-6)


def sign(z):
    return np.where(z >= 0, 1.0, -1.0)


def linear(x, weight, z, relevance):
    """R_i = Σ_j x_i w_ji ÷ (z_j + ε sign z_j) · R_j: the rule as it is defined."""
    return ((x[None, :] * weight) * (relevance / (z + EPSILON * sign(z)))[:, None]).sum(axis=0)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def numbers(cell):
    return {name: value.detach().numpy().astype(float) for name, value in cell.named_parameters()}


def lstm_by_hand(cell, x, relevance):
    """``(t, inputs)`` of the relevance ``(hidden,)`` of the last state; Arras et al. 2017."""
    w = numbers(cell)
    size = cell.hidden_size
    new = slice(2 * size, 3 * size)
    h, c, kept = [np.zeros(size)], [np.zeros(size)], []
    for row in x:
        z = w["weight_ih_l0"] @ row + w["bias_ih_l0"] + w["weight_hh_l0"] @ h[-1] + w["bias_hh_l0"]
        i, f, _, o = np.split(sigmoid(z), 4)
        kept.append((i, f, z[new]))
        c.append(f * c[-1] + i * np.tanh(z[new]))
        h.append(o * np.tanh(c[-1]))
    out, of_c = np.zeros_like(x), np.zeros(size)
    of_h = relevance
    for t in reversed(range(len(x))):
        i, f, z = kept[t]
        whole = of_c + of_h
        stable = c[t + 1] + EPSILON * sign(c[t + 1])
        of_c = f * c[t] / stable * whole
        fresh = i * np.tanh(z) / stable * whole
        out[t] = linear(x[t], w["weight_ih_l0"][new], z, fresh)
        of_h = linear(h[t], w["weight_hh_l0"][new], z, fresh)
    return out


def gru_by_hand(cell, x, relevance):
    """``(t, inputs)`` of the relevance ``(hidden,)`` of the last state, the stabiliser of the last
    sum included."""
    w = numbers(cell)
    size = cell.hidden_size
    new = slice(2 * size, 3 * size)
    h, kept = [np.zeros(size)], []
    for row in x:
        a = w["weight_ih_l0"] @ row + w["bias_ih_l0"]
        b = w["weight_hh_l0"] @ h[-1] + w["bias_hh_l0"]
        r, u = np.split(sigmoid(a + b)[: 2 * size], 2)
        z = a[new] + r * b[new]
        kept.append((r, u, z))
        h.append((1 - u) * np.tanh(z) + u * h[-1])
    out, whole = np.zeros_like(x), relevance
    for t in reversed(range(len(x))):
        r, u, z = kept[t]
        stable = h[t + 1] + EPSILON * sign(h[t + 1])
        fresh = (1 - u) * np.tanh(z) / stable * whole
        out[t] = linear(x[t], w["weight_ih_l0"][new], z, fresh)
        gated = r[:, None] * w["weight_hh_l0"][new]
        whole = u * h[t] / stable * whole + linear(h[t], gated, z, fresh)
    return out


@pytest.mark.parametrize(("kind", "by_hand"), [(nn.LSTM, lstm_by_hand), (nn.GRU, gru_by_hand)])
@pytest.mark.parametrize("steps", [1, 6])
def test_relevance_of_the_last_state_as_written_out(kind, by_hand, steps):
    torch.manual_seed(1)
    cell = kind(3, 4, batch_first=True).eval()
    network = unrolled(cell, lambda answer: answer[0][:, -1])
    x = torch.randn(1, steps, 3, requires_grad=True)
    last = network(x)
    relevance = torch.tensor([[1.0, -0.5, 2.0, 0.3]])
    apart = last + torch.where(last >= 0, EPSILON, -EPSILON) * (kind is nn.GRU)
    (slope,) = torch.autograd.grad(last, x, (relevance / apart).detach())
    wanted = by_hand(cell, x.detach().numpy()[0].astype(float), relevance.numpy()[0])
    np.testing.assert_allclose((x * slope).detach().numpy()[0], wanted, rtol=1e-3, atol=1e-5)


def refused(cell, forward):
    class Odd(nn.Module):
        def __init__(self):
            super().__init__()
            self.cell = cell

        def pair(self, x):
            states, last = self.cell(x)
            return states, last

    Odd.forward = forward
    network = simplify(Odd())
    ((node, layer),) = layers(network, nn.RNNBase)
    unroll(network)
    assert remaining(network) == [type(cell)]
    return obstacle(node, layer)


@pytest.mark.parametrize(
    ("cell", "forward", "why"),
    [
        (nn.RNN(3, 4), lambda self, x: self.cell(x)[0], "through GRU and LSTM"),
        (nn.LSTM(3, 4, proj_size=2), lambda self, x: self.cell(x)[0], "projects its state"),
        (nn.GRU(3, 3), lambda self, x: self.cell(x, x[:1])[0], "given a first state"),
        (nn.LSTM(3, 4), lambda self, x: self.cell(x)[1][1], "memory is read"),
        (nn.GRU(3, 4), lambda self, x: torch.cat(list(self.pair(x))), "both its"),
        (nn.GRU(3, 4), lambda self, x: self.cell(x), "handed on whole"),
        (nn.LSTM(3, 4), lambda self, x: self.cell(x)[1], "handed on whole"),
    ],
)
def test_what_it_cannot_follow_stays_and_says_why(cell, forward, why):
    assert why in refused(cell, forward)
