"""Importance weights against a density ratio that is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from xaiframe.errors import NotApplicable
from xaiframe.precaution.drift.ratio import design
from xaiframe.repair.importance_weights import ImportanceWeights

N = 4000


@pytest.fixture
def shifted(table):
    """``shifted(by)``: one Gaussian column, its mean moved by so many sd in test; one of noise."""

    def build(by, scale=1.0):
        random = np.random.default_rng(1)
        late = np.arange(N) / N >= 0.75
        a = random.normal(size=N) * np.where(late, scale, 1) + by * late
        return table(pd.DataFrame({"a": a, "b": random.normal(size=N)}), np.arange(N) % 2)

    return build


@pytest.mark.parametrize(("by", "scale"), [(0.7, 1.0), (0.0, 0.6)])
def test_weights_are_the_ratio_of_two_known_gaussians(shifted, by, scale):
    data = shifted(by, scale)
    made = ImportanceWeights()(data.train, data, {}, 0)
    a = data.train.frame["a"].to_numpy()
    truth = norm.pdf(a, by, scale) / norm.pdf(a)
    assert np.corrcoef(made.train.weight, truth)[0, 1] > 0.97
    assert np.average(a, weights=made.train.weight) == pytest.approx(by, abs=0.08)


def test_where_nothing_moved_it_does_not_apply(shifted):
    with pytest.raises(NotApplicable, match="look like training rows"):
        ImportanceWeights()(shifted(0.0).train, shifted(0.0), {}, 0)


def test_labels_of_the_test_split_are_never_read(shifted):
    data = shifted(0.7)
    blind = replace(data, test=replace(data.test, y=None))
    one, other = (ImportanceWeights()(d.train, d, {}, 0).train.weight for d in (data, blind))
    np.testing.assert_array_equal(one, other)


def test_weights_are_clipped_and_flattened_until_enough_rows_count(shifted, value):
    data = shifted(2.5)
    made = ImportanceWeights(least=0.5)(data.train, data, {}, 0)
    weight = made.train.weight.astype(float)
    assert weight.sum() ** 2 / (weight**2).sum() >= 0.5 * len(weight)
    assert value(made, "power") < 1
    tight = ImportanceWeights(most=2.0, least=0.01)(data.train, data, {}, 0)
    assert value(tight, "clipped_rows") > 0


def test_the_design_bears_odd_columns():
    odd = pd.DataFrame(
        {
            "constant": 1.0,
            "empty": np.nan,
            "infinite": [np.inf, 1.0] * 20,
            "level": [f"row {k}" for k in range(40)],
            "date": pd.date_range("2020", periods=40),
        }
    )
    assert np.isfinite(design(odd, odd)).all()
    assert np.isfinite(design(odd[["constant"]], odd[["constant"]])).all()


def test_bad_parameters_are_named():
    for bad in ({"most": 0.5}, {"least": 0}, {"folds": 1}):
        with pytest.raises(ValueError, match="importance_weights"):
            ImportanceWeights(**bad)
