"""The profile in the report: odd columns in words, breaches as a list, examples, and redaction."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.precaution.profile import Profile
from xaiframe.report.block import Figure, Grid, Table
from xaiframe.report.checks.profile import found
from xaiframe.report.record import Record
from xaiframe.store import npz_bytes

SMALL = runpy.run_path(str(Path(__file__).parents[2] / "precaution" / "conftest.py"))
table, noise, pictures = SMALL["table"], SMALL["noise"], SMALL["pictures"]
messages, series = SMALL["messages"], SMALL["series"]


@pytest.fixture
def record(tmp_path):
    """``record(outcome)``: a run that holds no more than this outcome of the profile."""

    def written(outcome, redact=False):
        folder = tmp_path / "artifacts" / "precaution.profile"
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in outcome.tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        for name, arrays in outcome.arrays.items():
            (folder / f"{name}.npz").write_bytes(npz_bytes(arrays))
        facts = [fact.within("precaution.profile", "").to_dict() for fact in outcome.facts]
        (tmp_path / "facts.json").write_text(json.dumps(facts))
        return Record(tmp_path, redact)

    return written


def block(blocks, key):
    return next((one for one in blocks if getattr(one, "key", "") == key), None)


def test_odd_columns_are_told_in_words(record, table, noise):
    frame, y = noise(200, 2)
    frame["id"], frame["same"] = [f"row {k}" for k in range(200)], 1.0
    frame["day"] = pd.Timestamp("2090-01-01") + pd.to_timedelta(np.arange(200) % 9, "D")
    blocks = list(found(record(Profile()(table(frame, y), 0))))
    told = dict(block(blocks, "odd-columns").rows)

    assert told["id"] == "nearly every text differs"
    assert told["same"] == "it never changes"
    assert told["day"] == "200 rows dated in the future"
    assert set(told) == {"id", "same", "day"}


def test_breaches_are_listed_and_their_cells_hidden_where_people_are(record, table, noise):
    frame, y = noise(400)
    frame.loc[390:393, "c"] = 1e6
    outcome = Profile()(table(frame, y), 0)
    shown = block(list(found(record(outcome))), "breaches")
    hidden = block(list(found(record(outcome, redact=True))), "breaches")

    assert shown.title.startswith("4 cells do not fit")
    assert "1000000" in str(shown.rows)
    assert "1000000" not in str(hidden.rows)


def test_rows_messages_pictures_and_series_are_shown(
    record, table, noise, messages, pictures, series
):
    random = np.random.default_rng(0)
    y = np.arange(60) % 2
    made = {
        "rows": table(noise(60)[0], y),
        "messages": messages([f"word {'x' * k}" for k in range(60)], y),
        "series": series(random.normal(size=(60, 1, 30)), y),
    }
    for name, data in made.items():
        blocks = list(found(record(Profile(examples=2)(data, 0))))
        one = block(blocks, "examples")
        assert isinstance(one, Figure if name == "series" else Table), name
        assert one.title.startswith("4 typical"), name


def test_each_class_has_a_contact_row_and_none_where_people_are(record, pictures):
    x = np.random.default_rng(0).random((60, 1, 4, 4))
    outcome = Profile(examples=2)(pictures(x, np.arange(60) % 2), 0)
    grids = [one for one in found(record(outcome)) if isinstance(one, Grid)]

    assert [len(one.blocks) for one in grids] == [2, 2]  # mean pictures, contact rows
    assert [one.title for one in grids[1].blocks] == ["c0", "c1"]
    assert not [one for one in found(record(outcome, redact=True)) if isinstance(one, Grid)]


def test_a_run_without_the_new_tables_is_drawn_as_before(tmp_path):
    (tmp_path / "facts.json").write_text(json.dumps([Fact("precaution.profile.rows", 3).to_dict()]))
    assert list(found(Record(tmp_path))) == []
