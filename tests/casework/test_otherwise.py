"""New rows get the explanations of other kinds that the audit asked for."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.casework.explaining import explain_rows, placed
from xaiframe.report.record import Record
from xaiframe.rounds import audit

RECIPE = """defaults:
  - audit
  - override data: table
  - override model: mlp
  - override precaution: [profile]
  - override perturbation: [kernel_shap, counterfactual, prototypes, pdp]
  - override gradient: [saliency, adversarial_examples, influential_instances]
  - override evaluation: [agreement]
  - override tuning: none
  - _self_
name: otherwise
strategy: {purpose: Who repays, owner: Credit team, sensitive: [town]}
data: {source: rows.csv, target: repaid}
reference: {target: "yes", rows: 5}
fit: {epochs: 4}
explain: {instances: 12, cases: 3, repeats: 0}
runner: {threads: 1}
report: {formats: [html]}
"""
UNITS = ("perturbation.counterfactual", "gradient.adversarial_examples")
EXAMPLES = ("perturbation.prototypes", "gradient.influential_instances")


@pytest.fixture(scope="module")
def run(tmp_path_factory, rows):
    home = tmp_path_factory.mktemp("otherwise")
    rows.rename(columns={rows.columns[0]: "wage"}).to_csv(home / "rows.csv", index=False)
    (home / "mine.yaml").write_text(RECIPE)
    return audit(home / "mine.yaml", outputs=home / "outputs").folder


def test_an_audited_row_given_as_new_has_the_same_counterfactuals(run, rows, tmp_path):
    record = Record(run)
    table = record.table("probe.instances", "instances")
    new = rows.rename(columns={rows.columns[0]: "wage"}).iloc[table["id"][[4, 1, 4]]]
    new.drop(columns="repaid").to_csv(tmp_path / "new.csv", index=False)
    done = explain_rows(run, str(tmp_path / "new.csv"), pdf=False)
    found = Record(done.folder)
    for unit in UNITS:
        for name in ("counterfactuals", "changes"):
            audited, again = record.table(unit, name), found.table(unit, name)
            for position, now in ((4, 0), (1, 1), (4, 2)):
                due = audited[audited["position"] == position].drop(columns="position")
                own = again[again["position"] == now].drop(columns="position")
                pd.testing.assert_frame_equal(
                    own.reset_index(drop=True), due.reset_index(drop=True), rtol=1e-3, atol=1e-5
                )
        assert found.facts.value(f"{unit}.fixed") == "town"
        assert "town" not in set(found.table(unit, "changes")["feature"])
    for unit in EXAMPLES:  # the checkpoints of the audit's fit are read again
        for position, now in ((4, 0), (1, 1), (4, 2)):
            due, own = (
                table[table["position"] == at].drop(columns="position").reset_index(drop=True)
                for table, at in ((record.table(unit, "examples"), position),
                                  (found.table(unit, "examples"), now))
            )  # fmt: skip
            pd.testing.assert_frame_equal(own, due, rtol=1e-3, atol=1e-5)
    steps = record.facts.value("gradient.influential_instances.checkpoints")
    assert steps == found.facts.value("gradient.influential_instances.checkpoints") > 1
    page = (done.folder / "report.html").read_text()
    assert page.count(">Prototypes<") == page.count(">Influential instances<") == 3
    assert page.count(">Counterfactuals<") == page.count(">Adversarial examples<") == 3
    assert "this part failed" not in page
    assert "the model would say" in page


def test_equal_rows_share_what_is_said_of_their_id():
    frame = pd.DataFrame({"id": [7, 7, 9], "rank": [1, 1, 1], "position": [2, 2, 1]})
    told = placed(frame, np.array([7, 9, 7]))
    assert sorted(zip(told["position"], told["id"], strict=True)) == [(0, 7), (1, 9), (2, 7)]
    assert placed(frame.drop(columns="id"), np.array([7])).shape == (3, 2)
