"""Agreement in the report: every pair by every measure, the common order, who conflicts most."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.report.agreement import HEADS, conflicts, pairs, pairs_title
from xaiframe.report.common_order import ranking
from xaiframe.report.record import Record


@pytest.fixture
def record(table_run, tmp_path):
    """The synthetic run with every measure of agreement."""
    run = tmp_path / "told"
    shutil.copytree(table_run, run)
    facts = [Fact.from_dict(one) for one in json.loads((run / "facts.json").read_text())]
    pairs_ = [f for f in facts if f.name == "evaluation.agreement.spearman"]
    for one in pairs_:
        for k, name in enumerate(list(HEADS)[1:]):
            facts.append(
                replace(one, name=f"evaluation.agreement.{name}", value=one.value - k / 10)
            )
        facts.append(replace(one, name="evaluation.agreement.control", value=0.2))
    facts.append(Fact("evaluation.agreement.concordance", 0.8, n=9, interval=(0.7, 0.85)))
    facts.append(Fact("evaluation.agreement.concordance_floor", 0.2))
    (run / "facts.json").write_text(json.dumps([one.to_dict() for one in facts]))
    folder = run / "artifacts" / "evaluation.agreement"
    instances = pd.read_parquet(folder / "instances.parquet")
    count = len(instances)
    told = {"distance": np.linspace(0.0, 0.8, count), "rank": count - np.arange(count)}
    instances.assign(**told).to_parquet(folder / "instances.parquet")
    rank = np.arange(1.0, 6.0)
    order = {"feature": list("abcde"), "rank": rank, "low": rank - 0.3, "high": rank + 0.3}
    order |= {"p_rank": rank - 0.1, "g_rank": rank + 0.1, "n": 9}
    pd.DataFrame(order).to_parquet(folder / "ranking.parquet")
    return Record(run)


def test_every_pair_is_told_by_every_measure_the_closest_first(record):
    table, *_ = pairs(record)
    assert table.headers == ["perturbation", "gradient", *HEADS.values(), "chance"]
    told = [[cell.sort for cell in row[2:]] for row in table.cells()]
    assert [row[0] for row in told] == sorted((row[0] for row in told), reverse=True)
    for row in told:
        assert row[1:-1] == pytest.approx([row[0] - 0.1 * k for k in (0, 1, 2, 3, 4, 5)])
        assert row[-1] == 0.2
    stars = [row[1].text.endswith("*") for row in table.cells()]
    assert any(stars)  # what has a reference of its own is marked
    assert not all(stars)
    assert table.title == (
        "All methods together order the features with Kendall's W 0.800 (0.700–0.850); "
        "unrelated orders reach 0.200"
    )


def test_a_run_without_the_further_measures_has_no_such_table(table_run):
    assert not list(pairs(Record(table_run)))
    assert not list(ranking(Record(table_run)))
    assert pairs_title(Record(table_run)) == "Every pair of P and G by every measure"


def test_the_common_order_says_whether_its_leader_is_clear(record):
    (figure,) = ranking(record)
    assert figure.title.endswith("leads the common order of all methods")
    marks = [layer["mark"]["type"] for layer in figure.spec["layer"]]
    assert marks == ["rule", "point", "point", "point"]


def test_what_conflicts_most_comes_first_with_its_score(record):
    (table,) = conflicts(record)
    apart = [row[2].sort for row in table.cells()]
    assert apart == sorted(apart, reverse=True)
    assert apart[0] == pytest.approx(0.8)
