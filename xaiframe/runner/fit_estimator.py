"""Fitting an estimator: it does so itself, what it learns from and what it is worth is ours."""

from __future__ import annotations

from typing import Any

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.facts import Fact, source
from xaiframe.model.face import SMALLEST, Model
from xaiframe.recipe import Fit
from xaiframe.repair.changes import parts_of
from xaiframe.repair.repaired import Conduct
from xaiframe.runner.fitted import Fitted, provided, reading


def fit_estimator(
    architecture: Any, data: Data, units: Data, config: Fit, conduct: Conduct, seed: int
) -> Fitted:
    """The estimator of ``architecture`` fitted on the training rows of ``data``; ``units`` are the
    data as read. Raises :class:`ModelError`."""
    if conduct.attack is not None or conduct.penalties or conduct.wrong is not None:
        message = "adversarial examples, penalties and noise_correction need a network trained here"
        raise ModelError(Problem("repair", message, "a repair that changes rows or weights"))
    found = architecture.learn(data, weights(data, config), conduct.preparations, seed, units)
    model: Model = found.model
    losses = {name: loss(model, split) for name, split in
              (("train", data.train), ("validation", data.validation))}  # fmt: skip
    package = architecture.estimator.partition(".")[0]
    library = source("scikit-learn" if package == "sklearn" else package)
    facts = [
        Fact("estimator", architecture.estimator.rpartition(".")[2], source=library),
        Fact("digest", model.digest),
        provided(model),
        *(Fact(f"{name}_loss", value, "loss", better="lower") for name, value in losses.items()),
        *reading(architecture),
    ]
    facts += [
        Fact("notice", text, labels={"number": str(k)})
        for k, text in enumerate((*model.notices, *found.notices), start=1)
    ]
    return Fitted(model, found.files, facts, len(data.train) + len(data.validation))


def weights(data: Data, config: Fit) -> Array | None:
    """``(n,)`` what each training row counts, mean 1: by repairs, and so that classes count alike
    where ``fit.class_weight`` says so; None where all count alike."""
    train, parts = data.train, parts_of(data.train)
    if data.task == "classification" and config.class_weight == "balanced":
        # Of the rows as they count: classes that a repair has balanced need no second balance.
        totals = np.bincount(train.y, parts, minlength=len(data.classes))
        parts = parts / totals[train.y]
        parts = parts / parts.mean()
    return None if np.ptp(parts) < 1e-9 else np.asarray(parts)


def loss(model: Model, rows: Split) -> float:
    """Cross-entropy of the classes, or the mean squared error."""
    if model.task == "regression":
        return float(np.square(model.predictions(rows.x) - rows.y).mean())
    right = model.probabilities(rows.x)[np.arange(len(rows)), rows.y]
    return float(-np.log(np.maximum(right, SMALLEST)).mean())
