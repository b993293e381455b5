"""Optima: what is drawn of a picture and of a row, and what is withheld."""

from __future__ import annotations

import json
import runpy
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import source
from xaiframe.kinds.optimum import Optimum
from xaiframe.report import explained
from xaiframe.report.block import Figure, Grid, Table
from xaiframe.report.kinds import optimum
from xaiframe.report.record import Record
from xaiframe.store import npz_bytes, to_json

UNIT = ("gradient", "learned_features")
NAME = ".".join(UNIT)
TABLE = pd.DataFrame(
    {"output": ["a", "b"], "score": [3.0, 4.0], "start": 0.0, "largest": [2.0, 5.0],
     "answer": ["a", "b"], "apart": [1.0, 0.5], "usual": 0.25}
)  # fmt: skip


@pytest.fixture
def stored(tmp_path):
    """A run folder that holds an answer of the kind."""
    make_run = runpy.run_path(str(Path(__file__).parent.with_name("synthetic.py")))["make_run"]

    def made(modality: str) -> Record:
        run = make_run(tmp_path / modality, modality)
        shape = explained.inputs(Record(run))["x"].shape[1:]
        x = np.random.default_rng(0).uniform(0, 16, (2, *shape)).astype(np.float32)
        features = pd.DataFrame()
        if modality == "table":
            names = explained.features(Record(run))[:3]
            features = pd.DataFrame(
                {"output": np.repeat(["a", "b"], 3), "feature": names * 2, "value": 1.5,
                 "sd": [3.0, -1.0, 0.2, -2.0, 1.0, 0.0], "edge": ["high", "", "", "low", "", ""]}
            )  # fmt: skip
        found = Optimum(optimum=TABLE, features=features, x=x, best=x, start=x[0], n=20,
                        evaluations=9)  # fmt: skip
        outcome = found.outcome(source())
        folder = run / "artifacts" / NAME
        folder.mkdir(exist_ok=True)
        for name, frame in outcome.tables.items():
            frame.to_parquet(folder / f"{name}.parquet")
        for name, arrays in outcome.arrays.items():
            (folder / f"{name}.npz").write_bytes(npz_bytes(arrays))
        known = json.loads((run / "facts.json").read_text())
        own = [fact.within(NAME, NAME).to_dict() for fact in outcome.facts]
        (run / "facts.json").write_text(to_json([*known, *own]))
        return Record(run)

    return made


def test_a_table_is_told_feature_by_feature(stored):
    blocks = list(optimum.overall(stored("table"), UNIT))
    figure = next(one for one in blocks if isinstance(one, Figure))
    assert figure.title.startswith("33 of 100")
    scores = next(one for one in blocks if isinstance(one, Table))
    assert scores.title.startswith("1 of 2 optima go beyond every real row; typically 3")


def test_pictures_stand_beside_real_ones_unless_rows_are_withheld(stored):
    record = stored("image")
    grid = next(one for one in optimum.overall(record, UNIT) if isinstance(one, Grid))
    assert [one.title for one in grid.blocks] == ["a: 3", "b: 4"]
    assert all("a real one" in one.how for one in grid.blocks)
    hidden = replace(record, redact=True)
    grid = next(one for one in optimum.overall(hidden, UNIT) if isinstance(one, Grid))
    assert not any("real" in one.how + one.alt for one in grid.blocks)
