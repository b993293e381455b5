"""Files that are not what they should be: refused by name, and nothing read outside the folder."""

import os
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto, helper, load, save

from xaiframe.errors import ModelError
from xaiframe.model.graphs.file import read

WEIGHT = np.arange(12, dtype=np.float32).reshape(4, 3)


@pytest.fixture
def model(make):
    return make.chain(("MatMul", "x w", "y", {}), shape=(4,), weights={"w": WEIGHT})


def refused(path, **names):
    with pytest.raises(ModelError) as caught:
        read(str(path), **names)
    (problem,) = caught.value.problems
    assert problem.place == str(path)
    return str(problem)


def test_a_sound_file_answers(make, model, tmp_path):
    file = read(make.write(model, tmp_path))
    x = np.ones((5, 4), dtype=np.float32)
    np.testing.assert_allclose(file(x), x @ WEIGHT)
    assert (file.shape, file.rows) == ((4,), None)


def test_missing_cut_off_empty_and_foreign_files(make, model, tmp_path):
    assert "does not exist" in refused(tmp_path / "none.onnx")
    whole = Path(make.write(model, tmp_path)).read_bytes()
    for number, content in enumerate(
        (whole[: len(whole) // 2], b"\x80\x04not a model", whole[:-3])
    ):
        path = tmp_path / f"{number}.onnx"
        path.write_bytes(content)
        assert "cut off" in refused(path)
    (tmp_path / "empty.onnx").write_bytes(b"")
    assert "no graph" in refused(tmp_path / "empty.onnx")


@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((2, "height", 8), "axis 2 (height or time, height)"),
        ((2, "h", None), "axis 2 (height or time, h) and axis 3 (width)"),
        (("c",), "axis 1 (channel or column, c)"),
    ],
)
def test_open_axes_are_named(make, tmp_path, shape, said):
    node = helper.make_node("Relu", ["x"], ["y"])
    problem = refused(make.write(make.graph_of([node], shape), tmp_path))
    assert said in problem
    assert "export it with fixed sizes" in problem


def test_an_input_without_shape(make, model, tmp_path):
    model.graph.input[0].type.tensor_type.ClearField("shape")
    assert "states no shape" in refused(make.write(model, tmp_path))


def test_inputs_of_other_kinds_and_several_inputs(make, model, tmp_path):
    whole = make.graph_of(
        [helper.make_node("Identity", ["x"], ["y"])], (4,), kind=TensorProto.INT64
    )
    assert "takes int64" in refused(make.write(whole, tmp_path))
    text = make.graph_of(
        [helper.make_node("Identity", ["x"], ["y"])], (4,), kind=TensorProto.STRING
    )
    assert "takes string" in refused(make.write(text, tmp_path))
    model.graph.input.append(helper.make_tensor_value_info("z", TensorProto.FLOAT, ["n", 4]))
    path = make.write(model, tmp_path)
    assert "2 inputs: x, z" in refused(path)
    assert "no input 'q'" in refused(path, source="q")
    assert read(path, source="x").source == "x"


def test_outputs_are_named_or_the_only_one(make, tmp_path):
    nodes = [helper.make_node(kind, ["x"], [kind]) for kind in ("Relu", "Exp")]
    path = make.write(make.graph_of(nodes, (4,), outputs=("Relu", "Exp")), tmp_path)
    assert "2 outputs: Relu, Exp (name one by output:)" in refused(path)
    assert "no output 'Log' (outputs: Relu, Exp)" in refused(path, output="Log")
    np.testing.assert_allclose(read(path, output="Exp")(np.zeros((2, 4), np.float32)), 1)


def test_an_operator_that_nobody_knows(make, tmp_path):
    node = helper.make_node("Magic", ["x"], ["y"], domain="com.example")
    file = read(make.write(make.graph_of([node], (4,), domains=[("com.example", 1)]), tmp_path))
    with pytest.raises(ModelError, match=r"onnxruntime refuses it.*Magic"):
        file(np.zeros((1, 4), np.float32))


def test_an_output_of_text_is_no_answer(make, tmp_path):
    nodes = [
        helper.make_node(
            "LinearClassifier", ["x"], ["y", "z"], domain="ai.onnx.ml",
            coefficients=[1.0] * 8, intercepts=[0.0, 0.0], classlabels_strings=["a", "b"],
        )
    ]  # fmt: skip
    out = helper.make_tensor_value_info("y", TensorProto.STRING, ["n"])
    model = make.graph_of(nodes, (4,), outputs=(out,), domains=[("ai.onnx.ml", 1)])
    file = read(make.write(model, tmp_path))
    assert file.labels == ("a", "b")
    with pytest.raises(ModelError, match="output y holds no numbers"):
        file(np.zeros((1, 4), np.float32))


def test_functions_of_the_file_are_written_out(make, tmp_path):
    """An exporter may wrap operators into functions of its own domain."""
    body = [helper.make_node("Relu", ["a"], ["b"]), helper.make_node("Neg", ["b"], ["c"])]
    own = helper.make_function("own", "Minus", ["a"], ["c"], body, [helper.make_opsetid("", 20)])
    node = helper.make_node("Minus", ["x"], ["y"], domain="own")
    model = make.graph_of([node], (4,), domains=[("own", 1)])
    model.functions.append(own)
    file = read(make.write(model, tmp_path))
    assert [one.op_type for one in file.proto.graph.node] == ["Relu", "Neg"]
    x = np.array([[-1, 0, 1, 2]], dtype=np.float32)
    np.testing.assert_allclose(file(x), -np.maximum(x, 0))


@pytest.mark.parametrize("kind", [TensorProto.DOUBLE, TensorProto.FLOAT16])
def test_other_precisions_are_fed_in_their_own(make, tmp_path, kind):
    node = helper.make_node("Relu", ["x"], ["y"])
    out = helper.make_tensor_value_info("y", kind, None)
    file = read(make.write(make.graph_of([node], (4,), kind=kind, outputs=(out,)), tmp_path))
    x = np.array([[-1, 0, 1, 2]], dtype=np.float32)
    np.testing.assert_allclose(file(x), np.maximum(x, 0))


def outside(model, folder, location):
    """The model with its weight in another file."""
    path = folder / "model.onnx"
    save(model, str(path), save_as_external_data=True, location="weights.bin", size_threshold=0)
    stored = load(str(path), load_external_data=False)
    for entry in stored.graph.initializer[0].external_data:
        if entry.key == "location":
            entry.value = location
    path.write_bytes(stored.SerializeToString())
    return path


def test_weights_beside_the_model_are_read(model, tmp_path):
    file = read(str(outside(model, tmp_path, "weights.bin")))
    np.testing.assert_allclose(file(np.ones((1, 4), np.float32)), WEIGHT.sum(axis=0)[None])


@pytest.mark.parametrize("location", ["../secret.bin", "/etc/hostname", "sub/../../secret.bin"])
def test_weights_outside_of_the_folder_are_refused(model, tmp_path, location):
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(WEIGHT.tobytes())
    problem = refused(outside(model, folder, location))
    assert f"weight w lies outside of the model's folder: {location}" in problem


def test_a_link_out_of_the_folder_is_refused(model, tmp_path):
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret.bin").write_bytes(WEIGHT.tobytes())
    path = outside(model, folder, "link.bin")
    os.symlink(tmp_path / "secret.bin", folder / "link.bin")
    assert "outside of the model's folder" in refused(path)


def test_weights_that_are_missing_or_cut_off(model, tmp_path):
    path = outside(model, tmp_path, "weights.bin")
    (tmp_path / "weights.bin").write_bytes(b"1234")
    assert "weights cannot be read" in refused(path)
    (tmp_path / "weights.bin").unlink()
    assert "weights.bin with weight w is missing" in refused(path)
