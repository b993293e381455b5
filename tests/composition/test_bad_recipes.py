"""Bad recipes: every fault found at once, with its place and what would be right."""

from __future__ import annotations

from pathlib import Path

import pytest

from xaiframe.composition.compose import compose
from xaiframe.errors import RecipeError

HEAD = """defaults:
  - audit
  - override data: breast_cancer
  - override model: mlp
  - override gradient: [saliency, smoothgrad]
  - _self_
name: bad
"""
FIRST = HEAD.count("\n") + 1
"""The line of what follows HEAD."""


@pytest.fixture(autouse=True)
def kitchen(tmp_path, monkeypatch):
    """Recipes are read from here, and nobody's settings are."""
    monkeypatch.setenv("XAIFRAME_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.chdir(tmp_path)


def faults(text: str | bytes, *overrides: str) -> list[str]:
    Path("r.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(RecipeError) as caught:
        compose(Path("r.yaml"), overrides)
    return [str(problem) for problem in caught.value.problems]


def the_fault(text: str | bytes, *overrides: str) -> str:
    (found,) = faults(text, *overrides)
    return found


def test_five_faults_of_five_kinds_give_five_lines():
    text = HEAD.replace("smoothgrad]", "smothgrad]") + (
        "fit: {epoch: 3}\n"
        "explain: {cases: many}\n"
        "gradient: {lrp: {epsilon: 0.1}}\n"
        "runner: {_target_: os.system}\n"
    )
    found = faults(text)
    assert [one.partition(": ")[0] for one in found] == [
        f"r.yaml:{line}" for line in (5, FIRST, FIRST + 1, FIRST + 2, FIRST + 3)
    ]
    for one, words in zip(
        found,
        (
            ("no gradient is called 'smothgrad'", "did you mean smoothgrad?"),
            ("unknown key fit.epoch", "did you mean epochs?"),
            ("explain.cases is 'many', not a whole number",),
            ("gradient lrp is tuned but not selected", "override gradient: [saliency, lrp]"),
            ("os.system is not trusted", "--trust"),
        ),
        strict=True,
    ):
        assert all(word in one for word in words)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("naem: x", "unknown key 'naem' (did you mean name?)"),
        ("seed: 1.5", "seed is 1.5, not a whole number"),
        ("seed: true", "seed is true, not a whole number"),
        ("seed: -1", "seed is -1, not at least 0"),
        ("fit: {averaging: 1.0}", "fit.averaging is 1.0, not below 1"),
        ("rounds: 0", "rounds is 0, not at least 1"),
        ("accept: base_rate_gap", "accept is 'base_rate_gap', not a list of text"),
        ("accept: [base_rate_gab]", "no prescription 'base_rate_gab' (did you mean base_rate_gap?"),
        ("accept: [fairness]", "prescriptions that the recipe declares"),
        ("fit: {learning_rate: .nan}", "fit.learning_rate is nan, not a finite number"),
        ("fit: 3", "fit is not a mapping of keys to values"),
        ("strategy: {risk: hihg}", "did you mean high?"),
        ("strategy: {knowledge: [{effect: rises}]}", "strategy.knowledge.0.feature is missing"),
        ("strategy: {knowledge: [{feature: a, effect: rise}]}", "did you mean rises?"),
        ("strategy: {knowledge: [a]}", "strategy.knowledge.0 is not a mapping"),
        ("strategy: {owner: '???'}", "strategy.owner is missing (expected text)"),
        ("model: {hiden: [3]}", "unknown key model.hiden (did you mean hidden?)"),
        ("model: {hidden: wide}", "model.hidden is 'wide', not a list of whole numbers"),
        ("model: {hidden: [3, '???']}", "model.hidden.1 is missing"),
        ("model: {_target_: xaiframe.model.mlp.MLQ}", "does not exist"),
        ("model: {_target_: xaiframe.model.mlp.nn}", "does not exist"),
        ("model: {_target_: xaiframe.gradient.saliency.Saliency}", "is no model of xaiframe"),
        ("model: {_target_: xaiframe.store.Cache}", "is no model of xaiframe"),
        ("model: {_target_: joblib.load}", "joblib.load is not trusted"),
        ("model: {_target_: builtins.eval}", "builtins.eval is not trusted"),
        ("model: {dropout: {_target_: os.system}}", "os.system is not trusted"),
        ("model: {hidden: [{_target_: os.system}]}", "os.system is not trusted"),
        ("model: {_partial_: true}", "unknown key model._partial_"),
        ("gradient: {saliency: {_args_: [1]}}", "unknown key gradient.saliency._args_"),
        ("gradient: {smothgrad: {samples: 3}}", "did you mean smoothgrad?"),
        ("gradient: [saliency]", "- override gradient: [saliency]"),
        ("gradient: {saliency: 3}", "gradient.saliency is not a mapping of parameters"),
        ("prescription: {overfitting: {automatic: 3}}", "must be true or false"),
        ("policy: {rules: {}}", "policy is {'rules': {}}, not text"),
        ("policy: defualt", "no policy is called 'defualt' (did you mean default?)"),
        ("policy: ./none.yaml", "there is no policy file"),
        ("hydra: {callbacks: {x: {_target_: os.system}}}", "hydra.callbacks may not be set"),
        ("hydra: {job_logging: none}", "hydra.job_logging may not be set"),
        ("hydra: {run: {dir: /tmp}}", "hydra.run may not be set"),
        ("hydra: {sweeper: {_target_: os.system}}", "hydra.sweeper._target_ may not be set"),
        ("hydra: {launcher: {_target_: os.system}}", "basic or joblib, by name"),
        ("hydra: {mode: SOMETIMES}", "hydra.mode is 'SOMETIMES' (RUN or MULTIRUN)"),
        ("hydra: {searchpath: ['pkg://os']}", "folders only"),
        ("hydra: {searchpath: [nowhere]}", "there is no folder"),
        ("hydra: 3", "hydra is not a mapping"),
        ("seed: '${oc.env:SEED}'", "calls oc.env, which is not allowed"),
        ("seed: '${${name}:SEED}'", "calls ${name}, which is not allowed"),
        ("seed: '${oc.select:a,${now:%Y}}'", "calls now, which is not allowed"),
        ("seed: '${fit.epoch}'", "${fit.epoch} leads nowhere"),
        ("seed: '${fit.epochs'", "is no reference"),
        ("seed: '${name}'", "seed is 'bad', not a whole number"),
        ("name: ../../x", "it names a folder"),
        ("name: !!binary aGk=", "the tag !!binary is not allowed"),
        ("name: !!python/name:os.system ''", "the tag !!python/name:os.system is not allowed"),
        ("fit: {epochs: !!int x}", "'x' cannot be read as !!int"),
        ("fit: {epochs: 1, epochs: 2}", "'epochs' stands here a second time"),
        ("fit: {<<: {epochs: 1}}", "<< is not read here"),
        ("1: x", "the key 1 is not text"),
    ],
)
def test_a_fault_is_told_with_its_line(line, expected):
    text = HEAD.replace("name: bad\n", "") + line if line.startswith("name") else HEAD + line
    place = FIRST - 1 if line.startswith("name") else FIRST
    (found,) = [one for one in faults(text) if "name is missing" not in one]
    assert found.startswith(f"r.yaml:{place}: ")
    assert expected in found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("data: breast_cancer", "data: brest_cancer", "3: no data is called 'brest_cancer'"),
        ("override gradient", "override gradeint", "did you mean gradient?"),
        ("override model: mlp", "model: mlp", "- override model: mlp"),
        ("override model: mlp", "override model: [mlp]", "model takes one choice"),
        ("override model: mlp", "override policy: default", "never composed"),
        ("override model: mlp", "override model@data: mlp", "place a choice elsewhere"),
        ("override model: mlp", "digits", "does not belong into the defaults"),
        ("override model: mlp", "override data: digits", "data is chosen twice"),
        ("saliency, smoothgrad", "saliency, saliency", "gradient saliency is chosen twice"),
        ("[saliency, smoothgrad]", "null", "gradient: [] for none"),
        ("  - audit\n", "", "1: a recipe stands on the house of defaults"),
        ("  - _self_\n", "", None),
        (
            "  - override model: mlp\n",
            "",
            "1: no model is chosen (- override model: one of cnn, ",
        ),
        ("name: bad", "seed: 1", "1: name is missing (expected text)"),
    ],
)
def test_faults_of_the_defaults(old, new, expected):
    text = HEAD.replace(old, new)
    if expected is None:
        Path("r.yaml").write_text(text)
        assert compose(Path("r.yaml")).recipe.name == "bad"
    else:
        assert any(expected in one for one in faults(text))


def test_own_values_must_come_last():
    text = HEAD.replace("  - _self_\n", "").replace("  - audit\n", "  - _self_\n  - audit\n")
    assert "2: _self_ must come last" in the_fault(text)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("seed", "cannot be read"),
        ("seed=[", "cannot be read"),
        ("seed=x", "seed is 'x', not a whole number"),
        ("seed=1,2", "add --multirun"),
        ("sede=1", "did you mean seed?"),
        ("fit.epoch=1", "did you mean epochs?"),
        ("fit=3", "fit is not a mapping"),
        ("seed.x=3", "seed is {'x': 3}, not a whole number"),
        ("~policy", "never composed (policy=name"),
        ("~fit.epochs", "nothing can be taken out"),
        ("~gradient", "gradient=[] selects none"),
        ("~gradient.saliency", "gradient=[…] without saliency"),
        ("policy.rules.psi=1", "never composed"),
        ("++policy=default", "never composed"),
        ("policy=strickt", "no policy is called 'strickt'"),
        ("+gradient=lrp", "'gradient=[saliency,smoothgrad,lrp]'"),
        ("++gradient=[lrp]", "'gradient=[saliency,smoothgrad,lrp]'"),
        ("gradient=[lpr]", "did you mean lrp?"),
        ("gradient@x=[lrp]", "would place a choice elsewhere"),
        ("gradient/x=lrp", "names no group"),
        ("gradient.lrp.epsilon=1", "'gradient=[saliency, smoothgrad, lrp]'"),
        ("gradient.smoothgrad.sampels=1", "did you mean samples?"),
        ("model={hidden: [1]}", "model takes one choice"),
        ("strategy.signatories={1: a}", "a key that is not text"),
        ("strategy.sensitive.0=a", "strategy.sensitive is a list"),
        ("hydra.run.dir=/tmp", "may not be set"),
        ("hydra/job_logging=none", "may not be set"),
        ("hydra.callbacks={}", "may not be set"),
        ("seed=${oc.env:HOME}", "calls oc.env"),
        ("model._target_=os.system", "os.system is not trusted"),
    ],
)
def test_a_faulty_override_is_named(override, expected):
    found = the_fault(HEAD, override)
    assert found.startswith(f"override '{override}': ")
    assert expected in found


def test_what_the_choice_leaves_open_is_missing_in_the_recipe():
    assert faults(HEAD.replace("data: breast_cancer", "data: table")) == [
        "r.yaml:1: data.source is missing (expected text)",
        "r.yaml:1: data.target is missing (expected text)",
    ]
    text = HEAD.replace("data: breast_cancer", "data: table") + "data: {target: y}\n"
    assert the_fault(text) == f"r.yaml:{FIRST}: data.source is missing (expected text)"


BOMB = "a: &a [1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 8)}]\n"
    for old, new in zip("abcdefg", "bcdefgh", strict=True)
)
FEW = "a: &a [1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{new}: &{new} [{', '.join(['*' + old] * 3)}]\n"
    for old, new in zip("abcdef", "bcdefg", strict=True)
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\xff", "is not text (UTF-8) at byte 0"),
        (b"name: a\x00b", "holds a control character"),
        (BOMB, "more than 20 aliases"),
        (FEW, "expands to more than 20000 values"),
        ("a: &a [*a]", "refers to itself"),
        ("[" * 3000, "nested too deeply"),
        ("x: [" + "1," * 30_000 + "]", "more than 20000 values"),
        ("#" * 1_000_001, "larger than 1000000 bytes"),
        ("- a", "is not a mapping"),
        ("a: 1\n b: 2", "r.yaml:2: is not usable YAML"),
        ("a: 1\n---\nb: 1", "another document"),
        ("a: *b", "undefined alias"),
    ],
)
def test_an_unreadable_recipe_is_one_problem(text, expected):
    assert expected in the_fault(text)


def test_a_misspelt_file_is_told_with_its_neighbour():
    Path("breast.yaml").write_text(HEAD)
    with pytest.raises(RecipeError, match=r"did you mean breast\.yaml"):
        compose(Path("brest.yaml"))
    with pytest.raises(RecipeError, match="is not a file"):
        compose(Path())


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("# @package _global_\nmine:\n  _target_: {}", "# @package"),
        ("defaults: [saliency]\nmine:\n  _target_: {}", "may not choose others"),
        ("_target_: {}", "under its own name alone"),
        ("mine:\n  _target_: {}\n  x: ${{model.hidden}}", "refers to the group model"),
        ("mine:\n  _target_: os.system", "os.system is not trusted"),
        ("mine:\n  _target_: {}\n  x: 1", "mine.yaml:3: unknown key gradient.mine.x"),
        ("mine: [", "mine.yaml:1: is not usable YAML"),
        ("mine:\n  _target_: {}\nmine: 3", "mine.yaml:3: 'mine' stands here a second time"),
    ],
)
def test_a_users_own_choice_is_checked_as_strictly(content, expected):
    Path("conf/gradient").mkdir(parents=True)
    text = content.format("xaiframe.gradient.saliency.Saliency")
    Path("conf/gradient/mine.yaml").write_text(text)
    found = faults(HEAD.replace("smoothgrad]", "mine]"))
    assert any(one.startswith("conf/gradient/mine.yaml") and expected in one for one in found)


def test_faults_of_the_settings_are_told():
    text = "trsut: [a]\ntrust: a\npolicy: [b]\npickles: [abc]\nservices: {a.b: token}\n"
    Path("settings.yaml").write_text(text)
    assert [one.partition(" (")[0] for one in faults(HEAD)] == [
        "settings.yaml:1: unknown key 'trsut'",
        "settings.yaml:2: trust is no list of packages",
        "settings.yaml:3: policy is no name or path",
        "settings.yaml:4: pickles is no list of sha256",
        "settings.yaml:5: services is no mapping of hosts to names",
    ]


def test_faults_that_only_a_plan_sees_stand_beside_those_that_prevent_it(tmp_path):
    loosened = "rules: {missing: {fail: {above: 0.9}}}\n"
    (tmp_path / "loose.yaml").write_text("extends: default\n" + loosened)
    recipe = tmp_path / "six.yaml"
    recipe.write_text(
        "defaults:\n"
        "  - audit\n"
        "  - override data: breast_cancer\n"
        "  - override model: mlp\n"
        "  - override gradient: [grad_cam, salency]\n"
        "  - _self_\n"
        "name: six\n"
        "policy: loose.yaml\n"
        "fitt: {epochs: 3}\n"
        "perturbation:\n"
        "  kernel_shap: {samples: many}\n"
    )
    with pytest.raises(RecipeError) as caught:
        compose(recipe)
    lines = [str(problem) for problem in caught.value.problems]
    assert len(lines) == 5
    for fault in ("'salency'", "'fitt'", "'many'", "grad_cam does not apply", "loosens"):
        assert any(fault in line for line in lines), fault
    assert any("six.yaml:5: gradient grad_cam" in line for line in lines)
