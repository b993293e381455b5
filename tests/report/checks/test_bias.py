"""Bias in the report: titles say what was measured, and nothing is drawn of nothing."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.precaution.bias import Bias
from xaiframe.report.checks.bias import found
from xaiframe.report.record import Record


@pytest.fixture
def recorded(tmp_path):
    """``recorded(gap, **settings)``: the stored outcome for 600 rows, the outcome commoner for
    group ``<b>a`` by ``gap``; column ``near`` follows the group."""

    def write(gap=0.4, **settings):
        random = np.random.default_rng(0)
        group = random.choice(["<b>a", "b" * 60], 600)
        frame = pd.DataFrame({"near": random.normal(size=600) + 2 * (group == "<b>a"),
                              "far": random.normal(size=600)})  # fmt: skip
        y = (random.random(600) < 0.3 + gap * (group == "<b>a")).astype(int)
        split = Split(np.arange(600), frame.to_numpy(np.float32), y, frame,
                      pd.DataFrame({"race": group}))  # fmt: skip
        data = Data("table", "classification", split, split, split, ("near", "far"), np.arange(2),
                    ("no", "yes"))  # fmt: skip
        outcome = Bias(draws=200, permutations=20, sample=200, **settings)(
            replace(data, sensitive=("race",)), 0
        )
        folder = tmp_path / "artifacts" / "precaution.bias"
        folder.mkdir(parents=True)
        for name, table in outcome.tables.items():
            table.to_parquet(folder / f"{name}.parquet")
        told = [fact.within("precaution.bias", "bias").to_dict() for fact in outcome.facts]
        (tmp_path / "facts.json").write_text(json.dumps(told))
        return {block.key: block for block in found(Record(tmp_path))}

    return write


def test_rates_gaps_and_proxies_are_told(recorded):
    blocks = recorded()

    assert list(blocks) == ["base-rates", "base-rate-gaps", "proxies"]
    assert blocks["base-rates"].title.startswith("In the training data the share of “yes” is 0.")
    assert (
        blocks["base-rate-gaps"].title == "2 gaps between groups beyond what chance makes of them"
    )
    assert "“near” alone reaches 0.9" in blocks["proxies"].title
    assert b"&lt;b&gt;a" in blocks["base-rates"].image


def test_long_names_are_cut(recorded):
    (row, *_) = recorded()["base-rate-gaps"].cells()
    assert row[3].text.endswith("…")
    assert len(row[3].text) == 32


def test_groups_alike_are_not_called_different(recorded):
    title = recorded(gap=0.0)["base-rate-gaps"].title
    assert title == "No gap between groups exceeds what chance makes of them"


def test_a_group_that_lacks_rows_is_told_beside_what_is_expected(recorded):
    blocks = recorded(expected={"race": {"<b>a": 0.5, "c": 0.5}})
    assert (
        blocks["representation"].title == "“race”, “c”: 0 of 100 rows, 50 of 100 in the population"
    )


def test_nothing_is_drawn_of_nothing(tmp_path):
    assert list(found(Record(tmp_path))) == []
