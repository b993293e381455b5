"""Groups of columns against clusters that are known."""

import pandas as pd

from xaiframe.precaution.redundancy import groups


def test_every_two_of_a_group_are_close():
    # b is close to a and c, but a and c are not: no group of three
    pairs = pd.DataFrame(
        [("a", "b", 0.97), ("b", "c", 0.92), ("a", "c", 0.5), ("d", "e", 0.99), ("d", "f", None)],
        columns=["a", "b", "association"],
    )
    found = groups(pairs, 0.9)
    together = [set(part["column"]) for _, part in found.groupby("group")]
    assert sorted(map(sorted, together)) == [["a", "b"], ["d", "e"]]


def test_no_pairs_no_groups():
    assert groups(pd.DataFrame(columns=["a", "b", "association"]), 0.9).empty
