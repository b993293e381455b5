"""What changed between two rounds, row against row: both models on the same validation rows."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import Tensor

from xaiframe.explanation import Array
from xaiframe.prescription.effects import Change
from xaiframe.runner.metrics import (
    RESAMPLES,
    classification_metrics,
    regression_metrics,
    resamples,
)


def changes(before: pd.DataFrame, after: pd.DataFrame, seed: int) -> dict[str, Change]:
    """Fact name → after − before, of every metric of the validation split.

    Takes the tables of :func:`~xaiframe.runner.metrics.predictions`. Both models answer the same
    bootstrap draws of the rows that both tables hold with the same target, so that what makes a
    row hard for both falls out of the difference. The interval does not hold the chance of the fit
    itself: another seed of the same recipe is another model. Empty where fewer than two rows or a
    single class are shared.
    """
    first, second = _validation(before), _validation(after)
    both = first.index.intersection(second.index)
    same = (first.loc[both, "y"] == second.loc[both, "y"]).to_numpy()
    first, second = first.loc[both[same]], second.loc[both[same]]
    chances = [name for name in first if str(name).startswith("p_")]
    if len(first) < 2 or chances != [name for name in second if str(name).startswith("p_")]:
        return {}
    truth, task = _truth(first["y"], chances), "classification" if chances else "regression"
    if len(np.unique(truth)) < 2:
        return {}
    read = chances or ["predicted"]
    old, new = (_answers(one[read], task) for one in (first, second))
    metrics = classification_metrics(len(chances)) if chances else regression_metrics()
    draws = [torch.as_tensor(draw) for draw in resamples(truth, task, RESAMPLES, seed)]
    target = torch.tensor(truth)
    found = {}
    for name, (metric, _, _) in metrics.items():
        spread = [
            float(metric(new[draw], target[draw])) - float(metric(old[draw], target[draw]))
            for draw in draws
        ]
        low, high = np.quantile(spread, [0.025, 0.975])
        moved = float(metric(new, target)) - float(metric(old, target))
        found[f"model.validation.{name}"] = Change(moved, float(low), float(high), len(truth))
    return found


def _validation(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["split"] == "validation"].set_index("id")


def _truth(y: pd.Series, chances: list[str]) -> Array:
    """Classes as their places among the columns of chances, or numbers as they are."""
    if not chances:
        return y.to_numpy(dtype=np.float32)
    places = {name.removeprefix("p_"): place for place, name in enumerate(chances)}
    return np.array([places[str(one)] for one in y], dtype=np.int64)


def _answers(told: pd.DataFrame, task: str) -> Tensor:
    values = torch.tensor(told.to_numpy(dtype=np.float32))
    return values if task == "classification" else values[:, 0]
