"""The chapter on groups: what is said is what was measured."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
import yaml

from xaiframe.data.groups.grouping import groupings
from xaiframe.data.groups.rates import rates
from xaiframe.evaluation.groups.facts import Compared, outcome
from xaiframe.facts import Fact
from xaiframe.report import fairness
from xaiframe.report.chapters import assemble
from xaiframe.report.record import Record


@pytest.fixture
def recorded(tmp_path):
    def write(frame, actual, predicted, positive="1"):
        rng, made = np.random.default_rng(0), []
        for grouping in groupings(frame, {}):
            found = rates(actual, predicted, grouping.of, len(grouping.groups))
            among = {name: np.flatnonzero(one.trials >= 30) for name, one in found.items()}
            gap = found["selection_rate"].difference(among["selection_rate"], 200, rng)
            gaps = {"demographic_parity_difference": gap}
            made.append(Compared(grouping, positive, found, among, gaps))
        folder = tmp_path / "artifacts" / "evaluation.fairness"
        folder.mkdir(parents=True)
        for name, table in outcome(made, "").tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        return Record(tmp_path)

    return write


@pytest.fixture
def people():
    frame = pd.DataFrame(
        {"race": ["<b>a"] * 100 + ["b"] * 60 + ["c"] * 5, "sex": ["f", "m", "f"] * 55}
    )
    predicted = np.r_[np.arange(100) < 80, np.arange(60) < 12, np.ones(5)].astype(bool)
    return frame, np.arange(165) % 2 == 0, predicted


def test_the_titles_say_what_was_measured(recorded, people):
    blocks = {block.key: block for block in fairness.chapter(recorded(*people)).blocks}
    assert list(blocks) == ["gaps", "rates", "groups", "intersections"]
    expected = "Selection rates differ most by race: 0.6 between b and <b>a"
    assert blocks["gaps"].title.replace("0.600", "0.6") == expected
    assert blocks["rates"].title.startswith("20 of 100 are predicted as 1 among race: b, 80 of 100")
    assert b"&lt;b&gt;a" in blocks["rates"].image


def test_small_groups_are_shown_grey_and_without_an_interval(recorded, people):
    blocks = {block.key: block for block in fairness.chapter(recorded(*people)).blocks}
    rows = {row[1].text: row for row in blocks["groups"].cells()}
    assert (rows["c"][3].kind, rows["c"][3].text, rows["c"][3].extra) == ("few", "1", "")
    assert rows["b"][3].kind == "number"
    assert rows["b"][3].extra


def test_groups_alike_are_not_called_different(recorded):
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"sex": rng.choice(["f", "m"], 400)})
    predicted = np.arange(400) % 2 == 0
    (gaps, *_) = fairness.chapter(recorded(frame, predicted, predicted)).blocks
    assert gaps.title == "No gap between groups exceeds what chance makes of them"
    assert "no gap exceeds" in gaps.how


def recipe(folder, sensitive=(), evaluation=("agreement", "fairness")):
    (folder / "recipe.yaml").write_text(
        yaml.safe_dump(
            {
                "strategy": {"sensitive": list(sensitive)},
                "evaluation": {name: {"draws": 9} for name in evaluation},
            }
        )
    )
    return Record(folder)


def test_where_no_group_was_declared_the_chapter_is_left_out(tmp_path):
    record = recipe(tmp_path)
    assert fairness.chapter(record) is None
    assert "fairness" not in [chapter.key for chapter in assemble(record)]


def test_declared_groups_without_an_evaluation_say_so(tmp_path):
    (note,) = fairness.chapter(recipe(tmp_path, sensitive=["sex"])).blocks
    assert note.text == "not requested"


def test_what_was_asked_for_alone_or_failed_is_not_left_out(tmp_path):
    assert fairness.chapter(recipe(tmp_path, evaluation=["fairness"])) is not None
    failed = Fact("evaluation.fairness.error", "ValueError: no rows").to_dict()
    (tmp_path / "facts.json").write_text(json.dumps([failed]))
    (note,) = fairness.chapter(recipe(tmp_path)).blocks
    assert note.text == "could not be judged: ValueError: no rows"
