"""An ONNX graph turned back into torch layers, so that gradients and layers can be asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from onnx import AttributeProto, ModelProto, NodeProto, TensorProto, helper, numpy_helper
from torch import Tensor, fx, nn

from xaiframe.errors import NotApplicable
from xaiframe.model.graphs.build import Build, Operation, Value
from xaiframe.model.graphs.layers import LAYERS
from xaiframe.model.graphs.recurrent import RECURRENT
from xaiframe.model.graphs.shapes import FUNCTIONS, turn

OPERATORS = {**LAYERS, **RECURRENT, **FUNCTIONS}
STANDARD = ("", "ai.onnx")
PASSING = ("Identity", "Dropout")
HEADS = ("Softmax", "LogSoftmax", "Sigmoid")


def convert(
    proto: ModelProto,
    source: str,
    output: str,
    shape: tuple[int, ...],
    rows: int | None = None,
    taken: tuple[int, ...] = (),
    order: tuple[int, ...] = (),
    head: nn.Module | None = None,
) -> fx.GraphModule:
    """The graph from ``source`` to ``output`` as layers in evaluation mode.

    Takes float32 ``(n, *shape)`` for any n; ``rows`` is the n that the file was exported for, None
    for any. Where the graph takes another shape, the axes are put in ``order`` and what comes out
    is reshaped to ``(n, *taken)``. ``head``: a layer put behind the output.

    Weights are the file's initializers, computed in single precision. Raises NotApplicable, naming
    operator, node and operator set, for what has no counterpart here or mixes rows.
    """
    refuse_unknown(proto)
    try:
        with torch.inference_mode(False), torch.no_grad():
            build = Build()
            last = _output(build, proto, source, output, shape, rows, taken or shape, order)
            return build.finish(last if head is None else build.call(head, last, name="head"))
    except (RuntimeError, ValueError, TypeError, LookupError) as error:
        raise NotApplicable(f"the graph cannot be carried over to torch: {_said(error)}") from error


def _output(
    build: Build,
    proto: ModelProto,
    source: str,
    output: str,
    shape: tuple[int, ...],
    rows: int | None,
    taken: tuple[int, ...],
    order: tuple[int, ...],
) -> Value:
    values = {one.name: Value(tensor_of(one)) for one in proto.graph.initializer}
    values[source] = _enter(build, shape, taken, order)
    for op, names in operations(proto, values, rows):
        found = _carried(build, op)
        values.update(zip(names, found if isinstance(found, tuple) else (found,), strict=False))
    if values[output].constant:
        raise NotApplicable("the output does not depend on the input")
    return _rows_and_columns(build, values[output])


def _carried(build: Build, op: Operation) -> Any:
    try:
        return OPERATORS[op.kind](build, op)
    except (RuntimeError, ValueError, TypeError, LookupError) as error:
        raise NotApplicable(f"{op} cannot be carried over to torch: {_said(error)}") from error


def _said(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def operations(
    proto: ModelProto, values: dict[str, Value], rows: int | None
) -> Iterator[tuple[Operation, Sequence[str]]]:
    """Each node with its inputs looked up in ``values``, and the names of its outputs."""
    opset = operator_set(proto)
    read = Counter(name for node in proto.graph.node for name in node.input)
    read.update(one.name for one in proto.graph.output)
    weights = {one.name for one in proto.graph.initializer}
    for number, node in enumerate(proto.graph.node, start=1):
        op = Operation(
            node.op_type,
            node.name or f"number {number}",
            opset,
            [values[name] if name else None for name in node.input],
            {one.name: attribute(one) for one in node.attribute},
            len([name for name in node.output if name]),
            layer_name(node, weights, number),
            [read[name] == 1 for name in node.input],
            rows,
        )
        yield op, node.output


def layer_name(node: NodeProto, weights: set[str], number: int) -> str:
    """``conv1`` of a node whose weight is ``conv1.weight``, otherwise from the node's own name."""
    owners = [name.rpartition(".")[0] for name in node.input if name in weights]
    found = next((name for name in owners if name), node.name)
    return found or f"{node.op_type.lower()}{number}"


def refuse_unknown(proto: ModelProto) -> None:
    """Raise NotApplicable with every operator that has no counterpart here."""
    opset, unknown = operator_set(proto), dict[str, str]()
    for number, node in enumerate(proto.graph.node, start=1):
        if node.domain not in STANDARD or node.op_type not in OPERATORS:
            kind = f"{node.domain}.{node.op_type}" if node.domain else node.op_type
            place = f"node {node.name or f'number {number}'}, operator set {opset}"
            unknown.setdefault(kind, f"operator {kind} ({place})")
    if unknown:
        raise NotApplicable(f"{', '.join(unknown.values())} has no counterpart in torch here")


def operator_set(proto: ModelProto) -> int:
    """The version of the standard operators that the file uses."""
    return max((one.version for one in proto.opset_import if one.domain in STANDARD), default=1)


def head_of(proto: ModelProto, output: str) -> tuple[str, str]:
    """The last operator, and what goes into it; ``("", output)`` for one that is no head.

    A head is softmax, its logarithm, or a sigmoid: what turns logits into probabilities.
    """
    makers = {name: node for node in proto.graph.node for name in node.output}
    name = output
    while (node := makers.get(name)) is not None and node.op_type in PASSING:
        name = node.input[0]
    if node is None or node.op_type not in HEADS:
        return "", output
    return node.op_type, node.input[0]


def attribute(one: AttributeProto) -> Any:
    """Its value as Python numbers, bytes or a tensor."""
    if one.type == AttributeProto.TENSOR:
        return tensor_of(one.t)
    if one.type in (AttributeProto.GRAPH, AttributeProto.GRAPHS, AttributeProto.SPARSE_TENSOR):
        raise NotApplicable(f"attribute {one.name} is a graph or sparse")
    return helper.get_attribute_value(one)


def tensor_of(one: TensorProto) -> Tensor:
    """A copy of the numbers; floating types in single precision."""
    if one.data_type == TensorProto.STRING:
        raise NotApplicable(f"{one.name or 'a constant'} holds text")
    tensor = torch.tensor(numpy_helper.to_array(one))
    return tensor.float() if tensor.is_floating_point() else tensor


def _rows_and_columns(build: Build, last: Value) -> Value:
    if last.ndim == 1:
        return build.call(torch.unsqueeze, last, 1)
    return last if last.ndim == 2 else build.call(nn.Flatten(1), last, name="flatten")


def _enter(
    build: Build, shape: tuple[int, ...], taken: tuple[int, ...], order: tuple[int, ...]
) -> Value:
    start = build.begin(shape)
    turned = turn(build, start, order) if order else start
    if turned.shape[1:] == taken:
        return turned
    if len(taken) == 1:
        return build.call(nn.Flatten(1), turned, name="flatten")
    return build.call(torch.reshape, turned, (-1, *taken))
