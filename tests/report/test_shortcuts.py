"""The table on shortcuts says whether there is one, whether it is taken, and where it lies."""

from __future__ import annotations

import io
import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from xaiframe.facts import Fact
from xaiframe.report import explained
from xaiframe.report.evaluation import unmeasured
from xaiframe.report.record import Record
from xaiframe.report.shortcuts import shortcuts
from xaiframe.store import npz_bytes


def record(source, target, suspects=(), lost=(0.4, 0.3, 0.5)):
    """The synthetic run with facts and table of shortcuts, for its own features."""
    shutil.copytree(source, target, dirs_exist_ok=True)
    names = explained.features(Record(source))
    alone = [0.9 if name in suspects else 0.1 + 0.001 * k for k, name in enumerate(names)]
    facts = [Fact("skill", 0.8, n=200, interval=(0.7, 0.9))]
    facts += [Fact("alone", v, labels={"feature": k}, n=600)
              for k, v in zip(names, alone, strict=True)]  # fmt: skip
    value, *ends = lost
    facts += [
        Fact("reliance", value, labels={"feature": k}, interval=tuple(ends)) for k in suspects
    ]
    facts.append(Fact("lost", value, interval=tuple(ends)))
    stored = json.loads((source / "facts.json").read_text())
    stored += [one.within("evaluation.shortcuts", "test").to_dict() for one in facts]
    (target / "facts.json").write_text(json.dumps(stored))
    table = pd.DataFrame({"feature": names, "alone": alone})
    table["low"], table["high"] = table["alone"] - 0.05, table["alone"] + 0.05
    table["suspect"] = table["feature"].isin(suspects)
    table["telling"], table["elements"] = np.where(table["suspect"], 3, 0), 4
    folder = target / "artifacts" / "evaluation.shortcuts"
    folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(folder / "features.parquet")
    return Record(target)


def test_a_suspect_comes_first_with_what_it_tells_and_what_goes_with_it(table_run, tmp_path):
    suspect = explained.features(Record(table_run))[2]
    (table,) = shortcuts(record(table_run, tmp_path / "run", [suspect]))
    first, second = ([cell.text for cell in row] for row in table.cells()[:2])
    assert first[1:] == ["0.900", "1.12", "0.400", "suspect"]
    assert second[3:] == ["–", ""]
    assert "alone tells the target as well as the model does" in table.title
    assert table.title.endswith("which loses 40 of 100 of its skill without it")
    assert "600 training rows" in table.n


@pytest.mark.parametrize(
    ("suspects", "said"),
    [(0, "No feature alone tells the target as well as the model does"),
     (2, "and the model does not need them")],
)  # fmt: skip
def test_no_suspect_and_a_suspect_that_is_not_used_are_said_so(table_run, tmp_path, suspects, said):
    names = explained.features(Record(table_run))[:suspects]
    (table,) = shortcuts(record(table_run, tmp_path / "run", names, (0.0, 0.0, 0.0)))
    assert said in table.title


def test_pictures_show_what_tells_in_the_suspects(image_run, tmp_path):
    source = Record(image_run)
    names = explained.features(source)
    found = record(image_run, tmp_path / "run", names[:1])
    tell = np.zeros(explained.inputs(source)["feature_mask"].shape, dtype=bool)
    tell[0, 0, -1] = True
    folder = tmp_path / "run" / "artifacts" / "evaluation.shortcuts"
    (folder / "elements.npz").write_bytes(npz_bytes({"telling": tell}))
    table, head, grid = shortcuts(found)
    assert [row[3].text for row in table.cells()[:2]] == ["3 of 4 pixel values", "–"]
    assert "framed on the mean training picture" in head.text
    shown = [np.asarray(Image.open(io.BytesIO(one.image)).convert("RGB")) for one in grid.blocks]
    for one in shown:
        frame = np.abs(one.astype(int) - [230, 159, 0]).sum(axis=2) < 30
        wide = one.shape[1] // tell.shape[2]
        assert frame[: wide + 2, -wide - 2 :].sum() == frame.sum() > 0
    assert len(list(shortcuts(replace(found, redact=True)))) == 1


def test_where_nothing_was_measured_there_is_no_table_but_a_note(table_run, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(table_run, run)
    why = Fact("evaluation.shortcuts.not_applicable", "no feature is the same in two instances")
    stored = json.loads((run / "facts.json").read_text())
    (run / "facts.json").write_text(json.dumps([*stored, why.to_dict()]))
    assert not list(shortcuts(Record(run)))
    notes = " ".join(note.text for note in unmeasured(Record(run)))
    assert "no feature is the same in two instances" in notes
