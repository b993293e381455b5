"""Purity in the report: the sentence follows the control, lists stay short and private."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.report.block import Grid
from xaiframe.report.checks.purity import found
from xaiframe.report.record import Record


@pytest.fixture
def stored(tmp_path):
    """A record with 5 % label noise, twelve suspects and one empty row."""
    facts = [
        Fact("precaution.purity.label_noise", 0.05, "share", n=400, interval=(0.03, 0.07)),
        Fact("precaution.purity.label_noise_null95", 0.01, "share", n=400),
    ]
    (tmp_path / "facts.json").write_text(json.dumps([fact.to_dict() for fact in facts]))
    folder = tmp_path / "artifacts" / "precaution.purity"
    folder.mkdir(parents=True)
    suspects = pd.DataFrame({"id": range(12), "given": "a", "suggested": "b",
                             "self_confidence": 0.1, "margin": 0.8})  # fmt: skip
    suspects.to_parquet(folder / "suspects.parquet")
    empty = pd.DataFrame({"split": ["train"], "id": [3], "kind": ["no words"]})
    empty.to_parquet(folder / "corrupt.parquet")
    return Record(tmp_path)


def test_noise_above_its_control_is_said_and_lists_are_cut(stored):
    blocks = {block.key: block for block in found(stored)}
    assert list(blocks) == ["label-noise", "suspects", "corrupt"]
    assert blocks["label-noise"].title.endswith("look wrong, more than overlap alone shows")
    assert len(blocks["suspects"].rows) == 8
    assert blocks["suspects"].caution == "4 more: see artifacts."


def test_how_many_of_the_list_are_wrong_is_said(stored):
    folder = stored.run / "artifacts" / "precaution.purity"
    table = pd.read_parquet(folder / "suspects.parquet").assign(wrong=0.75)
    table.to_parquet(folder / "suspects.parquet")
    facts = json.loads((stored.run / "facts.json").read_text())
    facts.append(Fact("precaution.purity.suspects_wrong", 0.75, "share", n=12).to_dict())
    (stored.run / "facts.json").write_text(json.dumps(facts))
    listed = {block.key: block for block in found(Record(stored.run))}["suspects"]
    assert listed.title == "12 labels in doubt, about 9 wrong or decided by chance"
    assert [cell.text for cell in listed.cells()[0][-2:]] == ["0.800", "0.750"]


def test_rows_stay_out_of_what_circulates(stored):
    assert [block.key for block in found(replace(stored, redact=True))] == ["label-noise"]


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert list(found(Record(tmp_path))) == []


def test_a_suspect_is_shown_as_the_user_knows_it(stored):
    folder = stored.run / "artifacts" / "precaution.purity"
    table = pd.read_parquet(folder / "suspects.parquet").assign(original="win a <prize> now")
    table.to_parquet(folder / "suspects.parquet")
    [listed] = [
        block for block in found(Record(stored.run)) if getattr(block, "key", "") == "suspects"
    ]
    assert listed.cells()[0][-1].text == "win a <prize> now"  # the template escapes it


def test_pictures_of_suspects_stand_under_the_list(stored):
    folder = stored.run / "artifacts" / "precaution.purity"
    np.savez(folder / "suspects.npz", x=np.random.default_rng(0).random((8, 1, 6, 6)))
    [grid] = [block for block in found(Record(stored.run)) if isinstance(block, Grid)]
    assert len(grid.blocks) == 8
    assert grid.blocks[0].title == "a → b"
    assert grid.blocks[0].kind == "png"
