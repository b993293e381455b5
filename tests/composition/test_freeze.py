"""A frozen recipe composes to the very same configuration, and takes overrides like any other."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from omegaconf import OmegaConf

from xaiframe.catalogue.listing import house
from xaiframe.composition.compose import Composed, compose
from xaiframe.composition.freeze import dump, escaped
from xaiframe.errors import RecipeError

RECIPES = Path(__file__).parent.parent.parent / "recipes"
TABLE = RECIPES / "breast_cancer.yaml"


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No test reads the settings of whoever runs it."""
    monkeypatch.setenv("XAIFRAME_SETTINGS", str(tmp_path / "settings.yaml"))


def freeze(composed: Composed, folder: Path) -> Path:
    path = folder / "run" / "recipe.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(composed.frozen, encoding="utf-8")
    return path


@pytest.mark.parametrize("recipe", ["breast_cancer", "digits"])
@pytest.mark.parametrize(
    "overrides",
    [
        [],
        ["gradient=[saliency]", "seed=4"],
        ["gradient=[]", "prescription=[]", "rounds=2"],
        ["gradient=[smoothgrad]", "gradient.smoothgrad.samples=3", "data.split_seed=2"],
        ["strategy.owner='\\${x} 1e-3'", "strategy.purpose='no'", "fit.learning_rate=1e-5"],
        ["strategy.signatories={Chair: '', Lead: 'Äb: y'}", "strategy.sensitive=['1']"],
        ["seed=${explain.cases}", "tuning.space.fit.learning_rate=null", "model.dropout=0"],
    ],
)
def test_frozen_composes_to_the_same_configuration(recipe, overrides, tmp_path):
    composed = compose(RECIPES / f"{recipe}.yaml", overrides)
    again = compose(freeze(composed, tmp_path))
    assert again.config == composed.config
    assert again.recipe == composed.recipe
    assert again.explicit == composed.explicit
    assert again.frozen == composed.frozen
    assert again.notices == []


def test_frozen_names_every_group_as_an_override(tmp_path):
    composed = compose(TABLE)
    defaults = yaml.safe_load(composed.frozen)["defaults"]
    named = {key: value for entry in defaults[1:-1] for key, value in entry.items()}
    assert defaults[0] == "audit"
    assert defaults[-1] == "_self_"
    assert named.keys() == {f"override {group}" for group in composed.choices}
    assert named["override gradient"] == composed.choices["gradient"]
    assert "_target_" not in composed.frozen


def test_an_override_on_a_frozen_recipe_runs_one_method_as_it_was_tuned(tmp_path):
    composed = compose(TABLE, ["gradient.smoothgrad.samples=7"])
    narrowed = compose(freeze(composed, tmp_path), ["gradient=[smoothgrad]"])
    assert narrowed.config["gradient"] == {"smoothgrad": composed.config["gradient"]["smoothgrad"]}
    assert len(narrowed.notices) > 0
    assert all("deselected" in notice for notice in narrowed.notices)
    same = {key: one for key, one in narrowed.config.items() if key != "gradient"}
    assert same == {key: one for key, one in composed.config.items() if key != "gradient"}


def test_a_frozen_recipe_takes_another_model(tmp_path):
    composed = compose(freeze(compose(TABLE), tmp_path), ["data=digits", "model=cnn"])
    assert composed.config["model"] == yaml.safe_load((house() / "model/cnn.yaml").read_text())


def test_a_frozen_recipe_is_checked_like_any_other(tmp_path):
    path = freeze(compose(TABLE), tmp_path)
    with pytest.raises(RecipeError, match=r"unknown key gradient\.lrp\.epsilom"):
        compose(path, ["gradient.lrp.epsilom=1"])
    with pytest.raises(RecipeError, match="grad_cam is tuned but not selected"):
        compose(path, ["gradient.grad_cam.positive=false"])


def test_a_users_own_choices_stay_reachable(tmp_path):
    folder = tmp_path / "with space" / "conf" / "gradient"
    folder.mkdir(parents=True)
    own = (house() / "gradient" / "smoothgrad.yaml").read_text().replace("smoothgrad:", "gentle:")
    (folder / "gentle.yaml").write_text(own)
    recipe = folder.parent.parent / "r.yaml"
    recipe.write_text(TABLE.read_text().replace("[saliency,", "[gentle,"))
    composed = compose(recipe)
    again = compose(freeze(composed, tmp_path))
    assert "gentle" in again.config["gradient"]
    assert again.config == composed.config


def test_paths_are_frozen_absolute(tmp_path):
    composed = compose(TABLE, ["data=table", f"data.source={tmp_path}/x.csv", "data.target=y"])
    assert yaml.safe_load(composed.frozen)["data"]["source"] == f"{tmp_path}/x.csv"
    assert compose(freeze(composed, tmp_path)).config == composed.config


def test_a_class_that_differs_from_the_choices_own_is_kept(tmp_path):
    other = "gradient.smoothgrad._target_=xaiframe.gradient.saliency.Saliency"
    with pytest.raises(RecipeError, match="samples"):
        compose(TABLE, [other])
    other = "gradient.saliency._target_=xaiframe.gradient.input_x_gradient.InputXGradient"
    composed = compose(TABLE, [other])
    assert compose(freeze(composed, tmp_path)).config == composed.config


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
tricky = st.sampled_from(
    ["1e-3", "no", "???x", "2020-01-01", "~", "0x1", ".inf", "${a}", "\\${a}", ""]
)
scalars = texts | tricky | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
values = st.recursive(
    scalars | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(texts.filter(bool), values, max_size=3))
def test_what_is_dumped_reads_back_the_same(tmp_path_factory, content):
    from xaiframe.catalogue.reader import read

    path = tmp_path_factory.getbasetemp() / "dumped.yaml"
    path.write_text(dump(content), encoding="utf-8")
    document = read(path)
    assert document.problems == ()
    assert document.content == content


@given(st.text(st.sampled_from(["$", "{", "}", "\\", "a", "."]), max_size=10))
def test_an_escaped_text_resolves_to_itself(text):
    resolved = OmegaConf.to_container(OmegaConf.create({"x": escaped(text)}), resolve=True)
    assert resolved == {"x": text}
