"""Networks that average their last feature maps over all positions and weigh the averages."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from xaiframe.errors import NotApplicable
from xaiframe.probe.rewrite import CONVOLUTIONS, TOLERANCE, label, layers

AVERAGES = (
    *(nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
    *(nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
)
MEANS = (torch.mean, "mean")
"""The same by a function or a method of the tensor."""
RESHAPING = (torch.flatten, torch.squeeze, "squeeze")
"""What may stand between the average and the linear layers."""


@dataclass(frozen=True)
class Averaged:
    """A score that is ``weight`` times the average of ``maps`` over their positions, and a bias.

    maps: ``(n, *space)`` → ``(n, channels, *size)``; weight: ``(outputs, channels)``, of linear
    layers that follow one another their product; place: what puts out the maps.
    """

    maps: fx.GraphModule
    weight: Tensor
    place: str

    def seen(self, x: Tensor, targets: Tensor) -> Tensor:
        """``(n, 1, *size)``: the weighted maps, which add up to the score less its bias."""
        maps = self.maps(x)
        weighted = torch.einsum("nc,nc...->n...", self.weight[targets], maps)
        return weighted[:, None] / maps[0, 0].numel()


def averaged(network: fx.GraphModule, x: Tensor) -> Averaged:
    """The rewritten ``network`` taken apart before its average, tried on ``x`` ``(n, *space)``.

    Raises NotApplicable, naming the place, where it ends in anything but feature maps of a
    convolution, their average over all positions, and linear layers.
    """
    node, weight = _head(network)
    pool = node
    while pool.target in RESHAPING:
        pool = _before(pool)
    if not _averages(pool, network):
        raise NotApplicable(_instead(pool, network))
    last = _before(pool)
    maps, pooled = _until(network, last), _until(network, node)
    if not any(layers(maps, *CONVOLUTIONS)):
        raise NotApplicable("the model has no convolution before the average")
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0)).to(x)
    tried = torch.cat([x, x + noise])  # maps of a plain picture average alike over any part
    with torch.no_grad():
        wanted, got = maps(tried.clone()), pooled(tried.clone())
    mean = wanted.flatten(2).mean(dim=2)
    size = wanted.abs().max().clamp(min=1)
    if mean.shape != got.shape or bool((mean - got).abs().max() > TOLERANCE * size):
        raise NotApplicable(f"{label(pool, network)} averages parts of the feature maps, not all")
    return Averaged(maps, weight, label(last, network))


def _head(network: fx.GraphModule) -> tuple[fx.Node, Tensor]:
    """What the last linear layers take, and their product ``(outputs, inputs)``."""
    linear = dict(layers(network, nn.Linear))
    (output,) = network.graph.find_nodes(op="output")
    node, weight = _before(output), None
    while node in linear:
        own = linear[node].weight
        weight = own if weight is None else weight @ own
        node = _before(node)
    if weight is None:
        raise NotApplicable(_instead(node, network))
    return node, weight.detach()


def _averages(node: fx.Node, network: fx.GraphModule) -> bool:
    return node in dict(layers(network, *AVERAGES)) or node.target in MEANS


def _instead(node: fx.Node, network: fx.GraphModule) -> str:
    softmax = node in dict(layers(network, nn.Softmax))
    hint = "set reference.output: logit" if softmax else "grad_cam does without"
    return (
        "it needs the last feature maps averaged over all positions, and after that linear layers"
        f" alone; here stands {label(node, network)}: {hint}"
    )


def _until(network: fx.GraphModule, node: fx.Node) -> fx.GraphModule:
    """A copy of ``network`` that puts out what ``node`` does."""
    part = copy.deepcopy(network)
    same = next(one for one in part.graph.nodes if one.name == node.name)
    (output,) = part.graph.find_nodes(op="output")
    output.args = (same,)
    part.graph.eliminate_dead_code()
    part.recompile()
    return part


def _before(node: fx.Node) -> fx.Node:
    """The node whose output ``node`` takes; the input's own, where there is none before."""
    before = node.args[0] if node.args else node
    return before if isinstance(before, fx.Node) else node
