"""How good a fitted model is: metrics with bootstrap intervals, calibration, predictions."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import torch
from torch import Tensor
from torchmetrics.functional import mean_absolute_error, mean_squared_error, r2_score
from torchmetrics.functional.classification import (
    multiclass_accuracy,
    multiclass_auroc,
    multiclass_calibration_error,
    multiclass_f1_score,
)

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Better, Fact, source
from xaiframe.model.face import Model

Metric = Callable[[Tensor, Tensor], Tensor]
RESAMPLES = 500
BINS = 10


def measure(model: Model, data: Data, seed: int) -> Outcome:
    """Facts ``<split>.<metric>`` for every split; tables predictions, calibration, confusion."""
    outcome = Outcome()
    for name, split in data.splits.items():
        outcome.facts += split_facts(model, split, name, seed)
    outcome.tables["predictions"] = predictions(model, data)
    if data.task == "classification":
        outcome.tables["calibration"] = calibration(model, data.test)
        outcome.tables["confusion"] = confusion(model, data)
    return outcome


def split_facts(model: Model, split: Split, name: str, seed: int) -> list[Fact]:
    """One fact per metric with a 95 % percentile-bootstrap interval, resampled within classes."""
    truth = torch.as_tensor(split.y)
    if model.task == "classification":
        outputs = torch.as_tensor(model.probabilities(split.x))
        metrics = classification_metrics(len(model.classes))
    else:
        outputs = torch.as_tensor(model.predictions(split.x), dtype=torch.float32)
        metrics = regression_metrics()
    draws = resamples(split.y, model.task, RESAMPLES, seed)
    facts = []
    for key, (metric, better, unit) in metrics.items():
        spread = [float(metric(outputs[draw], truth[draw])) for draw in draws]
        low, high = np.quantile(spread, [0.025, 0.975])
        value = float(metric(outputs, truth))
        facts.append(
            Fact(
                f"{name}.{key}",
                value,
                unit,
                n=len(split),
                interval=(float(low), float(high)),
                better=better,
                source=source("torchmetrics"),
            )
        )
    return facts


def classification_metrics(classes: int) -> dict[str, tuple[Metric, Better, str]]:
    """Headline first: ``score`` is balanced accuracy, which a rare class cannot hide in."""

    def balanced(p: Tensor, y: Tensor) -> Tensor:
        return multiclass_accuracy(p, y, classes, average="macro")

    def confidence_gap(p: Tensor, y: Tensor) -> Tensor:
        return p.max(dim=1).values.mean() - multiclass_accuracy(p, y, classes, average="micro")

    return {
        "score": (balanced, "higher", "share"),
        "balanced_accuracy": (balanced, "higher", "share"),
        "accuracy": (
            lambda p, y: multiclass_accuracy(p, y, classes, average="micro"),
            "higher",
            "share",
        ),
        "f1": (lambda p, y: multiclass_f1_score(p, y, classes, average="macro"), "higher", "share"),
        "auroc": (lambda p, y: multiclass_auroc(p, y, classes), "higher", "AUC"),
        "calibration_error": (
            lambda p, y: multiclass_calibration_error(p, y, classes, n_bins=BINS),
            "lower",
            "share",
        ),
        "confidence_gap": (confidence_gap, "none", "share"),
    }


def regression_metrics() -> dict[str, tuple[Metric, Better, str]]:
    """Headline first: ``score`` is R²."""
    return {
        "score": (r2_score, "higher", "R²"),
        "r2": (r2_score, "higher", "R²"),
        "mae": (mean_absolute_error, "lower", "target units"),
        "rmse": (lambda p, y: mean_squared_error(p, y, squared=False), "lower", "target units"),
    }


def resamples(y: Array, task: str, count: int, seed: int) -> list[Array]:
    """``count`` bootstrap draws of row positions; within classes, so that none is ever empty."""
    random = np.random.default_rng([seed, 23])
    groups = (
        [np.arange(len(y))]
        if task == "regression"
        else [np.flatnonzero(y == k) for k in np.unique(y)]
    )
    return [
        np.concatenate([random.choice(group, len(group)) for group in groups]) for _ in range(count)
    ]


def predictions(model: Model, data: Data) -> pd.DataFrame:
    """One row per instance of every split: id, truth, prediction, confidence, probabilities."""
    parts = []
    for name, split in data.splits.items():
        if data.task == "regression":
            answers = {
                "y": split.y.astype(float),
                "predicted": model.predictions(split.x).astype(float),
            }
        else:
            names = np.array(data.classes, dtype=object)
            probability = model.probabilities(split.x)
            answers = {
                "y": names[split.y],
                "predicted": names[probability.argmax(axis=1)],
                "confidence": probability.max(axis=1),
                **{f"p_{label}": probability[:, k] for k, label in enumerate(data.classes)},
            }
        parts.append(pd.DataFrame({"split": name, "id": split.ids, **answers}))
    return pd.concat(parts, ignore_index=True)


def calibration(model: Model, split: Split) -> pd.DataFrame:
    """Reliability diagram: mean confidence and accuracy per confidence bin, with n."""
    probability = model.probabilities(split.x)
    confidence, right = probability.max(axis=1), probability.argmax(axis=1) == split.y
    edges = np.linspace(0, 1, BINS + 1)
    bin_ = np.clip(np.digitize(confidence, edges) - 1, 0, BINS - 1)
    return pd.DataFrame(
        [
            {
                "low": edges[k],
                "high": edges[k + 1],
                "confidence": confidence[bin_ == k].mean(),
                "accuracy": right[bin_ == k].mean(),
                "n": int((bin_ == k).sum()),
            }
            for k in np.unique(bin_)
        ]
    )


def confusion(model: Model, data: Data) -> pd.DataFrame:
    """Test-split counts of every true × predicted pair of classes."""
    predicted = model.predictions(data.test.x)
    return pd.DataFrame(
        [
            {"true": a, "predicted": b, "count": int(((data.test.y == i) & (predicted == j)).sum())}
            for i, a in enumerate(data.classes)
            for j, b in enumerate(data.classes)
        ]
    )
