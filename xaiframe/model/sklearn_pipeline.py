"""A fitted scikit-learn pipeline, asked on the raw columns before its own encoders."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.face import BlackBox
from xaiframe.model.files.estimator import one_line, quietly, read_estimator, renamed
from xaiframe.model.outputs import class_order

TRIED = 8
"""Training rows that a model is asked about when it is loaded."""


@dataclass(frozen=True)
class Sklearn:
    """What ``predict_proba``, ``decision_function`` or, for regression, ``predict`` answers.

    path: a ``.skops`` file; a pickle only if the user's own settings vouch for it.
    classes: names of the model's classes in the order of its ``classes_``, for a model that was
    fitted on numbers where the data have names; empty: its own.

    It gets the columns it was fitted on, under their names and in their order; text as a list of
    strings, pictures and series as one row of numbers each. A decision function is taken as
    logits: with two classes ±d/2, whose log-odds are d.
    """

    path: str
    classes: Sequence[str] = field(default=())

    modalities = ("table", "text", "image", "series")
    provides = ()
    brought = True

    def load(self, data: Data) -> BlackBox:
        """The model; raises :class:`ModelError` when it cannot be read or does not fit."""
        estimator, sha256, notices = read_estimator(Path(self.path))
        rows, told = inputs(self.path, estimator, data)
        gives, answer, more = outputs(self.path, estimator, data, self.classes)
        rows, typed = accepted(answer, rows, data)
        model = BlackBox(
            lambda x: quietly(answer, rows(x)),
            data.task,
            data.classes,
            gives=gives,  # type: ignore[arg-type]
            place=Path(self.path).name,
            identity=(sha256, *self.classes),
        )
        model.notices = (*notices, *told, *typed, *more)
        try:
            model.raw(data.train.x[:TRIED])
        except ModelError:
            raise
        except Exception as error:
            message = f"it cannot answer rows of these data: {one_line(error)}"
            raise ModelError(Problem(self.path, message)) from error
        return model


def inputs(
    place: str, estimator: Any, data: Data
) -> tuple[Callable[[Array], Any], tuple[str, ...]]:
    """From ``x`` ``(n, *input_shape)`` to what the estimator takes, and what is to be said of it.

    Raises :class:`ModelError` naming every column that it was fitted on and the data lack.
    """
    if data.modality == "text":
        return data.encoding.raw, ()
    if data.modality != "table":
        return lambda x: x.reshape(len(x), -1), ()
    known = list(frame_of(data, data.train.x[:1]).columns)
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return _unnamed(place, estimator, data, known)
    names = [str(name) for name in names]
    missing = [name for name in names if name not in known]
    if missing:
        listed = ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        raise ModelError(
            Problem(place, f"it was fitted on {name!r}, which the data do not have", listed)
            for name in missing
        )
    unused = [name for name in known if name not in names]
    told = f"The model does not read {', '.join(unused)}" if unused else ""
    return lambda x: frame_of(data, x)[names], (told,) if told else ()


def _unnamed(
    place: str, estimator: Any, data: Data, known: list[str]
) -> tuple[Callable[[Array], Any], tuple[str, ...]]:
    width = getattr(estimator, "n_features_in_", len(known))
    if width != len(known):
        raise ModelError(
            Problem(
                place,
                f"it was fitted on {width} columns without names",
                f"the data have {len(known)}: {', '.join(known[:12])}",
            )
        )
    told = "The model was fitted without column names: it gets the data's columns in their order"
    return lambda x: frame_of(data, x).to_numpy(), (told,)


def frame_of(data: Data, x: Array) -> pd.DataFrame:
    """The user's own columns of a table, one row each."""
    raw = data.encoding.raw(x)
    return raw if isinstance(raw, pd.DataFrame) else pd.DataFrame(raw, columns=list(data.features))


def accepted(
    answer: Callable[[Any], Array], rows: Callable[[Array], Any], data: Data
) -> tuple[Callable[[Array], Any], tuple[str, ...]]:
    """``rows``, or where only that is answered, ``rows`` with texts as pandas' categories."""

    def categories(x: Array) -> Any:
        frame = rows(x)
        texts = frame.select_dtypes(exclude=["number", "bool", "datetime"]).columns
        return frame.astype(dict.fromkeys(texts, "category"))

    some = data.train.x[:TRIED]
    if not isinstance(rows(some), pd.DataFrame):
        return rows, ()
    for typed in (rows, categories):
        try:
            quietly(answer, typed(some))
        except Exception:  # an estimator that is fitted on other types says so in many ways
            continue
        told = "The model gets texts as pandas' categories" if typed is categories else ""
        return typed, (told,) if told else ()
    return rows, ()


def outputs(
    place: str, estimator: Any, data: Data, classes: Sequence[str]
) -> tuple[str, Callable[[Any], Array], tuple[str, ...]]:
    """What the estimator gives, how it is asked, and what is to be said of it."""
    if data.task == "regression":
        if hasattr(estimator, "classes_") or not hasattr(estimator, "predict"):
            message = f"{type(estimator).__name__} is no regression model"
            raise ModelError(Problem(place, message, "the task is regression"))
        return "value", partial(_values, estimator), ()
    own = getattr(estimator, "classes_", None)
    if own is None:
        hint = "a fitted classifier; the task is classification"
        raise ModelError(Problem(place, f"{type(estimator).__name__} has no classes", hint))
    order = class_order(place, renamed(place, own, classes), data)
    if hasattr(estimator, "predict_proba"):
        return "probability", lambda rows: estimator.predict_proba(rows)[:, order], ()
    if hasattr(estimator, "decision_function"):
        told = (
            "The model has no predict_proba: its decision function is taken as logits, "
            "and the probabilities made of it are not calibrated"
        )
        return "logit", lambda rows: two_sided(estimator.decision_function(rows))[:, order], (told,)
    raise ModelError(
        Problem(
            place,
            f"{type(estimator).__name__} gives labels only, neither probabilities nor a decision "
            "function: nothing moves until a label flips",
            "CalibratedClassifierCV(model) adds probabilities",
        )
    )


def two_sided(decision: Array) -> Array:
    """``(n, 2)`` logits −d/2 and d/2 from ``(n,)`` decisions; more columns as they are."""
    decision = np.asarray(decision)
    return np.stack([-decision / 2, decision / 2], axis=1) if decision.ndim == 1 else decision


def _values(estimator: Any, rows: Any) -> Array:
    found = np.asarray(estimator.predict(rows))
    return found[:, None] if found.ndim == 1 else found
