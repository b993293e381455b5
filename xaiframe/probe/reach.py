"""How far methods that go layer by layer reach in a rewritten network."""

from __future__ import annotations

import operator

import torch
from torch import fx, nn

from xaiframe.errors import NotApplicable
from xaiframe.probe.recurrent import Unrolled, obstacle
from xaiframe.probe.rewrite import CONVOLUTIONS, label, layers

POOLS = (
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d, nn.AvgPool1d, nn.AvgPool2d, nn.AvgPool3d),
    *(nn.AdaptiveAvgPool1d, nn.AdaptiveAvgPool2d, nn.AdaptiveAvgPool3d),
)
ACTIVATIONS = (nn.ReLU, nn.Tanh)
"""Activations through which relevance passes unchanged."""
REARRANGING = (
    *(torch.flatten, torch.reshape, torch.squeeze, torch.unsqueeze, torch.transpose),
    *(torch.permute, torch.cat, torch.stack, torch.chunk, operator.getitem),
    *("reshape", "view", "squeeze", "unsqueeze", "transpose", "permute", "contiguous", "chunk"),
)
"""Operations whose every number is one they were given: it keeps its relevance."""
FOLLOWING = (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Tanh, nn.Sigmoid)
"""Activations that belong to the convolution before them."""
NONLINEAR = (
    *(nn.ReLU, nn.LeakyReLU, nn.ELU, nn.Sigmoid, nn.Tanh, nn.Softplus, nn.Softmax),
    *(nn.MaxPool1d, nn.MaxPool2d, nn.MaxPool3d),
)
"""Layers at which captum's DeepLIFT replaces the gradient."""


def layer_chain(network: fx.GraphModule) -> list[nn.Module]:
    """The layers from input to output, one behind the other.

    Raises NotApplicable, naming the place, where the graph branches or a layer has no rule.
    """
    found = gaps(network)
    if found:
        raise NotApplicable(found[0])
    return [layer for _, layer in layers(network, nn.Module)]


def gaps(network: fx.GraphModule) -> list[str]:
    """Every place, from the input on, that no relevance rule reaches; empty where all are."""
    found = []
    for node in network.graph.nodes:
        if len(node.users) > 1 and not _rejoined(node):
            found.append(
                f"the output of {label(node, network)} goes two ways (a skip connection or a gate):"
                " no relevance rule reaches across"
            )
        if node.op == "call_module":
            layer = network.get_submodule(node.target)
            if type(layer) not in (nn.Linear, Unrolled, *CONVOLUTIONS, *POOLS, *ACTIVATIONS):
                found.append(_no_rule(label(node, network), _hint(node, layer)))
        elif node.op not in ("placeholder", "output") and node.target not in REARRANGING:
            found.append(_no_rule(label(node, network)))
    return found


def _rejoined(node: fx.Node) -> bool:
    """Whether parts of an output are taken apart and joined again, both ends of a series say."""
    ends = {end for user in node.users for end in user.users}
    apart = all(user.target is operator.getitem for user in node.users)
    return apart and len(ends) == 1 and ends.pop().target is torch.cat


def _no_rule(place: str, hint: str = "") -> str:
    return f"no relevance rule reaches {place}{hint}"


def _hint(node: fx.Node, layer: nn.Module) -> str:
    if isinstance(layer, nn.RNNBase):
        return f": {obstacle(node, layer)}"
    return "; set reference.output: logit" if isinstance(layer, nn.Softmax) else ""


def last_feature_map(network: fx.GraphModule) -> nn.Module:
    """The layer that puts out the last feature maps: the last convolution or its activation.

    Raises NotApplicable when there is no convolution along positions or over a picture.
    """
    found = list(layers(network, nn.Conv1d, nn.Conv2d))
    if not found:
        raise NotApplicable("the model has no convolution")
    node, layer = found[-1]
    following = dict(layers(network, *FOLLOWING))
    while len(node.users) == 1 and (user := next(iter(node.users))) in following:
        node, layer = user, following[user]
    return layer


def adjoining(network: fx.GraphModule) -> list[str]:
    """Non-linear layers that take another's output directly, a ReLU's into max pooling say.

    There captum's hooks for DeepLIFT see one tensor as output of one layer and input of the next,
    and multiply wrongly: attributions do not add up, without a word (captum 0.9.0).
    """
    return [label(node, network) for node in _adjoining(network)]


def separate(network: fx.GraphModule) -> fx.GraphModule:
    """``network`` itself, with a tensor of its own between :func:`adjoining` layers."""
    for node in _adjoining(network):
        before = node.args[0]
        assert isinstance(before, fx.Node)  # an adjoining layer's input is another's output
        with network.graph.inserting_before(node):
            node.replace_input_with(before, network.graph.call_function(torch.clone, (before,)))
    network.recompile()
    return network


def _adjoining(network: fx.GraphModule) -> list[fx.Node]:
    curved = dict(layers(network, *NONLINEAR))
    return [node for node in curved if node.args[0] in curved]
