"""Small ONNX files for the tests, made node by node or exported from torch."""

import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper, save

FLOAT = TensorProto.FLOAT


def graph_of(
    nodes, shape, weights=None, opset=20, outputs=("y",), rows="n", kind=FLOAT, domains=()
):
    """A model from x ``(rows, *shape)`` to ``outputs`` through ``nodes``."""
    weights = [numpy_helper.from_array(np.asarray(v), k) for k, v in (weights or {}).items()]
    graph = helper.make_graph(
        nodes,
        "test",
        [helper.make_tensor_value_info("x", kind, [rows, *shape])],
        [o if not isinstance(o, str) else helper.make_tensor_value_info(o, FLOAT, None)
         for o in outputs],
        weights,
    )  # fmt: skip
    imports = [helper.make_opsetid("", opset), *(helper.make_opsetid(*one) for one in domains)]
    return helper.make_model(graph, opset_imports=imports, ir_version=9)


def one(kind, shape, *constants, opset=20, outputs=1, **attributes):
    """A model of one operator, its further inputs constant."""
    names = [f"c{number}" if value is not None else "" for number, value in enumerate(constants)]
    weights = {name: value for name, value in zip(names, constants, strict=True) if name}
    made = [f"y{number}" if number else "y" for number in range(outputs)]
    node = helper.make_node(kind, ["x", *names], made, name="the_node", **attributes)
    return graph_of([node], shape, weights, opset)


def chain(*nodes, shape=(3, 4), weights=None, opset=20):
    """A model of nodes ``(operator, inputs, outputs, attributes)``, names parted by spaces."""
    made = [
        helper.make_node(kind, read.split(), write.split(), **more)
        for kind, read, write, more in nodes
    ]
    return graph_of(made, shape, weights, opset)


def write(model, folder, name="model.onnx"):
    path = folder / name
    save(model, str(path))
    return str(path)


def export(module, shape, path, dynamo=False, rows=None):
    """``module`` exported by torch; ``rows`` fixes how many rows it takes, None leaves it open."""
    example = torch.randn(rows or 2, *shape, generator=torch.Generator().manual_seed(0))
    free = {}
    if rows is None and dynamo:
        free = {"dynamic_shapes": ({0: torch.export.Dim("n")},)}
    elif rows is None:
        free = {"dynamic_axes": {"x": {0: "n"}}}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            module.eval(), (example,), str(path), dynamo=dynamo, input_names=["x"],
            verbose=False, **free,
        )  # fmt: skip
    return str(path)


@pytest.fixture(scope="session")
def make():
    """Ways to make ONNX graphs and files."""
    return SimpleNamespace(graph_of=graph_of, one=one, chain=chain, write=write, export=export)
