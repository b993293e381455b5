"""Composing: what wins, what is left out, which classes may be used, how sweeps unfold."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from xaiframe.catalogue.listing import house
from xaiframe.composition.compose import (
    compose,
    config_text,
    instantiate,
    policy_floor,
    search_path,
)
from xaiframe.composition.sweep import multirun, wants_multirun
from xaiframe.errors import RecipeError
from xaiframe.recipe import Fit, Knowledge

RECIPES = Path(__file__).parent.parent.parent / "recipes"
TABLE = RECIPES / "breast_cancer.yaml"
IMAGE = RECIPES / "digits.yaml"
HEAD = """
defaults:
  - audit
  - override data: digits
  - override model: cnn
  - override gradient: [saliency, smoothgrad]
  - _self_
name: small
"""


@pytest.fixture(autouse=True)
def own_settings(tmp_path, monkeypatch):
    """No test reads the settings of whoever runs it."""
    monkeypatch.setenv("XAIFRAME_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.delenv("XAIFRAME_POLICY", raising=False)


def write(folder: Path, text: str, name: str = "small.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def problems(path: Path, *overrides: str, trust: tuple[str, ...] = ()) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        compose(path, overrides, trust)
    return [str(one) for one in caught.value.problems]


def test_recipe_wins_over_house_and_override_over_recipe(tmp_path):
    path = write(tmp_path, HEAD + "fit: {epochs: 7, patience: 3}\n")
    composed = compose(path, ["fit.epochs=9", "gradient.smoothgrad.samples=5"])
    house_fit = yaml.safe_load((house() / "audit.yaml").read_text())["fit"]
    assert composed.config["fit"] == {**house_fit, "epochs": 9, "patience": 3}
    assert composed.recipe.fit == Fit(**composed.config["fit"])
    assert composed.recipe.gradient["smoothgrad"]["samples"] == 5
    assert composed.choices["gradient"] == ["saliency", "smoothgrad"]


def test_lists_replace_and_mappings_merge(tmp_path):
    path = write(tmp_path, HEAD + "model: {channels: [4, 5, 6]}\n")
    composed = compose(path, ["model.channels=[8]"])
    assert composed.config["model"]["channels"] == [8]
    assert composed.config["model"]["dropout"] == 0.1


def test_a_parameter_the_yaml_does_not_name_may_be_set(tmp_path):
    """Hydra alone would refuse it and ask for a plus; the class has it, so it is sound."""
    composed = compose(write(tmp_path, HEAD), ["data.split_seed=4", "runner.devices=2"])
    assert composed.config["data"]["split_seed"] == 4
    assert composed.config["runner"]["devices"] == 2


def test_statements_and_whole_numbers_take_their_types():
    composed = compose(TABLE, ["fit.learning_rate=1"])
    assert isinstance(composed.recipe.fit.learning_rate, float)
    assert all(isinstance(one, Knowledge) for one in composed.recipe.strategy.knowledge)


def test_order_of_the_list_is_the_order_of_the_methods():
    composed = compose(TABLE, ["gradient=[lrp,saliency]"])
    assert list(composed.recipe.gradient) == ["lrp", "saliency"]


def test_an_override_that_deselects_drops_what_was_tuned_with_a_notice(tmp_path):
    path = write(tmp_path, HEAD + "gradient: {smoothgrad: {samples: 7}}\n")
    composed = compose(path, ["gradient=[saliency]"])
    assert list(composed.config["gradient"]) == ["saliency"]
    assert any("smoothgrad" in notice for notice in composed.notices)
    assert compose(path).notices == []


def test_what_is_accepted_of_deselected_prescriptions_goes_with_them(tmp_path):
    path = write(tmp_path, HEAD + "accept: [base_rate_gap, shifted_inputs]\n")
    composed = compose(path, ["prescription=[shifted_inputs]"])
    assert composed.recipe.accept == ["shifted_inputs"]
    assert composed.notices == [
        "prescription base_rate_gap was deselected: accepting it is left out"
    ]
    assert compose(path, ["prescription=[]"]).recipe.accept == []
    assert compose(path).notices == []
    with pytest.raises(RecipeError, match="no prescription 'base_rate_gap'"):
        compose(path, ["prescription=[shifted_inputs]", "accept=[base_rate_gap]"])


def test_an_override_that_changes_the_model_drops_its_parameters(tmp_path):
    path = write(tmp_path, HEAD + "model: {channels: [3], dropout: 0.4}\n")
    composed = compose(path, ["data=breast_cancer", "model=mlp"])
    assert composed.config["model"]["dropout"] == 0.1
    assert "channels" not in composed.config["model"]
    assert any(notice.startswith("model is mlp") for notice in composed.notices)


def test_explicit_are_choices_that_differ_from_the_house(tmp_path):
    whole = yaml.safe_load((house() / "audit.yaml").read_text())["defaults"]
    evaluation = next(entry["evaluation"] for entry in whole if "evaluation" in entry)
    path = write(tmp_path, HEAD)
    assert compose(path).explicit["gradient"] == {"saliency", "smoothgrad"}
    assert "evaluation" not in compose(path).explicit
    assert "evaluation" not in compose(path, [f"evaluation=[{','.join(evaluation)}]"]).explicit
    assert compose(path, ["evaluation=[agreement]"]).explicit["evaluation"] == {"agreement"}


def test_references_are_resolved_and_escaped_ones_are_text(tmp_path):
    path = write(tmp_path, HEAD + "seed: ${explain.cases}\nstrategy: {owner: '\\${me}'}\n")
    composed = compose(path, ["explain.cases=3"])
    assert composed.config["seed"] == 3
    assert composed.config["strategy"]["owner"] == "${me}"


def test_paths_are_relative_to_the_recipe_and_on_the_command_line_to_the_caller(
    tmp_path, monkeypatch
):
    table = HEAD.replace("digits", "table").replace("cnn", "mlp")
    path = write(tmp_path / "a", table + "data: {source: x.csv, target: y}\npolicy: ./own.yaml\n")
    write(tmp_path / "a", "require: {}\n", "own.yaml")
    write(tmp_path / "b", "require: {}\n", "theirs.yaml")
    monkeypatch.chdir(tmp_path / "b")
    composed = compose(path)
    assert composed.config["data"]["source"] == str(tmp_path / "a" / "x.csv")
    assert composed.policy == composed.recipe.policy == str(tmp_path / "a" / "own.yaml")
    composed = compose(path, ["data.source=my data.csv", "policy=./theirs.yaml"])
    assert composed.config["data"]["source"] == str(tmp_path / "b" / "my data.csv")
    assert composed.policy == str(tmp_path / "b" / "theirs.yaml")
    assert compose(path, ["data.source=builtin:x"]).config["data"]["source"] == "builtin:x"


def test_the_path_of_a_pinned_schema_is_relative_to_the_recipe(tmp_path):
    chosen = HEAD.replace("- _self_", "- override precaution: [profile]\n  - _self_")
    path = write(tmp_path / "a", chosen + "precaution: {profile: {schema: schema.yaml}}\n")
    profile = compose(path).config["precaution"]["profile"]
    assert profile["schema"] == str(tmp_path / "a" / "schema.yaml")
    assert compose(write(tmp_path, HEAD)).config["precaution"]["profile"]["schema"] == ""


def test_choices_beside_the_recipe_win_and_searchpath_comes_before_the_house(tmp_path):
    text = (house() / "gradient" / "smoothgrad.yaml").read_text()
    write(
        tmp_path / "conf" / "gradient",
        text.replace("samples: 50", "samples: 11"),
        "smoothgrad.yaml",
    )
    write(tmp_path / "more" / "gradient", text.replace("smoothgrad:", "gentle:"), "gentle.yaml")
    head = HEAD.replace("smoothgrad]", "smoothgrad, gentle]")
    path = write(tmp_path, head + "hydra: {searchpath: [more]}\n")
    assert search_path(path) == [tmp_path / "conf", tmp_path / "more", house().resolve()]
    composed = compose(path)
    assert composed.config["gradient"]["smoothgrad"]["samples"] == 11
    assert composed.config["gradient"]["gentle"]["samples"] == 50


def test_a_model_brings_a_search_space_of_its_own(tmp_path):
    made = compose(IMAGE).recipe.tuning["space"]["model"]
    assert made["channels"] == {"choices": [[8, 16], [16, 32], [32, 64]]}
    narrow = "tuning.space.model.channels={choices: [[4]]}"
    assert compose(IMAGE, [narrow]).recipe.tuning["space"]["model"]["channels"] == {
        "choices": [[4]]
    }
    none = compose(IMAGE, ["tuning.space.model.channels=null"]).recipe.tuning["space"]["model"]
    assert "channels" not in none


def test_a_space_that_does_not_fit_the_model_is_not_searched(tmp_path):
    assert "hidden" in compose(TABLE).recipe.tuning["space"]["model"]
    composed = compose(TABLE, ["data=digits", "model=cnn"])
    assert "hidden" not in composed.recipe.tuning["space"].get("model", {})
    assert any("hidden is not searched" in notice for notice in composed.notices)


def test_null_takes_a_range_out_of_the_search():
    composed = compose(TABLE, ["tuning.space.model.hidden=null"])
    assert "hidden" not in composed.recipe.tuning["space"].get("model", {})


PACKAGE = '''
from dataclasses import dataclass
@dataclass(frozen=True)
class Gentle:
    """A method of somebody else's."""
    steps: int = 3
    inner: object = None
'''


@pytest.fixture
def toolbox(tmp_path, monkeypatch):
    """A third party's package, importable, and a recipe that uses it."""
    write(tmp_path / "site" / "gentle_toolbox", PACKAGE, "__init__.py")
    monkeypatch.syspath_prepend(tmp_path / "site")
    node = "gentle:\n  _target_: gentle_toolbox.Gentle\n  steps: 4\n"
    write(tmp_path / "conf" / "gradient", node, "gentle.yaml")
    return write(tmp_path, HEAD.replace("smoothgrad]", "gentle]"))


def test_a_package_is_used_only_when_the_user_trusts_it(tmp_path, toolbox):
    assert ["not trusted" in one for one in problems(toolbox)] == [True]
    assert compose(toolbox, trust=["gentle_toolbox"]).config["gradient"]["gentle"]["steps"] == 4
    write(tmp_path, "trust: [gentle_toolbox]\n", "settings.yaml")
    composed = compose(toolbox)
    assert instantiate(composed.recipe.gradient["gentle"]).steps == 4


def test_trust_is_for_whole_package_names(toolbox):
    assert "not trusted" in problems(toolbox, trust=("gentle",))[0]
    assert "no package name" in problems(toolbox, trust=("gentle-toolbox/..",))[0]


def test_parameters_of_a_trusted_package_are_checked_too(toolbox):
    found = problems(toolbox, "gradient.gentle.step=1", trust=("gentle_toolbox",))
    assert found == [
        "override 'gradient.gentle.step=1': unknown key gradient.gentle.step (did you mean steps?)"
    ]


def test_instantiate_builds_nested_nodes_and_checks_each(toolbox):
    inner = {"_target_": "xaiframe.runner.trainer.Runner", "threads": 1}
    node = {"_target_": "gentle_toolbox.Gentle", "inner": [{"deep": inner}]}
    assert instantiate(node, ["gentle_toolbox"]).inner[0]["deep"].threads == 1
    inner["_target_"] = "os.system"
    with pytest.raises(RecipeError, match=r"os\.system is not trusted"):
        instantiate(node, ["gentle_toolbox"])


@pytest.mark.parametrize(
    "target",
    [
        "builtins.eval",
        "os.system",
        "joblib.load",
        "xaiframe.store.RunFolder",
        "xaiframe.runner.trainer.Path",
        "xaiframe.runner.trainer.torch.load",
        "xaiframe.runner.trainer.quiet",
        "xaiframe.composition.compose.compose",
        "xaiframe.runner",
        "xaiframe",
        "xaiframe..x",
        "",
        None,
        3,
    ],
)
def test_instantiate_refuses_what_is_no_class_of_a_room(target):
    with pytest.raises(RecipeError):
        instantiate({"_target_": target, "command": "true"})


def test_instantiate_tells_a_refused_parameter_without_a_traceback():
    with pytest.raises(RecipeError, match="unexpected keyword"):
        instantiate({"_target_": "xaiframe.runner.trainer.Runner", "colour": "red"})


def test_config_text_is_the_resolved_configuration():
    composed = compose(TABLE)
    assert yaml.safe_load(config_text(composed)) == composed.config


def test_the_floor_is_the_environments_or_the_settings(tmp_path, monkeypatch):
    assert policy_floor() is None
    write(tmp_path, "policy: floor.yaml\n", "settings.yaml")
    assert policy_floor() == tmp_path / "floor.yaml"
    monkeypatch.setenv("XAIFRAME_POLICY", "default")
    assert policy_floor() == house() / "policy" / "default.yaml"


def test_a_sweep_unfolds_into_every_combination_and_the_worst_code_wins():
    jobs = []

    def run(overrides):
        jobs.append(overrides)
        return {1: 2, 2: 0, 3: 1}[int(overrides[0][-1])]

    assert multirun(TABLE, ["seed=1,2,3", "fit.epochs=range(1,3)", "name=x"], run) == 2
    assert jobs == [
        [f"seed={seed}", f"fit.epochs={epochs}", "name=x"]
        for seed in (1, 2, 3)
        for epochs in (1, 2)
    ]


def test_a_sweep_over_a_glob_takes_the_choices_of_the_group():
    jobs = []
    multirun(TABLE, ["model=glob(*)"], lambda job: jobs.append(job) or 0)
    assert jobs == [[f"model={path.stem}"] for path in sorted((house() / "model").glob("*.yaml"))]


def test_the_recipes_own_sweep_is_overridden_by_the_command_line(tmp_path):
    block = "hydra: {mode: MULTIRUN, sweeper: {params: {seed: '1,2', fit.epochs: 3}}}\n"
    path = write(tmp_path, HEAD + block)
    jobs = []
    assert wants_multirun(path)
    assert not wants_multirun(path, ["hydra.mode=RUN"])
    assert not wants_multirun(TABLE)
    multirun(path, ["seed=7,8"], lambda job: jobs.append(job) or 0)
    assert jobs == [["seed=7", "fit.epochs=3"], ["seed=8", "fit.epochs=3"]]


def test_a_faulty_job_does_not_keep_the_others_from_running():
    ran = []

    def run(overrides):
        compose(TABLE, overrides)
        ran.append(overrides)
        return 0

    with pytest.raises(RecipeError) as caught:
        multirun(TABLE, ["model=mpl,mlp", "seed=0,x"], run)
    assert ran == [["model=mlp", "seed=0"]]
    assert [one.place for one in caught.value.problems] == [
        "override 'model=mpl'",
        "override 'seed=x'",
    ]


def test_a_sweep_that_cannot_be_enumerated_is_refused():
    with pytest.raises(RecipeError, match="INTERVAL"):
        multirun(TABLE, ["fit.epochs=interval(1,5)"], lambda _: 0)


def test_joblib_runs_the_jobs_and_is_refused_where_it_is_not_installed(tmp_path, monkeypatch):
    path = write(
        tmp_path, HEAD.replace("- _self_", "- override hydra/launcher: joblib\n  - _self_")
    )
    assert compose(path).recipe.name == "small"
    assert multirun(path, ["seed=1,2"], len) == 1
    monkeypatch.setitem(sys.modules, "joblib", None)
    with pytest.raises(RecipeError, match="joblib is not installed"):
        multirun(path, ["seed=1,2"], len)
    assert multirun(path, ["seed=1,2", "hydra/launcher=basic"], len) == 1


def test_composing_needs_no_heavy_library():
    code = (
        "import sys; from pathlib import Path; from xaiframe.composition.compose import compose;"
        f"compose(Path({str(TABLE)!r}));"
        "print([name for name in ('torch', 'numpy', 'pandas') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_search_of_explanations_leaves_the_model_and_what_is_not_selected_alone():
    composed = compose(TABLE, ["tuning=explanation", "gradient=[saliency,smoothgrad]"])
    space = composed.recipe.tuning["space"]
    assert set(space["gradient"]) == {"smoothgrad"}
    assert "model" not in space
    assert "fit" not in space
    assert any("integrated_gradients is not selected" in one for one in composed.notices)
