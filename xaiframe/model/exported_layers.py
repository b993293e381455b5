"""An exported program's operators as layers, so that methods can go through it layer by layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, fx, nn

CONVOLUTIONS = {3: nn.Conv1d, 4: nn.Conv2d, 5: nn.Conv3d}
"""By the number of the weights' axes."""
NORMS = {2: nn.BatchNorm1d, 3: nn.BatchNorm1d, 4: nn.BatchNorm2d, 5: nn.BatchNorm3d}
"""By the number of the input's axes."""


def linear(_: fx.Node, weight: Tensor, bias: Tensor | None = None) -> nn.Module:
    """nn.Linear with these weights."""
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias is not None)
    return holding(layer, weight=weight, bias=bias)


def convolution(
    _: fx.Node,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> nn.Module:
    """nn.Conv1d, 2d or 3d with these weights."""
    into, size = weight.shape[1] * groups, tuple(weight.shape[2:])
    settings = (stride, padding, dilation)
    spread = [one if isinstance(one, (int, str)) else tuple(one) for one in settings]
    kind: Any = CONVOLUTIONS[weight.ndim]
    layer = kind(into, weight.shape[0], size, *spread, groups, bias is not None)
    return holding(layer, weight=weight, bias=bias)


def norm(
    x: fx.Node,
    weight: Tensor | None,
    bias: Tensor | None,
    mean: Tensor,
    var: Tensor,
    training: bool,  # noqa: ARG001
    momentum: float,
    eps: float,
    cudnn: bool,  # noqa: ARG001
) -> nn.Module:
    """nn.BatchNorm1d, 2d or 3d with these moments."""
    kind = NORMS[x.meta["val"].ndim]
    layer = kind(len(mean), eps, momentum, affine=weight is not None)
    return holding(layer, weight=weight, bias=bias, running_mean=mean, running_var=var)


def layer_norm(
    _: fx.Node,
    shape: Any,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    cudnn: bool = True,  # noqa: ARG001
) -> nn.Module:
    """nn.LayerNorm with these weights."""
    layer = nn.LayerNorm(list(shape), eps, weight is not None, bias is not None)
    return holding(layer, weight=weight, bias=bias)


def plain(kind: Callable[..., nn.Module]) -> Callable[..., nn.Module]:
    """A layer without weights that takes the operator's arguments in their order."""

    def make(_: fx.Node, *args: Any, **kwargs: Any) -> nn.Module:
        return kind(*(tuple(one) if isinstance(one, list) else one for one in args), **kwargs)

    return make


LAYERS: Mapping[str, Callable[..., nn.Module]] = {
    "linear": linear,
    "conv1d": convolution,
    "conv2d": convolution,
    "conv3d": convolution,
    "batch_norm": norm,
    "layer_norm": layer_norm,
    "relu": plain(nn.ReLU),
    "relu_": plain(nn.ReLU),
    "tanh": plain(nn.Tanh),
    "sigmoid": plain(nn.Sigmoid),
    "silu": plain(nn.SiLU),
    "gelu": plain(nn.GELU),
    "elu": plain(nn.ELU),
    "leaky_relu": plain(nn.LeakyReLU),
    "max_pool1d": plain(nn.MaxPool1d),
    "max_pool2d": plain(nn.MaxPool2d),
    "avg_pool1d": plain(nn.AvgPool1d),
    "avg_pool2d": plain(nn.AvgPool2d),
    "adaptive_avg_pool1d": plain(nn.AdaptiveAvgPool1d),
    "adaptive_avg_pool2d": plain(nn.AdaptiveAvgPool2d),
    "dropout": plain(nn.Dropout),
}
"""ATen operator → the layer that does the same while evaluating."""
FUNCTIONS = {"flatten": torch.flatten, "add": torch.add, "softmax": torch.softmax}
"""ATen operator → torch's own function, which graph rewrites know."""


def with_layers(operators: fx.GraphModule) -> fx.GraphModule:
    """A module that computes the same with layers where :data:`LAYERS` knows one.

    Raises KeyError, TypeError or AttributeError where an operator is written in a way that no
    layer takes; whether the answers are the same is for the caller to see.
    """
    root, graph, made = nn.Module(), fx.Graph(), dict[fx.Node, Any]()
    held = {**dict(operators.named_parameters()), **dict(operators.named_buffers())}
    constants = {
        node: held[str(node.target)] for node in operators.graph.nodes if node.op == "get_attr"
    }

    def emitted(node: fx.Node) -> fx.Node:
        """The node of the new graph; a constant becomes a buffer once it is asked for."""
        if node not in made:
            root.register_buffer(node.name, constants[node].detach())
            made[node] = graph.get_attr(node.name)
        return made[node]

    for node in operators.graph.nodes:
        name = _operator(node)
        if node.op == "placeholder":
            made[node] = graph.placeholder("x")
        elif node.op == "output":
            [found] = node.args[0]
            graph.output(emitted(found))
        elif name in LAYERS:
            own = [constants.get(one, one) if isinstance(one, fx.Node) else one
                    for one in node.args[1:]]  # fmt: skip
            root.add_module(node.name, LAYERS[name](node.args[0], *own, **node.kwargs))
            made[node] = graph.call_module(node.name, (emitted(node.args[0]),))
        elif node.op == "call_function":
            args, kwargs = fx.map_arg((node.args, dict(node.kwargs)), emitted)
            if name in ("view", "reshape") and _keeps_rows(node):
                function, args = torch.flatten, (args[0], 1)
            else:
                function = FUNCTIONS.get(name, node.target)
            made[node] = graph.call_function(function, args, kwargs)
    layered = fx.GraphModule(root, graph).eval()
    graph.eliminate_dead_code()
    layered.recompile()
    return layered


def _keeps_rows(node: Any) -> bool:
    """Whether a reshape only flattens each row."""
    before, after = node.args[0].meta["val"].shape, node.meta["val"].shape
    return len(after) == 2 and before[0] == after[0]


def _operator(node: fx.Node) -> str:
    schema = getattr(node.target, "_schema", None)
    return schema.name.removeprefix("aten::") if schema is not None else ""


def holding(layer: nn.Module, **tensors: Tensor | None) -> nn.Module:
    """The layer with these parameters and buffers."""
    given = {name: value.detach() for name, value in tensors.items() if value is not None}
    layer.load_state_dict(given, strict=False)
    return layer
