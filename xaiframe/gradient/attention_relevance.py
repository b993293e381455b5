"""Attention relevance: what reaches the head by attention, as far as it raises the score."""

from __future__ import annotations

from dataclasses import dataclass

from xaiframe.explanation import Attribution, Method
from xaiframe.probe.attention import relevance, through_layers
from xaiframe.probe.gradients import GradientBank


@dataclass(frozen=True)
class AttentionRelevance(Method):
    """Attention weights times the score's gradient at them, followed from the words to the head.

    Chefer, Gur & Wolf 2021 (arXiv:2103.15679): of each layer's product what is positive, averaged
    over its heads; R becomes R + ĀR, and ĀR where no skip connection keeps the state, as where the
    head reads the words. At least 0 and without a unit: unlike rollout it asks what raises the
    target's score, and what speaks against it gets nothing.
    """

    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    modalities = ("text",)
    needs = ("gradient", "attention")
    signed = False
    own_reference = True
    cost = "instances"
    reference = "arXiv:2103.15679"

    def explain(self, bank: GradientBank) -> Attribution:
        """Element attributions ``(n, words)``, at least 0.

        Raises NotApplicable where the model does not show how its head reads the words.
        """
        return Attribution(through_layers(bank, relevance), "element", evaluations=len(bank))
