"""The account of a repair: counted by hand."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Split
from xaiframe.repair.changes import changes, outcome
from xaiframe.repair.repaired import Repaired, effective, fresh_ids, joined, weighted

SPLIT = Split(
    np.arange(10, 16),
    np.arange(12, dtype=np.float32).reshape(6, 2),
    np.array([0, 1, 0, 1, 0, 1]),
    pd.DataFrame({"a": np.arange(6.0)}),
)


def values(before, after):
    return {fact.name: fact.value for fact in outcome(before, Repaired(after), ("no", "yes")).facts}


def test_every_kind_of_change_is_counted_once():
    after = SPLIT.take(np.array([5, 1, 2, 3]))
    y, x = after.y.copy(), after.x.copy()
    y[0], x[0], x[2] = 0, 99, 7
    after = replace(after, y=y, x=x, ids=np.array([15, 11, 12, 40]))
    found = values(SPLIT, after)
    assert [found[f"{kind}_rows"] for kind in ("dropped", "added", "relabelled", "changed")] == [
        3, 1, 1, 1,
    ]  # fmt: skip
    table = changes(SPLIT, after, ("no", "yes"))
    assert table.values.tolist() == [
        [10, "dropped", "no", ""],
        [13, "dropped", "yes", ""],
        [14, "dropped", "no", ""],
        [40, "added", "", "yes"],
        [15, "relabelled", "yes", "no"],
        [12, "changed", "no", "no"],
    ]


def test_weights_are_told_only_where_there_are_some():
    assert "effective_rows" not in values(SPLIT, SPLIT)
    after = weighted(SPLIT, np.array([1.0, 1, 1, 1, 1, 4]))
    found = values(SPLIT, after)
    assert found["largest_weight"] / found["least_weight"] == pytest.approx(4)
    assert found["effective_rows"] == pytest.approx(81 / 21)
    assert effective(np.ones(7)) == 7


def test_the_digest_follows_weights_and_rows():
    digests = {
        values(SPLIT, one)["digest"]
        for one in (
            SPLIT,
            weighted(SPLIT, np.arange(1.0, 7)),
            replace(SPLIT, draw=np.arange(1.0, 7, dtype=np.float32)),
            replace(SPLIT, weight=np.arange(1.0, 7, dtype=np.float32)),
            SPLIT.take(np.arange(5)),
        )
    }
    assert len(digests) == 5


def test_joined_rows_keep_what_they_have(every):
    data = every["text"]
    twice = joined(data.train, replace(data.train, ids=fresh_ids(data, data.train, 120)))
    assert len(np.unique(twice.ids)) == 240
    assert len(twice.frame) == len(twice.aside) == len(twice.original) == 240
    assert twice.mask is None
