"""Relevance through recurrent cells: step by step, with gates that only let through."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional

from xaiframe.probe.rewrite import layers

State = tuple[Tensor, Tensor, Tensor]
"""What a cell puts out after a step, what the next step and the next layer take, its memory."""
Weights = tuple[Tensor, Tensor, Tensor | None, Tensor | None]
"""Of one layer in one direction: of the input, of the state, and their biases."""


class Unrolled(nn.Module):
    """A GRU or LSTM with equal outputs, whose gradient times its input is relevance.

    Of a gate times a signal the signal takes all: gates are held constant. A tanh passes relevance
    on unchanged. A sum shares it out by the epsilon rule, also between what is kept of the memory
    and what is new, and biases keep theirs. Arras et al. 2017 (arXiv:1706.07206), 2019
    (doi:10.1007/978-3-030-28954-6_11).

    ``(n, steps, inputs)`` to ``(n, steps, directions · hidden)``, the states of the last layer, or
    where ``final`` the last state of every layer and direction,
    ``(n, layers · directions, hidden)``: instances first, whatever the cell's own order.
    """

    def __init__(self, cell: nn.RNNBase, final: bool, epsilon: float) -> None:
        super().__init__()
        self.step = STEPS[type(cell)]
        self.hidden, self.final, self.epsilon = cell.hidden_size, final, epsilon
        # Lists, no submodules: to captum this is one layer.
        ways = ("", "_reverse") if cell.bidirectional else ("",)
        self.layers = [
            [weights(cell, f"_l{number}{way}") for way in ways] for number in range(cell.num_layers)
        ]

    def forward(self, x: Tensor) -> Tensor:
        taken: Sequence[Tensor] = x.unbind(1)
        told, last = list(taken), list[Tensor]()
        for layer in self.layers:
            forward = self.scan(taken, layer[0])
            ways = [forward, *(self.scan(taken[::-1], one)[::-1] for one in layer[1:])]
            last += [states[-1 if way == 0 else 0][0] for way, states in enumerate(ways)]
            together = list(zip(*ways, strict=True))
            told = [torch.cat([state[0] for state in both], dim=-1) for both in together]
            taken = [torch.cat([state[1] for state in both], dim=-1) for both in together]
        return torch.stack(last if self.final else told, dim=1)

    def scan(self, steps: Sequence[Tensor], given: Weights) -> list[State]:
        """The states after each of ``steps``, ``(n, inputs)`` each; the first state is zero."""
        zero = steps[0].new_zeros(len(steps[0]), self.hidden)
        states = [(zero, zero, zero)]
        for x in steps:
            states.append(self.step(x, states[-1], given, self.epsilon))
        return states[1:]


def gru(x: Tensor, state: State, given: Weights, epsilon: float) -> State:
    """One step of Cho et al. 2014 (arXiv:1406.1078) as torch computes it."""
    of_input, of_state, input_bias, state_bias = given
    reset, update, fresh = functional.linear(x, of_input, input_bias).chunk(3, dim=-1)
    resets, updates, kept = functional.linear(state[1], of_state, state_bias).chunk(3, dim=-1)
    reset, update = ((reset + resets).sigmoid().detach(), (update + updates).sigmoid().detach())
    told = (1 - update) * squashed(stable(fresh + reset * kept, epsilon)) + update * state[1]
    return told, stable(told, epsilon), told


def lstm(x: Tensor, state: State, given: Weights, epsilon: float) -> State:
    """One step of Hochreiter & Schmidhuber 1997 (doi:10.1162/neco.1997.9.8.1735)."""
    of_input, of_state, input_bias, state_bias = given
    both = functional.linear(x, of_input, input_bias)
    both = both + functional.linear(state[1], of_state, state_bias)
    let_in, forget, fresh, let_out = both.chunk(4, dim=-1)
    let_in, forget, let_out = (one.sigmoid().detach() for one in (let_in, forget, let_out))
    memory = stable(forget * state[2] + let_in * squashed(stable(fresh, epsilon)), epsilon)
    told = let_out * squashed(memory)
    return told, told, memory


STEPS: dict[type[nn.RNNBase], Callable[[Tensor, State, Weights, float], State]] = {
    nn.GRU: gru,
    nn.LSTM: lstm,
}


def squashed(z: Tensor) -> Tensor:
    """tanh(z), through which relevance passes unchanged."""
    slope = torch.where(z == 0, 1.0, z.tanh() / z)
    return z * slope.detach()


def stable(z: Tensor, epsilon: float) -> Tensor:
    """``z`` as it is, passing on z ÷ (z ± epsilon) of its relevance."""
    share = (z / (z + torch.where(z >= 0, epsilon, -epsilon))).detach()
    return z * share + (z * (1 - share)).detach()


def weights(cell: nn.RNNBase, suffix: str) -> Weights:
    """``suffix`` names the layer and direction, as torch does: ``_l0_reverse``."""
    of_input, of_state = (getattr(cell, f"weight_{one}{suffix}") for one in ("ih", "hh"))
    biases = [getattr(cell, f"bias_{one}{suffix}") if cell.bias else None for one in ("ih", "hh")]
    return of_input, of_state, biases[0], biases[1]


def unroll(network: fx.GraphModule, epsilon: float = 1e-6) -> None:
    """Every GRU and LSTM of ``network`` becomes :class:`Unrolled`, but where :func:`obstacle`."""
    for node, cell in layers(network, *STEPS):
        if obstacle(node, cell):
            continue
        ((read, what),) = answers(node, cell)
        network.set_submodule(node.target, Unrolled(cell, what == "final", epsilon))
        node.args, node.kwargs = node.args[:1], {}
        put_out = node
        if not cell.batch_first:
            with network.graph.inserting_before(node):
                node.args = (network.graph.call_function(torch.transpose, (node.args[0], 0, 1)),)
        if what == "final" or not cell.batch_first:
            with network.graph.inserting_after(node):
                put_out = network.graph.call_function(torch.transpose, (node, 0, 1))
        read.replace_all_uses_with(put_out)
    network.graph.eliminate_dead_code()
    network.recompile()


def obstacle(node: fx.Node, cell: nn.Module) -> str:
    """Why no relevance passes through a recurrent cell; empty where it does."""
    if type(cell) not in STEPS:
        return "relevance passes through GRU and LSTM"
    if getattr(cell, "proj_size", 0):
        return "it projects its state"
    if any(one is not None for one in (*node.args[1:], *node.kwargs.values())):
        return "it is given a first state"
    read = [what for _, what in answers(node, cell)]
    if "memory" in read:
        return "its memory is read from outside"
    if "all" in read:
        return "what it gives is handed on whole"
    return "" if len(read) == 1 else "both its states and its last state are read"


def answers(node: fx.Node, cell: nn.Module) -> Iterator[tuple[fx.Node, str]]:
    """What is read of what a cell returns: its ``states``, ``final`` state, ``memory``, or ``all``
    where it is handed on unread."""
    for user in node.users:
        place = _place(user)
        if place == 0:
            yield user, "states"
        elif place != 1:
            yield user, "all"
        elif isinstance(cell, nn.LSTM):
            names: dict[Any, str] = {0: "final", 1: "memory"}
            yield from ((one, names.get(_place(one), "all")) for one in user.users)
        else:
            yield user, "final"


def _place(node: fx.Node) -> Any:
    return node.args[1] if node.target is operator.getitem else None
