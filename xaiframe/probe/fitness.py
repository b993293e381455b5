"""What the loaded model can bear, and what will happen instead."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from xaiframe.errors import NotApplicable
from xaiframe.model.network import Embedding
from xaiframe.probe.averaging import averaged
from xaiframe.probe.reach import adjoining, gaps, last_feature_map
from xaiframe.probe.recurrent import unroll
from xaiframe.probe.rewrite import (
    FUNCTIONS,
    LayerTracer,
    label,
    layers,
    simplify,
    take_out_standardize,
    verify,
)

LISTED = 4
"""Places that one remark names at most."""


@dataclass(frozen=True)
class Remark:
    """What a need (``gradient``, ``layers``) or a method finds in the model.

    ok: whether it can be had; text: a sentence without full stop, e.g. for a plan.
    """

    subject: str
    ok: bool
    text: str


def fitness(module: nn.Module, x: Tensor) -> tuple[Remark, ...]:
    """Remarks on ``module`` (a score in evaluation mode) at real rows ``x`` ``(n, *input_shape)``.

    One on ``gradient`` and ``layers`` each; where layers can be reached also on ``cam``,
    ``grad_cam``, ``lrp`` and ``deep_lift``. A network that begins with an embedding is judged
    behind it. The module is left as it is.
    """
    if isinstance(module, nn.Sequential) and len(module) and isinstance(module[0], Embedding):
        with torch.no_grad():
            x = module[0](x)
        module = nn.Sequential(*list(module)[1:])
    with torch.inference_mode(False):
        rows = x.detach().clone()
        return tuple(_remarks(module, rows))


def _remarks(module: nn.Module, x: Tensor) -> Iterator[Remark]:
    yield _gradient(module, x)
    try:
        network = simplify(module)
        verify(network, module, x)
    except NotApplicable as reason:
        yield Remark("layers", False, str(reason))
        return
    yield Remark("layers", True, _rewritten(module))
    yield _cam(network, x)
    yield _grad_cam(network, x)
    yield from _deep_lift(network)
    take_out_standardize(network)  # as LRP does: scaling the input is no layer
    unroll(network)
    found = list(dict.fromkeys(gaps(network)))
    yield Remark("lrp", not found, _listed(found) or "every layer has a relevance rule")


def _deep_lift(network: fx.GraphModule) -> Iterator[Remark]:
    gated = [label(node, network) for node, _ in layers(network, nn.RNNBase)]
    if gated:
        text = f"DeepLIFT has no rule for the gates of {_listed(gated)}"
        yield from (Remark(name, False, text) for name in ("deep_lift", "deep_lift_shap"))
        return
    pairs = adjoining(network)
    apart = "takes a non-linear layer's output directly: a copy gives it a tensor of its own"
    text = f"{_listed(pairs)} {apart}" if pairs else "no two non-linear layers adjoin"
    yield Remark("deep_lift", True, text)


def _gradient(module: nn.Module, x: Tensor) -> Remark:
    with torch.enable_grad():
        leaf = x.clone().requires_grad_(True)
        try:
            scores = module(leaf.clone()).sum(dim=0)
            slopes = [
                torch.autograd.grad(score, leaf, retain_graph=True, allow_unused=True)[0]
                for score in scores
            ]
        except RuntimeError as error:
            return Remark("gradient", False, " ".join(str(error).split()))
    known = [slope for slope in slopes if slope is not None]
    if len(known) < len(slopes):
        return Remark("gradient", False, "an output does not follow the input differentiably")
    if not all(bool(torch.isfinite(slope).all()) for slope in known):
        return Remark("gradient", False, "the gradient at some row is not a finite number")
    flat = [bool((slope == 0).all()) for slope in known]
    if all(flat):
        return Remark("gradient", False, f"the gradient is zero at all of {len(x)} rows")
    return Remark("gradient", True, f"finite at {len(x)} rows")


def _rewritten(module: nn.Module) -> str:
    """What hooks would get wrong on the bare model, so that they go to a rewritten copy."""
    original = copy.deepcopy(module).eval()
    traced = fx.GraphModule(original, LayerTracer().trace(original))
    functions, reused, inplace, seen = 0, set[str](), 0, set[str]()
    for node in traced.graph.nodes:
        if node.op in ("call_function", "call_method") and node.target in FUNCTIONS:
            functions += 1
            inplace += str(getattr(node.target, "__name__", node.target)).endswith("_")
    for node, layer in layers(traced, nn.Module):
        inplace += bool(getattr(layer, "inplace", False))
        reused |= {node.target} & seen
        seen.add(node.target)
    counted = [
        (functions, "functional instead of a layer"),
        (len(reused), "used more than once"),
        (inplace, "in place"),
    ]
    found = ", ".join(f"{number} {what}" for number, what in counted if number)
    if not found:
        return "every activation and pooling is a layer of its own"
    copied = "methods by layer work on a rewritten copy with equal outputs"
    return f"activations or poolings {found}: {copied}"


def _grad_cam(network: fx.GraphModule, x: Tensor) -> Remark:
    try:
        layer = last_feature_map(network)
    except NotApplicable as reason:
        return Remark("grad_cam", False, str(reason))
    name = next(name for name, one in network.named_modules() if one is layer)
    shapes: list[tuple[int, ...]] = []
    hook = layer.register_forward_hook(lambda _, __, maps: shapes.append(tuple(maps.shape[1:])))
    with torch.no_grad():
        network(x[:1])
    hook.remove()
    return _taken("grad_cam", f"layer {name} ({type(layer).__name__})", shapes[0], x)


def _cam(network: fx.GraphModule, x: Tensor) -> Remark:
    try:
        found = averaged(network, x)
    except NotApplicable as reason:
        return Remark("cam", False, str(reason))
    with torch.no_grad():
        shape = found.maps(x[:1]).shape[1:]
    return _taken("cam", found.place, shape, x)


def _taken(method: str, place: str, shape: Sequence[int], x: Tensor) -> Remark:
    """Which maps ``(channels, *size)`` a method takes for ``x`` ``(n, channels, *space)``."""
    channels, *size = shape
    if all(one == 1 for one in size):
        return Remark(method, False, f"{place} sees the whole input as one point")
    small, large = (" × ".join(map(str, one)) for one in (size, x.shape[2:]))
    return Remark(method, True, f"takes {place}: {channels} maps of {small} for {large}")


def _listed(places: list[str]) -> str:
    more = f"; and {len(places) - LISTED} more" if len(places) > LISTED else ""
    return "; ".join(places[:LISTED]) + more
