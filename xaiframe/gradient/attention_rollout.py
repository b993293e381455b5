"""Attention rollout: how much of each word reaches the head, by way of all layers of attention."""

from __future__ import annotations

from dataclasses import dataclass

from xaiframe.explanation import Attribution, Method
from xaiframe.probe.attention import rollout, through_layers
from xaiframe.probe.gradients import GradientBank


@dataclass(frozen=True)
class AttentionRollout(Method):
    """Attention weights multiplied from the words to what the head reads, half of each its own.

    Abnar & Zuidema 2020 (arXiv:2005.00928): the heads' mean, (A + I) ÷ 2 where a skip connection
    keeps the state. The head's weights for the words are the last layer; what attention leaves to
    no word is lost. Shares from 0 to 1, at most 1 together, and the same whatever the target: where
    the model looks, not whether it speaks for or against (Jain & Wallace 2019, arXiv:1902.10186).
    """

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    modalities = ("text",)
    needs = ("attention",)
    signed = False
    own_reference = True
    cost = "instances"
    reference = "arXiv:2005.00928"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, words)``, shares of what the head reads.

        Raises NotApplicable where the model does not show how its head reads the words.
        """
        return Attribution(through_layers(bank, rollout), "element", evaluations=len(bank))
