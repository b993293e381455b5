"""Correlation in the report: clusters, groups, giveaways and marks, where there are any."""

from __future__ import annotations

import json
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.precaution.relation.marks import COLUMNS
from xaiframe.report.checks.correlation import MOST, found
from xaiframe.report.record import Record


@pytest.fixture
def shown(tmp_path):
    """``shown(name=table, …)``: the blocks by key of a run that stored these tables."""

    def draw(facts=(), **tables):
        folder = tmp_path / "artifacts" / "precaution.correlation"
        folder.mkdir(parents=True)
        for name, table in tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        (tmp_path / "facts.json").write_text(json.dumps([fact.to_dict() for fact in facts]))
        return {block.key: block for block in found(Record(tmp_path))}

    return draw


def paired(names, close):
    """All pairs of ``names``: 0.95 for those in ``close``, 0.1 for the rest."""
    rows = [(a, b, 0.95 if (a, b) in close else 0.1, "Spearman") for a, b in combinations(names, 2)]
    table = pd.DataFrame(rows, columns=["a", "b", "association", "measure"])
    return table.sort_values("association", ascending=False, kind="stable", ignore_index=True)


@pytest.mark.parametrize(("side", "said"), [(1, "a level"), (3, "an even square of 3 × 3")])
def test_the_title_names_class_place_and_share(shown, side, said):
    rows = [("coat", 0, 1, 26, side, 250.0, 45, 50, 0.9, 0.0),
            ("bag", 0, 9, 9, 1, 4.0, 5, 50, 0.1, 0.0)]  # fmt: skip
    (figure,) = shown(marks=pd.DataFrame(rows, columns=COLUMNS)).values()

    assert figure.key == "marks"
    assert "coat" in figure.title
    assert f"{said} at row 1, column 26" in figure.title
    assert figure.title.startswith("90 of 100 inputs")
    assert figure.title.endswith("as hardly any others do")


def test_a_mark_that_others_show_too_says_in_how_many(shown):
    row = ("coat", 0, 1, 26, 1, 250.0, 50, 50, 1.0, 0.3)
    (figure,) = shown(marks=pd.DataFrame([row], columns=COLUMNS)).values()
    assert figure.title.endswith("as 30 of 100 others do")


def test_clustered_features_stand_side_by_side_and_are_listed(shown):
    groups = pd.DataFrame({"group": [1, 1], "column": ["a", "d"]})
    blocks = shown(pairs=paired("abcd", {("a", "d")}), groups=groups)
    order = blocks["clusters"].spec["encoding"]["x"]["sort"]

    assert sorted(order) == list("abcd")
    assert abs(order.index("a") - order.index("d")) == 1
    assert blocks["clusters"].title == "2 of 4 features fall into 1 group that say the same"
    assert blocks["redundancy-groups"].cells()[0][1].text == "“a” and “d”"
    assert len(blocks["clusters"].spec["data"]["values"]) == 16
    assert blocks["correlation"].title.startswith("“a” and “d” say nearly the same")


def test_the_matrix_is_bounded_and_says_so(shown):
    blocks = shown(pairs=paired([f"column {k:02}" for k in range(30)], set()))
    figure = blocks["clusters"]

    assert len(figure.spec["encoding"]["x"]["sort"]) == MOST
    assert figure.title == "No two of 30 features say the same"
    assert f"The {MOST} most associated" in figure.how
    assert "redundancy-groups" not in blocks


def test_two_features_are_no_matrix_and_unknown_pairs_no_bars(shown):
    unknown = pd.DataFrame({"a": ["x"], "b": ["y"], "association": [np.nan], "measure": ["V"]})
    power = pd.DataFrame({"column": ["x", "y"], "power": [np.nan, np.nan]})
    assert shown(pairs=unknown, power=power) == {}


@pytest.mark.parametrize(
    ("fact", "said"),
    [("predictive_power", "“claim” alone"), ("segment_power", "The mean of “claim” alone"),
     ("word_power", "Whether “claim” stands in a message alone")],
)  # fmt: skip
def test_what_predicts_is_called_what_it_is(shown, fact, said):
    table = pd.DataFrame({"column": ["claim", "now"], "power": [0.91, np.nan]})
    figure = shown([Fact(f"precaution.correlation.{fact}", 0.91)], power=table)["power"]

    assert figure.title == f"{said} predicts the target best (0.910)"
    assert figure.facts == (f"precaution.correlation.{fact}",)
    assert len(figure.spec["data"]["values"]) == 1
