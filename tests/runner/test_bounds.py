"""A round that meets its budget stops cleanly, says so, and goes on under a larger one."""

from __future__ import annotations

import json
import time
from dataclasses import replace

import numpy as np
import pytest

from xaiframe.evaluation.evidence import Explained
from xaiframe.facts import Fact, Facts
from xaiframe.observer import SilentObserver
from xaiframe.planning.plan import Plan
from xaiframe.planning.unit import Stage, Unit
from xaiframe.recipe import Budget
from xaiframe.rounds import audit
from xaiframe.runner.bounds import Bounds
from xaiframe.runner.explanations import shortened
from xaiframe.runner.gather import FEW, shared

ASKED = (
    "explain.instances=12",
    "explain.batch=4",
    "explain.cases=6",
    "explain.repeats=6",
    "explain.sample=40",
    "fit.epochs=3",
    "runner.threads=1",
    "reference.rows=5",
    "tuning=none",
    "precaution=[profile]",
    "report.formats=[html]",
    "perturbation=[feature_ablation,lime,permutation_importance]",
    "perturbation.lime.samples=100",
    "gradient=[saliency,input_x_gradient]",
    "evaluation=[agreement,faithfulness,complexity]",
)
TIGHT = "budget.evaluations=3400"


class Heard(SilentObserver):
    """Remembers how each unit ended, and why."""

    def __init__(self) -> None:
        self.states: dict[str, tuple[str, str]] = {}

    def unit(self, stage: str, choice: str, state: str, note: str = "") -> None:
        self.states[f"{stage}.{choice}"] = (state, note)


def facts(folder) -> Facts:
    return Facts(map(Fact.from_dict, json.loads((folder / "facts.json").read_text())))


def values(folder, unit):
    with np.load(folder / "artifacts" / unit / "attribution.npz") as stored:
        return dict(stored)


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    return tmp_path_factory.mktemp("outputs")


@pytest.fixture(scope="module")
def tight(outputs, breast_cancer):
    return audit(breast_cancer, (*ASKED, TIGHT), outputs=outputs)


@pytest.fixture(scope="module")
def whole(outputs, breast_cancer, tight):
    """The same audit without a bound, after the one that met its own."""
    heard = Heard()
    return audit(breast_cancer, ASKED, outputs=outputs, observer=heard), heard


def test_a_method_cut_short_keeps_the_first_instances_and_says_how_many(tight):
    found = facts(tight.folder)
    fact = found.one("perturbation.lime.explained")
    assert (fact.value, dict(fact.labels), fact.n) == (8, {"of": "12"}, 8)
    assert fact.reason.startswith("budget: 8 of 12 instances; all would take 1,800 evaluations")
    assert found.value("perturbation.lime.evaluations") == 800
    assert len(values(tight.folder, "perturbation.lime")["values"]) == 8
    assert all(one.n == 8 for one in found.where("perturbation.lime.mean_absolute"))
    assert found.one("gradient.saliency.explained") is None
    assert len(values(tight.folder, "gradient.saliency")["values"]) == 12


def test_what_the_plan_said_is_what_was_asked(tight):
    found = facts(tight.folder)
    plan = json.loads((tight.folder / "plan.json").read_text())
    planned = {
        f"{stage['name']}.{unit['choice']}": unit
        for stage in plan["stages"]
        for unit in stage["units"]
    }
    assert planned["perturbation.lime"]["kept"] == 8
    assert planned["evaluation.faithfulness"]["kept"] == 0
    for unit in ("perturbation.feature_ablation", "gradient.saliency"):
        asked = found.value(f"{unit}.evaluations")
        assert asked == pytest.approx(planned[unit]["evaluations"], abs=15)  # 5 rows a batch more
    # the first six of LIME's eight instances were explained twice, which its own count leaves out
    assert planned["perturbation.lime"]["evaluations"] == 800 + 600
    assert (
        sum(
            unit["evaluations"]
            for name, unit in planned.items()
            if name.split(".")[0] in ("perturbation", "gradient", "evaluation")
        )
        <= 3400
    )


def test_what_was_not_asked_is_not_assessed_and_the_rest_follows(tight):
    found = facts(tight.folder)
    for unit in ("perturbation.permutation_importance", "evaluation.faithfulness"):
        assert str(found.value(f"{unit}.not_assessed")).startswith("budget: it would take")
        assert not [one for one in found.within(unit) if one.quantity != "not_assessed"]
    assert found.value("budget.round.met") is True
    assert found.value("budget.round.not_assessed_choices") == 2
    assert found.value("budget.round.methods_cut_short") == 1
    assert tight.report is not None
    (finding,) = [one for one in tight.findings if one.rule == "budget"]
    assert finding.status == "warn"
    assert finding.message == (
        "the budget was met: 2 choices not assessed, 1 method for the first instances alone"
    )
    (judged,) = [one for one in tight.findings if one.rule == "faithfulness"]
    assert judged.status == "not_assessed"
    assert "budget" in judged.reason


def test_measures_that_ask_nothing_stand_on_the_instances_that_all_explained(tight):
    found = facts(tight.folder)
    assert found.value("budget.round.shared_instances") == 8
    pairs = found.where("evaluation.agreement.spearman")
    assert pairs
    assert all((one.n or 0) <= 8 for one in pairs)
    record = json.loads((tight.folder / "manifest.json").read_text())
    states = {f"{one['stage']}.{one['choice']}": one["state"] for one in record["stages"]}
    assert states["evaluation.agreement"] == states["evaluation.complexity"] == "done"
    assert states["evaluation.faithfulness"] == "not assessed"


def test_the_report_says_it_and_no_part_of_it_fails(tight):
    text = (tight.folder / "report.html").read_text(encoding="utf-8")
    assert "The run met its budget of 3" in text
    assert "the first 8 of 12 instances" in text
    assert "this part failed" not in text


def test_a_partial_answer_is_never_taken_for_a_whole_one(tight, whole):
    again, heard = whole
    assert heard.states["perturbation.lime"][0] == "done"
    assert heard.states["gradient.saliency"][0] == "cached"
    found = facts(again.folder)
    assert len(values(again.folder, "perturbation.lime")["values"]) == 12
    assert found.one("perturbation.lime.explained") is None
    assert found.value("perturbation.lime.evaluations") == 1200
    assert found.value("evaluation.faithfulness.not_assessed") is None
    assert all(one.n == 12 for one in found.where("evaluation.complexity.features_for_80"))
    assert not found.within("budget")


def test_more_budget_goes_on_behind_the_batches_that_are_there(tight, whole):
    short, long = (values(one.folder, "perturbation.lime") for one in (tight, whole[0]))
    np.testing.assert_array_equal(long["values"][:8], short["values"])
    np.testing.assert_array_equal(long["repeat"], short["repeat"])


def test_the_same_budget_says_the_same_again(tight, whole, outputs, breast_cancer, monkeypatch):
    again = audit(breast_cancer, (*ASKED, TIGHT), outputs=outputs / "elsewhere")
    for unit in ("perturbation.lime", "gradient.saliency"):
        for name, column in values(tight.folder, unit).items():
            np.testing.assert_array_equal(column, values(again.folder, unit)[name])


def test_no_time_leaves_a_report_all_the_same(outputs, breast_cancer):
    heard = Heard()
    hurried = (*ASKED, "budget.minutes=0.00001", "seed=5")
    done = audit(breast_cancer, hurried, outputs=outputs, observer=heard)
    assert heard.states["perturbation.lime"] == (
        "not assessed",
        "budget: 1e-05 minutes were over",
    )
    assert heard.states["precaution.profile"][0] == "not assessed"
    assert heard.states["model.measure"][0] == "done"
    assert heard.states["evaluation.faithfulness"][0] == "not assessed"
    assert done.report is not None
    assert done.verdict.status in ("warn", "fail")


PLAN = Plan(
    "x",
    (
        Stage("perturbation", (Unit("cut", kept=4, cut="budget: 4 of 9"), Unit("free"))),
        Stage(
            "evaluation",
            (
                Unit("none", kept=0, cut="budget: too dear", evaluations=0),
                Unit("asks", evaluations=9),
                Unit("slow", evaluations=9, seconds=1000.0),
                Unit("reads", evaluations=0),
            ),
        ),
    ),
)


def test_without_a_budget_nothing_is_refused():
    assert Bounds().refusal("evaluation", "asks") == ""
    assert Bounds().kept("perturbation", "lime") is None


def test_what_the_plan_cut_is_refused_with_its_reason():
    bounds = Bounds.of(Budget(evaluations=5), PLAN)
    assert bounds.refusal("evaluation", "none") == "budget: too dear"
    assert bounds.refusal("perturbation", "cut") == ""
    assert bounds.kept("perturbation", "cut") == 4
    assert bounds.cut("perturbation", "cut") == "budget: 4 of 9"


def test_time_ends_what_asks_the_model_and_nothing_that_must_be_there():
    bounds = Bounds.of(Budget(minutes=2), PLAN)
    assert bounds.until == pytest.approx(time.time() + 120, abs=5)
    assert bounds.refusal("evaluation", "asks") == ""
    assert bounds.refusal("evaluation", "slow").startswith("budget: it takes about 1000 s, 1")
    late = replace(bounds, until=time.time() - 1)
    assert late.refusal("evaluation", "asks") == "budget: 2 minutes were over"
    assert late.refusal("precaution", "profile") == "budget: 2 minutes were over"
    assert late.refusal("evaluation", "reads") == ""
    assert late.refusal("repair", "impute") == ""
    assert late.refusal("model", "measure") == ""


def test_the_first_direction_leaves_the_other_time_but_at_most_half():
    gradient = Stage("gradient", (Unit("slope", seconds=4.0), Unit("odd", applies=False)))
    bounds = Bounds.of(Budget(minutes=2), Plan("x", (*PLAN.stages, gradient)))
    assert bounds.end("gradient") == bounds.end("evaluation") == bounds.until
    assert bounds.until - bounds.end("perturbation") == pytest.approx(2 + 3 * 4)
    short = replace(bounds, budget=Budget(minutes=0.1))
    assert short.until - short.end("perturbation") == pytest.approx(3)
    late = replace(bounds, until=time.time() + 5)
    told = "budget: 2 minutes were over, but for what the gradients take"
    assert late.cut("perturbation", "free") == told
    assert late.refusal("gradient", "slope") == ""
    assert Bounds.of(Budget(minutes=2), PLAN).end("perturbation") > time.time() + 110
    assert Bounds().end("perturbation") == float("inf")


def one(name, n, repeat=None):
    return Explained(
        name, "perturbation", np.ones((n, 2)), np.ones((n, 2)), np.ones(n), repeat,
        signed=True, additive=True, own_reference=False,
    )  # fmt: skip


def test_measures_get_the_instances_that_all_methods_explained():
    local = {"a": one("a", 40, np.ones((12, 2))), "b": one("b", 10), "c": one("c", FEW - 1)}
    found, n = shared(local, 40)
    assert (list(found), n) == (["a", "b"], 10)
    assert found["a"].values.shape == found["a"].error.shape == (10, 2)
    assert found["a"].base.shape == (10,)
    assert found["a"].repeat.shape == (10, 2)
    assert shared({"c": one("c", 3)}, 40) == ({}, 40)
    few, n = shared({"c": one("c", 3)}, 3)
    assert (list(few), n) == (["c"], 3)


def test_only_a_whole_answer_has_the_key_of_one():
    assert shortened(48, 12, 48, 12) == {}
    assert shortened(8, 8, 48, 12) == {"first": 8, "again": 8}
    assert shortened(48, 4, 48, 12) == {"first": 48, "again": 4}
