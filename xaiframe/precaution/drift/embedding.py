"""Drift as the model sees it: of the layer before its answers, and of the answers themselves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.model.face import Model
from xaiframe.precaution.columns import sample
from xaiframe.precaution.drift.domain import separate


def embedding(model: Model, x: Array) -> Array:
    """``(n, width)`` what enters the last linear layer that gives the model's outputs; of a model
    without one its outputs."""
    kept: list[Array] = []
    layer = None if model.module is None else last_linear(model.module, model.outputs)
    if layer is None or len(x) == 0:
        return model.raw(x).astype(np.float64)

    def keep(_: nn.Module, given: tuple[torch.Tensor, ...]) -> None:
        kept.append(given[0].detach().cpu().numpy().astype(np.float64))

    hook = layer.register_forward_pre_hook(keep)
    try:
        outputs = model.raw(x)
    finally:
        hook.remove()
    if sum(len(part) for part in kept) != len(x) or any(part.ndim != 2 for part in kept):
        return outputs.astype(np.float64)  # it is asked otherwise than once a row
    return np.concatenate(kept)


def last_linear(module: nn.Module, outputs: int) -> nn.Linear | None:
    """The last linear layer, as the modules are declared, with as many outputs as the model."""
    found = [one for one in module.modules() if isinstance(one, nn.Linear)]
    found = [one for one in found if one.out_features == outputs]
    return found[-1] if found else None


def fitted_facts(
    data: Data,
    model: Model,
    names: tuple[str, str],
    law: dict[str, Any],
    rows: int,
    seed: int,
    shift: Callable[[Array, Array], tuple[float, float, float]],
) -> list[Fact]:
    """embedding_auc, embedding_null_upper; prediction_drift with its null95 and null99.

    names: reference and current split; law: folds and permutations of the domain classifier; rows:
    most read of each split; shift: value and 95 and 99 % points under no drift of two samples of
    answers.
    """
    reference, current = (data.splits[name] for name in names)
    least, needed = min(len(reference), len(current)), max(20, 4 * law["folds"])
    if least < needed:
        reason = f"{least} rows in the smaller split: fewer than {needed}"
        return [
            Fact(name, None, unit, n=least, better="lower", reason=reason)
            for name, unit in (("embedding_auc", "AUC"), ("prediction_drift", ""))
        ]
    taken = [split.take(sample(len(split), rows, seed)) for split in (reference, current)]
    return [*_joint(model, taken, law, seed), *_answers(model, (reference, current), shift)]


def _joint(model: Model, taken: list[Split], law: dict[str, Any], seed: int) -> list[Fact]:
    frames = [pd.DataFrame(embedding(model, one.x)).rename(columns=str) for one in taken]
    found = separate(frames[0], frames[1], seed=seed, listed=0, **law)
    n, upper = found.n + found.m, found.null_mean + 3 * found.null_sd
    return [
        Fact("embedding_auc", found.auc, "AUC", n=n, interval=(found.low, found.high),
             better="lower"),
        Fact("embedding_null_upper", upper, "AUC", n=n),
    ]  # fmt: skip


def _answers(
    model: Model,
    splits: tuple[Split, Split],
    shift: Callable[[Array, Array], tuple[float, float, float]],
) -> list[Fact]:
    told = [model.predictions(split.x) for split in splits]
    value, low, high = shift(*told)
    n = sum(len(one) for one in told)
    unit = "Cramér's V" if model.task == "classification" else "KS statistic"
    return [
        Fact("prediction_drift", value, unit, n=n, better="lower", source=source("scipy")),
        Fact("prediction_drift_null95", low, unit, n=n, source=source("scipy")),
        Fact("prediction_drift_null99", high, unit, n=n, source=source("scipy")),
    ]
