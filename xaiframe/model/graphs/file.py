"""An ONNX file as it lies there: read without running anything, and answered by onnxruntime."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from google.protobuf.message import DecodeError
from onnx import (
    AttributeProto,
    GraphProto,
    ModelProto,
    TensorProto,
    ValueInfoProto,
    external_data_helper,
    helper,
    inliner,
    load_model,
)

from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.store import digest

FLOATS = {
    TensorProto.FLOAT: np.float32,
    TensorProto.DOUBLE: np.float64,
    TensorProto.FLOAT16: np.float16,
}
AXES = ("rows", "channel or column", "height or time", "width")


@dataclass(frozen=True)
class OnnxFile:
    """A graph from one input of numbers to one output.

    shape, rows
        of the input behind its first axis; how many rows it takes at once, None for any.
    labels
        names of its classes where the file states them (models from scikit-learn).
    """

    place: str
    proto: ModelProto
    source: str
    output: str
    shape: tuple[int, ...]
    rows: int | None
    kind: type[Any]
    labels: tuple[object, ...] = ()

    @cached_property
    def content(self) -> bytes:
        return self.proto.SerializeToString()

    @cached_property
    def digest(self) -> str:
        return digest(self.content, self.source, self.output)

    @cached_property
    def session(self) -> onnxruntime.InferenceSession:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = torch.get_num_threads()
        options.use_deterministic_compute = True
        options.log_severity_level = 4
        try:
            return onnxruntime.InferenceSession(
                self.content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # onnxruntime has no common class for its errors
            raise ModelError(Problem(self.place, said(error), "see its operators")) from error

    def __call__(self, x: Array) -> Array:
        """``(n, outputs)`` for ``x`` ``(n, *shape)``."""
        if self.rows is None:
            return self._run(x)
        step, missing = self.rows, -len(x) % self.rows
        padded = np.concatenate([x, np.repeat(x[-1:], missing, axis=0)]) if missing else x
        parts = [self._run(padded[start : start + step]) for start in range(0, len(padded), step)]
        return np.concatenate(parts)[: len(x)]

    def _run(self, x: Array) -> Array:
        try:
            (found,) = self.session.run([self.output], {self.source: x.astype(self.kind)})
        except ModelError:
            raise
        except Exception as error:
            raise ModelError(Problem(self.place, said(error))) from error
        found = np.asarray(found)
        if found.dtype.kind not in "fiu":
            message = f"output {self.output} holds no numbers but {found.dtype}"
            raise ModelError(Problem(self.place, message, "probabilities, logits or a value"))
        if found.ndim == 0 or len(found) != len(x):
            message = f"output {self.output} has shape {found.shape} for {len(x)} rows"
            raise ModelError(Problem(self.place, message, "one row of numbers per row of data"))
        wide = found.shape[1:]
        return found.reshape(len(x), -1) if sum(size > 1 for size in wide) < 2 else found


def read(path: str, source: str = "", output: str = "") -> OnnxFile:
    """The file at ``path``, from input ``source`` to ``output``, which may be left open where

    there is only one. External weights are read from the model's own folder only.
    Raises :class:`ModelError` with what is wrong.
    """
    proto = _decoded(Path(path))
    weights = {one.name for one in proto.graph.initializer}
    inputs = {one.name: one for one in proto.graph.input if one.name not in weights}
    entry = _one(path, "input", source, inputs)
    name, labels = _answering(path, proto, output)
    kind = entry.type.tensor_type.elem_type
    if not entry.type.HasField("tensor_type") or kind not in FLOATS:
        stated = TensorProto.DataType.Name(kind).lower()
        message = f"its input {entry.name} takes {stated}"
        raise ModelError(Problem(path, message, "numbers with a fraction (float)"))
    sizes = _sizes(path, entry)
    return OnnxFile(path, proto, entry.name, name, sizes[1], sizes[0], FLOATS[kind], labels)


def said(error: Exception) -> str:
    """The first line of an error of onnxruntime, without its code."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return "onnxruntime refuses it: " + lines[0].rpartition("] : ")[2][:300]


def _decoded(path: Path) -> ModelProto:
    place = str(path)
    if not path.is_file():
        raise ModelError(Problem(place, "the file does not exist", "path: an .onnx file"))
    try:
        proto = load_model(place, load_external_data=False)
    except DecodeError as error:
        message = "it is not an ONNX file, or it is cut off"
        raise ModelError(Problem(place, message, f"{path.stat().st_size} bytes read")) from error
    if not proto.graph.node or not proto.graph.output:
        raise ModelError(Problem(place, "it holds no graph", "export the model again"))
    _load_outside(path, proto)
    return inliner.inline_local_functions(proto) if proto.functions else proto


def _load_outside(path: Path, proto: ModelProto) -> None:
    """Weights that lie in files of their own, below the model's folder and nowhere else."""
    folder = path.resolve().parent
    outside = [one for one in tensors(proto.graph) if one.data_location == TensorProto.EXTERNAL]
    for one in outside:
        where = {entry.key: entry.value for entry in one.external_data}.get("location", "")
        target = (folder / where).resolve()
        if not target.is_relative_to(folder):
            message = f"weight {one.name} lies outside of the model's folder: {where}"
            raise ModelError(Problem(str(path), message, "put it beside the model"))
        if not target.is_file():
            message = f"the file {where} with weight {one.name} is missing"
            raise ModelError(Problem(str(path), message, "put it beside the model"))
    try:
        external_data_helper.load_external_data_for_model(proto, str(folder))
    except Exception as error:  # a file that is too short, or a link: several classes
        message = f"its weights cannot be read: {' '.join(str(error).split())}"
        raise ModelError(Problem(str(path), message)) from error


def tensors(graph: GraphProto) -> Iterator[TensorProto]:
    """Every tensor that the graph and those inside it hold."""
    yield from graph.initializer
    for node in graph.node:
        for one in node.attribute:
            if one.type == AttributeProto.TENSOR:
                yield one.t
            yield from one.tensors
            for inner in (*([one.g] if one.type == AttributeProto.GRAPH else []), *one.graphs):
                yield from tensors(inner)


def _one(path: str, what: str, wished: str, found: dict[str, Any]) -> Any:
    """The input or output of this name, or the only one."""
    listed = ", ".join(found) or "none"
    if wished and wished not in found:
        raise ModelError(Problem(path, f"it has no {what} {wished!r}", f"{what}s: {listed}"))
    if not wished and len(found) != 1:
        message = f"it has {len(found)} {what}s: {listed}"
        hint = "one table of numbers" if what == "input" else f"name one by {what}:"
        raise ModelError(Problem(path, message, hint))
    return found[wished] if wished else next(iter(found.values()))


def _answering(path: str, proto: ModelProto, wished: str) -> tuple[str, tuple[object, ...]]:
    """The output that holds numbers per class, and the names of the classes where stated.

    A label beside probabilities is left aside, and of a ZipMap (rows as dictionaries) its tensor
    is taken. The graph's outputs are narrowed to the one.
    """
    makers = {name: node for node in proto.graph.node for name in node.output}
    outputs = {one.name: one for one in proto.graph.output}
    numbers = {name: one for name, one in outputs.items() if _numbers(one)}
    mapped = {name: node for name, node in makers.items()
              if name in outputs and node.op_type == "ZipMap"}  # fmt: skip
    usable = {**numbers, **mapped}
    _one(path, "output", wished, outputs if wished else usable or outputs)
    name = wished or next(iter(usable or outputs))
    labels = _labels(proto)
    if name in mapped:
        name = mapped[name].input[0]
        outputs[name] = helper.make_tensor_value_info(name, TensorProto.FLOAT, None)
    kept = outputs[name]
    del proto.graph.output[:]
    proto.graph.output.append(kept)
    return name, labels


def _numbers(one: ValueInfoProto) -> bool:
    return one.type.HasField("tensor_type") and one.type.tensor_type.elem_type in FLOATS


def _labels(proto: ModelProto) -> tuple[object, ...]:
    """Class names in the attributes of scikit-learn's classifiers, as the last of them states."""
    found: tuple[object, ...] = ()
    for node in proto.graph.node:
        for one in node.attribute:
            if one.name.startswith("classlabels"):
                values = helper.get_attribute_value(one)
                found = tuple(v.decode() if isinstance(v, bytes) else v for v in values) or found
    return found


def _sizes(path: str, entry: ValueInfoProto) -> tuple[int | None, tuple[int, ...]]:
    """Rows at once, None for any, and the sizes of the other axes."""
    axes = entry.type.tensor_type.shape.dim
    if len(axes) < 2:
        message = f"its input {entry.name} states no shape with rows and columns"
        raise ModelError(Problem(path, message, "export it with the shape of its input"))
    open_axes = [
        f"axis {number} ({AXES[min(number, 3)]}{f', {one.dim_param}' if one.dim_param else ''})"
        for number, one in enumerate(axes)
        if number and not one.dim_value
    ]
    if open_axes:
        message = f"its input {entry.name} leaves open {' and '.join(open_axes)}"
        hint = "export it with fixed sizes; only the first axis, the rows, may be open"
        raise ModelError(Problem(path, message, hint))
    return axes[0].dim_value or None, tuple(one.dim_value for one in axes[1:])
