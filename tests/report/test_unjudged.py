"""What was not judged, told by the reason: one sentence for all rules that share it."""

from __future__ import annotations

import json

from xaiframe.facts import Finding
from xaiframe.report.gate import unjudged
from xaiframe.report.record import Record


def test_rules_that_share_a_reason_share_a_sentence_and_the_commonest_comes_first(tmp_path):
    late, few = "rows have no order in time", "applies only above 2 classes"
    found = [
        Finding(rule, "not_assessed", f"precaution.{rule}.share", "", reason=why)
        for rule, why in (("rare_class", few), ("outdated", late), ("rising_errors", late))
    ]
    found.append(Finding("psi", "pass", "precaution.data_drift.psi", "fine"))
    (tmp_path / "findings.json").write_text(json.dumps([one.to_dict() for one in found]))
    (page,) = unjudged(Record(tmp_path))
    assert page.data == {
        "title": "3 rules had nothing to judge",
        "reasons": [
            {"why": "Rows have no order in time", "rules": ["outdated", "rising errors"]},
            {"why": "Applies only above 2 classes", "rules": ["rare class"]},
        ],
    }


def test_nothing_is_said_where_all_was_judged(tmp_path):
    assert list(unjudged(Record(tmp_path))) == []
