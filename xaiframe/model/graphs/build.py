"""What an ONNX graph is turned into while its operators are read one after the other."""

from __future__ import annotations

import keyword
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.func import functional_call
from torch.fx.node import map_aggregate

from xaiframe.errors import NotApplicable

BATCH = 7919
"""Stands for the number of rows while shapes are worked out: a prime that no layer is wide."""
OWN = frozenset({*dir(fx.GraphModule), "training"})
"""Names that a module uses itself, so no layer may bear them."""


@dataclass(frozen=True)
class Value:
    """What one name of the ONNX graph stands for.

    tensor
        the value itself where it is constant (``node`` is None), otherwise a tensor on the meta
        device with its shape and type; :data:`BATCH` stands for the number of rows.
    scaling
        ``(mean, sd)`` where the value is (input − mean) / sd element by element.
    turned
        the value before its axes were put in another order, and that order.
    """

    tensor: Tensor
    node: fx.Node | None = None
    scaling: tuple[Tensor, Tensor] | None = None
    turned: tuple[Value, tuple[int, ...]] | None = None

    @property
    def constant(self) -> bool:
        return self.node is None

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    @property
    def ndim(self) -> int:
        return self.tensor.ndim

    @property
    def positions(self) -> int:
        """Axes behind rows and channels."""
        return self.tensor.ndim - 2


@dataclass(frozen=True)
class Operation:
    """One node of the ONNX graph, its inputs looked up.

    kind, name, opset
        the operator, the node's own name, and the version of the operator set.
    layer
        how a layer made of it is called.
    alone
        per input, whether nothing but this operation reads it.
    fixed
        the number of rows that the file was exported for, None where it takes any.
    """

    kind: str
    name: str
    opset: int
    inputs: Sequence[Value | None]
    attributes: Mapping[str, Any]
    outputs: int = 1
    layer: str = ""
    alone: Sequence[bool] = ()
    fixed: int | None = None

    def input(self, position: int) -> Value:
        found = self.optional(position)
        if found is None:
            raise NotApplicable(f"{self} lacks input {position + 1}")
        return found

    def optional(self, position: int) -> Value | None:
        return self.inputs[position] if position < len(self.inputs) else None

    def constant(self, position: int) -> Tensor | None:
        """The constant given as an input, None where it is absent.

        Raises NotApplicable where it depends on the data.
        """
        found = self.optional(position)
        if found is None:
            return None
        if not found.constant:
            raise NotApplicable(f"{self} takes input {position + 1} from the data")
        return found.tensor

    def weight(self, position: int) -> Tensor:
        """:meth:`constant` that must be there."""
        found = self.constant(position)
        if found is None:
            raise NotApplicable(f"{self} lacks input {position + 1}")
        return found

    def integers(self, name: str, position: int) -> list[int] | None:
        """Integers that older operator sets give as an attribute and newer ones as an input."""
        if name in self.attributes:
            return [int(one) for one in self.attributes[name]]
        found = self.constant(position)
        return None if found is None else [int(one) for one in found.reshape(-1)]

    def number(self, name: str, position: int) -> float | None:
        """Like :meth:`integers` for one number."""
        if name in self.attributes:
            return float(self.attributes[name])
        found = self.constant(position)
        return None if found is None or found.numel() == 0 else float(found.reshape(()))

    def get(self, name: str, default: Any = None) -> Any:
        return self.attributes.get(name, default)

    def __str__(self) -> str:
        return f"operator {self.kind} (node {self.name}, operator set {self.opset})"


@dataclass
class Build:
    """A torch.fx graph in the making, and the layers it calls."""

    graph: fx.Graph = field(default_factory=fx.Graph)
    layers: dict[str, nn.Module] = field(default_factory=dict)
    constants: dict[str, Tensor] = field(default_factory=dict)
    start: Value | None = None

    def begin(self, shape: tuple[int, ...]) -> Value:
        """The input, ``(n, *shape)`` float32."""
        node = self.graph.placeholder("x")
        scaling = torch.zeros(shape), torch.ones(shape)
        self.start = Value(torch.empty((BATCH, *shape), device="meta"), node, scaling)
        return self.start

    def call(self, what: Callable[..., Any], *args: Any, name: str = "") -> Any:
        """``what(*args)``: computed at once where every Value is constant, else written down.

        ``what`` is a layer, put under ``name``, or a function. The answer is a Value, or a tuple
        of Tensors' Values where ``what`` gives several.
        """
        values: list[Value] = []
        map_aggregate(args, lambda one: values.append(one) if isinstance(one, Value) else one)
        if all(value.constant for value in values):
            with torch.no_grad():
                found = what(*map_aggregate(args, _tensor))
            return self._values(found, None)
        found = _on_meta(what, map_aggregate(args, _meta))
        arguments = map_aggregate(args, self._argument)
        if isinstance(what, nn.Module):
            node = self.graph.call_module(self._keep(what, name), tuple(arguments))
        else:
            node = self.graph.call_function(what, tuple(arguments))
        return self._values(found, node)

    def layer(self, value: Value) -> nn.Module | None:
        """The layer that put out ``value``, if one did."""
        if value.node is None or value.node.op != "call_module":
            return None
        return self.layers[str(value.node.target)]

    def rows(self) -> fx.Node:
        """The number of rows, asked when the model runs."""
        assert self.start is not None
        assert self.start.node is not None
        return self.graph.call_function(_rows, (self.start.node,))

    def expand(self, value: Value, shape: Sequence[int]) -> Value:
        """``value`` repeated along axes of length 1 to ``shape``."""
        if value.shape == tuple(shape):
            return value
        if BATCH not in shape:
            return self.call(torch.broadcast_to, value, tuple(shape))
        node = self._argument(value)
        sizes = tuple(self.rows() if size == BATCH else size for size in shape)
        written = self.graph.call_function(torch.broadcast_to, (node, sizes))
        return Value(_meta(value).broadcast_to(tuple(shape)), written)

    def finish(self, output: Value) -> fx.GraphModule:
        """The module, without what no output depends on."""
        self.graph.output(self._argument(output))
        module = fx.GraphModule(_Root(self.layers, self.constants), self.graph)
        module.graph.eliminate_dead_code()
        module.delete_all_unused_submodules()
        module.graph.lint()
        module.recompile()
        return module.eval().requires_grad_(False)

    def _keep(self, layer: nn.Module, name: str) -> str:
        wished = (
            re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or type(layer).__name__.lower()
        )
        taken = wished[0].isdigit() or keyword.iskeyword(wished) or wished in OWN
        wished = f"layer_{wished}" if taken else wished
        free, number = wished, 2
        while free in self.layers:
            free, number = f"{wished}_{number}", number + 1
        self.layers[free] = layer.eval()
        return free

    def _argument(self, one: Any) -> Any:
        if not isinstance(one, Value):
            return one
        if one.node is not None:
            return one.node
        name = f"_constant{len(self.constants) + 1}"
        self.constants[name] = one.tensor
        return self.graph.get_attr(name)

    def _values(self, found: Any, node: fx.Node | None) -> Any:
        if isinstance(found, Tensor):
            return Value(found, node)
        parts = []
        for position, tensor in enumerate(found):
            part = node and self.graph.call_function(_item, (node, position))
            parts.append(Value(tensor, part))
        return tuple(parts)


class _Root(nn.Module):
    """Where the graph finds its layers and constants."""

    def __init__(self, layers: Mapping[str, nn.Module], constants: Mapping[str, Tensor]) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)
        for name, tensor in constants.items():
            self.register_buffer(name, tensor)


def _rows(x: Tensor) -> int:
    return x.shape[0]


def _item(parts: Sequence[Tensor], position: int) -> Tensor:
    return parts[position]


def _tensor(one: Any) -> Any:
    return one.tensor if isinstance(one, Value) else one


def _meta(one: Any) -> Any:
    return one.tensor.to("meta") if isinstance(one, Value) else one


def _on_meta(what: Callable[..., Any], args: Any) -> Any:
    """Shapes and types of what ``what`` gives, without computing it."""
    with torch.no_grad():
        if not isinstance(what, nn.Module):
            return what(*args)
        state = {name: tensor.to("meta") for name, tensor in what.state_dict().items()}
        return functional_call(what.eval(), state, tuple(args))
