"""Missing values in the report."""

from __future__ import annotations

import pandas as pd
import pytest

from xaiframe.report.checks.missing import found
from xaiframe.report.record import Record


@pytest.fixture
def stored(tmp_path):
    """``stored(p, disguised)``: one column with gaps, tested against the target."""

    def write(p, disguised=()):
        folder = tmp_path / "artifacts" / "precaution.missing"
        folder.mkdir(parents=True)
        columns = [("wage", 20, 100, 0.2), ("age", 0, 100, 0.0)]
        names = ["column", "missing", "n", "share"]
        pd.DataFrame(columns, columns=names).to_parquet(folder / "columns.parquet")
        tests = [("wage", "(target)", 0.3, p, p, 20, 100)]
        names = ["column", "against", "association", "p_value", "p_adjusted", "missing", "n"]
        pd.DataFrame(tests, columns=names).to_parquet(folder / "tests.parquet")
        names = ["column", "value", "rows", "n", "share", "why"]
        pd.DataFrame(list(disguised), columns=names).to_parquet(folder / "disguised.parquet")
        return {block.key: block for block in found(Record(tmp_path))}

    return write


def test_gaps_that_tell_the_target_are_named(stored):
    blocks = stored(0.001)

    assert list(blocks) == ["missing", "missing-tests"]
    assert blocks["missing"].title == "“wage” is missing in 20 of 100 rows"
    assert blocks["missing-tests"].title == "That “wage” is missing says something of the target"


def test_gaps_by_chance_are_told_as_such(stored):
    assert "nothing to do with" in stored(0.4)["missing-tests"].title


def test_a_value_in_disguise_is_named_with_its_share(stored):
    block = stored(0.4, [("age", "999", 7, 100, 0.07, "a usual code for no value")])["disguised"]

    assert block.title == "“999” may stand for a missing “age” in 7 of 100 rows"
    assert [cell.text for cell in block.cells()[0]][-1] == "a usual code for no value"


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert list(found(Record(tmp_path))) == []
