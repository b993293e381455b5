"""What is said of pairs: the strongest, whether it stands out, and nothing of single rows."""

from __future__ import annotations

import json
import runpy
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.report import otherwise
from xaiframe.report.block import Figure, Grid, Heading, Note, Table
from xaiframe.report.kinds import interactions
from xaiframe.report.record import Record
from xaiframe.store import to_json

UNIT = ("perturbation", "shapley_interactions")
SYNTHETIC = Path(__file__).parent.with_name("synthetic.py")


@pytest.fixture(scope="module")
def table_run(tmp_path_factory) -> Path:
    """A run folder without its report."""
    make_run = runpy.run_path(str(SYNTHETIC))["make_run"]
    return make_run(tmp_path_factory.mktemp("pairs") / "run", "table")


@pytest.fixture(scope="module")
def image_run(tmp_path_factory) -> Path:
    make_run = runpy.run_path(str(SYNTHETIC))["make_run"]
    return make_run(tmp_path_factory.mktemp("pairs") / "run", "image")


@pytest.fixture
def run_with(tmp_path: Path):
    """A copy of a run with what a method of the kind stored."""

    def made(run: Path, tables: dict[str, pd.DataFrame], index: str = "k_sii", **facts) -> Record:
        to = tmp_path / "run"
        shutil.copytree(run, to, ignore=shutil.ignore_patterns("report*"))
        folder = to / "artifacts" / ".".join(UNIT)
        folder.mkdir()
        for name, frame in tables.items():
            frame.to_parquet(folder / f"{name}.parquet")
        plan = json.loads((to / "plan.json").read_text())
        stage = next(one for one in plan["stages"] if one["name"] == UNIT[0])
        stage["units"].append({**stage["units"][0], "choice": UNIT[1], "kind": "interactions"})
        (to / "plan.json").write_text(json.dumps(plan))
        known = json.loads((to / "facts.json").read_text())
        told = [Fact("index", index), *(Fact(name, value) for name, value in facts.items())]
        known += [fact.within(".".join(UNIT), ".".join(UNIT)).to_dict() for fact in told]
        (to / "facts.json").write_text(to_json(known))
        return Record(to)

    return made


def overall(names, values, errors=0.0, noise=0.0, **columns):
    first, second = zip(*names, strict=True)
    frame = {"first": first, "second": second, "value": values, "mean": np.negative(values)}
    return pd.DataFrame({**frame, "error": errors, "noise": noise, **columns})


def own(pairs, position=0):
    first, second, values, errors = zip(*pairs, strict=True)
    return pd.DataFrame(
        {"id": 7, "position": position, "first": first, "second": second, "value": values,
         "error": errors}
    )  # fmt: skip


ALONE = pd.DataFrame(
    {"id": 7, "position": 0, "feature": ["mean texture"], "value": [3.0], "error": 0.0}
)
NAMES = [("mean texture", "worst area"), ("mean texture", "mean area")]


def test_the_title_names_the_strongest_pair(table_run, run_with):
    tables = {"overall": overall(NAMES, [0.4, 0.1]), "interactions": own([(*NAMES[0], 1.0, 0.1)])}
    record = run_with(table_run, {**tables, "alone": ALONE})
    heading, matrix, table = interactions.overall(record, UNIT)
    assert isinstance(heading, Heading)
    assert matrix.title.startswith("“mean texture” and “worst area” change each other's effect")
    cells = matrix.spec["data"]["values"]
    assert {(c["first"], c["second"]): c["shade"] for c in cells} == {
        ("mean texture", "worst area"): -0.4,
        ("worst area", "mean texture"): -0.4,
        ("mean texture", "mean area"): -0.1,
        ("mean area", "mean texture"): -0.1,
    }
    assert table.rows[0][-1] == "mostly less than the sum of each alone"


def test_what_sampling_alone_would_give_does_not_stand_out(table_run, run_with):
    record = run_with(
        table_run,
        {"overall": overall(NAMES, [0.4, 0.1], 0.01, 0.5), "interactions": ALONE, "alone": ALONE},
    )
    _, matrix, table = interactions.overall(record, UNIT)
    assert matrix.title.startswith("No pair stands out")
    assert table.rows[0][-1] == "not told apart from none"


def test_h_without_any_joint_effect_draws_no_matrix(table_run, run_with):
    frame = overall(NAMES, [0.0, 0.0], size=[0.02, 0.01])
    record = run_with(table_run, {"overall": frame, "interactions": frame, "alone": ALONE}, "h")
    _, table = interactions.overall(record, UNIT)
    assert isinstance(table, Table)
    assert table.title.startswith("No pair stands out")


def test_shares_of_variance_are_drawn_as_parts(table_run, run_with):
    frame = overall(NAMES, [0.2, 0.01], [0.01, 0.02])
    alone = pd.DataFrame({"feature": ["worst area"], "value": [0.7], "error": [0.02]})
    tables = {"overall": frame, "interactions": frame, "alone": alone}
    record = run_with(table_run, tables, "variance", remainder=0.09, spread=0.5)
    _, bars = interactions.overall(record, UNIT)
    assert bars.title == (
        "Single features account for 70 % of the variance, the 2 pairs asked about for 21 %"
    )
    parts = [one["part"] for one in bars.spec["data"]["values"]]
    assert parts == ["worst area", "mean texture × worst area"]
    assert "0.50 times as much" in bars.caution


def test_a_case_shows_its_own_pairs_with_its_own_values(table_run, run_with):
    pairs = own([(*NAMES[0], -1.0, 0.1), (*NAMES[1], 0.2, 0.2)])
    record = run_with(table_run, {"overall": pairs, "interactions": pairs, "alone": ALONE})
    head, table = otherwise.beside(record, 0)
    assert isinstance(head, Heading)
    assert len(table.rows) == 1  # the other is within its error
    assert table.rows[0][0].startswith("mean texture = ")
    assert "together do 1 less than the two alone" in table.title
    assert "pairs carry 29 %" in table.n
    assert otherwise.beside(Record(record.run, redact=True), 0) == []
    assert isinstance(next(iter(interactions.case(record, UNIT, 5))), Note)


def test_a_picture_shows_where_its_pairs_are(image_run, run_with):
    pairs = own([("patch 0,1", "patch 2,3", 1.0, 0.0), ("patch 1,1", "patch 3,0", -0.5, 0.0)])
    record = run_with(image_run, {"overall": pairs, "interactions": pairs, "alone": ALONE})
    (grid,) = interactions.case(record, UNIT, 0)
    assert isinstance(grid, Grid)
    assert isinstance(grid.blocks[0], Figure)
    assert grid.blocks[0].image.startswith(b"\x89PNG")


def test_where_features_differ_between_instances_the_largest_pairs_are_listed(table_run, run_with):
    tables = {"interactions": own([(*NAMES[0], -1.0, 0.1)]), "alone": ALONE}
    record = run_with(table_run, tables, share=0.45)
    _, table = interactions.overall(record, UNIT)
    assert table.title.startswith("Pairs carry 45 of 100")
    assert table.rows[0][0] == "7"
    _, note = interactions.overall(Record(record.run, redact=True), UNIT)
    assert "withheld" in note.text


def test_the_chapter_holds_it(table_run, run_with):
    tables = {"overall": overall(NAMES, [0.4, 0.1]), "interactions": ALONE, "alone": ALONE}
    record = run_with(table_run, tables)
    chapter = otherwise.chapter(record)
    assert not any(isinstance(block, Note) and block.failed for block in chapter.blocks)
    assert any(isinstance(block, Figure) for block in chapter.blocks)
