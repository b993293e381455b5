"""The whole way: recipe in, run folder out."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

import xaiframe
from xaiframe.errors import DataError, RecipeError
from xaiframe.facts import Fact
from xaiframe.observer import SilentObserver
from xaiframe.perturbation.lime import Lime
from xaiframe.rounds import audit
from xaiframe.store import file_digest

FILES = {
    "recipe.yaml", "plan.json", "facts.json", "findings.json", "verdict.json", "manifest.json",
    "prescriptions.yaml", "factsheet.json", "report.pdf", "report.html", "log.txt",
}  # fmt: skip


class Heard(SilentObserver):
    """Remembers how each unit ended."""

    def __init__(self) -> None:
        self.states: dict[str, str] = {}

    def unit(self, stage: str, choice: str, state: str, note: str = "") -> None:
        self.states[f"{stage}.{choice}"] = state


def facts(folder: Path) -> dict[tuple[str, str], Fact]:
    stored = [Fact.from_dict(item) for item in json.loads((folder / "facts.json").read_text())]
    return {(fact.name, json.dumps(dict(fact.labels), sort_keys=True)): fact for fact in stored}


@pytest.fixture(scope="module")
def outputs(finished) -> Path:
    return finished.folder.parent.parent


def test_a_run_leaves_every_file_and_latest_points_at_it(finished):
    assert {path.name for path in finished.folder.iterdir()} >= FILES
    latest = finished.folder.parent / "latest"
    assert latest.resolve() == finished.folder.resolve()
    assert finished.report == finished.folder / "report.pdf"


def test_every_fact_says_who_computed_it(finished):
    for fact in facts(finished.folder).values():
        assert fact.name.count(".") >= 2
        assert fact.source.method, fact.name
        assert fact.value is not None or fact.reason, fact.name


def test_no_unit_raised(finished):
    errors = [fact for fact in facts(finished.folder).values() if fact.name.endswith(".error")]
    assert errors == []


def test_evidence_and_manifest_name_files_that_exist_with_their_digests(finished):
    manifest = json.loads((finished.folder / "manifest.json").read_text())
    named = {name for fact in facts(finished.folder).values() for name in fact.evidence}
    assert named <= set(manifest["artifacts"])
    for name, digest in manifest["artifacts"].items():
        assert file_digest(finished.folder / name) == digest, name


SLIM = (
    "precaution=[missing,correlation]",
    "perturbation=[kernel_shap,lime]",
    "gradient=[smoothgrad,lrp]",
    "evaluation=[agreement]",
    "tuning=none",
    "report.formats=[html]",
)
"""Two methods of each direction, and what compares them."""


@pytest.fixture(scope="module")
def lean(small) -> tuple[str, ...]:
    """Overrides of an audit that is quick enough to be run many times."""
    return (*small, *SLIM)


@pytest.fixture(scope="module")
def slim(breast_cancer, lean, tmp_path_factory) -> Path:
    """The folder of such an audit; the cache beside it serves those that follow."""
    return audit(breast_cancer, lean, outputs=tmp_path_factory.mktemp("slim")).folder


def test_running_again_takes_all_but_the_report_from_the_cache_with_the_same_numbers(
    finished, breast_cancer, small, outputs
):
    """What an override of the report does not touch is not computed again either."""
    heard = Heard()
    again = audit(
        breast_cancer,
        (*small, "tuning.trials=2", "report.formats=[html]"),
        outputs=outputs,
        observer=heard,
    )
    computed = {name for name, state in heard.states.items() if state == "done"}
    assert computed <= {"strategy.declared", "data.load", "policy.judge", "report.build"}
    assert facts(again.folder) == facts(finished.folder)


def test_an_override_of_one_method_recomputes_what_depends_on_it_alone(slim, breast_cancer, lean):
    heard = Heard()
    audit(
        breast_cancer,
        (*lean, "gradient.smoothgrad.samples=7"),
        outputs=slim.parent.parent,
        observer=heard,
    )
    assert heard.states["gradient.smoothgrad"] == "done"
    assert heard.states["evaluation.agreement"] == "done"
    for kept in ("model.fit", "precaution.missing", "perturbation.kernel_shap", "gradient.lrp"):
        assert heard.states[kept] == "cached", kept


def test_a_frozen_recipe_runs_again_and_takes_overrides(slim):
    heard = Heard()
    narrowed = ["gradient=[lrp]", "evaluation=[completeness]"]
    audit(slim / "recipe.yaml", narrowed, outputs=slim.parent.parent, observer=heard)
    ran = {name for name in heard.states if name.startswith("gradient.")}
    assert ran == {"gradient.lrp"}
    assert heard.states["gradient.lrp"] == "cached"


def test_a_method_that_raises_becomes_an_error_finding_and_the_audit_goes_on(
    slim, breast_cancer, lean, monkeypatch
):
    def fail(self: Lime, bank: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(Lime, "explain", fail)
    other = (*lean, "perturbation.lime.samples=150")  # not what the cache holds
    run = audit(breast_cancer, other, outputs=slim.parent.parent)
    [error] = [one for one in run.findings if one.status == "error"]
    assert "planted" in error.message + error.reason + str(error.value)
    assert run.verdict.status == "fail"
    found = facts(run.folder)
    assert ("perturbation.lime.error", "{}") in found
    monkeypatch.undo()
    heard = Heard()
    mended = audit(breast_cancer, other, outputs=slim.parent.parent, observer=heard)
    assert heard.states["evaluation.agreement"] == "done"
    assert heard.states["perturbation.kernel_shap"] == "cached"
    assert any(
        name == "evaluation.agreement.spearman" and '"lime"' in labels
        for name, labels in facts(mended.folder)
    )
    assert any(name == "evaluation.agreement.mean_spearman" for name, _ in found)


def test_two_rounds_apply_the_automatic_prescriptions(slim, breast_cancer, lean):
    run = audit(breast_cancer, (*lean, "rounds=2"), outputs=slim.parent.parent)
    first, second = (run.folder / f"round-{number}" for number in (1, 2))
    prescribed = yaml.safe_load((first / "prescriptions.yaml").read_text())
    automatic = {
        k: v for one in prescribed if one["automatic"] for k, v in one["overrides"].items()
    }
    assert automatic
    applied = yaml.safe_load((second / "recipe.yaml").read_text())
    for key, value in automatic.items():
        section, name = key.split(".")
        assert applied[section][name] == value
    assert json.loads((run.folder / "effects.json").read_text())
    assert (run.folder / "facts.json").read_text() == (second / "facts.json").read_text()


def test_a_killed_run_never_looks_finished_and_goes_on_from_the_cache(
    slim, breast_cancer, lean, tmp_path
):
    code = (
        "import sys, time; from xaiframe.rounds import audit; from xaiframe.observer import "
        "SilentObserver\n"
        "class Stop(SilentObserver):\n"
        "    def unit(self, stage, choice, state, note=''):\n"
        "        if stage == 'evaluation': print('here', flush=True); time.sleep(60)\n"
        f"audit({str(breast_cancer)!r}, {lean!r}, outputs={str(tmp_path)!r}, observer=Stop())"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "here"
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()
    home = tmp_path / "breast_cancer"
    assert [path.name for path in home.iterdir() if not path.name.startswith(".")] == []
    heard = Heard()
    run = audit(breast_cancer, lean, outputs=tmp_path, observer=heard)
    for unit in ("model.fit", "perturbation.kernel_shap", "gradient.smoothgrad"):
        assert heard.states[unit] == "cached"
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == []
    same = facts(slim)
    assert facts(run.folder).keys() == same.keys()
    for key, fact in facts(run.folder).items():
        if (
            key[0].startswith(("perturbation", "gradient", "evaluation"))
            and "seconds" not in key[0]
        ):
            assert fact.value == same[key].value, key


def test_bad_recipes_and_bad_data_leave_no_folder(breast_cancer, tmp_path):
    with pytest.raises(RecipeError):
        audit(breast_cancer, ["gradient=[salency]"], outputs=tmp_path)
    table = ["data=table", "data.source=absent.csv", "data.target=y"]
    with pytest.raises(DataError):
        audit(breast_cancer, table, outputs=tmp_path)
    assert not list(tmp_path.glob("*"))


def test_load_gives_facts_as_a_frame_and_attributions_as_arrays(finished):
    run = xaiframe.load(finished.folder)
    assert run.verdict == finished.verdict
    assert len(run.facts) == len(facts(finished.folder))
    shap = run.attributions["kernel_shap"]
    assert shap.shape == (len(run.instances), len(run.features)) == (10, 30)
    base = run.arrays("perturbation.kernel_shap", "attribution")["base"]
    np.testing.assert_allclose(shap.sum(axis=1) + base, run.instances["score"], atol=1e-6)


def test_load_says_what_is_wrong_with_a_folder(tmp_path, finished):
    with pytest.raises(xaiframe.errors.AuditError, match="no finished run"):
        xaiframe.load(tmp_path)
    with pytest.raises(xaiframe.errors.AuditError, match="no such artifact"):
        xaiframe.load(finished.folder).table("precaution.missing", "absent")


def test_two_runs_started_in_one_second_get_two_names(tmp_path):
    from datetime import UTC, datetime

    from xaiframe.rounds import free_name

    now = datetime.now(UTC)
    first = free_name(tmp_path, now)
    first.mkdir(parents=True)
    assert free_name(tmp_path, now) != first
    assert time.strptime(first.name, "%Y-%m-%dT%H-%M-%SZ")


HARMFUL = """
stop_learning:
  relation: precaution → optimization
  when: {fact: data.load.rows, above: 1}
  then: {fit.learning_rate: 1.0e-9}
  because: A rule of thumb that is wrong here.
  expect: {fact: model.validation.score, direction: higher}
  automatic: true
"""
TAUGHT = """
defaults:
  - audit
  - override data: breast_cancer
  - override model: mlp
  - override precaution: []
  - override perturbation: []
  - override gradient: [saliency]
  - override evaluation: []
  - override prescription: [stop_learning]
  - override tuning: none
  - _self_
name: taught
rounds: 2
model: {hidden: [8], dropout: 0.0}
fit: {epochs: 8, learning_rate: 0.02}
explain: {instances: 4, repeats: 0, sample: 20, cases: 1}
report: {formats: [html]}
"""
GENTLE = """
weigh_a_little:
  relation: precaution → optimization
  when: {fact: data.load.rows, above: 1}
  then: {fit.weight_decay: 0.002}
  because: A rule that does nothing to speak of.
  expect: {fact: model.validation.score, direction: higher}
  automatic: true
"""


@pytest.fixture(scope="module")
def taught(tmp_path_factory) -> Path:
    """A small recipe with a harmful and a harmless rule beside it."""
    place = tmp_path_factory.mktemp("taught")
    (place / "conf" / "prescription").mkdir(parents=True)
    for name, text in (("stop_learning", HARMFUL), ("weigh_a_little", GENTLE)):
        (place / "conf" / "prescription" / f"{name}.yaml").write_text(text)
    (place / "taught.yaml").write_text(TAUGHT)
    return place / "taught.yaml"


def test_a_change_that_did_harm_is_taken_back_by_a_round_of_its_own(taught):
    run = audit(taught, outputs=taught.parent / "out")
    rates = [
        yaml.safe_load((run.folder / f"round-{n}" / "recipe.yaml").read_text())["fit"]
        for n in (1, 2, 3)
    ]
    assert [one["learning_rate"] for one in rates] == [0.02, 1e-9, 0.02]
    first, last = (facts(run.folder / f"round-{n}") for n in (1, 3))
    between = {key: last.pop(key) for key in list(last) if key[0].startswith("rounds.")}
    assert first == last
    assert facts(run.folder) == last | between
    assert between["rounds.paired.answers_changed", "{}"].value == 0
    assert between["rounds.course.taken_back", "{}"].value == 1
    told = json.loads((run.folder / "effects.json").read_text())
    assert [(one["verdict"], one["round"], one["taken_back"]) for one in told] == [
        ("harmful", 2, True)
    ]
    assert "1 became worse" in (run.folder / "report.html").read_text()


def test_of_two_that_promised_the_same_fact_only_the_harmful_goes(taught):
    """The third round runs without the one that the owner had to accept."""
    overrides = (
        "rounds=3",
        "prescription=[stop_learning,weigh_a_little]",
        "prescription.stop_learning.automatic=false",
        "accept=[stop_learning]",
    )
    run = audit(taught, overrides, outputs=taught.parent / "out")
    fits = [
        yaml.safe_load((run.folder / f"round-{n}" / "recipe.yaml").read_text())["fit"]
        for n in (1, 2, 3)
    ]
    assert [one["learning_rate"] for one in fits] == [0.02, 1e-9, 0.02]
    assert [one.get("weight_decay") for one in fits[1:]] == [0.002, 0.002]
    assert not (run.folder / "round-4").exists()
    told = json.loads((run.folder / "effects.json").read_text())
    assert [(one["prescription"], one["round"], one["against"], one["superseded"],
             one["taken_back"]) for one in told] == [
        ("stop_learning", 2, 1, True, False), ("weigh_a_little", 2, 1, True, False),
        ("weigh_a_little", 3, 1, False, False), ("stop_learning", 2, 3, False, True),
    ]  # fmt: skip
    found = facts(run.folder)
    told = {labels: fact.value for (name, labels), fact in found.items()
            if name == "rounds.course.outcome"}  # fmt: skip
    assert told == {
        '{"prescription": "stop_learning", "round": "2"}': "taken back",
        '{"prescription": "weigh_a_little", "round": "3"}': "in force",
    }
    assert found["rounds.course.not_told_apart", "{}"].value == 0
