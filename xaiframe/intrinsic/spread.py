"""Standard errors of penalised weights: the sandwich of curvature and scatter of the gradients."""

from __future__ import annotations

import numpy as np

from xaiframe.explanation import Array

MOST = 1500
"""Weights of several classes whose curvature is still turned around."""


def contrasts(classes: int) -> Array:
    """``(classes, classes)``: each logit less the mean of the others."""
    others = (1 - np.eye(classes)) / max(classes - 1, 1)
    return np.asarray(np.eye(classes) - others)


def ridge(x: Array, residual: Array, penalty: float, weight: Array) -> Array:
    """``(columns,)`` of a ridge regression of ``x`` ``(n, columns)`` with an intercept."""
    design = with_one(x)
    gradients = -(weight * residual)[:, None] * design
    bare = (weight[:, None] * design).T @ design
    covariance = sandwich(gradients, bare, penalties(x.shape[1], 1, penalty))
    return np.sqrt(np.maximum(np.diag(covariance)[:-1], 0))


def logistic(
    x: Array,
    share: Array,
    truth: Array,
    strength: float,
    weight: Array,
    map_: Array | None = None,
) -> Array:
    """``(outputs, columns)`` of a logistic regression with intercepts, penalised by 1 ÷ strength.

    ``share`` and ``truth`` ``(n, outputs)``: predicted and true; one output for two classes. Errors
    are those of ``map_`` ``(outputs, outputs)`` times the weights. NaN where there are too many.
    """
    design, (n, outputs) = with_one(x), share.shape
    width = design.shape[1]
    if outputs * width > MOST:
        return np.full((outputs, width - 1), np.nan)
    gap = weight[:, None] * (share - truth)
    gradients = (gap[:, :, None] * design[:, None, :]).reshape(n, -1)
    bare = np.empty((outputs, width, outputs, width))
    for a in range(outputs):
        for b in range(outputs):
            curve = weight * share[:, a] * ((a == b) - share[:, b])
            bare[a, :, b, :] = (curve[:, None] * design).T @ design
    size = outputs * width
    covariance = sandwich(
        gradients, bare.reshape(size, size), penalties(x.shape[1], outputs, 1 / strength)
    ).reshape(outputs, width, outputs, width)
    map_ = np.eye(outputs) if map_ is None else map_
    mapped = np.einsum("oa,ajbj,ob->oj", map_, covariance, map_)
    return np.sqrt(np.maximum(mapped[:, :-1], 0))


def with_one(x: Array) -> Array:
    """``x`` ``(n, columns)`` with a last column of ones, for the intercept."""
    return np.hstack([x, np.ones((len(x), 1))])


def penalties(columns: int, outputs: int, penalty: float) -> Array:
    """``(outputs * (columns + 1),)``; the intercepts are as good as free."""
    return np.tile(np.append(np.full(columns, penalty), 1e-6 * penalty), outputs)


def sandwich(gradients: Array, bare: Array, penalty: Array) -> Array:
    """H⁻¹ GᵀG H⁻¹ · n ÷ (n − effective parameters), with H = ``bare`` + diag(``penalty``).

    ``gradients`` ``(n, parameters)`` of each row's loss; NaN where a row is left for no parameter.
    """
    inverse = np.linalg.inv(bare + np.diag(penalty))
    n, used = len(gradients), float(np.trace(inverse @ bare))
    if n - used < 1:
        return np.full_like(bare, np.nan)
    half = gradients @ inverse
    return np.asarray(half.T @ half * n / (n - used))
