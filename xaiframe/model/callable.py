"""Any Python function of a package that the user trusts, as a model."""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.face import BlackBox
from xaiframe.model.files.estimator import one_line, quietly, renamed
from xaiframe.model.outputs import both_sides, class_order
from xaiframe.model.sklearn_pipeline import TRIED, frame_of, two_sided
from xaiframe.model.trusted import trusts


@dataclass(frozen=True)
class Function:
    """``function(rows)`` → ``(n, classes)``, or ``(n,)``.

    function: ``package.module.name``; the package must be named by ``--trust`` or in the user's
    own settings file, otherwise it is not even imported.
    gives: ``probability`` or ``logit``; for regression it is the value.
    classes: the columns' classes in their order; empty: the data's.

    It gets the user's own rows: a DataFrame of a table's columns, a list of strings for text, the
    array ``(n, *input_shape)`` otherwise. Two classes may be answered by one number, the
    probability or log-odds of the second.
    """

    function: str
    gives: Literal["probability", "logit"] = "probability"
    classes: Sequence[str] = field(default=())

    modalities = ("table", "text", "image", "series")
    provides = ()
    brought = True

    def __post_init__(self) -> None:
        if self.gives not in ("logit", "probability"):
            raise ValueError(f"gives must be logit or probability, not {self.gives!r}")
        if not all(part.isidentifier() for part in self.function.split(".")):
            raise ValueError(f"function {self.function!r} is not package.module.name")

    def load(self, data: Data) -> BlackBox:
        """The function behind the face; raises :class:`ModelError` when it cannot be used."""
        function = imported(self.function)
        classes = renamed(self.function, data.classes, self.classes)
        order = class_order(self.function, classes, data)
        raw = _frame(data) if data.modality == "table" else data.encoding.raw

        def answer(x: Array) -> Array:
            found = np.asarray(quietly(function, raw(x)))
            if found.ndim == 1 and data.task == "regression":
                return found[:, None]
            if found.ndim == 1 and len(order) == 2:
                found = both_sides(found) if self.gives == "probability" else two_sided(found)
            return found[:, order] if found.shape[1:] == order.shape else found

        model = BlackBox(
            answer,
            data.task,
            data.classes,
            gives=self.gives,
            place=self.function,
            identity=(source_of(function), list(self.classes)),
        )
        try:
            model.raw(data.train.x[:TRIED])
        except ModelError:
            raise
        except Exception as error:  # somebody else's code: anything can come out of it
            message = f"it cannot answer rows of these data: {one_line(error)}"
            raise ModelError(Problem(self.function, message)) from error
        return model


def imported(name: str) -> Callable[[Any], Any]:
    """The function of that name; raises :class:`ModelError`, before importing it, where its
    package is not trusted."""
    if not trusts(name):
        hint = "a package named by --trust or under trust in your own settings file"
        raise ModelError(Problem("model.function", f"{name} is not trusted, nor imported", hint))
    module, _, attribute = name.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), attribute)
    except Exception as error:  # importing runs the package's own code
        raise ModelError(Problem(name, f"cannot be imported: {one_line(error)}")) from error
    if not callable(found):
        raise ModelError(
            Problem(
                name, f"it is of type {type(found).__name__} and cannot be called", "a function"
            )
        )
    function: Callable[[Any], Any] = found
    return function


def source_of(function: Any) -> str:
    """sha256 of the file that the function is written in, empty for one that has none."""
    try:
        file = inspect.getsourcefile(inspect.unwrap(function))
    except TypeError:
        file = None
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""


def _frame(data: Data) -> Callable[[Array], Any]:
    return lambda x: frame_of(data, x)
