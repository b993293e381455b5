"""The table of further measures and the sentence on trust say what the facts say."""

from __future__ import annotations

import json
import shutil

import pytest

from xaiframe.facts import Fact
from xaiframe.report import explained
from xaiframe.report.evaluation import unmeasured
from xaiframe.report.measures import measures, trust
from xaiframe.report.record import Record


@pytest.fixture
def recorded(table_run, tmp_path):
    """A record of the synthetic run with further facts of its evaluation."""

    def write(*facts):
        run = tmp_path / "run"
        shutil.copytree(table_run, run, dirs_exist_ok=True)
        stored = json.loads((table_run / "facts.json").read_text())
        stored += [one.within("evaluation", "test").to_dict() for one in facts]
        (run / "facts.json").write_text(json.dumps(stored))
        return Record(run)

    return write


def gain(method, value, low, high):
    return Fact("perturbation_gap.gain", value, labels={"method": method}, interval=(low, high))


def test_one_row_per_method_and_only_columns_that_were_measured(recorded, table_run):
    first, second, *_ = explained.local_methods(Record(table_run))
    record = recorded(
        gain(first, 2.0, 1.0, 3.0),
        gain(second, 0.1, -0.5, 0.7),
        Fact("stability.max_sensitivity", 0.031, labels={"method": second}),
    )
    (table,) = measures(record)
    assert table.headers == ["method", "gap over random order", "moves with small noise"]
    told = [[cell.text for cell in row[1:]] for row in table.cells()]
    assert told[0] == ["2", "–"]
    assert told[1] == ["0.100", "0.031"]
    assert len(told) == len(explained.local_methods(record))
    assert table.title.startswith("1 of 2 methods name a quarter")


def test_without_measures_there_is_no_table(recorded):
    assert not list(measures(recorded()))
    assert not list(trust(recorded()))


@pytest.mark.parametrize(
    ("interval", "said"),
    [
        ((0.01, 0.2), "agreement knows something that confidence does not"),
        ((-0.1, 0.1), "no evidence that agreement knows more than confidence"),
        ((-0.2, -0.01), "agreement only blurs what confidence says"),
    ],
)
def test_what_agreement_is_worth_follows_its_interval(recorded, interval, said):
    labels = {"p": "kernel_shap", "g": "saliency"}
    record = recorded(
        Fact("trust.agreement_auroc", 0.8, labels=labels, n=90),
        Fact("trust.confidence_auroc", 0.9, labels=labels, n=90),
        Fact("trust.gain", sum(interval) / 2, labels=labels, n=90, interval=interval),
    )
    (told,) = trust(record)
    assert said in told.paragraphs[0]
    assert "90 test rows" in told.paragraphs[0]
    assert "Kernel SHAP and saliency" in told.paragraphs[0]


def test_what_cannot_be_told_gives_its_reason(recorded):
    reason = "only 3 of 90 answers are wrong, 5 are needed"
    (told,) = trust(recorded(Fact("trust.gain", None, labels={"p": "a", "g": "b"}, reason=reason)))
    assert reason in told.paragraphs[0]


def test_measures_that_do_not_apply_share_one_box(tmp_path):
    names = ("sufficiency", "trust", "stability", "fairness")
    units = [
        {"choice": name, "applies": name == "stability", "reason": f"{name} cannot"}
        for name in names
    ]
    (tmp_path / "plan.json").write_text(
        json.dumps({"stages": [{"name": "evaluation", "units": units}]})
    )
    failed = Fact("stability.error", "it broke").within("evaluation", "stability")
    (tmp_path / "facts.json").write_text(json.dumps([failed.to_dict()]))
    told = {note.title: note.text for note in unmeasured(Record(tmp_path))}
    assert told == {
        "Stability": "could not be judged: it broke",
        "Not applicable": "Sufficiency: sufficiency cannot. Trust: trust cannot.",
    }
