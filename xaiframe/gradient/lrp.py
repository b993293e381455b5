"""Layer-wise relevance propagation: the score handed back layer by layer to the input."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

import numpy as np
import torch
from captum import attr
from captum.attr._utils.lrp_rules import (
    Alpha1_Beta0_Rule,
    EpsilonRule,
    GammaRule,
    PropagationRule,
)
from torch import Tensor, nn

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.model.memory import in_batches
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.layerwise import copy_of
from xaiframe.probe.reach import ACTIVATIONS, POOLS, layer_chain
from xaiframe.probe.recurrent import unroll
from xaiframe.probe.rewrite import CONVOLUTIONS, take_out_standardize

LOSS = 1e-3
"""Largest share of the relevance that may vanish between two layers by rounding alone."""


@dataclass(frozen=True)
class LRP(Method):
    """Relevance of each input element: what is left of the score after every layer passed it on.

    rule: what convolutions follow, ``epsilon``, ``z_plus`` (only positive contributions) or
    ``gamma`` (positive ones favoured); linear, recurrent and pooling layers always follow epsilon,
    and so does a convolution whose inputs can be negative, for which the other two are not defined;
    epsilon: stabiliser of the epsilon rule, above 0; gamma: favour of the gamma rule, above 0.

    Bach et al. 2015 (doi:10.1371/journal.pone.0130140), composites of Montavon et al. 2019
    (doi:10.1007/978-3-030-28954-6_10); the propagation is captum's, through the hidden states and
    memory cells of GRU and LSTM that of Arras et al. 2017 (arXiv:1706.07206). It runs on a copy of
    the model with batch norm folded and dropout removed, from the standardised input on:
    standardising is one-to-one and keeps its element's relevance. Relevance is conserved from layer
    to layer but for what biases and epsilon absorb, so ``values`` need not sum to the score. There
    is no baseline: zero after standardising (the training mean of a table, black of an image) is
    it.
    """

    rule: Literal["epsilon", "z_plus", "gamma"] = "z_plus"
    epsilon: float = 1e-6
    gamma: float = 0.25

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    needs = ("gradient", "layers")
    own_reference = True
    cost = "instances"
    library = "captum"
    reference = (
        "doi:10.1371/journal.pone.0130140; doi:10.1007/978-3-030-28954-6_10; arXiv:1706.07206"
    )

    def __post_init__(self) -> None:
        if self.rule not in ("epsilon", "z_plus", "gamma"):
            raise ValueError(f"rule must be epsilon, z_plus or gamma, not {self.rule!r}")
        if not self.epsilon > 0:
            raise ValueError(f"epsilon must be above 0, not {self.epsilon}")
        if not self.gamma > 0:
            raise ValueError(f"gamma must be above 0, not {self.gamma}")

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, *input_shape)`` in units of the score.

        Raises NotApplicable with the layer's name where no rule reaches, ArithmeticError where
        relevance got lost between two layers.
        """
        network = copy_of(bank)
        standardize = take_out_standardize(network)
        unroll(network, self.epsilon)
        chain = layer_chain(network)
        lowest = standardize(bank.tensor(bank.lowest)[None])
        rules = self._rules(chain, non_negative=bool((lowest >= 0).all()))
        targets = bank.tensor(bank.targets, torch.int64)

        def relevance(part: slice) -> Array:
            inputs = standardize(bank.inputs[part])
            return np.asarray(propagate(network, chain, rules, inputs, targets[part]).cpu().numpy())

        parts = list(in_batches(bank.scorer, len(bank), relevance))
        values = bank.fold(np.concatenate(parts).astype(np.float64))
        return Attribution(values, "element", evaluations=len(bank))

    def _rules(
        self, chain: Sequence[nn.Module], non_negative: bool
    ) -> list[PropagationRule | None]:
        """One rule per layer, None for activations; ``non_negative``: no input is below 0."""
        rules: list[PropagationRule | None] = []
        for layer in chain:
            favour = isinstance(layer, CONVOLUTIONS) and non_negative
            if isinstance(layer, ACTIVATIONS):
                rules.append(None)
            elif favour and self.rule == "z_plus":
                rules.append(Alpha1_Beta0_Rule(set_bias_to_zero=True))
            elif favour and self.rule == "gamma":
                rules.append(GammaRule(self.gamma, set_bias_to_zero=True))
            else:
                rules.append(EpsilonRule(self.epsilon))
            keeps_sign = isinstance(layer, (nn.Tanh, *POOLS))
            non_negative = isinstance(layer, nn.ReLU) or (keeps_sign and non_negative)
        return rules


def propagate(
    network: nn.Module,
    chain: Sequence[nn.Module],
    rules: Sequence[PropagationRule | None],
    inputs: Tensor,
    targets: Tensor,
) -> Tensor:
    """Relevance ``(n, *input_shape)`` of ``inputs`` at ``targets`` ``(n,)``; none may get lost."""
    for layer, rule in zip(chain, rules, strict=True):
        if rule is not None:
            layer.rule = rule
    with torch.inference_mode(False), torch.enable_grad():
        leaf = inputs.detach().clone().requires_grad_(True)
        relevance = attr.LRP(network).attribute(leaf, target=targets.clone()).detach()
    if not bool(torch.isfinite(relevance).all()):
        raise ArithmeticError("the relevance of some instance is not a finite number")
    check_conservation([rule for rule in rules if rule is not None], leaf.device)
    return relevance


def check_conservation(rules: Sequence[Any], device: torch.device) -> None:
    """What a layer receives must be what the layer after it handed down, for every instance."""
    for lower, upper in pairwise(rules):
        received, handed = lower.relevance_output[device], upper.relevance_input[device]
        lost = (received.flatten(1).sum(1) - handed.flatten(1).sum(1)).abs()
        if bool((lost > LOSS * handed.flatten(1).abs().sum(1)).any()):
            raise ArithmeticError(
                "relevance got lost between two layers: captum's rules do not fit"
            )
