"""Positions counted by hand."""

import pytest

from xaiframe.data.spread import evenly


@pytest.mark.parametrize(
    ("n", "most", "said"), [(5, 3, [0, 2, 4]), (3, 10, [0, 1, 2]), (10, 2, [0, 9]), (0, 4, [])]
)
def test_they_are_spread_over_all_rows(n, most, said):
    assert evenly(n, most).tolist() == said
