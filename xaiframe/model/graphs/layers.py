"""ONNX operators that become torch layers: convolution, linear, norm, pooling, activation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.model.graphs.build import BATCH, Build, Operation, Value
from xaiframe.model.graphs.fuse import activation
from xaiframe.model.network import Standardize

Handler = Callable[[Build, Operation], Any]

CONV: Mapping[int, type[Any]] = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
NORM: Mapping[int, type[Any]] = {
    0: nn.BatchNorm1d, 1: nn.BatchNorm1d, 2: nn.BatchNorm2d, 3: nn.BatchNorm3d,
}  # fmt: skip
MAX_POOL: Mapping[int, type[Any]] = {1: nn.MaxPool1d, 2: nn.MaxPool2d, 3: nn.MaxPool3d}
AVERAGE_POOL: Mapping[int, type[Any]] = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
ADAPTIVE: Mapping[int, type[Any]] = {
    1: nn.AdaptiveAvgPool1d, 2: nn.AdaptiveAvgPool2d, 3: nn.AdaptiveAvgPool3d,
}  # fmt: skip


def fixed(layer: Any, weight: Tensor, bias: Tensor | None) -> Any:
    """``layer`` with these parameters."""
    layer.weight = nn.Parameter(weight.contiguous().clone(), requires_grad=False)
    if bias is not None:
        layer.bias = nn.Parameter(bias.contiguous().clone(), requires_grad=False)
    return layer


def _convolution(build: Build, op: Operation) -> Value:
    x, weight, bias = op.input(0), op.weight(1), op.constant(2)
    kind = _of(CONV, x.positions, op)
    x, padding = _pad(build, op, x, weight.shape[2:], 0.0, symmetric=True)
    groups = op.get("group", 1)
    layer = kind(
        weight.shape[1] * groups,
        weight.shape[0],
        tuple(weight.shape[2:]),
        stride=tuple(op.get("strides", [1] * x.positions)),
        padding=padding,
        dilation=tuple(op.get("dilations", [1] * x.positions)),
        groups=groups,
        bias=bias is not None,
    )
    return build.call(fixed(layer, weight, bias), x, name=op.layer)


def _gemm(build: Build, op: Operation) -> Value:
    """``alpha · a b + beta · c``; a linear layer where b and c are constant."""
    a, b, c = op.input(0), op.input(1), op.optional(2)
    alpha, beta = op.get("alpha", 1.0), op.get("beta", 1.0)
    turn = op.get("transB", 0)
    if b.constant and (c is None or c.constant) and not op.get("transA", 0):
        weight = alpha * (b.tensor if turn else b.tensor.T)
        bias = None if c is None else beta * c.tensor
        if bias is None or bias.numel() in (1, len(weight)):
            flat = None if bias is None else bias.reshape(-1).expand(len(weight))
            return _linear(build, op, a, weight, flat)
    left = build.call(torch.t, a) if op.get("transA", 0) else a
    right = build.call(torch.t, b) if turn else b
    product = build.call(torch.mul, build.call(torch.matmul, left, right), alpha)
    return product if c is None else build.call(torch.add, product, build.call(torch.mul, c, beta))


def _matmul(build: Build, op: Operation) -> Value:
    a, b = op.input(0), op.input(1)
    if b.constant and b.ndim == 2 and not a.constant:
        return _linear(build, op, a, b.tensor.T, None)
    return build.call(torch.matmul, a, b)


def _batch_norm(build: Build, op: Operation) -> Value:
    x = op.input(0)
    if op.get("training_mode", 0) or op.outputs > 1 or not op.get("spatial", 1):
        raise NotApplicable(f"{op} is in training mode: answers depend on the batch")
    gain, shift, mean, variance = (op.weight(position) for position in range(1, 5))
    layer = _of(NORM, x.positions, op)(len(gain), eps=op.get("epsilon", 1e-5))
    layer.running_mean, layer.running_var = mean.clone(), variance.clone()
    return build.call(fixed(layer, gain, shift), x, name=op.layer)


def _layer_norm(build: Build, op: Operation) -> Value:
    x, gain, shift = op.input(0), op.weight(1), op.constant(2)
    axis = op.get("axis", -1) % x.ndim
    shape = x.shape[axis:]
    if op.outputs > 1 or BATCH in shape:
        raise NotApplicable(f"{op} normalises over rows, or puts out its moments too")
    layer = nn.LayerNorm(shape, eps=op.get("epsilon", 1e-5), bias=shift is not None)
    whole = None if shift is None else shift.broadcast_to(shape)
    return build.call(fixed(layer, gain.broadcast_to(shape), whole), x, name=op.layer)


def _max_pool(build: Build, op: Operation) -> Value:
    if op.outputs > 1 or op.get("storage_order", 0):
        raise NotApplicable(f"{op} puts out positions")
    x, kernel = op.input(0), tuple(op.get("kernel_shape"))
    kind = _of(MAX_POOL, x.positions, op)
    x, padding = _pad(build, op, x, kernel, -torch.inf, symmetric=_half(op, kernel))
    layer = kind(
        kernel,
        stride=tuple(op.get("strides", [1] * x.positions)),
        padding=padding,
        dilation=tuple(op.get("dilations", [1] * x.positions)),
        ceil_mode=bool(op.get("ceil_mode", 0)),
    )
    return build.call(layer, x, name=op.layer)


def _average_pool(build: Build, op: Operation) -> Value:
    x, kernel = op.input(0), tuple(op.get("kernel_shape"))
    kind = _of(AVERAGE_POOL, x.positions, op)
    if any(step != 1 for step in op.get("dilations", [])):
        raise NotApplicable(f"{op} has dilations, which torch's average pooling does not know")
    counted = bool(op.get("count_include_pad", 0))
    before, after = _pads(op, x, kernel)
    if before != after and not counted:
        raise NotApplicable(f"{op} pads one side more than the other without counting it")
    x, padding = _pad(build, op, x, kernel, 0.0, symmetric=_half(op, kernel))
    if not counted and padding == 0 and any(before):
        raise NotApplicable(f"{op} pads by more than half of its kernel")
    layer = kind(
        kernel,
        stride=tuple(op.get("strides", [1] * x.positions)),
        padding=padding,
        ceil_mode=bool(op.get("ceil_mode", 0)),
        count_include_pad=counted,
    )
    return build.call(layer, x, name=op.layer)


def _global_average(build: Build, op: Operation) -> Value:
    x = op.input(0)
    return build.call(_of(ADAPTIVE, x.positions, op)(1), x, name=op.layer)


def _global_max(build: Build, op: Operation) -> Value:
    x = op.input(0)
    return build.call(_of(MAX_POOL, x.positions, op)(x.shape[2:]), x, name=op.layer)


def _reduce_mean(build: Build, op: Operation) -> Value:
    """Pooling over all positions is a layer; any other mean is a function."""
    x, axes, keep = reduced(op)
    if axes == list(range(2, x.ndim)) and x.positions in ADAPTIVE:
        pooled = build.call(ADAPTIVE[x.positions](1), x, name=op.layer)
        return pooled if keep else build.call(nn.Flatten(1), pooled, name=f"{op.layer}_flatten")
    return build.call(torch.mean, x, axes, keep)


def reduced(op: Operation) -> tuple[Value, list[int], bool]:
    """Input, axes ≥ 0 and keepdims of a reduction. Raises NotApplicable where it mixes rows."""
    x = op.input(0)
    axes = op.integers("axes", 1)
    if not axes and not op.get("noop_with_empty_axes", 0):
        axes = list(range(x.ndim))
    axes = sorted(axis % x.ndim for axis in axes or [])
    if not axes or any(x.shape[axis] == BATCH for axis in axes):
        raise NotApplicable(f"{op} reduces over rows")
    return x, axes, bool(op.get("keepdims", 1))


def _softmax(kind: type[Any], build: Build, op: Operation) -> Value:
    """Up to operator set 12 the axes from ``axis`` on were taken as one."""
    x = op.input(0)
    axis = op.get("axis", 1 if op.opset < 13 else -1) % x.ndim
    if op.opset < 13 and axis != x.ndim - 1:
        raise NotApplicable(f"{op} is taken over several axes")
    return build.call(kind(dim=axis), x, name=op.layer)


def _activation(make: Callable[[Operation], nn.Module], build: Build, op: Operation) -> Value:
    return build.call(make(op), op.input(0), name=op.layer)


def _clip(build: Build, op: Operation) -> Value:
    x, low, high = op.input(0), op.number("min", 1), op.number("max", 2)
    if (low, high) == (0.0, 6.0):
        return build.call(nn.ReLU6(), x, name=op.layer)
    if low == 0.0 and high is None:
        return build.call(nn.ReLU(), x, name=op.layer)
    if low is not None and high is not None and low < high:
        return build.call(nn.Hardtanh(low, high), x, name=op.layer)
    return x if low is None and high is None else build.call(torch.clamp, x, low, high)


def _hard_sigmoid(build: Build, op: Operation) -> Value:
    alpha, beta = op.get("alpha", 0.2), op.get("beta", 0.5)
    if abs(alpha - 1 / 6) < 1e-6 and beta == 0.5:
        return build.call(nn.Hardsigmoid(), op.input(0), name=op.layer)
    line = build.call(torch.add, build.call(torch.mul, op.input(0), alpha), beta)
    return build.call(nn.Hardtanh(0.0, 1.0), line, name=op.layer)


def _prelu(build: Build, op: Operation) -> Value:
    x, slope = op.input(0), op.weight(1)
    channels = slope.numel()
    per_channel = slope.ndim == x.ndim - 1 and slope.shape[0] == channels
    if channels > 1 and not per_channel:
        raise NotApplicable(f"{op} has a slope per position")
    return build.call(fixed(nn.PReLU(channels), slope.reshape(-1), None), x, name=op.layer)


def arithmetic(function: Callable[..., Any], build: Build, op: Operation) -> Value:
    """Scaling of the input becomes its first layer, what is added to a linear layer its bias."""
    left, right = op.input(0), op.input(1)
    if left.constant and right.constant:
        return build.call(function, left, right)
    found = _standardize(build, op, left, right)
    if found is None and op.kind == "Add":
        found = _bias(build, op, left, right, 0) or _bias(build, op, right, left, 1)
    found = found or build.call(function, left, right)
    fused = activation(build, found.node) if op.kind == "Mul" and found.node else None
    if fused is None:
        return found
    layer, x = fused
    return build.call(layer, Value(found.tensor, x), name=op.layer)


def _standardize(build: Build, op: Operation, left: Value, right: Value) -> Value | None:
    """(x − mean) / sd of the input, as one layer, where the other operand is constant."""
    if left.constant and op.kind in ("Add", "Mul"):
        left, right = right, left
    if left.scaling is None or not right.constant or not right.tensor.is_floating_point():
        return None
    mean, sd = left.scaling
    try:
        number = right.tensor.broadcast_to((1, *mean.shape))[0]
    except RuntimeError:
        return None
    if op.kind in ("Mul", "Div") and not bool((number != 0).all()):
        return None
    moved = {"Sub": mean + number * sd, "Add": mean - number * sd}.get(op.kind, mean)
    spread = {"Mul": sd / number, "Div": sd * number}.get(op.kind, sd)
    layer = Standardize(tuple(mean.shape))
    layer.mean.copy_(moved)
    layer.sd.copy_(spread)
    assert build.start is not None
    found = build.call(layer, build.start, name="standardize")
    return Value(found.tensor, found.node, (moved, spread))


def _bias(
    build: Build, op: Operation, product: Value, addend: Value, position: int
) -> Value | None:
    layer = build.layer(product)
    if not isinstance(layer, nn.Linear) or layer.bias is not None or not op.alone[position]:
        return None
    tail = (
        addend.shape[-1:] == (layer.out_features,) and addend.tensor.numel() == layer.out_features
    )
    if not addend.constant or not tail or addend.ndim > product.ndim:
        return None
    layer.bias = nn.Parameter(addend.tensor.reshape(-1).clone(), requires_grad=False)
    return product


def _linear(build: Build, op: Operation, x: Value, weight: Tensor, bias: Tensor | None) -> Value:
    layer = nn.Linear(weight.shape[1], weight.shape[0], bias=bias is not None)
    return build.call(fixed(layer, weight, bias), x, name=op.layer)


def _of(kinds: Mapping[int, type[Any]], positions: int, op: Operation) -> type[Any]:
    if positions not in kinds:
        raise NotApplicable(f"{op} works along {positions} axes")
    return kinds[positions]


def _half(op: Operation, kernel: Sequence[int]) -> bool:
    """Whether torch's pooling can do the padding itself: at most half of the kernel."""
    pads = op.get("pads", [0])
    return all(pad <= size // 2 for pad, size in zip(pads, [*kernel, *kernel], strict=False))


def _pads(op: Operation, x: Value, kernel: Sequence[int]) -> tuple[list[int], list[int]]:
    """Elements added before and after each position axis."""
    count, automatic = len(kernel), op.get("auto_pad", b"NOTSET").decode()
    if automatic in ("NOTSET", ""):
        pads = list(op.get("pads", [0] * (2 * count)))
        return pads[:count], pads[count:]
    if automatic == "VALID":
        return [0] * count, [0] * count
    strides = op.get("strides", [1] * count)
    dilations = op.get("dilations", [1] * count)
    before, after = [], []
    for size, wide, step, gap in zip(x.shape[2:], kernel, strides, dilations, strict=True):
        total = max((-(-size // step) - 1) * step + (wide - 1) * gap + 1 - size, 0)
        less, more = total // 2, total - total // 2
        upper = automatic == "SAME_UPPER"
        before.append(less if upper else more)
        after.append(more if upper else less)
    return before, after


def _pad(
    build: Build, op: Operation, x: Value, kernel: Sequence[int], value: float, symmetric: bool
) -> tuple[Value, Any]:
    """The input padded where a layer cannot do it, and the padding that the layer does."""
    before, after = _pads(op, x, kernel)
    if before == after and symmetric:
        return x, tuple(before) if any(before) else 0
    if any(pad < 0 for pad in (*before, *after)):
        raise NotApplicable(f"{op} has negative pads")
    sides = [pad for pair in zip(before[::-1], after[::-1], strict=True) for pad in pair]
    return build.call(functional.pad, x, sides, "constant", value), 0


LAYERS: Mapping[str, Handler] = {
    "Conv": _convolution,
    "Gemm": _gemm,
    "MatMul": _matmul,
    "BatchNormalization": _batch_norm,
    "LayerNormalization": _layer_norm,
    "MaxPool": _max_pool,
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_average,
    "GlobalMaxPool": _global_max,
    "ReduceMean": _reduce_mean,
    "Softmax": partial(_softmax, nn.Softmax),
    "LogSoftmax": partial(_softmax, nn.LogSoftmax),
    "Relu": partial(_activation, lambda op: nn.ReLU()),  # noqa: ARG005
    "LeakyRelu": partial(_activation, lambda op: nn.LeakyReLU(op.get("alpha", 0.01))),
    "Elu": partial(_activation, lambda op: nn.ELU(op.get("alpha", 1.0))),
    "Celu": partial(_activation, lambda op: nn.CELU(op.get("alpha", 1.0))),
    "Gelu": partial(_activation, lambda op: nn.GELU(op.get("approximate", b"none").decode())),
    "Sigmoid": partial(_activation, lambda op: nn.Sigmoid()),  # noqa: ARG005
    "Tanh": partial(_activation, lambda op: nn.Tanh()),  # noqa: ARG005
    "Softplus": partial(_activation, lambda op: nn.Softplus()),  # noqa: ARG005
    "Softsign": partial(_activation, lambda op: nn.Softsign()),  # noqa: ARG005
    "HardSwish": partial(_activation, lambda op: nn.Hardswish()),  # noqa: ARG005
    "Mish": partial(_activation, lambda op: nn.Mish()),  # noqa: ARG005
    "HardSigmoid": _hard_sigmoid,
    "PRelu": _prelu,
    "Clip": _clip,
    "Add": partial(arithmetic, torch.add),
    "Sub": partial(arithmetic, torch.sub),
    "Mul": partial(arithmetic, torch.mul),
}
