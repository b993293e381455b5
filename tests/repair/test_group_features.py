"""Grouped columns against scikit-learn's principal components."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.decomposition import PCA
from sklearn.preprocessing import StandardScaler

from xaiframe.errors import NotApplicable
from xaiframe.repair.group_features import GroupFeatures


@pytest.fixture
def echoing(table):
    random = np.random.default_rng(0)
    a, b = random.normal(size=(2, 400))
    frame = pd.DataFrame(
        {
            "a": a,
            "a again": 100 + 10 * a + 2 * random.normal(size=400),
            "minus a": -a + 0.2 * random.normal(size=400),
            "b": b,
            "constant": 1.0,
        }
    )
    frame["level"] = random.choice(["u", "v"], 400)
    return table(frame, (a > 0).astype(int))


def projected(made, split):
    [layer] = made.conduct.preparations
    return layer(torch.as_tensor(split.x)).numpy()


def test_columns_become_their_first_component(echoing):
    made = GroupFeatures()(echoing.train, echoing, {}, 0)
    own = StandardScaler().fit(echoing.train.x[:, :3])
    component = PCA(1).fit(own.transform(echoing.train.x[:, :3]))
    z = own.transform(echoing.test.x[:, :3])
    expected = own.inverse_transform(component.inverse_transform(component.transform(z)))
    np.testing.assert_allclose(projected(made, echoing.test)[:, :3], expected, rtol=1e-3, atol=1e-3)


def test_groups_are_named_and_what_is_kept_is_told(echoing, value):
    made = GroupFeatures()(echoing.train, echoing, {}, 0)
    assert made.tables["groups"]["column"].tolist() == ["a", "a again", "minus a"]
    assert value(made, "groups") == 1
    own = StandardScaler().fit_transform(echoing.train.x[:, :3])
    share = PCA().fit(own).explained_variance_ratio_[0]
    assert value(made, "kept_variance") == pytest.approx(share, rel=1e-4)


def test_what_is_not_grouped_passes_unchanged(echoing):
    for action in ("component", "drop"):
        made = GroupFeatures(action)(echoing.train, echoing, {}, 0)
        found = projected(made, echoing.test)
        np.testing.assert_allclose(found[:, 3:], echoing.test.x[:, 3:], rtol=1e-6)


def test_dropping_leaves_one_voice_and_holds_the_rest_at_their_mean(echoing):
    made = GroupFeatures("drop")(echoing.train, echoing, {}, 0)
    table = made.tables["groups"]
    [leader] = table.index[table["leads"]]
    found = projected(made, echoing.test)
    np.testing.assert_allclose(found[:, leader], echoing.test.x[:, leader], rtol=1e-5)
    for other in {0, 1, 2} - {leader}:
        np.testing.assert_allclose(found[:, other], echoing.train.x[:, other].mean(), atol=1e-4)


def test_every_pair_in_a_group_correlates(table):
    """a, b, c in a chain: a–b and b–c are close, a–c is not."""
    random = np.random.default_rng(0)
    a, c = random.normal(size=(2, 1000))
    data = table(pd.DataFrame({"a": a, "b": a + c, "c": c}), np.arange(1000) % 2)
    made = GroupFeatures(threshold=0.6)(data.train, data, {}, 0)
    assert len(made.tables["groups"]) == 2
    with pytest.raises(NotApplicable, match="no two numeric columns"):
        GroupFeatures(threshold=0.9)(data.train, data, {}, 0)


def test_bad_parameters_are_named():
    with pytest.raises(ValueError, match="component or drop"):
        GroupFeatures("mean")
    with pytest.raises(ValueError, match="threshold"):
        GroupFeatures(threshold=1.0)
