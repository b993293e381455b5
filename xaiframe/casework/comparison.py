"""How one case compares with the audited population: plain numbers, each with its n."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.precaution.columns import kind, numbers, texts
from xaiframe.probe.nearby import distances

ALIKE = 25
"""Test rows nearest in confidence (or in predicted value) whose outcome is counted."""
NEAREST = 3
FEWEST = 5
"""Fewer audited instances than this say nothing about what is usual."""
COMPARED = 1000
"""Training rows, and a third as many test rows, whose distances are measured."""


def percentile(population: Array, value: float) -> float:
    """Share in percent of ``population`` ``(n,)`` below ``value``, those equal counted half."""
    below, equal = (population < value).sum(), (population == value).sum()
    return float((100 * below + 50 * equal) / len(population))


def columns(new: pd.DataFrame, train: pd.DataFrame, at: int) -> list[dict[str, Any]]:
    """Where row ``at`` of ``new`` lies in each column of the training split.

    A dictionary per column: name, value, state (inside, below, above, unseen, missing), n rows
    present; percentile, low and high of a number or date, share in percent of a level; of a missing
    value the share that is missing in training.
    """
    return [_column(str(name), new[name], train[name], at) for name in train.columns if name in new]


def _column(name: str, new: pd.Series, train: pd.Series, at: int) -> dict[str, Any]:
    found: dict[str, Any] = {"name": name, "n": int(train.notna().sum())}
    cell = new.iloc[at]
    if pd.isna(cell):
        return found | {
            "value": None,
            "state": "missing",
            "share": 100 * float(train.isna().mean()),
        }
    if kind(train) == "categorical":
        known, level = texts(train), str(cell)
        share = 100 * float((known == level).mean())
        return found | {"value": level, "state": "inside" if share else "unseen", "share": share}
    seen, value = numbers(train), float(numbers(pd.Series([cell]))[0])
    seen = seen[~np.isnan(seen)]
    if not len(seen):
        return found | {"value": str(cell), "state": "unseen", "share": 0.0}
    state = "below" if value < seen.min() else "above" if value > seen.max() else "inside"
    found |= {"state": state, "percentile": percentile(seen, value)}
    ends = train.min(), train.max()
    if isinstance(cell, (int, float, np.number)):
        return found | {"value": value, "low": float(ends[0]), "high": float(ends[1])}
    low, high = (str(end).removesuffix(" 00:00:00") for end in ends)
    return found | {"value": str(cell).removesuffix(" 00:00:00"), "low": low, "high": high}


def class_answer(predictions: pd.DataFrame, predicted: str, confidence: float) -> dict[str, Any]:
    """Where a predicted class's confidence lies among the test rows of the same answer.

    ``alike`` counts how many of the test rows of that answer that are nearest in confidence were
    right; n is how many test rows were given that answer.
    """
    same = predictions[predictions["predicted"].astype(str) == predicted]
    found: dict[str, Any] = {"n": len(same), "confidence": confidence}
    if same.empty:
        return found
    others = same["confidence"].to_numpy(dtype=float)
    near = np.argsort(np.abs(others - confidence), kind="stable")[:ALIKE]
    right = (same["predicted"].astype(str) == same["y"].astype(str)).to_numpy()
    return found | {
        "percentile": percentile(others, confidence),
        "alike": {"n": len(near), "right": int(right[near].sum())},
    }


def value_answer(predictions: pd.DataFrame, predicted: float) -> dict[str, Any]:
    """Where a predicted quantity lies among the test rows' predictions, and how far the model was
    off (median absolute error) for the test rows nearest in prediction."""
    others = predictions["predicted"].to_numpy(dtype=float)
    errors = np.abs(others - predictions["y"].to_numpy(dtype=float))
    near = np.argsort(np.abs(others - predicted), kind="stable")[:ALIKE]
    return {
        "n": len(others),
        "percentile": percentile(others, predicted),
        "low": float(others.min()),
        "high": float(others.max()),
        "alike": {"n": len(near), "error": float(np.median(errors[near]))},
    }


def agreement(case: float, population: Array) -> dict[str, Any] | None:
    """Where the case's rank correlation of P and G lies among the audited instances'; None where
    either has none."""
    known = population[np.isfinite(population)]
    if not np.isfinite(case) or len(known) < FEWEST:
        return None
    low, middle, high = np.quantile(known, [0.05, 0.5, 0.95])
    state = "below" if case < low else "above" if case > high else "inside"
    return {
        "spearman": case, "median": float(middle), "low": float(low), "high": float(high),
        "percentile": percentile(known, case), "state": state, "n": len(known),
    }  # fmt: skip


def unusual(case: Mapping[str, Array], population: Mapping[str, Array]) -> dict[str, Any] | None:
    """Features whose \\|attribution\\| exceeds that of every audited instance for most methods.

    ``case`` method → ``(features,)``, ``population`` method → ``(n, features)``. ``percentile``
    ``(features,)`` is the median over methods; ``chance`` how many features exceed all n by chance
    alone, were the case one of the population. None below five instances.
    """
    shared = [name for name in case if name in population]
    n = min((len(population[name]) for name in shared), default=0)
    if n < FEWEST:
        return None
    ranks = np.array(
        [
            [
                percentile(np.abs(population[name][:, k]), float(np.abs(case[name][k])))
                for k in range(len(case[name]))
            ]
            for name in shared
        ]
    )
    middle = np.median(ranks, axis=0)
    active = np.any([case[name] != 0 for name in shared], axis=0)
    return {
        "n": n,
        "percentile": middle.tolist(),
        "features": np.flatnonzero((middle == 100) & active).tolist(),
        "chance": len(middle) / (n + 1),
    }


def pattern(values: Mapping[str, Array], sides: Mapping[str, str]) -> Array:
    """``(n, features)``: each method's shares, averaged within a direction, then over both."""
    means = []
    for side in dict.fromkeys(sides.values()):
        own = [_shares(values[name]) for name, one in sides.items() if one == side]
        means.append(np.mean(own, axis=0))
    return np.asarray(np.mean(means, axis=0))


def _shares(values: Array) -> Array:
    total = np.abs(values).sum(axis=1, keepdims=True)
    return np.asarray(values / np.where(total > 0, total, 1.0))


def alike_in_pattern(case: Array, population: Array, among: Array) -> list[tuple[int, float]]:
    """(position, cosine) of the instances ``among`` whose attribution pattern is most alike."""
    norms = np.linalg.norm(population, axis=1) * np.linalg.norm(case)
    cosine = population @ case / np.where(norms > 0, norms, 1.0)
    order = [k for k in np.argsort(-cosine, kind="stable") if among[k]][:NEAREST]
    return [(int(k), float(cosine[k])) for k in order]


def alike_in_input(case: Split, population: Array, data: Data) -> list[tuple[int, float]]:
    """(position, distance) of the rows of ``population`` ``(n, *input_shape)`` nearest to the one
    row of ``case``: see :func:`distances`."""
    far = distances(case.x, population, data)[0]
    return [(int(k), float(far[k])) for k in np.argsort(far, kind="stable")[:NEAREST]]


def remoteness(split: Split, data: Data, seed: int) -> dict[str, Any]:
    """How far each new row is from its nearest training row, and how many percent of test rows are
    nearer to theirs; on a sample of both where there are many. A distance of 0 does not count: it
    is the row itself."""
    random = np.random.default_rng([seed, 53])
    train, test = (
        part.x[np.sort(random.permutation(len(part))[:most])]
        for part, most in ((data.train, COMPARED), (data.test, COMPARED // 3))
    )
    usual = distances(test, train, data).min(axis=1)
    own = distances(split.x, train, data)
    nearest = np.where(own > 0, own, np.inf).min(axis=1)
    return {
        "distance": nearest.tolist(),
        "percentile": [percentile(usual, value) for value in nearest],
        "train": len(train),
        "test": len(test),
    }
