"""Correlation in the report: the figure of marks says how many pictures share one."""

from __future__ import annotations

import pandas as pd
import pytest

from xaiframe.precaution.marks import COLUMNS
from xaiframe.report.checks.correlation import found
from xaiframe.report.record import Record


@pytest.fixture
def stored(tmp_path):
    folder = tmp_path / "artifacts" / "precaution.correlation"
    folder.mkdir(parents=True)
    rows = [("coat", 0, 1, 26, 250.0, 45, 50, 0.9, 0.0), ("bag", 0, 9, 9, 4.0, 5, 50, 0.1, 0.0)]
    pd.DataFrame(rows, columns=COLUMNS).to_parquet(folder / "marks.parquet")
    (tmp_path / "facts.json").write_text("[]")
    return Record(tmp_path)


def test_the_title_names_class_place_and_share(stored):
    (figure,) = found(stored)

    assert figure.key == "marks"
    assert "coat" in figure.title
    assert "row 1, column 26" in figure.title
    assert "90" in figure.title
