"""What the loop's benchmark plants, and how it counts what was won back."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.loop import Row, interval
from benchmarks.troubles import decoy, tables


def row(clean, first, last):
    return Row(clean, first, last, (0.0, 0.0), (), (), True)


def test_recovered_is_what_was_won_back_of_what_was_lost():
    assert row(0.98, 0.82, 0.98).recovered == pytest.approx(1)
    assert row(0.98, 0.82, 0.90).recovered == pytest.approx(0.5)
    whole, low, high = interval([row(1.0, 0.8, 1.0), row(1.0, 0.6, 0.8), row(1.0, 0.7, 0.9)])
    assert whole == pytest.approx(0.6 / 0.9)
    assert low < whole < high
    assert np.isnan(interval([row(0.9, 0.9, 0.9)])[0])


@pytest.mark.parametrize("shape", decoy.SHAPES)
def test_decoys_have_their_shape_and_a_place_by_seed(shape):
    found = [decoy.decoy(shape, np.random.default_rng(seed)) for seed in range(12)]
    sizes = {"corner": 4, "square": 4, "line": 4, "cross": 5, "spread": 4, "none": 0}
    assert {int(one.sum()) for one in found} == {sizes[shape]}
    if shape != "none":
        assert len({one.tobytes() for one in found}) > 2


def test_half_a_sixth_and_a_third():
    parts = tables.parted(tables.rows(np.random.default_rng(0), 600))
    assert {name: len(frame) for name, frame in parts.items()} == {
        "train": 300, "validation": 100, "test": 200,
    }  # fmt: skip
