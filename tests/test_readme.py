"""What the README shows to be copied is taken as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from xaiframe.composition.compose import compose, search_path
from xaiframe.facts import Fact, Facts
from xaiframe.policy.load import load_policy
from xaiframe.prescription.match import prescribe

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
FILES = dict(
    re.findall(r"```yaml\n# (conf/(?:policy|prescription)/\w+\.yaml).*?\n(.*?)```", README, re.S)
)
RECIPE = """
defaults: [audit, override data: breast_cancer, override model: mlp, _self_]
name: mine
policy: bank
strategy: {purpose: a trial, owner: Kim}
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe with a conf folder beside it that holds the files of the README."""
    monkeypatch.delenv("XAIFRAME_POLICY", raising=False)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "mine.yaml").write_text(RECIPE, encoding="utf-8")
    return tmp_path / "mine.yaml"


def test_its_policy_tightens_the_houses(mine: Path) -> None:
    policy = load_policy("bank", search_path(mine))
    assert policy.chain == ("policy/default.yaml", "policy/bank.yaml")
    assert policy.rules["selection_difference"].fail.test.limit == 0.1
    assert policy.rules["calibration_after_signing"].warn.test.limit == 0.03
    assert {one.group: one.count for one in policy.require}["gradient"] == 2
    assert [one.owner for one in policy.waivers] == ["Kim"]
    assert policy.set_by["rules.calibration_after_signing.warn"].endswith("bank.yaml:9")


def test_its_prescription_fires_on_what_it_names(mine: Path) -> None:
    composed = compose(mine, ["prescription=[slower_fit]"])
    rules = composed.recipe.prescription
    lost = Fact("precaution.fit_gap.relative_loss_validation", 0.06, interval=(0.04, 0.08))
    (fired,) = prescribe(Facts([lost]), rules, {"fit": {"learning_rate": 0.003}})
    assert fired.overrides == {"fit.learning_rate": 0.001}
    assert fired.costs == {"model.validation.calibration_error": 0.01}
    reads = Fact("model.fit.reads", "class_weight")
    assert prescribe(Facts([lost, reads]), rules, {"fit": {"learning_rate": 0.003}}) == []


def test_every_yaml_of_it_is_yaml() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", README, re.S)
    assert len(blocks) >= 4
    assert all(isinstance(yaml.safe_load(block), dict) for block in blocks)
