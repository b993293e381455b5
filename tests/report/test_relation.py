"""The relation diagram: nine arrows, each where its activities stand."""

from __future__ import annotations

import json
import re
import shutil

from xaiframe.report.record import Record
from xaiframe.report.relation import NODES, arrow, diagram, states


def state(source: str, target: str, **more) -> dict:
    return {"relation": f"{source} → {target}", "source": source, "target": target, **more}


def ends(drawn: dict) -> tuple[tuple[float, float], tuple[float, float]]:
    numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", drawn["path"])]
    return (numbers[0], numbers[1]), (numbers[-2], numbers[-1])


def test_an_arrow_runs_from_source_to_target():
    for source, (x0, y0) in NODES.items():
        for target, (x1, y1) in NODES.items():
            if target in (source, "training_data"):
                continue
            tail, tip = ends(arrow(1, state(source, target)))
            assert abs(tail[0] - x0) <= 80
            assert abs(tail[1] - y0) <= 24
            assert abs(tip[0] - x1) <= 80
            assert abs(tip[1] - y1) <= 24


def test_only_what_fired_carries_its_fact():
    fact = {"name": "precaution.correlation.redundant_pairs", "value": 21, "labels": {}}
    fired = arrow(2, state("precaution", "explanation", fired=["rule"], facts=[fact]))
    quiet = arrow(2, state("precaution", "explanation", fired=[], facts=[fact]))
    assert fired["text"] == "redundant pairs 21"
    assert quiet["text"] == ""


def test_opposite_arrows_do_not_cover_each_other():
    there = arrow(1, state("precaution", "explanation"))
    back = arrow(2, state("explanation", "precaution"))
    assert abs(there["y"] - back["y"]) > 20


def test_the_diagram_counts_what_fired(table_run):
    (drawn,) = diagram(Record(table_run))
    assert len(drawn.data["arrows"]) == 9
    assert drawn.data["title"] == "1 of 9 relations fired on this run"


def test_what_fired_in_an_earlier_round_is_told_with_its_round(table_run, tmp_path):
    run = tmp_path / "rounds"
    shutil.copytree(table_run, run)
    stored = json.loads((run / "relations.json").read_text())
    for number in (1, 2):
        (run / f"round-{number}").mkdir()
        fired = ["shortcut"] if number == 1 else []
        early = [{**stored[0], "fired": fired}, *stored[1:]]
        (run / f"round-{number}" / "relations.json").write_text(json.dumps(early))
    found = states(Record(run))
    assert "shortcut in round 1" in found[0]["fired"]
    assert [one["fired"] for one in found[1:]] == [one["fired"] for one in stored[1:]]
