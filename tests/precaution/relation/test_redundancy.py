"""Groups of columns against clusters that are known."""

from itertools import combinations

import pandas as pd

from xaiframe.precaution.relation.redundancy import groups, ordered


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


def test_the_order_keeps_close_columns_side_by_side():
    close = {frozenset("ad"): 0.95, frozenset("bc"): 0.8}
    pairs = pd.DataFrame(
        [(x, y, close.get(frozenset(x + y), 0.1)) for x, y in combinations("abcd", 2)],
        columns=["a", "b", "association"],
    )
    found = "".join(ordered(pairs))
    assert "ad" in found or "da" in found
    assert "bc" in found or "cb" in found
    assert ordered(pairs.head(0)) == []
