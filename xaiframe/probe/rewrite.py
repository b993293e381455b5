"""A copy of a model with its graph laid bare, for methods that go through it layer by layer."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval, fuse_linear_bn_eval

from xaiframe.errors import NotApplicable
from xaiframe.model.network import Standardize

TOLERANCE = 1e-4
"""Largest difference between copy and model that rounding explains, relative to the outputs."""

CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d, nn.BatchNorm3d)
SILENT = (nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d, nn.Dropout3d, nn.AlphaDropout)
"""Layers that do nothing in evaluation mode."""

FUNCTIONS: Mapping[Any, Callable[..., nn.Module]] = {
    functional.relu: nn.ReLU,
    torch.relu: nn.ReLU,
    functional.relu_: partial(nn.ReLU, inplace=True),
    torch.relu_: partial(nn.ReLU, inplace=True),
    "relu": nn.ReLU,
    "relu_": partial(nn.ReLU, inplace=True),
    functional.tanh: nn.Tanh,
    torch.tanh: nn.Tanh,
    "tanh": nn.Tanh,
    functional.sigmoid: nn.Sigmoid,
    torch.sigmoid: nn.Sigmoid,
    "sigmoid": nn.Sigmoid,
    functional.leaky_relu: nn.LeakyReLU,
    functional.elu: nn.ELU,
    functional.gelu: nn.GELU,
    functional.silu: nn.SiLU,
    functional.max_pool1d: nn.MaxPool1d,
    functional.max_pool2d: nn.MaxPool2d,
    functional.avg_pool1d: nn.AvgPool1d,
    functional.avg_pool2d: nn.AvgPool2d,
    functional.adaptive_avg_pool1d: nn.AdaptiveAvgPool1d,
    functional.adaptive_avg_pool2d: nn.AdaptiveAvgPool2d,
}
"""Functions and tensor methods that hooks cannot see, and the layer that does the same."""


class LayerTracer(fx.Tracer):
    """Goes into every module but torch's own layers and :class:`Standardize`."""

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        return isinstance(m, Standardize) or super().is_leaf_module(m, module_qualified_name)


def simplify(module: nn.Module) -> fx.GraphModule:
    """A copy of ``module`` that gives the same outputs in evaluation mode, and in which

    every activation and pooling is a layer of its own, used once and not in place; dropout and
    identity are gone; flattening is functional; batch norm is folded into the linear layer or
    convolution before it, or into the linear layer behind it.

    Raises NotApplicable when the forward pass cannot be traced, or dropout stays on.
    """
    original = copy.deepcopy(module).eval().requires_grad_(False)
    try:
        traced = fx.GraphModule(original, LayerTracer().trace(original))
    except Exception as error:  # tracing runs the user's code: anything can come out of it
        raise NotApplicable(f"the model's forward pass cannot be traced: {error}") from error
    for rewrite in (_own_layers, _unshare, _out_of_place, _drop_silent, _flatten, _fold_norms):
        rewrite(traced)
    traced.graph.eliminate_dead_code()
    traced.delete_all_unused_submodules()
    traced.graph.lint()
    traced.recompile()
    return traced


def verify(rewritten: nn.Module, module: nn.Module, x: Tensor) -> None:
    """Raises NotApplicable unless both give the same outputs for ``x`` ``(n, *input_shape)``."""
    with torch.no_grad():
        wanted, got = module(x.clone()), rewritten(x.clone())
    size = wanted.abs().max().clamp(min=1)
    if wanted.shape != got.shape or bool((wanted - got).abs().max() > TOLERANCE * size):
        raise NotApplicable("the model's graph cannot be rewritten without changing its outputs")


def take_out_standardize(traced: fx.GraphModule) -> nn.Module:
    """The leading input scaling, taken out of ``traced``; Identity where there is none."""
    for node, layer in layers(traced, Standardize):
        if node.args[0].op == "placeholder" and len(node.args[0].users) == 1:
            _remove(node)
            traced.delete_all_unused_submodules()
            traced.recompile()
            return layer
    return nn.Identity()


def layers(traced: fx.GraphModule, *kinds: type[nn.Module]) -> Iterator[tuple[Any, Any]]:
    """Every node that calls a module of one of these kinds, with the module, in order."""
    for node in list(traced.graph.nodes):
        if node.op == "call_module":
            layer = traced.get_submodule(node.target)
            if isinstance(layer, kinds):
                yield node, layer


def label(node: fx.Node, traced: fx.GraphModule) -> str:
    """How a message names a node: ``layer 3 (LayerNorm)`` or ``operation add``."""
    if node.op == "call_module":
        kind = type(traced.get_submodule(str(node.target))).__name__
        return f"layer {node.target} ({kind})"
    return f"operation {getattr(node.target, '__name__', node.target)}"


def _own_layers(traced: fx.GraphModule) -> None:
    for node in list(traced.graph.nodes):
        called = node.op in ("call_function", "call_method") and node.args
        if called and node.target in FUNCTIONS:
            _call(traced, node, FUNCTIONS[node.target](*node.args[1:], **node.kwargs))


def _unshare(traced: fx.GraphModule) -> None:
    seen: set[str] = set()
    for node, layer in layers(traced, nn.Module):
        if node.target in seen:
            _call(traced, node, copy.deepcopy(layer))
        seen.add(node.target)


def _out_of_place(traced: fx.GraphModule) -> None:
    """What is read after a layer wrote on it is that layer's output."""
    order = {node: number for number, node in enumerate(traced.graph.nodes)}
    for node, layer in layers(traced, nn.Module):
        if getattr(layer, "inplace", False):
            layer.inplace = False
            later = partial(lambda user, here: order[user] > order[here], here=node)
            node.args[0].replace_all_uses_with(node, delete_user_cb=later)


def _drop_silent(traced: fx.GraphModule) -> None:
    for node, _ in layers(traced, *SILENT):
        _remove(node)
    for node in list(traced.graph.nodes):
        if node.op == "call_function" and node.target is functional.dropout:
            if node.kwargs.get("training", True):
                raise NotApplicable("dropout stays on in evaluation mode: answers are random")
            _remove(node)


def _flatten(traced: fx.GraphModule) -> None:
    for node, layer in layers(traced, nn.Flatten):
        _by_function(traced, node, (node.args[0], layer.start_dim, layer.end_dim), {})
    for node in list(traced.graph.nodes):
        if node.op == "call_method" and node.target == "flatten":
            _by_function(traced, node, node.args, node.kwargs)
        shapes = node.op == "call_method" and node.target in ("view", "reshape")
        if shapes and len(node.args) == 3 and node.args[2] == -1:
            _by_function(traced, node, (node.args[0], 1, -1), {})


def _by_function(traced: fx.GraphModule, node: fx.Node, args: Any, kwargs: Any) -> None:
    with traced.graph.inserting_after(node):
        flat = traced.graph.call_function(torch.flatten, args, kwargs)
    node.replace_all_uses_with(flat)
    traced.graph.erase_node(node)


def _fold_norms(traced: fx.GraphModule) -> None:
    for node, norm in layers(traced, *NORMS):
        if norm.running_mean is None:
            continue
        before = node.args[0]
        producer = _layer(traced, before) if len(before.users) == 1 else None
        after = next(iter(node.users)) if len(node.users) == 1 else None
        if isinstance(producer, CONVOLUTIONS):
            traced.set_submodule(before.target, fuse_conv_bn_eval(producer, norm))
            _remove(node)
        elif isinstance(producer, nn.Linear):
            traced.set_submodule(before.target, fuse_linear_bn_eval(producer, norm))
            _remove(node)
        elif after is not None and isinstance(consumer := _layer(traced, after), nn.Linear):
            traced.set_submodule(str(after.target), _fold_forward(norm, consumer))
            _remove(node)


def _fold_forward(norm: Any, linear: nn.Linear) -> nn.Linear:
    """The linear layer behind a batch norm, taking the input that the batch norm took."""
    gain = torch.rsqrt(norm.running_var + norm.eps) * (1 if norm.weight is None else norm.weight)
    shift = (0 if norm.bias is None else norm.bias) - norm.running_mean * gain
    folded = nn.Linear(linear.in_features, linear.out_features).to(linear.weight)
    bias = linear.weight @ shift + (0 if linear.bias is None else linear.bias)
    folded.weight, folded.bias = nn.Parameter(linear.weight * gain), nn.Parameter(bias)
    return folded.eval().requires_grad_(False)


def _layer(traced: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    return traced.get_submodule(str(node.target)) if node.op == "call_module" else None


def _call(traced: fx.GraphModule, node: fx.Node, layer: nn.Module) -> None:
    """Lets ``node`` call ``layer``, under a name of its own."""
    name = str(node.target) if node.op == "call_module" else node.name
    while any(name == taken for taken, _ in traced.named_modules()):
        name += "_"
    traced.add_submodule(name, layer.eval())
    node.op, node.target = "call_module", name
    node.args, node.kwargs = node.args[:1], {}


def _remove(node: fx.Node) -> None:
    before = node.args[0]
    assert isinstance(before, fx.Node)  # every layer's first argument is another's output
    node.replace_all_uses_with(before)
    node.graph.erase_node(node)
