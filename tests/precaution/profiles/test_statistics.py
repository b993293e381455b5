"""Histograms and frequent values of columns at the edge."""

import numpy as np
import pandas as pd

from xaiframe.precaution.profiles.statistics import frequent_values, histogram


def test_a_constant_is_one_bar_and_nothing_is_none():
    assert histogram("a", np.full(7, 3.0), 20)["count"].tolist() == [7]
    assert len(histogram("a", np.full(7, np.nan), 20)) == 0


def test_frequent_values_are_bounded_and_missing_is_one_of_them():
    frame = pd.DataFrame({"a": ["x", "x", None, "y"], "b": [1, 2, 3, 4]})
    told = frequent_values(frame, 2)

    assert told.iloc[0].to_dict() == {"column": "a", "value": "x", "count": 2}
    assert len(told) == 2
