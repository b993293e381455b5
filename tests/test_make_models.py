"""The script that sets up recipes which bring a model."""

import importlib.util
from pathlib import Path

import pytest

from xaiframe.data.image import Images
from xaiframe.model.face import WhiteBox
from xaiframe.model.onnx import Onnx

SCRIPT = Path(__file__).parent.parent / "scripts" / "make_models.py"


@pytest.fixture
def script():
    described = importlib.util.spec_from_file_location("make_models", SCRIPT)
    module = importlib.util.module_from_spec(described)
    described.loader.exec_module(module)
    return module


def test_unknown_names_are_told_before_anything_is_made(script, tmp_path, capsys):
    assert script.main(["onnx_modle"], tmp_path / "models") == 3
    assert "unknown: onnx_modle; there are onnx_model" in capsys.readouterr().err
    assert not (tmp_path / "models").exists()


def test_every_model_belongs_to_a_recipe(script):
    recipes = {path.stem for path in (SCRIPT.parent.parent / "recipes").glob("*.yaml")}
    assert set(script.MODELS) <= recipes


def test_the_onnx_model_reads_digits_it_never_saw(script, tmp_path, capsys):
    assert script.main(["onnx_model"], tmp_path) == 0
    path = capsys.readouterr().out.strip()
    data = Images("builtin:digits").load()
    model = Onnx(path).load(data)
    assert isinstance(model, WhiteBox)
    assert (model.predictions(data.test.x) == data.test.y).mean() > 0.95
