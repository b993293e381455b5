"""Small trees: thresholds that can be said, leaves merged, nodes told in the order of a walk."""

from itertools import product

import numpy as np
import pytest
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from xaiframe.probe.questions import grown, nodes, shortest
from xaiframe.probe.sheet import Column

COLUMNS = [Column("a", "number"), Column("b", "number"), Column("c", "level", "red")]


@pytest.fixture
def x():
    random = np.random.default_rng(0)
    found = random.normal(size=(400, 3))
    found[:, 2] = random.integers(0, 2, 400)
    return found


@pytest.mark.parametrize(
    ("low", "high", "whole", "due"),
    [
        (0.1412, 0.1435, False, 0.142),
        (16.7, 16.9, False, 16.8),
        (1999.0, 2001.0, False, 2000.0),
        (2011.0, 2012.0, True, 2011.0),
        (3.0, 9.0, True, 6.0),
        (-0.2, 0.2, False, 0.0),
    ],
)
def test_a_threshold_is_said_in_few_digits(low, high, whole, due):
    found = shortest(low, high, whole)
    assert found == pytest.approx(due)
    assert low <= found < high


def test_short_thresholds_part_the_training_rows_alike(x):
    y = (x[:, 0] + x[:, 1] > 0.3).astype(int)
    own = grown(x, y, COLUMNS, "classification", 4, 12)
    plain = DecisionTreeClassifier(max_depth=4, max_leaf_nodes=12, min_samples_leaf=5,
                                   random_state=0).fit(x.astype(np.float32), y)  # fmt: skip
    rows = x.astype(np.float32)
    assert own.predict(rows).tolist() == plain.predict(rows).tolist()
    said = nodes(own, COLUMNS, ("n", "y"))["threshold"].dropna()
    assert all(len(f"{one:.12g}".lstrip("-0.")) <= 5 for one in said)


def test_leaves_that_answer_alike_are_one(x):
    y = (x[:, 0] > 0).astype(int)
    drawn = nodes(grown(x, y, COLUMNS, "classification", 4, 12), COLUMNS, ("n", "y"))
    assert len(drawn) == 3
    assert drawn["branch"].tolist() == ["", "yes", "no"]
    assert drawn["answer"].tolist()[1:] == ["n", "y"]
    for parent in drawn.loc[drawn["kind"] != "", "node"]:
        own = drawn[drawn["parent"] == parent]
        leaves = own[own["kind"] == ""]
        assert len(leaves) < 2 or leaves["answer"].nunique() == 2


def walked(drawn, row, columns):
    """The answer of a row, by reading the table."""
    at = drawn.iloc[0]
    while at["kind"]:
        which = next(i for i, one in enumerate(columns) if one.feature == at["feature"])
        yes = row[which] <= at["threshold"] if at["kind"] == "number" else row[which] == 1
        branch = "yes" if yes else "no"
        [at] = [one for _, one in drawn[drawn["parent"] == at["node"]].iterrows()
                if one["branch"] == branch]  # fmt: skip
    return at


def test_the_table_of_nodes_says_what_the_tree_says(x):
    y = 3 * x[:, 2] + np.where(x[:, 0] > 0.5, 2, 0) * x[:, 2] + 0.01 * x[:, 1]
    tree = grown(x, y, COLUMNS, "regression", 3, 8)
    drawn = nodes(tree, COLUMNS)
    rows = x.astype(np.float32)
    read = [walked(drawn, row, COLUMNS) for row in rows]
    np.testing.assert_allclose([one["value"] for one in read], tree.predict(rows))
    for leaf in {int(one["node"]) for one in read}:
        own = [at for at, one in enumerate(read) if int(one["node"]) == leaf]
        assert drawn["n"].iloc[leaf] == len(own)
        assert drawn["spread"].iloc[leaf] == pytest.approx(y[own].std(), abs=1e-6)
    assert drawn["kind"].iloc[0] == "level"
    assert drawn["level"].iloc[0] == "red"


def test_depth_and_leaves_are_bounds_and_it_is_scikit_learns_tree():
    x = np.array(list(product(range(4), repeat=3)) * 4, dtype=float)
    columns = [Column(one, "number") for one in "abc"]
    y = x @ [4.0, 2.0, 1.0]
    for depth, leaves in ((1, 9), (3, 5), (2, 4)):
        tree = grown(x, y, columns, "regression", depth, leaves)
        due = DecisionTreeRegressor(max_depth=depth, max_leaf_nodes=leaves, min_samples_leaf=5,
                                    random_state=0).fit(x, y)  # fmt: skip
        np.testing.assert_allclose(tree.predict(x.astype(np.float32)), due.predict(x))
        assert tree.get_depth() <= depth
        assert tree.get_n_leaves() <= leaves
