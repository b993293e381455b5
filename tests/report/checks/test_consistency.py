"""Consistency in the report: chance beside the shares, near duplicates side by side, privacy."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.report.checks.consistency import differing, found
from xaiframe.report.record import Record

UNIT = "precaution.consistency"


@pytest.fixture
def stored(tmp_path):
    """``stored(**facts)``: a record with those shares, nine exact copies and one near message."""

    def make(**facts):
        told = [Fact(f"{UNIT}.{name}", one, "share", n=400) for name, one in facts.items()]
        (tmp_path / "facts.json").write_text(json.dumps([fact.to_dict() for fact in told]))
        folder = tmp_path / "artifacts" / UNIT
        folder.mkdir(parents=True)
        pd.DataFrame(
            {"split": "test", "id": range(10), "other_split": "train", "other_id": range(10, 20),
             "kind": ["exact"] * 9 + ["near"], "message": "call 1", "other_message": "call  2"}
        ).to_parquet(folder / "duplicates.parquet")  # fmt: skip
        return Record(tmp_path)

    return make


def test_shares_are_held_against_chance(stored):
    record = stored(duplicate_share=0.05, duplicate_share_null95=0.1, near_leakage_share=0.02)
    figure = next(iter(found(record)))
    assert figure.title == "More than chance explains: test rows almost in train"
    drawn = {row["what"]: row["chance"] for row in figure.spec["data"]["values"]}
    assert drawn == {"repeat another row": 0.1, "test rows almost in train": None}


def test_what_chance_explains_is_no_finding(stored):
    record = stored(duplicate_share=0.05, duplicate_share_null95=0.1)
    assert next(iter(found(record))).title == "No more rows repeat than chance explains"


def test_messages_stand_side_by_side_and_every_kind_is_shown(stored):
    (table,) = found(stored(duplicate_share=0.0))
    assert len(table.rows) == 6
    assert table.rows[-1][-3:] == ["near", "call 1", "call 2"]
    assert table.caution == "4 more: see artifacts."


def test_long_messages_are_cut_where_they_differ():
    same = "a" * 200
    assert differing(f"{same} 1", f"{same} 2") == [f"…{'a' * 59} {k}" for k in (1, 2)]
    assert differing(same, same) == [f"{'a' * 119}…"] * 2
    assert differing("call 1", "call 2") == ["call 1", "call 2"]


def test_rows_stay_out_of_what_circulates(stored):
    record = stored(duplicate_share=0.05, duplicate_share_null95=0.1)
    assert [block.key for block in found(replace(record, redact=True))] == ["repeated-rows"]


def test_pictures_stand_above_what_they_repeat(stored, tmp_path):
    record = stored(duplicate_share=0.0)
    arrays = {"x": np.random.default_rng(0).random((1, 2, 1, 8, 8)), "pair": np.array([9])}
    np.savez(tmp_path / "artifacts" / UNIT / "shown.npz", **arrays)
    *_, grid = found(record)
    (figure,) = grid.blocks
    assert figure.title == "near"
    assert figure.how == "test 9 repeats train 19"


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert list(found(Record(tmp_path))) == []
