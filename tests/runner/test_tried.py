"""Settings that were tried once are known, however they are written."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xaiframe.facts import Fact, Facts
from xaiframe.runner.tried import Tried

SETTING = {"model.hidden": [16, 8], "fit.epochs": 4, "fit.learning_rate": 0.003}
FACTS = Facts([Fact("model.validation.score", 0.9, interval=(0.8, 1.0), labels={"a": "b"})])


def test_what_is_kept_is_found_again(tmp_path: Path) -> None:
    tried = Tried(tmp_path / "tried")
    assert tried.facts(SETTING) is None
    tried.keep(SETTING, FACTS)
    assert tried.facts(SETTING) == FACTS
    assert tried.facts({**SETTING, "fit.epochs": 5}) is None
    assert [file.suffix for file in (tmp_path / "tried").iterdir()] == [".json"]


def test_a_row_of_the_table_of_trials_finds_its_setting(tmp_path: Path) -> None:
    tried = Tried(tmp_path)
    tried.keep(SETTING, FACTS)
    table = pd.DataFrame([{**SETTING, "model.hidden": "[16, 8]"}, {"fit.epochs": None}])
    (tmp_path / "trials.parquet").write_bytes(table.to_parquet())
    row = pd.read_parquet(tmp_path / "trials.parquet").iloc[0]
    assert tried.facts({name: row[name] for name in SETTING}) == FACTS
