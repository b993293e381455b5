"""How a number that a network gives for each row moves with the network's own weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor, nn
from torch.func import functional_call, grad, vmap
from torch.nn.attention import SDPBackend, sdpa_kernel

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.memory import out_of_memory

Objective = Callable[[Tensor, Tensor], Tensor]
"""Outputs ``(n, outputs)`` and what each row is held against ``(n,)`` to a number each ``(n,)``."""
UNIT = "unit"
"""Name of the fixed last layer that a regression's network has: it learns nothing."""


class Slopes(Protocol):
    """The gradients of ``n`` rows with respect to some weights."""

    @property
    def numbers(self) -> int:
        """How many are held."""

    def dot(self, other: Slopes) -> Array:
        """``(n, m)`` float64: inner products with the gradients of other rows."""

    def squared(self) -> Array:
        """``(n,)`` float64: of each with itself."""


@dataclass(frozen=True)
class Factored:
    """Gradients at a linear layer: each is the outer product of what left it and what came to it.

    out ``(n, outputs)``, the slope with respect to what the layer gives; into ``(n, inputs)``, what
    it was given, a 1 behind where it has a bias.
    """

    out: Array
    into: Array

    @property
    def numbers(self) -> int:
        return self.out.size + self.into.size

    def dot(self, other: Slopes) -> Array:
        assert isinstance(other, Factored)
        return np.asarray((self.out @ other.out.T) * (self.into @ other.into.T))

    def squared(self) -> Array:
        return np.asarray((self.out**2).sum(axis=1) * (self.into**2).sum(axis=1))


@dataclass(frozen=True)
class Whole:
    """Gradients with respect to all weights, ``values`` ``(n, weights)``."""

    values: Array

    @property
    def numbers(self) -> int:
        return self.values.size

    def dot(self, other: Slopes) -> Array:
        assert isinstance(other, Whole)
        return np.asarray(self.values @ other.values.T)

    def squared(self) -> Array:
        return np.asarray((self.values**2).sum(axis=1))


@dataclass(frozen=True)
class LastLayer:
    """The last linear layer of a network, whose weights alone are looked at.

    Then a gradient costs a forward pass, and the rest of the network need not be understood.
    """

    network: nn.Module
    name: str
    layer: nn.Linear

    @classmethod
    def of(cls, network: nn.Module) -> LastLayer:
        """Raises NotApplicable where the network has none."""
        found = [
            (name, one)
            for name, one in network.named_modules()
            if isinstance(one, nn.Linear) and name.rpartition(".")[2] != UNIT
        ]
        if not found:
            raise NotApplicable(
                "the network has no linear layer (torch.nn.Linear) before its output; "
                "layers: all looks at every weight"
            )
        return cls(network, *found[-1])

    @property
    def weights(self) -> int:
        """Numbers per row that a pass holds."""
        return self.layer.in_features + self.layer.out_features

    def read(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Outputs of the network, what came to the layer ``(n, inputs)``, and what it gave
        ``(n, outputs)``, a leaf that the outputs follow.

        Raises NotApplicable where the layer is not called once per row.
        """
        seen: list[tuple[Tensor, Tensor]] = []

        def cut(_: nn.Module, given: tuple[Tensor, ...], answer: Tensor) -> Tensor:
            leaf = answer.detach().requires_grad_(True)
            seen.append((given[0].detach(), leaf))
            return leaf

        handle = self.layer.register_forward_hook(cut)
        try:
            outputs = self.network(x)
        finally:
            handle.remove()
        if len(seen) != 1 or seen[0][0].ndim != 2:
            raise NotApplicable(
                f"the network's last linear layer, {self.name!r}, is not asked once per row; "
                "layers: all looks at every weight"
            )
        return outputs, *seen[0]

    def slopes(self, x: Tensor, due: Tensor, objective: Objective) -> Factored:
        outputs, into, leaf = self.read(x)
        (out,) = torch.autograd.grad(objective(outputs, due).sum(), leaf)
        given = into.double().cpu().numpy()
        if self.layer.bias is not None:
            given = np.concatenate([given, np.ones((len(given), 1))], axis=1)
        return Factored(out.double().cpu().numpy(), given)


@dataclass(frozen=True)
class AllLayers:
    """Every weight that a fit may have moved."""

    network: nn.Module
    name: str = "all layers"

    @property
    def weights(self) -> int:
        """Numbers per row that a pass holds."""
        return sum(one.numel() for one in self._moved().values())

    def _moved(self) -> dict[str, Tensor]:
        return {
            name: one.detach()
            for name, one in self.network.named_parameters()
            if UNIT not in name.split(".")
        }

    def slopes(self, x: Tensor, due: Tensor, objective: Objective) -> Whole:
        """Raises NotApplicable where torch cannot take a gradient per row of such a network."""

        def one(weights: dict[str, Tensor], row: Tensor, aim: Tensor) -> Tensor:
            outputs = functional_call(self.network, weights, (row[None],))
            return objective(outputs, aim[None])[0]

        try:
            with sdpa_kernel(SDPBackend.MATH):  # the only attention that takes a gradient per row
                found = vmap(grad(one), in_dims=(None, 0, 0))(self._moved(), x, due)
        except RuntimeError as error:
            if out_of_memory(error):
                raise
            said = " ".join(str(error).split())[:120]
            message = f"torch takes no gradient per row of this network ({said}); layers: last does"
            raise NotApplicable(message) from error
        whole = torch.cat([own.flatten(1) for own in found.values()], dim=1)
        return Whole(whole.double().cpu().numpy())
