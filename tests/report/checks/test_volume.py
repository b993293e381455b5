"""Volume in the report: the gain in points, the smallest groups first."""

from __future__ import annotations

import json

import pandas as pd

from xaiframe.facts import Fact
from xaiframe.report.checks.volume import found
from xaiframe.report.record import Record


def test_the_gain_is_said_in_points_and_thin_groups_are_listed(tmp_path):
    gain = Fact("precaution.volume.doubling_gain", 0.031, "difference of score", n=400)
    (tmp_path / "facts.json").write_text(json.dumps([gain.to_dict()]))
    folder = tmp_path / "artifacts" / "precaution.volume"
    folder.mkdir(parents=True)
    rows = [(100, 0.7, 0.6, 0.8, 0.7, True), (200, 0.75, 0.7, 0.8, 0.75, True),
            (800, 0.8, 0.78, 0.83, 0.8, False)]  # fmt: skip
    names = ["rows", "score", "low", "high", "fitted", "measured"]
    pd.DataFrame(rows, columns=names).to_parquet(folder / "curve.parquet")
    groups = pd.DataFrame({"kind": "group", "column": "sex", "group": ["f", "m"],
                           "rows": [150, 50], "share": [0.75, 0.25]})  # fmt: skip
    groups.to_parquet(folder / "groups.parquet")
    curve, thin = found(Record(tmp_path))

    assert curve.title == "Twice the rows would add 3.10 points to the score"
    assert curve.n == "200 rows at most"
    assert thin.title == "“m” is the smallest group with 50 rows"


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert list(found(Record(tmp_path))) == []
