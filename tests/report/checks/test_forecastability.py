"""Forecastability in the report."""

import json

import pandas as pd

from xaiframe.facts import Fact
from xaiframe.report.checks.forecastability import found
from xaiframe.report.record import Record


def test_the_title_tells_what_is_above_noise(tmp_path):
    folder = tmp_path / "artifacts" / "precaution.forecastability"
    folder.mkdir(parents=True)
    pd.DataFrame({"position": [0, 1], "value": [1.0, 2.0]}).to_parquet(folder / "target.parquet")
    fact = Fact("omega_above_noise", 0.25, n=40).within("precaution.forecastability", "f")
    (tmp_path / "facts.json").write_text(json.dumps([fact.to_dict()]))
    (figure,) = found(Record(tmp_path))
    assert "0.25" in figure.title
    assert figure.n == "40 rows"


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert list(found(Record(tmp_path))) == []
