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


def test_running_again_takes_everything_from_the_cache_with_the_same_numbers(
    finished, breast_cancer, small, outputs
):
    heard = Heard()
    again = audit(breast_cancer, (*small, "tuning.trials=2"), outputs=outputs, observer=heard)
    computed = {name for name, state in heard.states.items() if state == "done"}
    assert computed <= {"strategy.declared", "data.load", "policy.judge", "report.build"}
    assert facts(again.folder) == facts(finished.folder)


def test_an_override_of_one_method_recomputes_what_depends_on_it_alone(
    finished, breast_cancer, small, outputs
):
    heard = Heard()
    audit(
        breast_cancer,
        (*small, "gradient.smoothgrad.samples=7", "tuning=none"),
        outputs=outputs,
        observer=heard,
    )
    assert heard.states["gradient.smoothgrad"] == "done"
    assert heard.states["evaluation.agreement"] == "done"
    for kept in ("model.fit", "precaution.missing", "perturbation.kernel_shap", "gradient.lrp"):
        assert heard.states[kept] == "cached", kept


def test_an_override_that_touches_only_the_report_recomputes_only_the_report(
    finished, breast_cancer, small, outputs
):
    heard = Heard()
    audit(
        breast_cancer,
        (*small, "tuning.trials=2", "report.formats=[html]"),
        outputs=outputs,
        observer=heard,
    )
    computed = {name for name, state in heard.states.items() if state == "done"}
    assert computed <= {"strategy.declared", "data.load", "policy.judge", "report.build"}


def test_a_frozen_recipe_runs_again_and_takes_overrides(finished, outputs):
    heard = Heard()
    frozen = finished.folder / "recipe.yaml"
    narrowed = ["gradient=[saliency]", "evaluation=[completeness]", "tuning=none"]
    audit(frozen, narrowed, outputs=outputs, observer=heard)
    ran = {name for name in heard.states if name.startswith("gradient.")}
    assert ran == {"gradient.saliency"}
    assert heard.states["gradient.saliency"] == "cached"


def test_a_method_that_raises_becomes_an_error_finding_and_the_audit_goes_on(
    breast_cancer, small, tmp_path, monkeypatch
):
    def fail(self: Lime, bank: object) -> None:
        raise ZeroDivisionError("planted")

    monkeypatch.setattr(Lime, "explain", fail)
    run = audit(breast_cancer, (*small, "tuning=none"), outputs=tmp_path)
    [error] = [one for one in run.findings if one.status == "error"]
    assert "planted" in error.message + error.reason + str(error.value)
    assert run.verdict.status == "fail"
    found = facts(run.folder)
    assert ("perturbation.lime.error", "{}") in found
    monkeypatch.undo()
    heard = Heard()
    mended = audit(breast_cancer, (*small, "tuning=none"), outputs=tmp_path, observer=heard)
    assert heard.states["evaluation.agreement"] == "done"
    assert heard.states["perturbation.kernel_shap"] == "cached"
    assert any(
        name == "evaluation.agreement.spearman" and '"lime"' in labels
        for name, labels in facts(mended.folder)
    )
    assert any(name == "evaluation.agreement.mean_spearman" for name, _ in found)


def test_two_rounds_apply_the_automatic_prescriptions(breast_cancer, small, tmp_path):
    run = audit(breast_cancer, (*small, "rounds=2", "tuning=none"), outputs=tmp_path)
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
    finished, breast_cancer, small, tmp_path
):
    options = (*small, "tuning=none", "report.formats=[html]")
    code = (
        "import sys, time; from xaiframe.rounds import audit; from xaiframe.observer import "
        "SilentObserver\n"
        "class Stop(SilentObserver):\n"
        "    def unit(self, stage, choice, state, note=''):\n"
        "        if stage == 'evaluation': print('here', flush=True); time.sleep(60)\n"
        f"audit({str(breast_cancer)!r}, {options!r}, outputs={str(tmp_path)!r}, observer=Stop())"
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
    run = audit(breast_cancer, options, outputs=tmp_path, observer=heard)
    for unit in ("model.fit", "perturbation.kernel_shap", "gradient.integrated_gradients"):
        assert heard.states[unit] == "cached"
    assert [path.name for path in home.iterdir() if path.name.startswith(".")] == []
    same = facts(finished.folder)
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


def test_a_change_that_did_harm_is_taken_back_by_a_round_of_its_own(tmp_path):
    (tmp_path / "conf" / "prescription").mkdir(parents=True)
    (tmp_path / "conf" / "prescription" / "stop_learning.yaml").write_text(HARMFUL)
    (tmp_path / "taught.yaml").write_text(TAUGHT)
    run = audit(tmp_path / "taught.yaml", outputs=tmp_path / "out")
    rates = [
        yaml.safe_load((run.folder / f"round-{n}" / "recipe.yaml").read_text())["fit"]
        for n in (1, 2, 3)
    ]
    assert [one["learning_rate"] for one in rates] == [0.02, 1e-9, 0.02]
    first, last = (facts(run.folder / f"round-{n}") for n in (1, 3))
    between = {key: last.pop(key) for key in list(last) if key[0].startswith("rounds.paired.")}
    assert first == last
    assert facts(run.folder) == last | between
    assert between["rounds.paired.answers_changed", "{}"].value == 0
    told = json.loads((run.folder / "effects.json").read_text())
    assert [(one["verdict"], one["round"], one["taken_back"]) for one in told] == [
        ("harmful", 2, True)
    ]
    assert "1 became worse" in (run.folder / "report.html").read_text()
