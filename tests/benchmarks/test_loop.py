"""What the loop's benchmark plants, and how it counts what was won back."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from benchmarks.loop import TROUBLES, Row, interval, shown
from benchmarks.troubles import pictures, tables


def row(clean, first, last):
    return Row(clean, first, last, (0.0, 0.0), (), (), True, float("nan"))


def test_recovered_is_what_was_won_back_of_what_was_lost():
    assert row(0.98, 0.82, 0.98).recovered == pytest.approx(1)
    assert row(0.98, 0.82, 0.90).recovered == pytest.approx(0.5)
    whole, low, high = interval([row(1.0, 0.8, 1.0), row(1.0, 0.6, 0.8), row(1.0, 0.7, 0.9)])
    assert whole == pytest.approx(0.6 / 0.9)
    assert low < whole < high
    assert np.isnan(interval([row(0.9, 0.9, 0.9)])[0])


@pytest.mark.parametrize("shape", pictures.SHAPES)
def test_decoys_have_their_shape_and_a_place_by_seed(shape):
    found = [pictures.decoy(shape, np.random.default_rng(seed)) for seed in range(12)]
    sizes = {"corner": 4, "square": 4, "line": 4, "cross": 5, "spread": 4, "none": 0}
    assert {int(one.sum()) for one in found} == {sizes[shape]}
    if shape != "none":
        assert len({one.tobytes() for one in found}) > 2


def test_half_a_sixth_and_a_third():
    parts = tables.parted(tables.rows(np.random.default_rng(0), 600))
    assert {name: len(frame) for name, frame in parts.items()} == {
        "train": 300, "validation": 100, "test": 200,
    }  # fmt: skip


def test_a_tenth_of_the_learnt_labels_is_wrong_and_none_of_the_test(tmp_path):
    tables_ = [
        pd.read_csv(pictures.flipped(0.1, tmp_path / str(planted), 0, planted).parent / "rows.csv")
        for planted in (False, True)
    ]
    right, told = (one.set_index("path") for one in tables_)
    wrong = told.loc[right.index, "digit"] != right["digit"]
    assert wrong[right["split"] == "test"].sum() == 0
    assert wrong[right["split"] != "test"].mean() == pytest.approx(0.1, abs=0.03)


def test_a_loss_too_small_to_win_back_shows_the_change():
    told = shown(TROUBLES[-1], [row(0.900, 0.899, 0.903), row(0.9, 0.9, 0.9)])
    assert told[5] == "change +0.002"
    assert shown(TROUBLES[0], [row(0.98, 0.82, 0.9)] * 2)[5].startswith("0.50 (0.50")


def test_a_gap_that_closes_is_won_back():
    gap = next(one for one in TROUBLES if one.lower)
    assert shown(gap, [row(0.02, 0.20, 0.02)] * 2)[5].startswith("1.00 (1.00")
    assert shown(gap, [row(0.20, 0.02, 0.02)] * 2)[5] == "change +0.000"


@pytest.mark.parametrize(("share", "rows"), [(0.1, 768), (0.2, 432)])
def test_flipped_labels_are_worth_fewer_right_ones_of_the_same_table(tmp_path, share, rows):
    whole = pd.read_csv(tables.flipped(share, tmp_path / "whole", 3, False).parent / "rows.csv")
    fewer = pd.read_csv(tables.worth(share, tmp_path / "fewer", 3).parent / "rows.csv")
    assert (fewer["part"] == "train").sum() == rows
    assert len(fewer.merge(whole)) == len(fewer)
    assert (fewer["part"] == "test").sum() == (whole["part"] == "test").sum()
