"""TreeSHAP: exact Shapley values read off the trees."""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Attribution, Method
from xaiframe.model.trees import TreeModel
from xaiframe.probe.coalitions import CoalitionBank

TOLERANCE = 1e-4
"""Largest breach of the sum rule that rounding explains, relative to the scores."""
MOST_ROWS = 100
"""Background rows that shap takes at once; it would draw a sample of more."""


@dataclass(frozen=True)
class TreeShap(Method):
    """Shapley values of the score against the reference's background, exact at any depth.

    Lundberg et al. 2020 (doi:10.1038/s42256-019-0138-9), the interventional kind, by the shap
    library: the same game as KernelSHAP's, so the two agree up to the latter's error. ``values``
    ``(n, features)`` sum to score − base; the score of an output is the contrast of logits for
    boosted trees, the probability for forests, the value for regression, all of them sums of
    trees. On each call the sum rule is held against the model's own answers.
    """

    direction = "perturbation"
    modalities = ("table",)
    access = "white_box"
    reach = "model_specific"
    needs = ("trees",)
    additive = True
    library = "shap"
    cost = "instances + background"
    reference = "doi:10.1038/s42256-019-0138-9"

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Raises NotApplicable where the score is no sum of trees, a feature is several columns,
        or shap reads the trees differently from the library that made them."""
        model = bank.scorer.model
        if not isinstance(model, TreeModel) or model.ensemble.obstacle:
            raise NotApplicable("the model's trees cannot be read")
        contrast = contrasts(model, bank.reference.output)
        owner = model.columns.owner
        several = [name for k, name in enumerate(bank.data.features) if (owner == k).sum() > 1]
        if several:
            raise NotApplicable(
                f"{', '.join(several[:3])} is several columns to the trees, and the Shapley value "
                "of a group is not the sum of its columns' values"
            )
        before = bank.evaluations
        outputs = of_columns(model, bank) @ contrast
        values = np.zeros((len(bank), bank.features))
        values[:, owner] = outputs[np.arange(len(bank)), :, bank.targets]
        off = np.abs(values.sum(axis=1) - (bank.full - bank.empty)).max(initial=0)
        if off > TOLERANCE * max(1.0, float(np.abs(bank.full).max(initial=0))):
            raise NotApplicable(
                f"shap reads the trees differently from the model: the sum is off by {off:.3g}"
            )
        return Attribution(values, "feature", None, bank.empty, bank.evaluations - before)


def contrasts(model: TreeModel, output: str) -> Array:
    """``(outputs of the trees, classes)``: how the scores of all classes are made of the trees.

    Raises NotApplicable where they are not linear in them.
    """
    mixing = model.ensemble.mixing
    if model.task == "regression":
        return mixing
    if output != model.gives:
        if model.gives == "logit":
            raise NotApplicable("boosted trees add up to logits; a probability is no sum of trees")
        raise NotApplicable(
            "a forest's probabilities are sums of trees, their logarithm is none; "
            "set reference.output: probability"
        )
    if output == "probability":
        return mixing
    count = mixing.shape[1]
    others = (1 - np.eye(count)) / (count - 1)
    return np.asarray(mixing @ (np.eye(count) - others))


def of_columns(model: TreeModel, bank: CoalitionBank) -> Array:
    """``(n, width, outputs)`` float64: Shapley values of the trees' sums, per column they read.

    Background rows of equal weight are explained together: shap weighs all rows alike.
    """
    rows = model.columns(bank.x)
    background, weights = model.columns(bank.reference.background), bank.reference.weights
    width, outputs = model.ensemble.width, len(model.ensemble.mixing)
    values = np.zeros((len(rows), width, outputs))
    for weight in np.unique(weights):
        alike = background[weights == weight]
        for start in range(0, len(alike), MOST_ROWS):
            part = alike[start : start + MOST_ROWS]
            values += weight * len(part) * against(model, rows, part)
    return values


def against(model: TreeModel, rows: Array, background: Array) -> Array:
    """``(n, width, outputs)`` by the library, against equally weighted background rows."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # importing shap styles its plots by a deprecated call
        import shap

        explainer = shap.TreeExplainer(
            model.ensemble.model,
            background,
            feature_perturbation="interventional",
            model_output="raw",
        )
        found = np.asarray(explainer.shap_values(rows, check_additivity=False), dtype=np.float64)
    return found.reshape(len(rows), background.shape[1], -1)
