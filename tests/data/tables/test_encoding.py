import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder

from xaiframe.data.table import Table
from xaiframe.data.tables.column import Boolean, Categorical, Date, Numeric, Ordinal
from xaiframe.data.tables.encoding import TableEncoding

SIZES = ("small", "medium", "large")


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    n = 80
    frame = pd.DataFrame(
        {
            "price": random.normal(10, 3, n).round(2),
            "rooms": random.integers(1, 9, n),
            "colour": random.choice(["red", "green", "blue"], n),
            "size": random.choice(SIZES, n),
            "garden": random.random(n) > 0.5,
            "sold": pd.Timestamp("2021-03-05") + pd.to_timedelta(random.integers(0, 400, n), "D"),
            "code": random.choice([7, 11, 13], n),
        }
    )
    frame.loc[::9, "price"] = np.nan
    frame.loc[::7, "colour"] = None
    frame.loc[::11, "sold"] = pd.NaT
    return frame.assign(label=random.choice(["no", "yes"], n))


@pytest.fixture
def data(frame, tmp_path):
    frame.to_csv(tmp_path / "homes.csv", index=False)
    kinds = {"size": list(SIZES), "code": "categorical"}
    return Table(str(tmp_path / "homes.csv"), "label", kinds=kinds).load()


def test_the_users_columns_come_back_typed(data, frame):
    for split in data.splits.values():
        raw = data.encoding.raw(split.x)
        expected = frame.iloc[split.ids].drop(columns="label").reset_index(drop=True)
        for name in ("rooms", "garden", "code", "size", "colour"):
            known = expected[name].astype(object).where(expected[name].notna(), None)
            found = raw[name].astype(object).where(raw[name].notna(), None)
            assert found.tolist() == known.tolist()
        np.testing.assert_array_equal(raw["price"], expected["price"])
        assert ((raw["sold"] == expected["sold"]) | expected["sold"].isna()).all()
        assert raw["sold"].isna().tolist() == expected["sold"].isna().tolist()
        assert raw["rooms"].dtype == np.int64
        assert raw["code"].dtype == np.int64
        assert raw["garden"].dtype == bool


def test_encoding_what_came_back_changes_nothing(data):
    for split in data.splits.values():
        np.testing.assert_array_equal(data.encoding.encode(data.encoding.raw(split.x)), split.x)
        values = data.encoding.values(split.x)
        np.testing.assert_array_equal(data.encoding.elements(values), split.x)


def test_a_category_is_one_feature_of_as_many_elements_as_levels(data, frame):
    features = dict(enumerate(data.features))
    width = {features[k]: int((data.feature_mask == k).sum()) for k in features}
    assert width == {
        "price": 2, "rooms": 1, "colour": 4, "size": 1, "garden": 1, "sold": 2, "code": 3
    }  # fmt: skip
    part = data.feature_mask == data.features.index("code")
    theirs = OneHotEncoder(sparse_output=False).fit(frame[["code"]])
    expected = theirs.transform(frame[["code"]].iloc[data.test.ids])
    np.testing.assert_array_equal(data.test.x[:, part], expected)


def test_a_missing_number_takes_the_training_median_and_says_so(data):
    part = np.flatnonzero(data.feature_mask == data.features.index("price"))
    holes = data.test.frame["price"].isna().to_numpy()
    median = data.train.frame["price"].median()
    np.testing.assert_allclose(data.test.x[holes][:, part], [[median, 1]] * holes.sum(), rtol=1e-6)
    assert not data.test.x[~holes][:, part[1]].any()


def test_a_date_is_the_days_since_the_earliest_of_training(data):
    part = np.flatnonzero(data.feature_mask == data.features.index("sold"))[0]
    first = data.train.frame["sold"].min()
    known = data.test.frame["sold"].notna().to_numpy()
    days = [(one - first).days for one in data.test.frame["sold"][known]]
    np.testing.assert_array_equal(data.test.x[known, part], days)


def test_a_hybrid_of_two_rows_decodes_to_values_of_either(data):
    one, other = data.test.x[:20], data.train.x[:20]
    keep = np.random.default_rng(1).random((20, len(data.features))) > 0.5
    hybrid = np.where(keep[:, data.feature_mask], one, other)
    raw, first, second = (data.encoding.raw(x) for x in (hybrid, one, other))
    for k, name in enumerate(data.features):
        chosen = first[name].astype(object).where(keep[:, k], second[name].astype(object))
        same = (raw[name].astype(object) == chosen) | (raw[name].isna() & chosen.isna())
        assert same.all()


def test_the_report_gets_cells_as_the_user_writes_them_and_names_for_codes(data):
    tables = data.encoding.tables(data.test)
    shown, levels = tables["shown"], tables["levels"]
    assert list(shown.columns) == list(data.features)
    assert set(shown["colour"]) == {"red", "green", "blue", "(missing)"}
    days = pd.date_range("2021-03-05", periods=400).strftime("%Y-%m-%d")
    assert set(shown["sold"]) <= {"(missing)", *days}
    names = levels[levels["feature"] == "size"].sort_values("code")["level"]
    assert tuple(names) == SIZES
    assert data.encoding.kinds["size"] == "ordinal"


def test_a_level_never_seen_in_training_is_nothing_and_counted(tmp_path):
    n = 60
    frame = pd.DataFrame({"a": np.arange(n) % 3, "c": ["x", "y"] * 30, "label": ["p", "q"] * 30})
    frame["part"] = ["train"] * 30 + ["valid"] * 15 + ["test"] * 15
    frame.loc[50:52, "c"] = "z"
    frame.to_csv(tmp_path / "unseen.csv", index=False)
    data = Table(str(tmp_path / "unseen.csv"), "label", split="given", split_column="part").load()
    rows = data.test.frame["c"] == "z"
    part = data.feature_mask == 1
    assert not data.test.x[rows][:, part].any()
    assert data.encoding.raw(data.test.x)["c"][rows].isna().all()
    [note] = [one for one in data.notes if one.name == "unseen_categories"]
    assert (note.value, note.labels) == (3, {"column": "c", "split": "test"})
    assert data.encoding.tables(data.test)["shown"]["c"][rows].tolist() == ["z"] * 3


def test_rare_levels_are_joined():
    cells = pd.Series(["a"] * 5 + ["b"] * 4 + ["c"] * 3 + ["d"] * 2 + ["e"])
    column = Categorical.fit("c", cells, most=3)
    assert column.own == ("a", "b", "(other)")
    np.testing.assert_array_equal(column.numbers(pd.Series(["a", "d", "new", "b"])), [0, 2, 2, 1])


cells = {
    "x": st.floats(-1e6, 1e6, width=32) | st.none(),
    "n": st.integers(-1000, 1000),
    "c": st.sampled_from(["", "b", "c d", "é"]) | st.none(),
    "b": st.booleans() | st.none(),
    "t": st.datetimes(pd.Timestamp("1990-01-01"), pd.Timestamp("2030-01-01")) | st.none(),
}


@given(st.lists(st.fixed_dictionaries(cells), min_size=3, max_size=20))
def test_any_table_survives_the_way_there_and_back(rows):
    frame = pd.DataFrame(rows)
    frame["x"] = frame["x"].astype(float)
    frame["t"] = pd.to_datetime(frame["t"])
    columns = [
        Numeric.fit("x", frame["x"], whole=False),
        Numeric.fit("n", frame["n"], whole=True),
        Categorical.fit("c", frame["c"], 10),
        Boolean.fit("b", frame["b"], (False, True)),
        Ordinal.fit("n", frame["n"], tuple(range(-1000, 1001))),
    ]
    if frame["t"].notna().any():
        columns.append(Date.fit("t", frame["t"]))
    encoding = TableEncoding(columns)
    x = encoding.encode(frame)
    assert np.isfinite(x).all()
    again = encoding.encode(pd.DataFrame({**encoding.raw(x), "n": frame["n"]}))
    np.testing.assert_array_equal(again, x)
    np.testing.assert_array_equal(encoding.elements(encoding.values(x)), x)
