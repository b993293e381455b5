"""A user's own CSV and scikit-learn pipeline, from the ten lines that the README shows."""

import hashlib
import json
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
import torch
import yaml
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from xaiframe.composition.compose import compose
from xaiframe.errors import ModelError
from xaiframe.observer import SilentObserver
from xaiframe.preflight import preflight
from xaiframe.rounds import audit

RECIPE = """
defaults:
  - audit
  - override data: table
  - override model: sklearn
  - _self_
name: mine
strategy: {purpose: Who repays, owner: Credit team}
data: {source: rows.csv, target: repaid}
model: {path: pipeline.skops}
reference: {target: "yes"}
"""
SMALL = (
    "precaution=[profile]", "perturbation=[kernel_shap,permutation_importance]", "prescription=[]",
    "report.formats=[html]", "explain.instances=6", "explain.repeats=2", "explain.sample=30",
    "runner.threads=1",
)  # fmt: skip


@pytest.fixture
def settings(tmp_path, monkeypatch) -> Path:
    """The user's own settings file, none at first."""
    path = tmp_path / "settings.yaml"
    monkeypatch.setenv("XAIFRAME_SETTINGS", str(path))
    monkeypatch.delenv("XAIFRAME_POLICY", raising=False)
    return path


@pytest.fixture
def pipeline(tmp_path, settings):
    """What a user has: a CSV of mixed columns, a pipeline fitted on it with pandas, a recipe."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 80, 300),
            "income": random.normal(3000, 800, 300).round(2),
            "home": random.choice(["owned", "rented", "family"], 300),
            "employed": random.choice([True, False], 300),
        }
    )
    risk = frame["income"] / 800 + 2 * (frame["home"] == "owned") + frame["employed"]
    frame["repaid"] = np.where(risk + random.normal(size=300) > 5, "yes", "no")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    columns = make_column_transformer(
        (OneHotEncoder(), ["home", "employed"]), (StandardScaler(), ["age", "income"])
    )
    rows = pd.read_csv(tmp_path / "rows.csv")
    fitted = make_pipeline(columns, LogisticRegression())
    fitted.fit(rows.drop(columns="repaid"), rows["repaid"])
    skops.io.dump(fitted, tmp_path / "pipeline.skops")
    (tmp_path / "mine.yaml").write_text(RECIPE)
    return fitted


def test_the_recipe_has_ten_lines():
    assert len(RECIPE.strip().splitlines()) == 10


def test_the_model_answers_on_the_rows_of_the_file_as_the_pipeline_does(tmp_path, pipeline):
    tools, planned = preflight(compose(tmp_path / "mine.yaml"))
    data = tools.data
    rows = pd.read_csv(tmp_path / "rows.csv").iloc[data.test.ids].drop(columns="repaid")
    expected = pipeline.predict_proba(rows)
    np.testing.assert_allclose(tools.model.raw(data.test.x), expected, rtol=1e-6, atol=1e-9)
    assert data.features == ("age", "income", "home", "employed")
    assert planned.applies("perturbation", "kernel_shap")
    assert not planned.applies("gradient", "saliency")


def test_its_attributions_are_those_of_the_logistic_model_per_column(tmp_path, pipeline):
    """A one-hot column's contribution is that of its weight, whatever its level is called."""
    finished = audit(tmp_path / "mine.yaml", SMALL, outputs=tmp_path / "outputs")
    tools, _ = preflight(compose(tmp_path / "mine.yaml", SMALL))
    arrays = finished.folder / "artifacts"
    [found] = list(arrays.rglob("*kernel_shap*/attribution.npz"))
    values = np.load(found)["values"]
    inputs = np.load(next(arrays.rglob("inputs.npz")))["x"]
    background = np.load(next(arrays.rglob("reference.npz")))
    encode = tools.data.encoding.raw
    transform, linear = pipeline[0].transform, pipeline[1].coef_[0]
    own, absent = transform(encode(inputs)), transform(encode(background["background"]))
    terms = (own - background["weights"] @ absent) * linear
    names = pipeline[0].get_feature_names_out()
    owner = [next(k for k, one in enumerate(tools.data.features) if f"__{one}" in n) for n in names]
    expected = np.stack([np.bincount(owner, row, 4) for row in terms])
    np.testing.assert_allclose(values, expected, atol=1e-5)


def test_a_model_from_outside_is_measured_with_the_threads_of_the_recipe(tmp_path, pipeline):
    """Nothing is trained here, so no trainer sets them before."""
    before, heard = torch.get_num_threads(), []

    class Listening(SilentObserver):
        def unit(self, stage, choice, state, note=""):
            heard.append((stage, torch.get_num_threads()))

    torch.set_num_threads(3)
    try:
        audit(
            tmp_path / "mine.yaml", (*SMALL, "perturbation=[feature_ablation]"),
            outputs=tmp_path / "outputs", observer=Listening(),
        )  # fmt: skip
    finally:
        torch.set_num_threads(before)
    assert dict(heard)["model"] == 1


def test_a_pickle_needs_the_users_own_settings_and_no_recipe_can_stand_in(
    tmp_path, settings, pipeline
):
    content = pickle.dumps(pipeline)
    (tmp_path / "pipeline.pkl").write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    recipe = RECIPE.replace("pipeline.skops", "pipeline.pkl")
    (tmp_path / "mine.yaml").write_text(recipe)
    with pytest.raises(ModelError, match="was not opened"):
        preflight(compose(tmp_path / "mine.yaml"))
    settings.write_text(yaml.safe_dump({"pickles": [sha256]}))
    tools, _ = preflight(compose(tmp_path / "mine.yaml"))
    assert tools.model.classes == ("no", "yes")
    settings.write_text(json.dumps({"pickles": ["0" * 64]}))
    with pytest.raises(ModelError, match=sha256):
        preflight(compose(tmp_path / "mine.yaml"))
