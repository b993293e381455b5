"""Imbalance in the report."""

from __future__ import annotations

import pandas as pd

from xaiframe.report.checks.imbalance import found
from xaiframe.report.record import Record


def stored(folder, unit, name, table):
    place = folder / "artifacts" / f"precaution.{unit}"
    place.mkdir(parents=True, exist_ok=True)
    table.to_parquet(place / f"{name}.parquet")


def test_classes_and_the_smallest_cell_are_told(tmp_path):
    rows = [("yes", "train", 90), ("no", "train", 10)]
    stored(tmp_path, "profile", "classes", pd.DataFrame(rows, columns=["class", "split", "count"]))
    cells = [("sex", "f", "yes", 50, 45.0), ("sex", "m", "no", 1, 4.0)]
    names = ["column", "group", "class", "rows", "expected"]
    stored(tmp_path, "imbalance", "cells", pd.DataFrame(cells, columns=names))
    classes, smallest = found(Record(tmp_path))

    assert classes.title == "“yes” is the commonest class with 90 of 100 rows, “no” the rarest"
    assert smallest.title == "“no” in sex “m” rests on 1 row"
    assert [row[3].text for row in smallest.cells()] == ["1", "50"]


def test_a_target_that_is_rare_over_its_range_is_told(tmp_path):
    parts = pd.DataFrame({"low": [0.0, 1.0], "high": [1.0, 2.0], "rows": [999, 1],
                          "share": [0.999, 0.001]})  # fmt: skip
    stored(tmp_path, "imbalance", "parts", parts)
    (figure,) = found(Record(tmp_path))

    assert figure.title == "1 of 2 parts of the target's range hold less than 1 of 100 rows"
    assert b"<svg" in figure.image


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert list(found(Record(tmp_path))) == []
