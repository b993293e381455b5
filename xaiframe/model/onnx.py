"""A model brought as an ONNX file: turned back into torch where its operators allow it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import torch
from torch import fx, nn

from xaiframe.data.face import Data
from xaiframe.data.spread import evenly
from xaiframe.errors import ModelError, NotApplicable, Problem
from xaiframe.explanation import Array
from xaiframe.model.face import TOTAL, BlackBox, Model, WhiteBox
from xaiframe.model.graphs.file import OnnxFile, read
from xaiframe.model.graphs.graph import convert, head_of, refuse_unknown
from xaiframe.model.head import fixed
from xaiframe.model.outputs import both_sides, class_order
from xaiframe.store import digest

ROWS = 64
"""Real rows on which the converted model must answer as onnxruntime does."""
TOLERANCE = 1e-4
"""Largest difference that rounding explains: of probabilities, else relative to the largest."""
LAST = {"image": (0, 2, 3, 1), "series": (0, 2, 1)}
"""Axes of an input whose channels come last, per modality."""

Gives = Literal["logit", "probability", "value"]


@dataclass(frozen=True)
class Onnx:
    """An ONNX file (https://onnx.ai), for tables, pictures and series.

    path: the file; classes: names of its outputs in their order, by default those in the file or
    else the data's; gives: ``logit``, ``probability`` or ``auto``: probabilities where it ends in
    softmax, a sigmoid for two classes, or in rows that sum to 1; input, output: their names, needed
    where there are several.

    The graph is turned back into torch layers, and is a white box, where every operator has a
    counterpart and its answers to real rows are those of onnxruntime. Otherwise it is a black box
    asked by onnxruntime, and the model's ``notices`` say why. A final softmax is taken off.
    No code in the file runs: operators are the standard's, weights are numbers.
    """

    path: str
    classes: Sequence[str] = ()
    gives: Literal["auto", "logit", "probability"] = "auto"
    input: str = ""
    output: str = ""

    modalities = ("table", "image", "series")
    provides = ("gradient", "layers", "convolution")
    brought = True

    def __post_init__(self) -> None:
        if self.gives not in ("auto", "logit", "probability"):
            raise ValueError(f"gives must be auto, logit or probability, not {self.gives!r}")

    def load(self, data: Data) -> Model:
        """The model for ``data``; raises :class:`ModelError` where file and data do not fit."""
        file = read(self.path, self.input, self.output)
        feed = feed_of(file, data)
        rows = data.train.x[evenly(len(data.train), ROWS)]
        answers = file(feed.array(rows))
        head, inside = head_of(file.proto, file.output)
        gives = self._gives(answers, head, data)
        matrix = self._columns(file, answers, data)
        identity = digest(file.digest, feed.name, gives, matrix)
        black = BlackBox(
            answering(file, feed, gives, matrix),
            data.task,
            data.classes,
            gives,
            place=self.path,
            identity=identity,
        )
        wanted = black.raw(rows)
        try:
            strip = head != "" and (gives == "probability" or head == "LogSoftmax")
            module = self._module(file, feed, gives, inside if strip else file.output, matrix, head)
            provides = offers(module)
            white = WhiteBox(module, data.task, data.classes, provides, identity=identity)
            same_answers(white, black, wanted, rows)
        except NotApplicable as reason:
            black.notices = (*feed.notices, f"It only answers, by onnxruntime: {reason}.")
            return black
        white.notices = feed.notices
        return white

    def _gives(self, answers: Array, head: str, data: Data) -> Gives:
        if data.task == "regression":
            return "value"
        if self.gives != "auto":
            return self.gives
        single, between = answers.shape[1:] == (1,), bool(np.all((answers >= 0) & (answers <= 1)))
        if head == "Softmax" or (single and head == "Sigmoid"):
            return "probability"
        if (single and between) or head == "Sigmoid":
            kind = "a sigmoid for each class" if head else "one number from 0 to 1"
            raise ModelError(Problem(self.path, f"it gives {kind}", "set gives: to say what it is"))
        together = answers.ndim == 2 and np.abs(answers.sum(axis=1) - 1).max() <= TOTAL
        return "probability" if between and together else "logit"

    def _columns(self, file: OnnxFile, answers: Array, data: Data) -> Array:
        """``(classes, outputs)``: how the data's classes are made of the model's outputs.

        A single number for two classes is the logit or probability of the second.
        """
        wanted = len(data.classes) or 1
        single = answers.shape[1:] == (1,) and wanted == 2
        if answers.shape[1:] != (wanted,) and not single:
            found = " × ".join(str(size) for size in answers.shape[1:])
            raise ModelError(
                Problem(self.path, f"it puts out {found} numbers per row", f"{wanted} expected")
            )
        names = self.classes or (() if single else file.labels)
        order = class_order(self.path, names, data) if names and data.classes else np.arange(wanted)
        columns = np.array([[-0.5], [0.5]]) if single else np.eye(wanted)
        return columns[order]

    def _module(
        self, file: OnnxFile, feed: Feed, gives: Gives, output: str, matrix: Array, head: str
    ) -> fx.GraphModule:
        refuse_unknown(file.proto)
        if feed.order is None:
            raise NotApplicable("it takes codes of columns, which have no gradient")
        if gives == "probability" and not head:
            raise NotApplicable("its probabilities do not come out of a softmax or sigmoid")
        last = None if np.array_equal(matrix, np.eye(len(matrix))) else fixed(matrix)
        return convert(
            file.proto, file.source, output, feed.shape, file.rows, file.shape, feed.order, last
        )


@dataclass(frozen=True)
class Feed:
    """How the data's inputs become the file's: axes put in order, reshaped, or one per column.

    order
        axes as the file wants them, empty to leave them, None where only :meth:`array` knows.
    """

    name: str
    shape: tuple[int, ...]
    order: tuple[int, ...] | None
    array: Callable[[Array], Array]
    notices: tuple[str, ...] = ()


def feed_of(file: OnnxFile, data: Data) -> Feed:
    """Raises :class:`ModelError` with both shapes where the data do not fit the file."""
    shape, wide = data.input_shape, math.prod(data.input_shape)
    last = LAST.get(data.modality, ())
    if file.shape == shape:
        return Feed("as they are", shape, (), lambda x: x)
    if len(shape) == len(last) - 1 and file.shape == tuple(shape[axis - 1] for axis in last[1:]):
        notice = "The model takes its channels last: the inputs are turned for it."
        return Feed("channels last", shape, last, lambda x: x.transpose(last), (notice,))
    same = wide == math.prod(file.shape)
    if data.modality != "table" and same and file.shape in ((wide,), shape[1:]):
        notice = f"The model takes {_sizes(file.shape)}: the inputs are reshaped, row by row."
        return Feed("reshaped", shape, (), lambda x: x.reshape(-1, *file.shape), (notice,))
    if data.modality == "table" and file.shape == (len(data.features),):
        notice = "The model takes one number per column, a code for each category."
        return Feed("codes", shape, None, data.encoding.values, (notice,))
    raise ModelError(
        Problem(
            file.place,
            f"its input {file.source} takes {_sizes(file.shape)} per row",
            f"the data have {_sizes(shape)}",
        )
    )


def answering(file: OnnxFile, feed: Feed, gives: Gives, matrix: Array) -> Callable[[Array], Array]:
    """Onnxruntime's answers in the order of the data's classes."""

    def answer(x: Array) -> Array:
        found = file(feed.array(x)).astype(np.float64)
        if gives == "probability" and matrix.shape[1] == 1:
            sides = both_sides(found[:, 0])
            return sides if matrix[0, 0] < 0 else sides[:, ::-1]
        return np.asarray(found @ matrix.T)

    return answer


def offers(module: nn.Module) -> tuple[str, ...]:
    """What a converted model provides."""
    maps = any(isinstance(one, (nn.Conv1d, nn.Conv2d)) for one in module.modules())
    return ("gradient", "layers", "convolution") if maps else ("gradient", "layers")


def same_answers(white: WhiteBox, black: BlackBox, wanted: Array, x: Array) -> None:
    """Raises NotApplicable unless the converted model answers as ``wanted`` ``(n, outputs)``.

    The first row is also asked alone: no answer may depend on the rows beside it.
    """
    try:
        found, alone = (_as(black, white.raw(rows)) for rows in (x, x[:1]))
    except RuntimeError as error:
        raise NotApplicable(f"the converted graph fails: {' '.join(str(error).split())}") from error
    expected = _as(black, wanted) if black.gives == "logit" else wanted
    size = 1.0 if black.gives == "probability" else max(float(np.abs(expected).max()), 1e-12)
    for got, due in ((found, expected), (alone, expected[:1])):
        apart = float(np.abs(got - due).max()) if got.shape == due.shape else np.inf
        if not apart <= TOLERANCE * size:
            message = f"the converted graph answers {apart:.3g} apart from onnxruntime"
            raise NotApplicable(message)


def _as(black: BlackBox, raw: Array) -> Array:
    """Converted outputs as what can be compared: probabilities, or logits without their shift."""
    if black.gives == "probability":
        return torch.softmax(torch.as_tensor(raw, dtype=torch.float64), dim=1).numpy()
    return raw - raw.mean(axis=1, keepdims=True) if black.gives == "logit" else raw


def _sizes(shape: tuple[int, ...]) -> str:
    return " × ".join(str(size) for size in shape) + " numbers"
