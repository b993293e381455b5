"""Segments of one feature: they cover the rows, and the sides of a quantile are as they say."""

import numpy as np
import pandas as pd

from xaiframe.precaution.fitting.segment import sides, slices

CUTS = np.array([0.25, 0.5, 0.75])


def test_slices_of_a_column_cover_every_row_once(hostile):
    for name in hostile:
        found = list(slices(hostile[[name]], CUTS))
        covered = np.sum([one.rows for one in found], axis=0)
        assert covered.max() == 1
        if name != "id":
            assert covered.min() == 1
        assert len({one.name for one in found}) == len(found)


def test_sides_are_what_slices_are_not():
    frame = pd.DataFrame({"a": [*np.arange(100.0), np.nan], "level": ["x"] * 101})
    found = {one.name: int(one.rows.sum()) for one in sides(frame, CUTS)}

    assert found == {"a ≤ 49.5": 50, "a ≤ 74.25": 75, "a > 24.75": 75, "a > 49.5": 50}
    assert not set(found) & {one.name for one in slices(frame, CUTS)}
