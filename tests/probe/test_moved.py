"""The unit that a column's changes are counted in, by hand."""

import numpy as np
import pytest

from xaiframe.probe.moved import deviation


def test_deviations():
    assert deviation(np.array([1.0, 2.0, 4.0, np.nan])) == 1
    assert deviation(np.array([0.0, 0, 0, 0, 10])) == pytest.approx(4)
    assert deviation(np.full(3, 2.0)) == 1
    assert deviation(np.array([np.nan])) == 1
