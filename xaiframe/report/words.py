"""How numbers, names and statuses are written: one place, so that every page says it alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

LABELS = {
    "kernel_shap": "Kernel SHAP",
    "exact_shap": "exact SHAP",
    "permutation_shap": "permutation SHAP",
    "partition_shap": "partition SHAP",
    "banzhaf": "Banzhaf values",
    "rise": "RISE over features",
    "lime": "LIME",
    "feature_ablation": "feature ablation",
    "permutation_importance": "permutation importance",
    "prediction_difference": "prediction difference",
    "pdp": "partial dependence",
    "ale": "accumulated local effects",
    "shapley_interactions": "Shapley interactions",
    "feature_interaction": "Friedman's H",
    "functional_decomposition": "functional ANOVA",
    "ceteris_paribus": "ceteris-paribus profiles",
    "ice": "centred ICE",
    "counterfactual": "counterfactuals",
    "lofo": "leave one feature out",
    "saliency": "saliency",
    "smoothgrad": "SmoothGrad",
    "input_x_gradient": "input × gradient",
    "integrated_gradients": "integrated gradients",
    "lrp": "LRP",
    "smoothgrad_squared": "SmoothGrad²",
    "vargrad": "VarGrad",
    "expected_gradients": "expected gradients",
    "deep_lift": "DeepLIFT",
    "deep_lift_shap": "DeepLIFT SHAP",
    "guided_backprop": "guided backpropagation",
    "guided_grad_cam": "guided Grad-CAM",
    "cam": "CAM",
    "grad_cam": "Grad-CAM",
    "attention_rollout": "attention rollout",
    "attention_relevance": "attention relevance",
    "random": "random order",
    "domain_expert": "domain expert",
    "end_user": "end user",
    "fit_gap": "gap between training and test",
    "data_drift": "drift from training to test",
    "auroc": "area under the ROC curve",
    "f1": "F1 (macro)",
    "r2": "R²",
    "mae": "mean absolute error",
    "rmse": "root mean squared error",
    "mean_spearman": "rank agreement of P and G",
    "conflicting_share": "share of instances in conflict",
    "held_share": "share of statements that held",
    "domain_auc": "domain classifier AUC",
    "psi": "population stability index",
    "mlp": "multilayer perceptron",
    "linear": "linear model",
    "cnn": "convolutional network",
    "resnet": "residual network",
    "onnx": "ONNX network",
    "sklearn": "scikit-learn pipeline",
    "trees": "tree ensemble",
    "function": "function",
    "torch_weights": "torch network",
    "exported": "exported torch program",
    "lightning": "Lightning network",
    "service": "remote service",
    "recorded": "recorded decisions",
    "tree_shap": "TreeSHAP",
    "ebm": "explainable boosting machine",
    "text_cnn": "convolutional network on words",
    "transformer": "transformer on words",
    "cnn1d": "convolutional network along time",
    "gru": "gated recurrent units",
}

STATUS = {
    "pass": "passed",
    "warn": "warning",
    "fail": "failed",
    "error": "could not run",
    "undecided": "undecided",
    "not_assessed": "not assessed",
    "waived": "waived",
}

AUDIENCE = {
    "developer": "for developers: metric names are given",
    "domain_expert": "for domain experts: the subject's own terms, no statistics",
    "end_user": "for the people the model serves: what it does and what it cannot do",
    "regulator": "for supervision: what was required, what was found, where it is proven",
}


def label(name: str) -> str:
    """The name a reader knows: the field's spelling, otherwise the key with spaces."""
    return LABELS.get(name, name.replace("_", " "))


def sentence(text: str) -> str:
    """``text`` with a capital first letter and nothing else changed."""
    return text[:1].upper() + text[1:]


def quoted(name: Any) -> str:
    """A column's name in a sentence: verbatim, never with a capital of ours, in quotes."""
    return f"“{name}”"


def shortened(text: Any, most: int = 32) -> str:
    """A user's string for a table cell or an axis: what exceeds ``most`` characters is cut."""
    whole = str(text)
    return whole if len(whole) <= most else f"{whole[: most - 1]}…"


def stop(text: Any) -> str:
    """A declared text as a sentence: capital first, full stop last; empty stays empty."""
    said = str(text or "").strip()
    return sentence(said) + ("" if not said or said[-1] in ".!?" else ".")


def number(value: Any, unit: str = "", digits: int = 3) -> str:
    """``value`` with its unit: ``digits`` significant digits, three decimals, four below 0.01."""
    if value is None:
        return "not measured"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return "not measured"
    near = abs(value - round(value)) < (1e-6 if abs(value) > 0.5 else 1e-12)
    text = _integer(round(value)) if near and abs(value) < 1e15 else _real(value, digits)
    return text.replace("-", "−") + _unit(unit)


def _integer(value: float) -> str:
    whole = int(value)
    return f"{whole:,}".replace(",", "\u00a0") if abs(whole) >= 10_000 else str(whole)


def _real(value: float, digits: int) -> str:
    if not 1e-3 <= abs(value) < 1e5:
        return f"{value:.{digits - 1}e}".replace("e-0", "e-").replace("e+0", "e")
    places = max(0, digits - 1 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(places, digits if abs(value) >= 0.01 else digits + 1)}f}"


def _unit(unit: str) -> str:
    return f" {unit}" if unit else ""


def measured(value: Any, unit: str = "") -> str:
    """A fact's value: its unit only where it is one of measure, not the name of a quantity. A
    probability is never rounded to nothing."""
    if unit == "p" and isinstance(value, float) and 0 < value < 1e-12:
        return "< 1e−12"
    return number(value, unit if unit in ("s", "ms", "MB", "%") else "")


def interval(pair: Sequence[float] | None) -> str:
    """``0.94–0.99``; with ``to`` when an end is negative; empty when there is no width."""
    if pair is None:
        return ""
    low, high = (number(float(end)) for end in pair)
    if low == high:
        return ""
    return f"{low} to {high}" if "−" in low + high or "e" in low + high else f"{low}–{high}"


def tally(amount: int, status: str) -> str:
    """How many findings have a status: ``2 warnings``, ``1 failed``."""
    plural = "s" if status == "warn" and amount != 1 else ""
    return f"{number(amount)} {STATUS[status]}{plural}"


def brackets(pair: Sequence[float] | None) -> str:
    """The interval as it follows a value: ``(0.94–0.99)``, or nothing."""
    text = interval(pair)
    return f"({text})" if text else ""


def of_hundred(share: float) -> str:
    """A share as people count: ``97 of 100``; where rounding would lie, it says so."""
    if 0 < share < 0.005:
        return "fewer than 1 of 100"
    if 0.995 <= share < 1:
        return "more than 99 of 100"
    return f"{round(100 * share)} of 100"


def labels(pairs: dict[str, str] | Any) -> str:
    """Labels of a fact in words: the values, joined."""
    return ", ".join(label(str(value)) for value in dict(pairs).values() if value)


def listing(items: Iterable[str], most: int = 6) -> str:
    """``a, b and c``; what exceeds ``most`` is counted."""
    names = list(items)
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def count(amount: int, thing: str, things: str = "") -> str:
    """``1 method``, ``3 methods``."""
    return f"{number(amount)} {thing if amount == 1 else things or thing + 's'}"
