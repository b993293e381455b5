"""Every operator answers as onnxruntime does, for any number of rows; exports keep their layers."""

import numpy as np
import onnxruntime
import pytest
import torch
from onnx import helper
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.model.graphs.file import read
from xaiframe.model.graphs.graph import OPERATORS, convert
from xaiframe.model.network import Standardize

RNG = np.random.default_rng(3)


def f(*shape):
    return RNG.normal(size=shape).astype(np.float32)


def i(*values):
    return np.array(values, dtype=np.int64)


PICTURE, SERIES, ROW = (4, 9, 8), (4, 13), (6,)

CASES = {
    "Conv 2d": lambda make: make.one(
        "Conv", PICTURE, f(5, 4, 3, 3), f(5), pads=[1, 1, 1, 1], strides=[2, 1]
    ),
    "Conv 1d": lambda make: make.one("Conv", SERIES, f(3, 4, 5), dilations=[2], pads=[4, 4]),
    "Conv groups": lambda make: make.one("Conv", PICTURE, f(8, 2, 3, 3), f(8), group=2),
    "Conv one-sided pads": lambda make: make.one("Conv", PICTURE, f(5, 4, 3, 3), pads=[0, 1, 2, 0]),
    "Conv same upper": lambda make: make.one(
        "Conv", PICTURE, f(5, 4, 2, 4), auto_pad="SAME_UPPER", strides=[2, 3]
    ),
    "Conv same lower": lambda make: make.one("Conv", SERIES, f(5, 4, 4), auto_pad="SAME_LOWER"),
    "Conv valid": lambda make: make.one("Conv", SERIES, f(5, 4, 4), auto_pad="VALID"),
    "Gemm": lambda make: make.one("Gemm", ROW, f(6, 3), f(3), alpha=0.5, beta=2.0),
    "Gemm transB": lambda make: make.one("Gemm", ROW, f(3, 6), f(1, 3), transB=1),
    "Gemm one bias": lambda make: make.one("Gemm", ROW, f(3, 6), f(1), transB=1),
    "MatMul": lambda make: make.one("MatMul", (5, 6), f(6, 3)),
    "MatMul per row": lambda make: make.chain(
        ("Transpose", "x", "t", {"perm": [0, 2, 1]}), ("MatMul", "x t", "y", {})
    ),
    "BatchNormalization 2d": lambda make: make.one(
        "BatchNormalization", PICTURE, f(4), f(4), f(4), abs(f(4)), epsilon=1e-3
    ),
    "BatchNormalization rows": lambda make: make.one(
        "BatchNormalization", ROW, f(6), f(6), f(6), abs(f(6))
    ),
    "LayerNormalization": lambda make: make.one(
        "LayerNormalization", (5, 6), f(6), f(6), epsilon=1e-3
    ),
    "LayerNormalization two axes": lambda make: make.one(
        "LayerNormalization", (5, 6), f(5, 6), axis=1
    ),
    "MaxPool": lambda make: make.one(
        "MaxPool", PICTURE, kernel_shape=[3, 2], strides=[2, 2], pads=[1, 1, 1, 1]
    ),
    "MaxPool ceil": lambda make: make.one(
        "MaxPool", SERIES, kernel_shape=[3], strides=[2], ceil_mode=1
    ),
    "MaxPool one-sided": lambda make: make.one(
        "MaxPool", PICTURE, kernel_shape=[2, 2], strides=[2, 2], auto_pad="SAME_UPPER"
    ),
    "AveragePool": lambda make: make.one(
        "AveragePool", PICTURE, kernel_shape=[3, 3], pads=[1, 1, 1, 1]
    ),
    "AveragePool counted": lambda make: make.one(
        "AveragePool", SERIES, kernel_shape=[3], pads=[0, 1], count_include_pad=1
    ),
    "GlobalAveragePool": lambda make: make.one("GlobalAveragePool", PICTURE),
    "GlobalMaxPool": lambda make: make.one("GlobalMaxPool", PICTURE),
    "ReduceMean positions": lambda make: make.one("ReduceMean", PICTURE, i(2, 3), keepdims=0),
    "ReduceMean attribute": lambda make: make.one("ReduceMean", PICTURE, opset=13, axes=[-1]),
    "ReduceSum": lambda make: make.one("ReduceSum", PICTURE, i(1), keepdims=0),
    "ReduceMax": lambda make: make.one("ReduceMax", PICTURE, i(1, 2)),
    "ReduceMin": lambda make: make.one("ReduceMin", PICTURE, i(3)),
    "Softmax": lambda make: make.one("Softmax", ROW),
    "Softmax channels": lambda make: make.one("Softmax", PICTURE, axis=1),
    "Softmax of old": lambda make: make.one("Softmax", ROW, opset=11),
    "LogSoftmax": lambda make: make.one("LogSoftmax", ROW, axis=1),
    "Relu": lambda make: make.one("Relu", ROW),
    "LeakyRelu": lambda make: make.one("LeakyRelu", ROW, alpha=0.2),
    "PRelu": lambda make: make.one("PRelu", PICTURE, f(4, 1, 1)),
    "Elu": lambda make: make.one("Elu", ROW, alpha=0.7),
    "Celu": lambda make: make.one("Celu", ROW, alpha=0.7),
    "Selu": lambda make: make.one("Selu", ROW),
    "Gelu": lambda make: make.one("Gelu", ROW),
    "Gelu tanh": lambda make: make.one("Gelu", ROW, approximate="tanh"),
    "Sigmoid": lambda make: make.one("Sigmoid", ROW),
    "Tanh": lambda make: make.one("Tanh", ROW),
    "Softplus": lambda make: make.one("Softplus", ROW),
    "Softsign": lambda make: make.one("Softsign", ROW),
    "Mish": lambda make: make.one("Mish", ROW),
    "HardSigmoid": lambda make: make.one("HardSigmoid", ROW),
    "HardSigmoid of torch": lambda make: make.one("HardSigmoid", ROW, alpha=1 / 6),
    "HardSwish": lambda make: make.one("HardSwish", ROW),
    "Clip": lambda make: make.one("Clip", ROW, np.float32(-0.5), np.float32(0.5)),
    "Clip below": lambda make: make.one("Clip", ROW, np.float32(-0.5)),
    "Clip zero": lambda make: make.one("Clip", ROW, np.float32(0)),
    "Clip six": lambda make: make.one("Clip", ROW, opset=6, min=0.0, max=6.0),
    "Exp": lambda make: make.one("Exp", ROW),
    "Abs": lambda make: make.one("Abs", ROW),
    "Neg": lambda make: make.one("Neg", ROW),
    "Erf": lambda make: make.one("Erf", ROW),
    "Sin": lambda make: make.one("Sin", ROW),
    "Cos": lambda make: make.one("Cos", ROW),
    "Reciprocal": lambda make: make.one("Reciprocal", ROW),
    "Pow": lambda make: make.one("Pow", ROW, np.float32(2)),
    "Sqrt and Log": lambda make: make.chain(
        ("Abs", "x", "a", {}), ("Sqrt", "a", "b", {}), ("Log", "b", "y", {})
    ),
    "Add": lambda make: make.one("Add", PICTURE, f(4, 1, 1)),
    "Sub, Div, Mul of the input": lambda make: make.chain(
        ("Sub", "x m", "a", {}),
        ("Div", "a s", "b", {}),
        ("Mul", "g b", "y", {}),
        weights={"m": f(4), "s": f(3, 1), "g": np.float32(0.5)},
    ),
    "Sub from a constant": lambda make: make.chain(("Sub", "m x", "y", {}), weights={"m": f(4)}),
    "Div by the input": lambda make: make.chain(("Div", "m x", "y", {}), weights={"m": f(4)}),
    "skip connection": lambda make: make.chain(("Relu", "x", "a", {}), ("Add", "a x", "y", {})),
    "Sum, Max and Min": lambda make: make.chain(
        ("Sum", "x x c", "a", {}),
        ("Max", "a x", "b", {}),
        ("Min", "b c", "y", {}),
        weights={"c": f(4)},
    ),
    "Where": lambda make: make.chain(
        ("Greater", "x c", "a", {}),
        ("Less", "x c", "b", {}),
        ("Not", "b", "nb", {}),
        ("And", "a nb", "m", {}),
        ("Where", "m x c", "y", {}),
        weights={"c": f(4)},
    ),
    "Flatten": lambda make: make.one("Flatten", PICTURE),
    "Flatten rows too": lambda make: make.one("Flatten", PICTURE, axis=2),
    "Reshape": lambda make: make.one("Reshape", PICTURE, i(-1, 36, 8)),
    "Reshape with zero": lambda make: make.one("Reshape", PICTURE, i(0, 0, -1)),
    "Reshape by Shape": lambda make: make.chain(
        ("Shape", "x", "s", {}),
        ("Gather", "s first", "n", {"axis": 0}),
        ("Unsqueeze", "n axis", "n1", {}),
        ("Concat", "n1 rest", "t", {"axis": 0}),
        ("Reshape", "x t", "y", {}),
        weights={"first": np.int64(0), "axis": i(0), "rest": i(6, 2)},
    ),
    "Squeeze": lambda make: make.one("Squeeze", (1, 5, 1), i(1, -1)),
    "Squeeze attribute": lambda make: make.one("Squeeze", (1, 5, 1), opset=11, axes=[3]),
    "Unsqueeze": lambda make: make.one("Unsqueeze", ROW, i(1, -1)),
    "Transpose": lambda make: make.one("Transpose", PICTURE, perm=[0, 3, 1, 2]),
    "Concat": lambda make: make.chain(("Relu", "x", "a", {}), ("Concat", "a x", "y", {"axis": -1})),
    "Slice": lambda make: make.one("Slice", PICTURE, i(1, -3), i(3, 2**62), i(1, -1), i(1, 2)),
    "Slice attribute": lambda make: make.one(
        "Slice", SERIES, opset=9, starts=[2], ends=[-1], axes=[2]
    ),
    "Split": lambda make: make.chain(
        ("Split", "x sizes", "a b", {"axis": 2}),
        ("Concat", "b a", "y", {"axis": 2}),
        weights={"sizes": i(1, 3)},
    ),
    "Split even": lambda make: make.chain(
        ("Split", "x", "a b", {"axis": 2, "num_outputs": 2}), ("Mul", "a b", "y", {})
    ),
    "Gather one": lambda make: make.one("Gather", PICTURE, np.int64(-1), axis=2),
    "Gather some": lambda make: make.one("Gather", PICTURE, np.array([[0, -1], [2, 2]]), axis=1),
    "Expand": lambda make: make.one("Expand", (1, 4), i(1, 3, 4)),
    "token for each row": lambda make: make.chain(
        ("Shape", "x", "n", {"start": 0, "end": 1}),
        ("Concat", "n one four", "s", {"axis": 0}),
        ("Expand", "token s", "t", {}),
        ("Concat", "t x", "y", {"axis": 1}),
        weights={"one": i(1), "four": i(4), "token": f(1, 1, 4)},
    ),
    "zeros for each row": lambda make: make.chain(
        ("Shape", "x", "s", {}),
        ("ConstantOfShape", "s", "z", {}),
        ("Concat", "z x", "y", {"axis": 1}),
    ),
    "Pad": lambda make: make.one("Pad", PICTURE, i(0, 0, 1, 2, 0, 1, 0, 3), np.float32(0.5)),
    "Pad reflect": lambda make: make.one("Pad", SERIES, i(0, 0, 2, 0, 0, 1), mode="reflect"),
    "Pad attribute": lambda make: make.one(
        "Pad", SERIES, opset=10, mode="edge", pads=[0, 0, 2, 0, 0, 1]
    ),
    "Identity and Dropout": lambda make: make.chain(
        ("Identity", "x", "a", {}), ("Dropout", "a", "y", {})
    ),
    "Cast": lambda make: make.one("Cast", ROW, to=1),
    "Constant": lambda make: make.chain(
        ("Constant", "", "c", {"value_floats": [1.0, 2.0, 3.0, 4.0]}), ("Add", "x c", "y", {})
    ),
    "Range, Equal": lambda make: make.chain(
        ("Range", "a b c", "r", {}),
        ("Equal", "r c", "e", {}),
        ("Where", "e x d", "y", {}),
        weights={"a": np.int64(0), "b": np.int64(4), "c": np.int64(1), "d": np.float32(7)},
    ),
}


def both_answers(model, x):
    """What onnxruntime and the converted graph answer."""
    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    (wanted,) = session.run(["y"], {"x": x})
    module = convert(model, "x", "y", x.shape[1:])
    return wanted, module(torch.tensor(x)).numpy()


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("rows", [1, 5])
def test_operator_answers_as_onnxruntime_does(make, name, rows):
    model = CASES[name](make)
    shape = [axis.dim_value for axis in model.graph.input[0].type.tensor_type.shape.dim[1:]]
    wanted, got = both_answers(model, f(rows, *shape))
    if name == "Flatten rows too":
        wanted = wanted.reshape(rows * 4, -1)
    flat = wanted.reshape(len(wanted), -1)
    np.testing.assert_allclose(got.reshape(flat.shape), flat, rtol=2e-5, atol=2e-6)


def test_every_operator_that_is_offered_is_tried(make):
    used = {node.op_type for case in CASES.values() for node in case(make).graph.node}
    assert set(OPERATORS) == used | set(GATES)


GATES = {"LSTM": 4, "GRU": 3, "RNN": 1}


@pytest.mark.parametrize("kind", GATES)
@pytest.mark.parametrize("both", [False, True], ids=["forward", "bidirectional"])
@pytest.mark.parametrize("given", [False, True], ids=["from zero", "from a state"])
@pytest.mark.parametrize("which", [0, 1])
def test_recurrent_operator_answers_as_onnxruntime_does(make, kind, both, given, which):
    """x is (n, steps, inputs); the operator takes the steps first, and puts out (…, n, width)."""
    ways, gates = 1 + both, GATES[kind]
    weights = {"w": f(ways, gates * 3, 4), "r": f(ways, gates * 3, 3), "b": f(ways, gates * 6)}
    states = {"h": f(ways, 1, 3), **({"c": f(ways, 1, 3)} if kind == "LSTM" else {})}
    sizes = [
        ("Shape", "x", "n", {"start": 0, "end": 1}),
        ("Concat", "ways n width", "s", {"axis": 0}),
        *(("Expand", f"{name} s", f"{name}n", {}) for name in states),
    ]
    more = {"hidden_size": 3, "direction": "bidirectional" if both else "forward"}
    if kind == "GRU":
        more["linear_before_reset"] = 1
    made = ["every", "last"][which]
    node = helper.make_node(
        kind, ["t", "w", "r", "b", *(["", *(f"{name}n" for name in states)] if given else [])],
        ["every", "last"], **more,
    )  # fmt: skip
    order = [2, 0, 1, 3] if which == 0 else [1, 0, 2]
    nodes = [
        helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
        *(helper.make_node(k, i.split(), o.split(), **a) for k, i, o, a in sizes if given),
        node,
        helper.make_node("Transpose", [made], ["z"], perm=order),
        helper.make_node("Flatten", ["z"], ["y"]),
    ]
    weights |= {**states, "ways": i(ways), "width": i(3)} if given else {}
    wanted, got = both_answers(make.graph_of(nodes, (5, 4), weights), f(6, 5, 4))
    np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5)


def test_a_gru_that_resets_first_is_refused(make):
    weights = {"w": f(1, 9, 4), "r": f(1, 9, 3)}
    model = make.chain(("GRU", "x w r", "y", {"hidden_size": 3}), shape=(5, 4), weights=weights)
    with pytest.raises(NotApplicable, match=r"operator GRU .* resets before"):
        convert(model, "x", "y", (5, 4))


@pytest.mark.parametrize(
    ("model", "why"),
    [
        (lambda make: make.one("Softmax", PICTURE, opset=11), "several axes"),
        (lambda make: make.one("ReduceSum", ROW, i(0)), "over rows"),
        (lambda make: make.one("Gather", ROW, np.int64(0), axis=0), "takes out rows"),
        (lambda make: make.one("Slice", ROW, i(0), i(1), i(0)), "takes out rows"),
        (lambda make: make.one("Slice", ROW, i(5), i(0), i(1), i(-1)), "backwards"),
        (lambda make: make.one("Cast", ROW, to=7), "rounds"),
        (lambda make: make.one("Hardmax", ROW), r"Hardmax \(node the_node, operator set 20\)"),
        (lambda make: make.one("MaxPool", PICTURE, outputs=2, kernel_shape=[2, 2]), "positions"),
        (lambda make: make.chain(("ConstantOfShape", "s", "y", {}), weights={"s": i(3)}), "depend"),
    ],
)  # fmt: skip
def test_what_has_no_counterpart_is_refused_by_name(make, model, why):
    model = model(make)
    shape = [axis.dim_value for axis in model.graph.input[0].type.tensor_type.shape.dim[1:]]
    with pytest.raises(NotApplicable, match=why):
        convert(model, "x", "y", tuple(shape))


def test_weights_that_torch_cannot_hold_are_refused(make):
    model = make.chain(("Add", "x w", "y", {}), shape=ROW, weights={"w": f(6)})
    weight = model.graph.initializer.pop()
    model.graph.sparse_initializer.add().values.CopyFrom(weight)
    with pytest.raises(NotApplicable, match="cannot be carried over to torch: KeyError: 'w'"):
        convert(model, "x", "y", ROW)


class Net(nn.Module):
    """Its own scaling, batch norm, a skip connection and functional activations."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(5)
        self.conv1 = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.conv2 = nn.Conv2d(4, 4, 3, padding=1)
        self.output = nn.Linear(4 * 4 * 4, 3)

    def forward(self, x):
        x = (x - 0.3) / 2
        x = functional.max_pool2d(functional.relu(self.norm(self.conv1(x))), 2)
        x = functional.gelu(self.conv2(x)) + x
        return self.output(torch.flatten(x, 1))


class Attention(nn.Module):
    """Tokens with a class token, layer norm and self-attention written out."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(6)
        self.token = nn.Parameter(torch.randn(1, 1, 8))
        self.embed, self.norm = nn.Linear(4, 8), nn.LayerNorm(8)
        self.query, self.key, self.value = (nn.Linear(8, 8) for _ in range(3))
        self.output = nn.Linear(8, 3)

    def forward(self, x):
        x = self.embed(x)
        x = self.norm(torch.cat([self.token.expand(x.shape[0], -1, -1), x], dim=1))
        q, k, v = (
            one(x).reshape(x.shape[0], -1, 2, 4).transpose(1, 2)
            for one in (self.query, self.key, self.value)
        )
        mixed = torch.softmax(q @ k.transpose(-1, -2) / 2, dim=-1) @ v
        return self.output(mixed.transpose(1, 2).reshape(x.shape[0], -1, 8).mean(dim=1))


class Series(nn.Module):
    """Channels first, a convolution, two recurrent layers, the last state."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.conv = nn.Conv1d(2, 5, 3, padding=1)
        self.memory = nn.LSTM(5, 4, batch_first=True, bidirectional=True)
        self.gate = nn.GRU(8, 6, batch_first=True)
        self.output = nn.Linear(6, 3)

    def forward(self, x):
        steps, _ = self.memory(functional.relu(self.conv(x)).transpose(1, 2))
        return self.output(self.gate(steps)[0][:, -1])


@pytest.mark.parametrize(
    ("net", "shape", "rows", "dynamo"),
    [
        (Net, (2, 8, 8), None, False),
        (Net, (2, 8, 8), None, True),
        (Net, (2, 8, 8), 1, True),
        (Net, (2, 8, 8), 4, False),
        (Attention, (5, 4), None, False),
        (Attention, (5, 4), None, True),
        (Series, (2, 9), None, False),
    ],
)
def test_exports_answer_as_the_network_they_came_from(make, tmp_path, net, shape, rows, dynamo):
    network = net().eval()
    file = read(make.export(network, shape, tmp_path / "net.onnx", dynamo, rows))
    module = convert(file.proto, file.source, file.output, file.shape, file.rows)
    x = torch.tensor(f(7, *shape))
    wanted = network(x).detach().numpy()
    np.testing.assert_allclose(module(x).numpy(), wanted, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(file(x.numpy()), wanted, rtol=1e-4, atol=1e-5)


def test_a_token_written_out_for_one_row_is_refused(make, tmp_path):
    file = read(make.export(Attention(), (5, 4), tmp_path / "net.onnx", rows=1))
    with pytest.raises(NotApplicable, match=r"operator Concat \(node .*cannot be carried over"):
        convert(file.proto, file.source, file.output, file.shape, file.rows)


@pytest.mark.parametrize("dynamo", [False, True], ids=["traced", "dynamo"])
def test_layers_keep_kind_name_and_weights(make, tmp_path, dynamo):
    network = Net().eval()
    file = read(make.export(network, (2, 8, 8), tmp_path / "net.onnx", dynamo))
    module = convert(file.proto, file.source, file.output, file.shape)
    kinds = [type(layer) for layer in module.children()]
    wanted = [Standardize, nn.Conv2d, nn.ReLU, nn.MaxPool2d, nn.Conv2d]
    assert [kind for kind in kinds if kind in (*wanted, nn.Linear)] == [*wanted, nn.Linear]
    torch.testing.assert_close(module.conv2.weight, network.conv2.weight)
    torch.testing.assert_close(module.output.weight, network.output.weight)
    assert not any(p.requires_grad for p in module.parameters())


HALF, ROOT = np.float32(0.5), np.float32(np.sqrt(2))
NORMAL = (("Erf", "d", "e", {}), ("Add", "e one", "g", {}))
WRITTEN_OUT = {
    "gelu as torch writes it": (
        ("Div", "h root", "d", {}), *NORMAL, ("Mul", "h g", "p", {}), ("Mul", "p half", "y", {}),
    ),
    "gelu, halved first": (
        ("Mul", "inverse h", "d", {}), *NORMAL, ("Mul", "half h", "p", {}), ("Mul", "g p", "y", {}),
    ),
    "silu": (("Sigmoid", "h", "g", {}), ("Mul", "g h", "y", {})),
}  # fmt: skip
NOT_QUITE = {
    "not halved": (("Div", "h root", "d", {}), *NORMAL, ("Mul", "h g", "y", {})),
    "another width": (
        ("Div", "h half", "d", {}), *NORMAL, ("Mul", "h g", "p", {}), ("Mul", "p half", "y", {}),
    ),
    "of something else": (("Sigmoid", "x", "g", {}), ("Mul", "g h", "y", {})),
}  # fmt: skip


@pytest.mark.parametrize("name", [*WRITTEN_OUT, *NOT_QUITE])
def test_activations_written_out_are_layers_again(make, name):
    weights = {
        "w": f(4, 4), "half": HALF, "root": ROOT, "inverse": 1 / ROOT, "one": np.float32(1)
    }  # fmt: skip
    nodes = (("MatMul", "x w", "h", {}), *(WRITTEN_OUT | NOT_QUITE)[name])
    model = make.chain(*nodes, shape=(4,), weights=weights)
    wanted, got = both_answers(model, f(5, 4))
    np.testing.assert_allclose(got, wanted, rtol=1e-5, atol=1e-6)
    layers = {type(layer) for layer in convert(model, "x", "y", (4,)).children()}
    assert bool(layers & {nn.GELU, nn.SiLU}) == (name in WRITTEN_OUT)


def test_matmul_and_add_are_one_linear_layer(make):
    weights = {"fc.weight": f(6, 3), "b": f(3)}
    model = make.chain(
        ("MatMul", "x fc.weight", "a", {}), ("Add", "a b", "y", {}), shape=ROW, weights=weights
    )
    module = convert(model, "x", "y", ROW)
    assert [name for name, _ in module.named_children()] == ["fc"]
    np.testing.assert_array_equal(module.fc.bias, weights["b"])


def test_a_product_that_is_read_twice_keeps_its_bias_apart(make):
    model = make.chain(
        ("MatMul", "x w", "a", {}), ("Add", "a b", "c", {}), ("Mul", "a c", "y", {}),
        shape=ROW, weights={"w": f(6, 3), "b": f(3)},
    )  # fmt: skip
    wanted, got = both_answers(model, f(4, 6))
    np.testing.assert_allclose(got, wanted, rtol=1e-5)


def test_no_name_in_the_file_becomes_code(make):
    """Layer and node names are the file's, and the graph's code is made of them."""
    names = ["class", "forward", "a b); import os #", "0", "training", "_", "weight'"]
    nodes = [
        helper.make_node("Relu", [f"v{n}" if n else "x"], [f"v{n + 1}"], name=name)
        for n, name in enumerate(names)
    ]
    nodes.append(helper.make_node("Identity", [f"v{len(names)}"], ["y"]))
    wanted, got = both_answers(make.graph_of(nodes, ROW), f(4, 6))
    np.testing.assert_array_equal(got, wanted)
