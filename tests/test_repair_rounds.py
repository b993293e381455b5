"""A prescription switches a repair on: the next round fits on repaired rows, and only the fit."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from xaiframe.catalogue.listing import describe
from xaiframe.catalogue.source import module_named
from xaiframe.facts import Fact, Facts
from xaiframe.rounds import audit

ORACLE = '''
"""A check that knows which labels were flipped."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.explanation import Outcome
from xaiframe.facts import Fact


@dataclass(frozen=True)
class Oracle:
    """Reads the column of true labels that the model never sees."""

    phase = "data"
    modalities = ("table",)

    def __call__(self, data, seed):
        truth = data.train.column("truth").to_numpy()
        given = np.array(data.classes, dtype=object)[data.train.y]
        wrong = np.flatnonzero(truth != given)
        table = pd.DataFrame({"id": data.train.ids[wrong], "suggested": truth[wrong]})
        share = len(wrong) / len(data.train)
        return Outcome([Fact("label_noise", share, "share", n=len(data.train))],
                       tables={"suspects": table})
'''
RECIPE = """
defaults:
  - audit
  - override data: table
  - override model: mlp
  - override precaution: [purity, imbalance]
  - override perturbation: []
  - override gradient: [saliency]
  - override evaluation: []
  - override prescription: [doubtful_labels, lopsided]
  - override tuning: none
  - _self_
name: flipped
rounds: 2
accept: [doubtful_labels]
data: {source: rows.csv, target: y, drop: [truth]}
model: {hidden: [8], dropout: 0.0}
fit: {epochs: 4}
explain: {instances: 4, repeats: 0, sample: 20, cases: 1}
report: {formats: [html]}
"""
DOUBTFUL = """
doubtful_labels:
  relation: precaution → optimization
  when: {fact: precaution.purity.label_noise, above: 0.03}
  then: {repair: [suspects], repair.suspects.action: relabel, repair.suspects.most: 0.5}
  because: Labels that contradict their rows are learnt by heart.
  expect: {fact: model.validation.score, direction: higher}
  automatic: false
"""
LOPSIDED = """
lopsided:
  relation: precaution → optimization
  when: {fact: precaution.imbalance.ratio, below: 0.9}
  then: {repair: [class_balance]}
  because: One class has fewer rows.
  expect: {fact: model.validation.score, direction: higher}
  automatic: true
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[Path]:
    """A recipe with its own check and prescriptions beside it, and 300 rows, a tenth flipped.

    The tests share its folder of outputs, so that what two of them ask for is computed once."""
    place = tmp_path_factory.mktemp("house")
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 300))
    truth = np.where(a > 0.5, "yes", "no")
    y = np.where(random.random(300) < 0.1, np.where(truth == "yes", "no", "yes"), truth)
    pd.DataFrame({"a": a, "b": b, "truth": truth, "y": y}).to_csv(place / "rows.csv", index=False)
    (place / "planted_oracle.py").write_text(ORACLE)
    for group, name, text in (
        ("precaution", "purity", "purity: {_target_: planted_oracle.Oracle}\n"),
        ("prescription", "doubtful_labels", DOUBTFUL),
        ("prescription", "lopsided", LOPSIDED),
    ):
        folder = place / "conf" / group
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.yaml").write_text(text)
    recipe = place / "recipe.yaml"
    recipe.write_text(RECIPE)
    module_named.cache_clear()
    describe.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(place)
        yield recipe
    module_named.cache_clear()
    describe.cache_clear()


@pytest.fixture(scope="module")
def outputs(house) -> Path:
    return house.parent / "out"


def facts(folder: Path) -> Facts:
    stored = json.loads((folder / "facts.json").read_text())
    return Facts(Fact.from_dict(one) for one in stored)


def test_what_waits_for_a_person_is_left_where_the_owner_does_not_accept_it(house, outputs):
    run = audit(house, ["accept=[]"], trust=("planted_oracle",), outputs=outputs)
    frozen = yaml.safe_load((run.folder / "round-2" / "recipe.yaml").read_text())
    assert list(frozen["repair"]) == ["class_balance"]
    left = yaml.safe_load((run.folder / "round-2" / "prescriptions.yaml").read_text())
    assert [one["key"] for one in left] == ["doubtful_labels"]


def test_the_second_round_runs_with_the_repairs_that_the_first_prescribed(house, outputs):
    run = audit(house, trust=("planted_oracle",), outputs=outputs)
    first, second = (facts(run.folder / f"round-{number}") for number in (1, 2))
    frozen = yaml.safe_load((run.folder / "round-2" / "recipe.yaml").read_text())
    [chosen] = [one["override repair"] for one in frozen["defaults"] if "override repair" in one]
    assert chosen == ["suspects", "class_balance"]
    assert frozen["repair"]["suspects"]["action"] == "relabel"
    planned = json.loads((run.folder / "plan.json").read_text())["stages"]
    [repairs] = [[one["choice"] for one in stage["units"]] for stage in planned
                 if stage["name"] == "repair"]  # fmt: skip
    assert repairs == chosen

    told = json.loads((run.folder / "effects.json").read_text())
    accepted = {one["prescription"]: one["accepted"] for one in told}
    assert accepted == {"doubtful_labels": True, "lopsided": False}

    listed = pd.read_parquet(run.folder / "artifacts" / "precaution.purity" / "suspects.parquet")
    assert not first.where("repair.suspects.treated_rows")
    assert second.value("repair.suspects.relabelled_rows") == len(listed) > 5
    changed = pd.read_parquet(run.folder / "artifacts" / "repair.suspects" / "changes.parquet")
    assert sorted(changed["id"]) == sorted(listed["id"])
    assert second.value("repair.class_balance.effective_rows") > 0

    assert first.value("model.fit.digest") != second.value("model.fit.digest")
    for name in ("data.load.digest", "precaution.purity.label_noise", "precaution.imbalance.ratio"):
        assert first.value(name) == second.value(name), name
    sheet = json.loads((run.folder / "factsheet.json").read_text())
    names = {fact["name"] for fact in sheet["facts"]["data"]}
    assert "repair.suspects.relabelled_rows" in names
    report = (run.folder / "report.html").read_text()
    assert "What the fit learnt from" in report


def test_what_the_recipe_chose_stays_and_a_rule_that_is_in_force_is_silent(house, outputs):
    overrides = ["repair=[deduplicate]"]
    run = audit(house, overrides, trust=("planted_oracle",), outputs=outputs)
    frozen = yaml.safe_load((run.folder / "round-2" / "recipe.yaml").read_text())
    [chosen] = [one["override repair"] for one in frozen["defaults"] if "override repair" in one]
    assert chosen == ["deduplicate", "suspects", "class_balance"]
    left = yaml.safe_load((run.folder / "round-2" / "prescriptions.yaml").read_text())
    assert left == []


def test_a_repair_whose_check_is_not_there_is_told_and_the_run_goes_on(house, outputs):
    overrides = ["repair=[suspects,reweigh]", "precaution=[imbalance]", "rounds=1"]
    run = audit(house, overrides, trust=("planted_oracle",), outputs=outputs)
    found = facts(run.folder)
    assert "precaution purity" in found.value("repair.suspects.not_applicable")
    assert "names no column" in found.value("repair.reweigh.not_applicable")
    plan = json.loads((run.folder / "plan.json").read_text())
    [stage] = [one for one in plan["stages"] if one["name"] == "repair"]
    assert [unit["applies"] for unit in stage["units"]] == [False, False]


def test_a_check_that_raises_leaves_its_repair_without_a_table(house, outputs, tmp_path):
    source = (house.parent / "planted_oracle.py").read_text()
    broken = source.replace(
        "        truth =", "        raise RuntimeError('planted')\n        truth ="
    )
    (house.parent / "planted_broken.py").write_text(broken)
    recipe = tmp_path / "recipe.yaml"
    shutil.copyfile(house, recipe)
    shutil.copyfile(house.parent / "rows.csv", tmp_path / "rows.csv")
    shutil.copytree(house.parent / "conf", tmp_path / "conf")
    (tmp_path / "conf" / "precaution" / "purity.yaml").write_text(
        "purity: {_target_: planted_broken.Oracle}\n"
    )
    overrides = ["repair=[suspects]", "rounds=1", "prescription=[]"]
    run = audit(recipe, overrides, trust=("planted_broken",), outputs=outputs)
    assert "gave no table" in facts(run.folder).value("repair.suspects.not_applicable")


def test_bad_parameters_stop_before_anything_is_computed(house, outputs):
    from xaiframe.errors import RecipeError

    overrides = ["repair=[deduplicate,class_balance]", "repair.deduplicate.action=mend"]
    with pytest.raises(RecipeError, match="one of drop, merge"):
        audit(house, overrides, trust=("planted_oracle",), outputs=outputs)
    with pytest.raises(RecipeError, match="most must be at least 1"):
        audit(house, ["repair=[reweigh]", "repair.reweigh.most=0", "strategy.sensitive=[a]"],
              trust=("planted_oracle",), outputs=outputs)  # fmt: skip
    with pytest.raises(RecipeError, match="did you mean deduplicate"):
        audit(house, ["repair=[dedup]"], trust=("planted_oracle",), outputs=outputs)


def test_a_model_that_comes_trained_is_not_repaired_and_says_why(house, outputs):
    (house.parent / "planted_model.py").write_text(
        "import numpy as np\n"
        "def answer(rows):\n"
        "    return 1 / (1 + np.exp(-rows['a'].to_numpy()))\n"
    )
    overrides = ["model=function", "model.function=planted_model.answer", "gradient=[]",
                 "perturbation=[feature_ablation]", "repair=[class_balance]"]  # fmt: skip
    trust = ("planted_oracle", "planted_model")
    run = audit(house, overrides, trust=trust, outputs=outputs)
    found = facts(run.folder)
    assert "comes trained" in found.value("repair.class_balance.not_applicable")
    plan = json.loads((run.folder / "plan.json").read_text())
    [unit] = next(one["units"] for one in plan["stages"] if one["name"] == "repair")
    assert not unit["applies"]
    assert "comes trained" in unit["reason"]
    told = yaml.safe_load((run.folder / "prescriptions.yaml").read_text())
    assert {one["key"]: one["overrides"] for one in told} == {"doubtful_labels": {}, "lopsided": {}}
