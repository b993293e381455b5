"""Points of the swarm keep their order and stay in their row."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xaiframe.report.tables.swarm import lanes, thirds

values = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=60).map(np.array)


@given(values)
def test_offsets_stay_inside_the_row(points):
    assert np.abs(lanes(points)).max() <= 0.8 + 1e-9


def test_equal_points_do_not_cover_each_other():
    assert len(set(lanes(np.zeros(7)))) == 7


def test_thirds_follow_the_ranks():
    found = thirds(np.array([5.0, 1.0, 9.0]))
    assert found == ["middle third", "lowest third", "highest third"]


def test_a_missing_value_has_no_third():
    found = thirds(np.array([5.0, np.nan, 9.0]))
    assert found == ["middle third", "no order", "highest third"]
