import json
from dataclasses import replace
from types import SimpleNamespace

import pytest

from xaiframe.catalogue.estimate import BACKWARD_FACTOR, FORWARD_SECONDS, Estimator, Shapes
from xaiframe.catalogue.listing import describe
from xaiframe.catalogue.source import module_named
from xaiframe.errors import RecipeError
from xaiframe.planning.plan import Bearing, plan
from xaiframe.planning.search_space import ends, flatten
from xaiframe.recipe import Explain, Fit, Recipe, ReferenceConfig

METHODS = '''
from dataclasses import dataclass
from xaiframe.explanation import Method

class Rows:
    modality = "table"
    known = {"builtin:ten": {"rows": "10 * test", "features": "7 - drop", "elements": "7 - drop"}}
    def __init__(
        self, source: str, task: str = "classification", test: float = 0.5, drop: list[str] = ()
    ): ...

class Pictures:
    modality = "image"
    def __init__(self, source: str): ...

@dataclass(frozen=True)
class Network:
    width: int = 8
    sizes: tuple[int, ...] = (8,)
    kind: str = "plain"
    modalities = ("table",)
    provides = ("gradient",)

@dataclass(frozen=True)
class Shapley(Method):
    """Asks coalitions."""
    samples: int = 10
    direction = "perturbation"
    stochastic = True
    cost = "instances * samples * background"

@dataclass(frozen=True)
class Permute(Method):
    repeats: int = 3
    scope = "global"
    stochastic = True
    cost = "rows * features * repeats"

@dataclass(frozen=True)
class Slope(Method):
    direction = "gradient"
    access = "white_box"
    needs = ("gradient",)

@dataclass(frozen=True)
class Maps(Method):
    direction = "gradient"
    modalities = ("image",)
    needs = ("gradient", "convolution")

@dataclass(frozen=True)
class Relevance(Method):
    direction = "gradient"
    outputs = ("logit",)

@dataclass(frozen=True)
class Regress(Method):
    tasks = ("regression",)

@dataclass(frozen=True)
class Broken(Method):
    cost = "open('x')"

@dataclass(frozen=True)
class Early:
    modalities = ("table", "image")
    phase = "data"
    cost = "0"

@dataclass(frozen=True)
class Late:
    modalities = ("table",)
    phase = "fitted"
    cost = "0"

@dataclass(frozen=True)
class Weigh:
    instances: int = 4
    cost = "instances * (methods + explanation)"

@dataclass(frozen=True)
class Nothing:
    pass

@dataclass(frozen=True)
class Search:
    trials: int = 5
    space: dict = None
    objectives: dict = None
'''

RECIPE = """
defaults:
  - audit
  - override model: network
  - override gradient: [slope, maps]
tuning:
  space:
    model:
      width: {low: 9, high: 1}
"""


@pytest.fixture(autouse=True)
def room(tmp_path, monkeypatch):
    (tmp_path / "planned_methods.py").write_text(METHODS)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delenv("XAIFRAME_POLICY", raising=False)
    module_named.cache_clear()
    describe.cache_clear()
    yield
    module_named.cache_clear()
    describe.cache_clear()


def node(name, **parameters):
    return {"_target_": f"planned_methods.{name}", **parameters}


def recipe(**changes):
    standing = Recipe(
        name="sample",
        data=node("Rows", source="file.csv"),
        model=node("Network"),
        precaution={"early": node("Early"), "late": node("Late")},
        repair={},
        intrinsic={},
        perturbation={"shapley": node("Shapley"), "permute": node("Permute")},
        gradient={"slope": node("Slope")},
        evaluation={"weigh": node("Weigh")},
        prescription={},
        tuning=node("Nothing"),
        report={},
        runner={},
        explain=Explain(instances=20, repeats=2, sample=30, max_batch=1000),
        reference=ReferenceConfig(rows=6),
    )
    return replace(standing, **changes)


def search(**changes):
    standing = {
        "space": {"fit": {"learning_rate": {"low": 0.001, "high": 0.1}}},
        "objectives": {"model.validation.score": "maximize"},
    }
    return node("Search", **(standing | changes))


def composed(tmp_path, explicit=None, **changes):
    made = recipe(**changes)
    file = tmp_path / "recipe.yaml"
    file.write_text(RECIPE)
    return SimpleNamespace(
        recipe=made,
        choices={
            "data": ["rows"],
            "model": ["network"],
            "tuning": ["search"],
            "gradient": ["slope", "maps"],
        },
        explicit=explicit or {},
        notices=["mind the gap"],
        path=file,
        policy=made.policy,
        proposal=(),
    )


def problems(made):
    with pytest.raises(RecipeError) as caught:
        plan(made)
    return [str(problem) for problem in caught.value.problems]


def test_stages_stand_in_the_order_they_run(tmp_path):
    made = plan(composed(tmp_path))
    assert [stage.title for stage in made.stages] == [
        "strategy", "data", "precaution (data)", "model", "precaution (fitted)", "probe",
        "perturbation", "gradient", "evaluation", "policy", "prescription", "report",
    ]  # fmt: skip
    assert [unit.choice for unit in made.units("precaution")] == ["early", "late"]
    assert made.notices == ("mind the gap",)


def test_counts_follow_the_declared_arithmetic(tmp_path):
    made = plan(composed(tmp_path), Shapes(features=5, elements=5, rows=100, background=6))
    shapley, permute = made.units("perturbation")
    assert shapley.evaluations == (20 + 2) * 10 * 6
    assert permute.evaluations == 30 * 5 * 3
    assert shapley.seconds == pytest.approx(1320 * FORWARD_SECONDS["table"])
    explanation = 10 * 6 + 1
    assert made.unit("evaluation", "weigh").evaluations == 4 * (2 + explanation)
    slope = made.unit("gradient", "slope")
    assert slope.seconds == pytest.approx(20 * FORWARD_SECONDS["table"] * BACKWARD_FACTOR)


def test_counts_are_bounded_by_the_rows_there_are(tmp_path):
    made = plan(composed(tmp_path), Shapes(features=5, elements=5, rows=4, background=2))
    assert made.unit("perturbation", "shapley").evaluations == (4 + 2) * 10 * 2
    assert made.unit("perturbation", "permute").evaluations == 4 * 5 * 3


def test_what_needs_the_data_is_unknown_until_they_are_seen(tmp_path):
    made = plan(composed(tmp_path))
    permute = made.unit("perturbation", "permute")
    assert (permute.evaluations, permute.seconds, permute.memory_mb) == (None, None, None)
    assert made.unit("perturbation", "shapley").evaluations == 1320
    assert not made.complete
    assert plan(composed(tmp_path), Shapes(5, 5, 2, 100, 6, 300)).complete


def test_a_built_in_source_states_its_own_sizes(tmp_path):
    data = node("Rows", source="builtin:ten", drop=["a", "b"], test=0.4)
    made = plan(composed(tmp_path, data=data))
    assert made.unit("perturbation", "permute").evaluations == 4 * 5 * 3


def test_memory_is_that_of_the_largest_batch(tmp_path):
    shapes = Shapes(features=5, elements=5, rows=100, background=6)
    small = plan(composed(tmp_path), shapes).unit("perturbation", "shapley").memory_mb
    bounded = recipe(explain=Explain(instances=20, repeats=2, max_batch=100))
    assert Estimator(bounded, shapes, "table").of(1320).memory_mb == pytest.approx(small / 10)


def test_training_counts_every_epoch_and_tuning_every_trial(tmp_path):
    shapes = Shapes(5, 5, 2, 100, 6, train=70)
    tuning = search(trials=3)
    made = plan(composed(tmp_path, fit=Fit(batch_size=32, epochs=10), tuning=tuning), shapes)
    assert made.unit("model", "network").evaluations == 700
    explanation = 10 * 6 + 1
    assert made.unit("tuning", "search").evaluations == (3 + 1) * (700 + 12 * explanation)


@pytest.mark.parametrize(
    ("method", "words"),
    [
        ("Maps", "it explains image data, these are table data"),
        ("Maps", "it needs a convolutional layer, which the model does not offer"),
        ("Regress", "it is for regression, the task is classification"),
    ],
)
def test_a_default_that_does_not_apply_is_listed_with_its_reason(tmp_path, method, words):
    made = plan(composed(tmp_path, gradient={"slope": node("Slope"), "odd": node(method)}))
    unit = made.unit("gradient", "odd")
    assert not unit.applies
    assert not made.applies("gradient", "odd")
    assert made.applies("gradient", "slope")
    assert words in unit.reason
    assert unit.evaluations == 0


def test_a_method_for_logits_does_not_apply_to_probabilities(tmp_path):
    gradient = {"relevance": node("Relevance")}
    assert plan(composed(tmp_path, gradient=gradient)).applies("gradient", "relevance")
    probability = ReferenceConfig(output="probability")
    made = plan(composed(tmp_path, gradient=gradient, reference=probability))
    reason = made.unit("gradient", "relevance").reason
    assert reason == "it explains logit outputs, reference.output is probability"
    assert "no gradient method applies" in made.notices[-1]


@pytest.mark.parametrize(("over", "refused"), [("lrp", "no rule reaches"), ("saliency", "")])
def test_what_a_method_asks_by_name_is_refused_with_it(tmp_path, over, refused):
    smooth = {"_target_": "xaiframe.gradient.smoothgrad.SmoothGrad", "over": over}
    bearing = Bearing(("gradient",), {"lrp": "no rule reaches"})
    made = composed(tmp_path, gradient={"smoothgrad": smooth})
    unit = plan(made, bearing=bearing).unit("gradient", "smoothgrad")
    assert (unit.applies, unit.reason) == (not refused, refused)


def test_the_task_is_what_the_recipe_declares(tmp_path):
    data = node("Rows", source="file.csv", task="regression")
    made = plan(composed(tmp_path, data=data, perturbation={"regress": node("Regress")}))
    assert made.applies("perturbation", "regress")


def test_a_method_that_was_asked_for_and_does_not_apply_is_a_problem(tmp_path):
    gradient = {"slope": node("Slope"), "maps": node("Maps")}
    (problem,) = problems(composed(tmp_path, {"gradient": {"maps", "slope"}}, gradient=gradient))
    assert "gradient maps" in problem
    assert "does not apply: it explains image data" in problem
    assert problem.endswith("(of gradient these apply: slope)")


def test_every_problem_is_reported_at_once(tmp_path):
    made = composed(
        tmp_path,
        {"gradient": {"maps"}},
        data=node("Pictures", source="x"),
        precaution={"gone": node("Gone")},
        perturbation={"broken": node("Broken")},
        gradient={"maps": node("Maps")},
        policy="nowhere",
    )
    found = "\n".join(problems(made))
    assert "model network takes table data, rows is image" in found
    assert "cnn" in found
    assert "planned_methods.Gone" in found
    assert "perturbation.broken its cost cannot be read" in found
    assert "gradient maps does not apply" in found
    assert "nowhere" in found


def test_nothing_more_is_said_of_a_model_that_cannot_be_found(tmp_path):
    (problem,) = problems(composed(tmp_path, model=node("Nobody")))
    assert "planned_methods.Nobody" in problem


def test_the_json_holds_the_axes_and_null_for_the_unknown(tmp_path):
    stored = json.loads(json.dumps(plan(composed(tmp_path)).to_dict()))
    units = {u["choice"]: u for stage in stored["stages"] for u in stage["units"]}
    assert units["permute"]["evaluations"] is None
    assert units["slope"]["axes"] == {
        "scope": "local",
        "access": "white_box",
        "usage": "post_hoc",
        "reach": "model_agnostic",
        "direction": "gradient",
    }
    assert units["shapley"]["doc"] == "Asks coalitions."
    assert units["shapley"]["target"] == "planned_methods.Shapley"
    assert stored["recipe"] == "sample"


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"model": {"widht": {"low": 1, "high": 2}}}, "did you mean model.width"),
        ({"model.nothing_like_it": {"low": 1, "high": 2}}, "there is no such key to tune"),
        ({"fit": {"learning_rate": {"low": 1.0, "high": 0.1}}}, "low 1 is above high 0.1"),
        ({"fit": {"learning_rate": {"low": 0, "high": 1, "log": True}}}, "has no logarithm"),
        ({"fit": {"learning_rate": {"low": "a", "high": 1}}}, "low is 'a' (expected a number)"),
        ({"model": {"width": {"low": 0.5, "high": 2}}}, "expected a whole number"),
        ({"model": {"width": {"low": 1, "hihg": 2}}}, "did you mean high"),
        ({"model": {"kind": {"low": 1, "high": 2}}}, "kind has no numeric range"),
        ({"model": {"sizes": {"low": 1, "high": 2}}}, "sizes has no numeric range"),
        ({}, "tuning.space is empty"),
        ({"model": {"kind": {"choices": ["a", 1]}}}, "1 is no value for kind (expected text)"),
        ({"model": {"kind": {"choices": []}}}, "choices is not a list"),
        ({"model": {"width": 3}}, "is not a range"),
    ],
)
def test_a_search_space_is_checked_key_by_key(tmp_path, space, words):
    (problem, *_) = problems(composed(tmp_path, tuning=search(space=space)))
    assert words in problem


def test_a_sound_search_space_passes(tmp_path):
    space = {
        "model": {"width": {"low": 1, "high": 9, "log": True}, "sizes": {"choices": [[4], [8]]}},
        "fit.learning_rate": {"low": 1e-4, "high": 1},
        "model.kind": {"choices": ["plain", "other"]},
    }
    assert plan(composed(tmp_path, tuning=search(space=space))).units("tuning")


@pytest.mark.parametrize(
    ("objectives", "words"),
    [
        ({"model.test.score": "maximize"}, "model.test.score is not measured in a trial"),
        ({"evaluation.agreement.mean_spearman": "maximize"}, "agreement is not selected"),
        ({"model.validation.score": "up"}, "is 'up' (maximize or minimize)"),
        ({}, "tuning.objectives is empty"),
        (["model.validation.score"], "is not a mapping"),
    ],
)
def test_an_objective_is_something_a_trial_measures(tmp_path, objectives, words):
    (problem,) = problems(composed(tmp_path, tuning=search(objectives=objectives)))
    assert words in problem


def test_without_trials_there_is_no_tuning_stage(tmp_path):
    assert plan(composed(tmp_path)).units("tuning") == []


def test_a_space_may_be_nested_or_dotted():
    nested = {"model": {"hidden": {"low": 1, "high": 2}}, "fit": {"epochs": {"choices": [1]}}}
    dotted = {"model.hidden": {"low": 1, "high": 2}, "fit.epochs": {"choices": [1]}}
    assert flatten(nested) == flatten(dotted) == dotted


def test_no_choice_of_the_house_has_a_cost_that_cannot_be_read():
    from xaiframe.catalogue.estimate import numbers
    from xaiframe.catalogue.listing import entries, house
    from xaiframe.catalogue.values import cost

    known = dict.fromkeys(
        (
            *("instances", "rows", "test", "train", "background", "features", "elements"),
            *("classes", "gradient", "methods", "explanation"),
        ),
        2.0,
    )
    for group in ("precaution", "perturbation", "gradient", "evaluation"):
        for entry in entries(group, [house()]):
            assert entry.description is not None, entry.doc
            names = known | numbers(entry.description, entry.node)
            expression = str(entry.description.facts.get("cost", "0"))
            assert cost(expression, names) is not None or "None" in str(names), entry.file


def test_a_problem_names_file_and_line(tmp_path):
    tuning = search(space={"model": {"width": {"low": 9, "high": 1}}})
    made = composed(
        tmp_path, {"gradient": {"maps"}}, gradient={"maps": node("Maps")}, tuning=tuning
    )
    file = tmp_path / "recipe.yaml"
    range_, method = problems(made)
    assert range_ == f"{file}:9: tuning.space.model.width low 9 is above high 1"
    assert method.startswith(f"{file}:5: gradient maps does not apply")


def test_a_choice_of_the_command_line_has_no_line_in_the_recipe(tmp_path):
    made = composed(tmp_path, {"gradient": {"maps"}}, gradient={"maps": node("Maps")})
    made.choices["gradient"] = ["maps"]
    (problem,) = problems(made)
    assert problem.startswith(f"{tmp_path / 'recipe.yaml'}: gradient maps")


def test_accepting_a_prescription_without_a_round_to_apply_it_in_is_told(tmp_path):
    accept = ("base_rate_gap",)
    told = "accept names base_rate_gap, but rounds is 1, so nothing is applied"
    assert told in plan(composed(tmp_path, accept=accept)).notices
    assert told not in plan(composed(tmp_path, accept=accept, rounds=2)).notices


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({"perturbation": {"shapley": {"sampels": {"low": 4, "high": 9}}}}, "did you mean perturb"),
        ({"perturbation.lime.samples": {"low": 4, "high": 9}}, "is of lime, which is not selected"),
        ({"explain.instances": {"low": 4, "high": 9}}, "which instances are shown, not how"),
        ({"reference.target": {"choices": ["a"]}}, "it is what is asked, not how"),
        ({"reference.rows": {"low": 0.5, "high": 9}}, "expected a whole number"),
        ({"perturbation.shapley.samples": {"low": "a", "high": 9}}, "low is 'a'"),
    ],
)
def test_parameters_of_the_explanation_are_checked_like_those_of_the_model(tmp_path, space, words):
    (problem, *_) = problems(composed(tmp_path, tuning=search(space=space)))
    assert words in problem
    assert "tuning.space." in problem


def test_a_search_of_explanations_fits_no_model(tmp_path):
    space = {"perturbation.shapley.samples": {"low": 4, "high": 9}}
    made = plan(
        composed(tmp_path, fit=Fit(batch_size=32, epochs=10), tuning=search(space=space, trials=3)),
        Shapes(5, 5, 2, 100, 6, train=70),
    )
    assert made.unit("tuning", "search").evaluations == (3 + 1) * 12 * (10 * 6 + 1)


def test_every_end_of_a_range_is_handed_to_its_class():
    space = {
        "model.params.width": {"low": 4, "high": 8},
        "perturbation.shapley.samples": {"choices": [3]},
    }
    model = node("Network", params={"inputs": 3})
    found = list(ends(recipe(model=model, tuning=search(space=space))))
    assert [one["params"] for _, group, _, one in found if group == "model"] == [
        {"inputs": 3, "width": 4},
        {"inputs": 3, "width": 8},
    ]
    assert found[-1][2:] == ("shapley", node("Shapley", samples=3))
