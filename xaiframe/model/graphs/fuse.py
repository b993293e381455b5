"""Activations that exports write out in several operators, found again."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import fx, nn

from xaiframe.model.graphs.build import Build

CLOSE = 1e-5


def activation(build: Build, product: fx.Node) -> tuple[nn.Module, fx.Node] | None:
    """The activation that ``product`` is, and what it is applied to; None where it is none.

    SiLU is x · sigmoid(x); GELU is x · (1 + erf(x / √2)) / 2, multiplied in any order.
    """
    parts = list(factors(product))
    others = [one for one in parts if number(build, one) is None]
    size = math.prod(value for one in parts if (value := number(build, one)) is not None)
    if len(others) != 2:
        return None
    for x, gate in (others, others[::-1]):
        if abs(size - 1) < CLOSE and _is_sigmoid(build, gate, x):
            return nn.SiLU(), x
        if abs(size - 0.5) < CLOSE and _is_normal(build, gate, x):
            return nn.GELU(), x
    return None


def factors(one: Any) -> Iterator[Any]:
    """What is multiplied to give a node, products inside products included."""
    if isinstance(one, fx.Node) and one.target is torch.mul:
        for part in one.args:
            yield from factors(part)
    else:
        yield one


def number(build: Build, one: Any) -> float | None:
    """The number that a constant of one element holds."""
    if not isinstance(one, fx.Node):
        return float(one)
    tensor = build.constants[str(one.target)] if one.op == "get_attr" else None
    return float(tensor.reshape(())) if tensor is not None and tensor.numel() == 1 else None


def _is_sigmoid(build: Build, gate: fx.Node, x: fx.Node) -> bool:
    layer = build.layers[str(gate.target)] if gate.op == "call_module" else None
    return isinstance(layer, nn.Sigmoid) and gate.args[0] is x


def _is_normal(build: Build, gate: fx.Node, x: fx.Node) -> bool:
    """Whether ``gate`` is 1 + erf(x / √2)."""
    if gate.target is not torch.add:
        return False
    curves = [one for one in gate.args if isinstance(one, fx.Node) and one.target is torch.erf]
    ones = [number(build, one) for one in gate.args if one not in curves]
    scaled = curves[0].args[0] if curves and ones == [1.0] else None
    if not isinstance(scaled, fx.Node) or len(scaled.args) != 2:
        return False
    left, right = scaled.args
    if scaled.target is torch.mul:
        one, root = (right if left is x else left), math.sqrt(0.5)
        return x in scaled.args and abs((number(build, one) or 0.0) - root) < CLOSE
    divided = scaled.target is torch.div and left is x
    return divided and abs((number(build, right) or 0.0) - math.sqrt(2)) < CLOSE
