"""ONNX operators that become torch functions: elementwise mathematics, and moving elements."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.model.graphs.build import BATCH, Build, Operation, Value
from xaiframe.model.graphs.layers import Handler, arithmetic, reduced

TYPES: Mapping[int, torch.dtype] = {
    1: torch.float32, 10: torch.float32, 11: torch.float32, 16: torch.float32,
    2: torch.uint8, 3: torch.int8, 5: torch.int16, 6: torch.int32, 7: torch.int64, 9: torch.bool,
}  # fmt: skip
"""ONNX's numbers of element types; every floating type is computed in single precision."""


def _elementwise(function: Callable[..., Any], build: Build, op: Operation) -> Value:
    return build.call(function, *(op.input(position) for position in range(len(op.inputs))))


def _every(function: Callable[..., Any], build: Build, op: Operation) -> Value:
    """An operator that takes any number of operands, pair by pair."""
    found = op.input(0)
    for position in range(1, len(op.inputs)):
        found = build.call(function, found, op.input(position))
    return found


def _divide(build: Build, op: Operation) -> Value:
    """Division of integers drops the fraction."""
    whole = not op.input(0).tensor.is_floating_point()
    return arithmetic(partial(torch.div, rounding_mode="trunc") if whole else torch.div, build, op)


def _selu(build: Build, op: Operation) -> Value:
    """torch's constants are ONNX's defaults."""
    if any(key in op.attributes for key in ("alpha", "gamma")) and not (
        math.isclose(op.get("alpha", 1.67326), 1.67326, rel_tol=1e-4)
        and math.isclose(op.get("gamma", 1.0507), 1.0507, rel_tol=1e-4)
    ):
        raise NotApplicable(f"{op} has constants of its own")
    return build.call(nn.SELU(), op.input(0), name=op.layer)


def _power(build: Build, op: Operation) -> Value:
    exponent = op.input(1)
    if exponent.constant and exponent.tensor.numel() == 1:
        return build.call(torch.pow, op.input(0), float(exponent.tensor.reshape(())))
    return build.call(torch.pow, op.input(0), exponent)


def _reduce_sum(build: Build, op: Operation) -> Value:
    x, axes, keep = reduced(op)
    return build.call(torch.sum, x, axes, keep)


def _reduce_extreme(function: Callable[..., Any], build: Build, op: Operation) -> Value:
    x, axes, keep = reduced(op)
    return build.call(function, x, axes, keep)


def _identity(build: Build, op: Operation) -> Value:  # noqa: ARG001
    return op.input(0)


def _cast(build: Build, op: Operation) -> Value:
    x, wanted = op.input(0), TYPES.get(op.get("to"))
    if wanted is None:
        raise NotApplicable(f"{op} turns to element type {op.get('to')}")
    if x.tensor.dtype == wanted:
        return x
    if not x.constant and not wanted.is_floating_point:
        raise NotApplicable(f"{op} rounds what comes from the data")
    return build.call(_to, x, wanted)


def _to(x: Tensor, kind: torch.dtype) -> Tensor:
    return x.to(kind)


def _flatten(build: Build, op: Operation) -> Value:
    x = op.input(0)
    axis = op.get("axis", 1)
    axis += x.ndim if axis < 0 else 0
    if axis == 1 and not x.constant:
        return build.call(nn.Flatten(1), x, name=op.layer)
    return _reshaped(build, op, x, [math.prod(x.shape[:axis]), math.prod(x.shape[axis:])])


def _reshape(build: Build, op: Operation) -> Value:
    x, wanted = op.input(0), op.integers("shape", 1) or []
    if not op.get("allowzero", 0):
        wanted = [x.shape[axis] if size == 0 else size for axis, size in enumerate(wanted)]
    batched = BATCH in x.shape and not x.constant
    if batched and wanted and wanted[0] == op.fixed and wanted[0] != BATCH:
        wanted = [BATCH, *wanted[1:]]
    known = math.prod(size for size in wanted if size != -1)
    total = math.prod(x.shape)
    wanted = [total // known if size == -1 else size for size in wanted]
    return _reshaped(build, op, x, wanted)


def _reshaped(build: Build, op: Operation, x: Value, shape: list[int]) -> Value:
    """``x`` in ``shape``, where multiples of BATCH follow the number of rows."""
    if math.prod(shape) != math.prod(x.shape):
        raise NotApplicable(f"{op} makes {shape} of {list(x.shape)}")
    if list(x.shape) == shape:
        return x
    if x.constant:
        return build.call(torch.reshape, x, shape)
    if x.ndim > 2 and shape == [x.shape[0], math.prod(x.shape[1:])]:
        return build.call(nn.Flatten(1), x, name=op.layer)
    moving = [axis for axis, size in enumerate(shape) if size % BATCH == 0]
    if len(moving) != 1:
        raise NotApplicable(f"{op} spreads the rows over several axes")
    found = build.call(torch.reshape, x, [-1 if a in moving else s for a, s in enumerate(shape)])
    return Value(found.tensor, found.node)


def _squeeze(build: Build, op: Operation) -> Value:
    x, axes = op.input(0), op.integers("axes", 1)
    if axes is None:
        axes = [axis for axis, size in enumerate(x.shape) if size == 1]
    gone = {axis % x.ndim for axis in axes}
    return _reshaped(build, op, x, [s for axis, s in enumerate(x.shape) if axis not in gone])


def _unsqueeze(build: Build, op: Operation) -> Value:
    x, axes = op.input(0), op.integers("axes", 1) or []
    for axis in sorted(axis % (x.ndim + len(axes)) for axis in axes):
        x = build.call(torch.unsqueeze, x, axis)
    return x


def _transpose(build: Build, op: Operation) -> Value:
    """Turned there and back, as exports with channels last are, it is as it was."""
    x = op.input(0)
    order = tuple(op.get("perm", range(x.ndim)[::-1]))
    if x.turned and [x.turned[1][axis] for axis in order] == list(range(x.ndim)):
        return x.turned[0]
    return turn(build, x, order)


def turn(build: Build, x: Value, order: tuple[int, ...]) -> Value:
    """``x`` with its axes in this order."""
    return replace(build.call(torch.permute, x, order), turned=(x, order))


def _concat(build: Build, op: Operation) -> Value:
    values = [op.input(position) for position in range(len(op.inputs))]
    return build.call(torch.cat, values, op.get("axis"))


def _split(build: Build, op: Operation) -> Any:
    x, sizes = op.input(0), op.integers("split", 1)
    axis = op.get("axis", 0) % x.ndim
    if x.shape[axis] == BATCH:
        raise NotApplicable(f"{op} separates rows")
    each = -(-x.shape[axis] // op.get("num_outputs", op.outputs))
    return build.call(torch.split, x, sizes or each, axis)


def _cut(build: Build, op: Operation) -> Value:
    """Slice, whose bounds were attributes up to operator set 9."""
    x = op.input(0)
    starts, ends = op.integers("starts", 1) or [], op.integers("ends", 2) or []
    axes = op.integers("axes", 3) or list(range(len(starts)))
    steps = op.integers("steps", 4) or [1] * len(starts)
    index = [slice(None)] * x.ndim
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        size = x.shape[axis]
        if step < 1:
            raise NotApplicable(f"{op} goes backwards")
        if size == BATCH and not x.constant:
            if (start, step) == (0, 1) and end >= size:
                continue
            raise NotApplicable(f"{op} takes out rows")
        index[axis] = slice(*slice(start, end, step).indices(size))
    return build.call(_taken, x, tuple(index))


def _taken(x: Tensor, index: tuple[slice, ...]) -> Tensor:
    return x[index]


def _gather(build: Build, op: Operation) -> Value:
    x, index = op.input(0), op.weight(1)
    axis = op.get("axis", 0) % x.ndim
    size = x.shape[axis]
    if size == BATCH and not x.constant:
        raise NotApplicable(f"{op} takes out rows")
    positive = torch.where(index < 0, index + size, index).long()
    if index.ndim == 0:
        return build.call(torch.select, x, axis, int(positive))
    picked = build.call(torch.index_select, x, axis, Value(positive.reshape(-1)))
    shape = [*x.shape[:axis], *index.shape, *x.shape[axis + 1 :]]
    return _reshaped(build, op, picked, shape)


def _shape_of(build: Build, op: Operation) -> Value:  # noqa: ARG001
    whole = op.input(0).shape
    part = whole[slice(op.get("start", 0), op.get("end", len(whole)))]
    return Value(torch.tensor(part, dtype=torch.int64))


def _expand(build: Build, op: Operation) -> Value:
    x = op.input(0)
    wanted = op.integers("shape", 1) or []
    return build.expand(x, torch.broadcast_shapes(x.shape, tuple(wanted)))


def _constant_of_shape(build: Build, op: Operation) -> Value:
    shape = op.integers("shape", 0) or []
    filling = op.get("value")
    one = torch.zeros(1) if filling is None else filling
    return build.expand(Value(one.reshape([1] * len(shape))), shape)


def _pad(build: Build, op: Operation) -> Value:
    x = op.input(0)
    pads = op.integers("pads", 1) or []
    if op.integers("axes", 3):
        raise NotApplicable(f"{op} names its axes")
    mode = {b"constant": "constant", b"reflect": "reflect", b"edge": "replicate"}.get(
        op.get("mode", b"constant")
    )
    before, after = pads[: x.ndim], pads[x.ndim :]
    if mode is None or before[0] or after[0]:
        raise NotApplicable(f"{op} pads rows, or in mode {op.get('mode')}")
    first = 1 if mode == "constant" else 2
    if any(before[1:first]) or any(after[1:first]):
        raise NotApplicable(f"{op} repeats channels")
    sides = [n for axis in range(x.ndim - 1, first - 1, -1) for n in (before[axis], after[axis])]
    filling = (op.number("value", 2) or 0.0) if mode == "constant" else None
    return build.call(functional.pad, x, sides, mode, filling)


def _constant(build: Build, op: Operation) -> Value:  # noqa: ARG001
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        if name in op.attributes:
            return Value(torch.as_tensor(op.attributes[name]))
    raise NotApplicable(f"{op} holds neither numbers nor a tensor")


def _arange(build: Build, op: Operation) -> Value:  # noqa: ARG001
    first, last, step = (op.weight(position).item() for position in range(3))
    return Value(torch.arange(first, last, step))


FUNCTIONS: Mapping[str, Handler] = {
    "Div": _divide,
    "Selu": _selu,
    "Pow": _power,
    "Sqrt": partial(_elementwise, torch.sqrt),
    "Exp": partial(_elementwise, torch.exp),
    "Log": partial(_elementwise, torch.log),
    "Abs": partial(_elementwise, torch.abs),
    "Neg": partial(_elementwise, torch.neg),
    "Erf": partial(_elementwise, torch.erf),
    "Reciprocal": partial(_elementwise, torch.reciprocal),
    "Sin": partial(_elementwise, torch.sin),
    "Cos": partial(_elementwise, torch.cos),
    "Where": partial(_elementwise, torch.where),
    "Equal": partial(_elementwise, torch.eq),
    "Less": partial(_elementwise, torch.lt),
    "Greater": partial(_elementwise, torch.gt),
    "Not": partial(_elementwise, torch.logical_not),
    "And": partial(_elementwise, torch.logical_and),
    "Sum": partial(_every, torch.add),
    "Max": partial(_every, torch.maximum),
    "Min": partial(_every, torch.minimum),
    "ReduceSum": _reduce_sum,
    "ReduceMax": partial(_reduce_extreme, torch.amax),
    "ReduceMin": partial(_reduce_extreme, torch.amin),
    "Identity": _identity,
    "Dropout": _identity,
    "Cast": _cast,
    "Flatten": _flatten,
    "Reshape": _reshape,
    "Squeeze": _squeeze,
    "Unsqueeze": _unsqueeze,
    "Transpose": _transpose,
    "Concat": _concat,
    "Split": _split,
    "Slice": _cut,
    "Gather": _gather,
    "Shape": _shape_of,
    "Expand": _expand,
    "ConstantOfShape": _constant_of_shape,
    "Pad": _pad,
    "Constant": _constant,
    "Range": _arange,
}
