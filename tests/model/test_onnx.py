"""ONNX files as a user brings them: white box where they convert, else black box with a reason."""

import numpy as np
import pandas as pd
import pytest
import torch
from captum import attr
from onnx import TensorProto, helper
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression
from torch import nn

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError
from xaiframe.gradient.grad_cam import GradCam
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.lrp import LRP
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.model.onnx import Onnx
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

RNG = np.random.default_rng(11)


def data_of(shape, classes=("a", "b", "c"), modality=None, mask=None, encoding=None, n=40):
    x = RNG.normal(size=(n, *shape)).astype(np.float32)
    part = Split(np.arange(n), x, np.zeros(n, dtype=np.int64), pd.DataFrame(index=range(n)))
    mask = np.arange(x[0].size).reshape(shape) if mask is None else np.asarray(mask)
    return Data(
        modality or {1: "table", 2: "series", 3: "image"}[len(shape)],
        "classification" if classes else "regression",
        part, part, part,
        tuple(f"f{number}" for number in range(mask.max() + 1)),
        mask, tuple(classes), encoding=encoding or Identity(),
    )  # fmt: skip


class Net(nn.Module):
    def __init__(self, last=None):
        super().__init__()
        torch.manual_seed(7)
        self.conv1 = nn.Conv2d(2, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.relu1 = nn.ReLU()
        self.pool = nn.MaxPool2d(2)
        self.conv2 = nn.Conv2d(4, 5, 3, padding=1)
        self.relu2 = nn.ReLU()
        self.output = nn.Linear(5 * 4 * 4, 3)
        self.last = last or nn.Identity()

    def forward(self, x):
        x = self.pool(self.relu1(self.norm(self.conv1(x))))
        return self.last(self.output(torch.flatten(self.relu2(self.conv2(x)), 1)))


def dense(*outputs, wide=6):
    torch.manual_seed(8)
    return nn.Sequential(nn.Linear(wide, 8), nn.Tanh(), nn.Linear(8, outputs[0]), *outputs[1:])


def torch_answer(module, x):
    return module.eval()(torch.tensor(x)).detach().numpy()


@pytest.mark.parametrize("dynamo", [False, True], ids=["traced", "dynamo"])
@pytest.mark.parametrize("last", [None, nn.Softmax(1), nn.LogSoftmax(1)])
def test_a_network_becomes_a_white_box_that_ends_in_logits(make, tmp_path, last, dynamo):
    data, net = data_of((2, 8, 8)), Net(last)
    model = Onnx(make.export(net, (2, 8, 8), tmp_path / "net.onnx", dynamo)).load(data)
    assert isinstance(model, WhiteBox)
    assert model.notices == ()
    assert model.provides == ("gradient", "layers", "convolution")
    x = data.train.x
    logits = torch_answer(Net(), x)
    np.testing.assert_allclose(model.raw(x), logits, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(model.probabilities(x), softmax(logits, axis=1), atol=1e-5)


def test_outputs_are_put_in_the_order_of_the_data(make, tmp_path):
    data, net = data_of((6,)), dense(3)
    path = make.export(net, (6,), tmp_path / "net.onnx")
    model = Onnx(path, classes=("c", "a", "b")).load(data)
    wanted = torch_answer(net, data.train.x)[:, [1, 2, 0]]
    assert isinstance(model, WhiteBox)
    np.testing.assert_allclose(model.raw(data.train.x), wanted, rtol=1e-4, atol=1e-5)
    with pytest.raises(ModelError, match="its classes are x, y, z"):
        Onnx(path, classes=("x", "y", "z")).load(data)


@pytest.mark.parametrize(
    ("last", "gives"), [((), "logit"), ((), "auto"), ((nn.Sigmoid(),), "auto")]
)
def test_one_number_for_two_classes(make, tmp_path, last, gives):
    data, net = data_of((6,), ("no", "yes")), dense(1, *last)
    path = make.export(net, (6,), tmp_path / "net.onnx")
    model = Onnx(path, gives=gives).load(data)
    x = data.train.x
    positive = expit(torch_answer(dense(1), x)[:, 0])
    assert isinstance(model, WhiteBox)
    np.testing.assert_allclose(model.probabilities(x)[:, 1], positive, atol=1e-5)
    turned = Onnx(path, gives=gives, classes=("yes", "no")).load(data)
    np.testing.assert_allclose(turned.probabilities(x)[:, 0], positive, atol=1e-5)


def test_one_number_from_0_to_1_is_not_guessed_at(make, tmp_path):
    data, net = data_of((6,), ("no", "yes")), dense(1, nn.Hardsigmoid())
    path = make.export(net, (6,), tmp_path / "net.onnx")
    with pytest.raises(ModelError, match=r"one number from 0 to 1 \(set gives"):
        Onnx(path).load(data)
    model = Onnx(path, gives="probability").load(data)
    positive = torch_answer(net, data.train.x)[:, 0]
    assert isinstance(model, BlackBox)
    assert "do not come out of a softmax or sigmoid" in model.notices[0]
    np.testing.assert_allclose(model.probabilities(data.train.x)[:, 1], positive, atol=1e-6)


def test_regression(make, tmp_path):
    data, net = data_of((6,), ()), dense(1)
    for module in (net, nn.Sequential(net, nn.Flatten(0))):
        model = Onnx(make.export(module, (6,), tmp_path / "net.onnx")).load(data)
        wanted = torch_answer(net, data.train.x)
        assert isinstance(model, WhiteBox)
        assert model.gives == "value"
        np.testing.assert_allclose(model.raw(data.train.x), wanted, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("rows", [1, 7])
def test_a_file_for_a_fixed_number_of_rows_takes_any(make, tmp_path, rows):
    data, net = data_of((6,)), dense(3)
    path = make.export(net, (6,), tmp_path / "net.onnx", rows=rows)
    wanted = torch_answer(net, data.train.x)
    model = Onnx(path).load(data)
    assert isinstance(model, WhiteBox)
    np.testing.assert_allclose(model.raw(data.train.x), wanted, rtol=1e-4, atol=1e-5)


def unknown(make, tmp_path, opset=20):
    """Logits that an operator without counterpart takes part in: x W + hardmax(x W)."""
    model = make.chain(
        ("MatMul", "x w", "z", {}),
        ("Hardmax", "z", "h", {"name": "odd_one"}),
        ("Add", "z h", "y", {}),
        shape=(6,), opset=opset, weights={"w": RNG.normal(size=(6, 3)).astype(np.float32)},
    )  # fmt: skip
    weights = np.frombuffer(model.graph.initializer[0].raw_data, np.float32).reshape(6, 3)
    return make.write(model, tmp_path), weights


def test_an_unknown_operator_leaves_a_black_box_that_says_why(make, tmp_path):
    data = data_of((6,))
    path, weights = unknown(make, tmp_path)
    model = Onnx(path).load(data)
    assert isinstance(model, BlackBox)
    assert model.provides == ()
    assert "operator Hardmax (node odd_one, operator set 20)" in model.notices[0]
    z = data.train.x @ weights
    wanted = z + np.eye(3)[z.argmax(axis=1)]
    np.testing.assert_allclose(model.raw(data.train.x), wanted, rtol=1e-4, atol=1e-5)


def test_a_conversion_that_answers_otherwise_is_not_used(make, tmp_path, monkeypatch):
    from xaiframe.model.graphs import graph as onnx_graph

    data, net = data_of((6,)), dense(3)
    path = make.export(net, (6,), tmp_path / "net.onnx")
    monkeypatch.setitem(
        onnx_graph.OPERATORS, "Tanh", lambda build, op: build.call(torch.relu, op.input(0))
    )
    model = Onnx(path).load(data)
    assert isinstance(model, BlackBox)
    assert "apart from onnxruntime" in model.notices[0]
    np.testing.assert_allclose(
        model.raw(data.train.x), torch_answer(net, data.train.x), rtol=1e-4, atol=1e-5
    )


def test_channels_last_flat_and_grey_pictures(make, tmp_path):
    data = data_of((2, 8, 8))

    class Last(Net):
        def forward(self, x):
            return super().forward(x.permute(0, 3, 1, 2))

    model = Onnx(make.export(Last(), (8, 8, 2), tmp_path / "last.onnx")).load(data)
    wanted = torch_answer(Net(), data.train.x)
    assert isinstance(model, WhiteBox)
    assert "channels last" in model.notices[0]
    assert "permute" not in model.module.code  # turned there and back
    np.testing.assert_allclose(model.raw(data.train.x), wanted, rtol=1e-4, atol=1e-5)

    net = dense(3, wide=128)
    model = Onnx(make.export(net, (128,), tmp_path / "flat.onnx")).load(data)
    wanted = torch_answer(net, data.train.x.reshape(40, 128))
    assert isinstance(model, WhiteBox)
    np.testing.assert_allclose(model.raw(data.train.x), wanted, rtol=1e-4, atol=1e-5)

    grey = data_of((1, 6, 6))
    net = nn.Sequential(nn.Conv1d(6, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16, 3))
    model = Onnx(make.export(net, (6, 6), tmp_path / "grey.onnx")).load(grey)
    assert isinstance(model, WhiteBox)
    wanted = torch_answer(net, grey.train.x[:, 0])
    np.testing.assert_allclose(model.raw(grey.train.x), wanted, rtol=1e-4, atol=1e-5)


class Codes(Identity):
    """A number and a colour of three."""

    def values(self, x):
        return np.stack([x[:, 0], x[:, 1:].argmax(axis=1)], axis=1)


def test_a_table_of_codes_and_a_table_of_indicators(make, tmp_path):
    data = data_of((4,), mask=[0, 1, 1, 1], encoding=Codes())
    wide, narrow = dense(3, wide=4), dense(3, wide=2)
    model = Onnx(make.export(wide, (4,), tmp_path / "wide.onnx")).load(data)
    assert isinstance(model, WhiteBox)
    model = Onnx(make.export(narrow, (2,), tmp_path / "narrow.onnx")).load(data)
    codes = Codes().values(data.train.x).astype(np.float32)
    assert isinstance(model, BlackBox)
    assert "codes of columns" in model.notices[1]
    np.testing.assert_allclose(
        model.raw(data.train.x), torch_answer(narrow, codes), rtol=1e-4, atol=1e-5
    )


def sklearn_model(make, tmp_path, fitted, zipmap):
    """What skl2onnx writes for a logistic regression, with rows as dictionaries or as a tensor."""
    names = [str(name) for name in fitted.classes_]
    linear = helper.make_node(
        "LinearClassifier", ["x"], ["label", "scores"], domain="ai.onnx.ml", multi_class=1,
        coefficients=fitted.coef_.ravel().tolist(), intercepts=fitted.intercept_.tolist(),
        classlabels_strings=names, post_transform="SOFTMAX",
    )  # fmt: skip
    out = [helper.make_tensor_value_info("label", TensorProto.STRING, ["n"])]
    nodes = [linear]
    if zipmap:
        kind = helper.make_tensor_type_proto(TensorProto.FLOAT, None)
        rows = helper.make_sequence_type_proto(helper.make_map_type_proto(TensorProto.STRING, kind))
        out.append(helper.make_value_info("rows", rows))
        nodes.append(
            helper.make_node(
                "ZipMap", ["scores"], ["rows"], domain="ai.onnx.ml", classlabels_strings=names
            )
        )
    else:
        out.append(helper.make_tensor_value_info("scores", TensorProto.FLOAT, ["n", 3]))
    model = make.graph_of(nodes, (6,), outputs=out, domains=[("ai.onnx.ml", 1)])
    return make.write(model, tmp_path)


@pytest.mark.parametrize("zipmap", [True, False])
def test_a_classifier_of_scikit_learn_answers_with_its_probabilities(make, tmp_path, zipmap):
    data = data_of((6,))
    x = data.train.x
    names = np.array(["b", "c", "a"])[np.argmax(x[:, :3], axis=1)]
    fitted = LogisticRegression().fit(x, names)
    data = data_of((6,), ("c", "b", "a"))
    model = Onnx(sklearn_model(make, tmp_path, fitted, zipmap)).load(data)
    assert isinstance(model, BlackBox)
    assert model.gives == "probability"
    assert "ai.onnx.ml.LinearClassifier" in model.notices[0]
    wanted = fitted.predict_proba(data.train.x)[:, [2, 1, 0]]
    np.testing.assert_allclose(model.probabilities(data.train.x), wanted, atol=1e-5)


@pytest.mark.parametrize(
    ("shape", "classes", "why"),
    [
        ((5,), "abc", "takes 6 numbers per row .the data have 5 numbers"),
        ((2, 8, 8), "abc", "takes 6 numbers per row .the data have 2 × 8 × 8 numbers"),
        ((6,), "abcd", "puts out 3 numbers per row .4 expected"),
        ((6,), "", "puts out 3 numbers per row .1 expected"),
    ],
)
def test_data_that_do_not_fit_are_told_with_both_sizes(make, tmp_path, shape, classes, why):
    path = make.export(dense(3), (6,), tmp_path / "net.onnx")
    with pytest.raises(ModelError, match=why):
        Onnx(path).load(data_of(shape, tuple(classes)))


def test_the_digest_follows_the_weights(make, tmp_path):
    data = data_of((6,))
    paths = [unknown(make, tmp_path / folder)[0] for folder in map(_folder(tmp_path), "ab")]
    first, again, other = (Onnx(path).load(data).digest for path in (paths[0], *paths))
    assert first == again != other


def test_the_digest_of_a_white_box_is_the_same_wherever_the_file_lies(make, tmp_path):
    data, (here, there) = data_of((6,)), map(_folder(tmp_path), "ab")
    path = make.export(dense(3), (6,), here / "net.onnx")
    (there / "moved.onnx").write_bytes((here / "net.onnx").read_bytes())
    assert Onnx(path).load(data).digest == Onnx(str(there / "moved.onnx")).load(data).digest


def test_the_digest_follows_the_graph_where_the_weights_are_the_same(make, tmp_path):
    data, net = data_of((6,)), dense(3)
    other = nn.Sequential(net[0], nn.Sigmoid(), net[2])
    one, two = (
        Onnx(make.export(module, (6,), tmp_path / f"{number}.onnx")).load(data)
        for number, module in enumerate((net, other))
    )
    states = [[value.tolist() for value in m.module.state_dict().values()] for m in (one, two)]
    assert states[0] == states[1]
    assert one.digest != two.digest


def _folder(root):
    def made(name):
        (root / name).mkdir()
        return root / name

    return made


# What the methods see of a converted network is what they see of the one it came from.


def bank_of(model, data, n=5):
    reference = Reference(np.zeros((1, *data.input_shape), np.float32), np.ones(1), "logit", None)
    targets = np.arange(n) % 3
    return GradientBank(
        Scorer(model, reference, 8192), data, data.test.x[:n], targets, np.arange(n), 0
    )


def test_methods_see_the_original_network(make, tmp_path):
    data, net = data_of((2, 8, 8)), Net().eval()
    nn.init.uniform_(net.norm.weight, 0.5, 1.5)
    nn.init.normal_(net.norm.bias)
    converted = Onnx(make.export(net, (2, 8, 8), tmp_path / "net.onnx")).load(data)
    original = WhiteBox(net, data.task, data.classes, converted.provides)
    for method in (LRP(), LRP(rule="epsilon"), GradCam(), GradCam(positive=False)):
        one, two = (method.explain(bank_of(model, data)).values for model in (converted, original))
        assert np.abs(two).max() > 0
        np.testing.assert_allclose(one, two, rtol=1e-3, atol=1e-5)


def test_integrated_gradients_are_captums_and_complete(make, tmp_path):
    data, net = data_of((2, 8, 8)), Net().eval()
    converted = Onnx(make.export(net, (2, 8, 8), tmp_path / "net.onnx")).load(data)
    bank = bank_of(converted, data)
    values = IntegratedGradients(limit=1024).explain(bank).values
    scores = nn.Sequential(net, nn.Linear(3, 3, bias=False))
    with torch.no_grad():
        scores[1].weight.copy_(torch.eye(3) * 1.5 - 0.5)
    x, targets = torch.tensor(bank.x), torch.tensor(bank.targets)
    wanted, gap = attr.IntegratedGradients(scores).attribute(
        x, torch.zeros_like(x), targets, n_steps=1000, return_convergence_delta=True
    )
    size = wanted.abs().max()
    np.testing.assert_allclose(values, wanted.detach().numpy(), atol=0.02 * float(size))
    due = (scores(x) - scores(torch.zeros_like(x)))[range(5), targets].detach().numpy()
    np.testing.assert_allclose(values.reshape(5, -1).sum(axis=1), due, rtol=0.01, atol=1e-3)
    assert float(gap.abs().max()) < 0.01
