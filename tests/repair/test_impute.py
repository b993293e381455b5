"""The filling layer against scikit-learn's imputers."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from xaiframe.errors import NotApplicable
from xaiframe.repair.impute import Impute
from xaiframe.repair.numbers import Numbers


@pytest.fixture
def gappy(table):
    random = np.random.default_rng(0)
    a = random.normal(size=400)
    frame = pd.DataFrame(
        {"a": a, "b": 3 * a + 5 + 0.1 * random.normal(size=400), "c": random.normal(size=400)}
    )
    frame["level"] = random.choice(["u", "v"], 400)
    frame.loc[::7, "b"] = np.nan
    frame.loc[3::11, "a"] = np.nan
    return table(frame, (a > 0).astype(int))


def filled(data, layer, split):
    return layer(torch.as_tensor(split.x)).numpy()[:, Numbers.of(data).at]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_regressions_fill_as_scikit_learns_imputer_does(gappy, split):
    [layer] = Impute("iterative")(gappy.train, gappy, {}, 0).conduct.preparations
    numbers = Numbers.of(gappy)
    train = numbers.present(gappy.train.x)
    truth = IterativeImputer(
        random_state=0, skip_complete=True,
        min_value=np.nanmin(train, axis=0), max_value=np.nanmax(train, axis=0),
    ).fit(train)  # fmt: skip
    here = gappy.splits[split]
    expected = truth.transform(numbers.present(here.x))
    np.testing.assert_allclose(filled(gappy, layer, here), expected, rtol=1e-4, atol=1e-4)


def test_a_number_that_follows_from_another_is_found(gappy):
    [layer] = Impute()(gappy.train, gappy, {}, 0).conduct.preparations
    frame = gappy.test.frame
    gone = (frame["b"].isna() & frame["a"].notna()).to_numpy()
    b = filled(gappy, layer, gappy.test)[gone, 1]
    expected = 3 * frame["a"][gone] + 5
    assert np.abs(b - np.clip(expected, *gappy.train.frame["b"].agg(["min", "max"]))).max() < 0.5


def test_mean_and_zero_fill_with_those_and_leave_what_is_there(gappy):
    for strategy, expected in (("mean", gappy.train.frame["b"].mean()), ("zero", 0.0)):
        [layer] = Impute(strategy)(gappy.train, gappy, {}, 0).conduct.preparations
        gone = gappy.test.frame["b"].isna().to_numpy()
        found = filled(gappy, layer, gappy.test)
        np.testing.assert_allclose(found[gone, 1], expected, rtol=1e-5)
        np.testing.assert_allclose(found[~gone, 1], gappy.test.frame["b"][~gone], rtol=1e-5)


def test_indicators_and_levels_pass_and_filling_twice_is_filling_once(gappy):
    [layer] = Impute()(gappy.train, gappy, {}, 0).conduct.preparations
    x, numbers = torch.as_tensor(gappy.train.x), Numbers.of(gappy)
    others = np.setdiff1d(np.arange(x.shape[1]), numbers.at)
    assert torch.equal(layer(x)[:, others], x[:, others])
    torch.testing.assert_close(layer(layer(x)), layer(x), rtol=1e-4, atol=1e-4)


def test_the_median_is_what_the_data_hold_already(gappy, value):
    made = Impute("median")(gappy.train, gappy, {}, 0)
    assert made.conduct.preparations == ()
    np.testing.assert_array_equal(made.train.x, gappy.train.x)
    assert value(made, "filled_cells") == gappy.train.frame[["a", "b"]].isna().sum().sum()


def test_without_a_missing_number_it_does_not_apply(table):
    data = table(pd.DataFrame({"a": np.arange(100.0)}), np.arange(100) % 2)
    with pytest.raises(NotApplicable, match="no number is missing"):
        Impute()(data.train, data, {}, 0)


def test_a_constant_and_an_almost_empty_column_are_borne(table):
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"a": random.normal(size=200), "one": 1.0, "few": np.nan})
    frame.loc[::50, "few"] = [1.0, 2.0, 3.0, 4.0]
    frame.loc[::3, "one"] = np.nan
    data = table(frame, np.arange(200) % 2)
    for strategy in ("mean", "zero", "iterative"):
        made = Impute(strategy)(data.train, data, {}, 0)
        assert np.isfinite(made.train.x).all()


def test_bad_parameters_are_named():
    with pytest.raises(ValueError, match="median, mean, zero, iterative"):
        Impute("mode")
    with pytest.raises(ValueError, match="rounds"):
        Impute(rounds=0)
