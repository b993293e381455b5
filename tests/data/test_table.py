import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_breast_cancer

from xaiframe.data.table import Table
from xaiframe.errors import DataError


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    columns = pd.DataFrame(random.normal(size=(60, 3)), columns=["a", "b", "c"])
    return columns.assign(label=np.where(columns["a"] > 0, "yes", "no"))


@pytest.fixture
def stored(tmp_path):
    def store(frame: pd.DataFrame, name: str = "data.csv") -> str:
        path = tmp_path / name
        frame.to_parquet(path) if path.suffix == ".parquet" else frame.to_csv(
            path, index=False, sep="\t" if path.suffix == ".tsv" else ","
        )
        return str(path)

    return store


def problems(source: str, **options: object) -> list[str]:
    with pytest.raises(DataError) as caught:
        Table(source, **{"target": "label", **options}).load()
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("name", ["data.csv", "data.tsv", "data.parquet"])
def test_every_format_gives_the_same_rows(stored, frame, name):
    data = Table(stored(frame, name), "label").load()
    assert data.features == ("a", "b", "c")
    assert data.classes == ("no", "yes")
    for split in data.splits.values():
        expected = frame.iloc[split.ids]
        np.testing.assert_allclose(split.x, expected[["a", "b", "c"]], rtol=1e-6)
        assert [data.classes[k] for k in split.y] == list(expected["label"])


def test_splits_are_disjoint_cover_everything_and_keep_class_shares():
    data = Table("builtin:breast_cancer", "diagnosis").load()
    ids = np.concatenate([split.ids for split in data.splits.values()])
    assert sorted(ids) == list(range(569))
    malignant = (load_breast_cancer().target == 0).mean()
    for split in data.splits.values():
        assert (split.y == data.classes.index("malignant")).mean() == pytest.approx(
            malignant, abs=0.01
        )


def test_missing_cells_take_the_training_median_and_stay_missing_in_the_frame(stored, frame):
    frame.loc[::7, "b"] = np.nan
    data = Table(stored(frame), "label").load()
    median = data.train.frame["b"].median()
    for split in data.splits.values():
        holes = split.frame["b"].isna().to_numpy()
        np.testing.assert_allclose(split.x[holes, 1], median, rtol=1e-6)
    assert sum(split.frame["b"].isna().sum() for split in data.splits.values()) == 9


def test_the_digest_sees_a_single_changed_cell(stored, frame):
    before = Table(stored(frame), "label").load().digest
    frame.loc[5, "c"] += 1
    assert Table(stored(frame), "label").load().digest != before


def test_a_file_that_does_not_exist_is_named(tmp_path):
    assert "does not exist" in problems(str(tmp_path / "absent.csv"))[0]


def test_an_empty_file_and_a_lone_header_are_told_apart(tmp_path):
    (tmp_path / "empty.csv").write_text("")
    (tmp_path / "header.csv").write_text("a,label\n")
    assert "is empty" in problems(str(tmp_path / "empty.csv"))[0]
    assert "no rows" in problems(str(tmp_path / "header.csv"))[0]


def test_bytes_that_are_not_utf8_are_located(tmp_path):
    (tmp_path / "latin.csv").write_bytes("a,label\n1,caf\xe9\n".encode("latin-1"))
    [problem] = problems(str(tmp_path / "latin.csv"))
    assert "UTF-8" in problem
    assert "byte" in problem


def test_an_unknown_target_lists_the_columns(stored, frame):
    [problem] = problems(stored(frame), target="lable")
    assert "no column 'lable'" in problem
    assert "a, b, c, label" in problem


def test_a_single_class_is_refused(stored, frame):
    assert "single class" in problems(stored(frame.assign(label="yes")))[0]


def test_a_class_with_fewer_rows_than_folds_is_refused(stored, frame):
    frame.loc[0, "label"] = "rare"
    assert "class 'rare' has 1 rows" in problems(stored(frame))[0]


def test_too_few_rows_are_refused(stored, frame):
    assert "too few" in problems(stored(frame.head(10)))[0]


def test_every_bad_column_is_reported_at_once(stored, frame):
    frame["void"] = np.nan
    frame["endless"] = np.where(frame.index == 3, np.inf, 1.0)
    frame["words"] = ["7"] * 59 + ["seven"]
    found = problems(stored(frame))
    assert len(found) == 3
    assert any("'void'" in one and "every cell is missing" in one for one in found)
    assert any("'endless', row 4" in one and "infinite" in one for one in found)
    assert any("'words', row 60" in one and "'seven' is not a number" in one for one in found)


def test_a_missing_target_value_is_located(stored, frame):
    frame.loc[4, "label"] = None
    [problem] = problems(stored(frame))
    assert "row 5" in problem


def test_a_target_typed_as_text_is_refused_for_regression(stored, frame):
    [problem] = problems(stored(frame), task="regression")
    assert "is not a number" in problem


def test_regression_keeps_the_numbers(stored, frame):
    data = Table(stored(frame.assign(label=frame["a"] * 2)), "label", task="regression").load()
    np.testing.assert_allclose(data.test.y, 2 * data.test.x[:, 0], rtol=1e-5)
    assert data.classes == ()


def test_shares_that_leave_a_split_empty_are_refused():
    with pytest.raises(DataError, match="leave a split empty"):
        Table("builtin:breast_cancer", "diagnosis", test=0.8, validation=0.3)


def test_classes_keep_a_declared_order_and_numbers_are_shown_as_written(stored, frame):
    path = stored(frame.assign(label=np.where(frame["a"] > 0, 1, 0)))
    assert Table(path, "label").load().classes == ("0", "1")
    data = Table(path, "label", classes=[1, 0]).load()
    assert data.classes == ("1", "0")
    assert ((data.test.y == 0) == (data.test.x[:, 0] > 0)).all()
    [problem] = problems(path, classes=[1])
    assert "row" in problem
    assert "'0' is no class" in problem


@pytest.mark.parametrize(
    ("cell", "expected"), [(np.inf, "inf is infinite"), (np.nan, "target is missing")]
)
def test_a_target_that_is_no_finite_number_is_located(stored, frame, cell, expected):
    frame["label"] = frame["a"] * 2
    frame.loc[6, "label"] = cell
    [problem] = problems(stored(frame), task="regression")
    assert "row 7" in problem
    assert expected in problem


def test_many_different_numbers_are_no_classes(stored, frame):
    [problem] = problems(stored(frame.assign(label=frame["a"])))
    assert "60 different numbers are no classes (task: regression)" in problem


def test_columns_left_out_are_kept_aside(stored, frame):
    frame["race"] = ["x", "y"] * 30
    data = Table(stored(frame), "label", drop=["race"]).load()
    assert data.features == ("a", "b", "c")
    assert data.dropped == ("race",)
    for split in data.splits.values():
        assert split.aside is not None
        assert split.aside["race"].tolist() == frame["race"].iloc[split.ids].tolist()


def test_only_the_named_features_are_read(stored, frame):
    data = Table(stored(frame, "data.parquet"), "label", features=["c"], drop=["a"]).load()
    assert data.features == ("c",)
    assert list(data.test.aside.columns) == ["a"]


def test_damaged_and_filtered_rows_are_counted_and_ids_stay_row_numbers(stored, frame):
    frame["day"] = pd.date_range("2020-01-01", periods=60).strftime("%Y-%m-%d")
    frame.loc[7, "day"] = "soon"
    frame["n"] = range(60)
    data = Table(
        stored(frame), "label", dates=["day"], filter=[{"column": "n", "at_least": 5}]
    ).load()
    ids = np.concatenate([split.ids for split in data.splits.values()])
    assert sorted(ids) == [k for k in range(5, 60) if k != 7]
    assert ["row 8" in str(one) for one in data.damage] == [True]
    assert {one.name: one.value for one in data.notes}["filtered"] == 5


def test_an_id_may_not_lie_in_two_splits(stored, frame):
    frame["patient"] = np.arange(60) // 3
    [problem] = problems(stored(frame), id="patient")
    assert "lies in" in problem
    assert "data.split: group" in problem
    grouped = {"split": "group", "split_column": "patient"}
    data = Table(stored(frame), "label", id="patient", **grouped).load()
    assert "patient" not in data.features
    seen = [split.aside["patient"].unique() for split in data.splits.values()]
    assert len(set(np.concatenate(seen))) == sum(map(len, seen))


def test_a_split_in_time_follows_dates_however_they_are_written(stored, frame):
    days = pd.date_range("2020-01-25", periods=60)[::-1]
    frame["day"] = days.strftime("%d.%m.%Y")
    in_time = {"split": "time", "split_column": "day", "dates": {"day": "%d.%m.%Y"}}
    data = Table(stored(frame), "label", drop=["day"], **in_time).load()
    spans = [(days[split.ids].min(), days[split.ids].max()) for split in data.splits.values()]
    assert spans[0][1] < spans[1][0]
    assert spans[1][1] < spans[2][0]


def test_new_rows_are_encoded_as_the_loaded_ones(stored, frame):
    frame["colour"] = ["red", "blue", "green"] * 20
    frame.loc[::5, "b"] = np.nan
    module = Table(stored(frame), "label")
    data = module.data
    fresh = frame.iloc[data.test.ids]
    split = module.rows(stored(fresh.assign(note="hello"), "new.csv"))
    np.testing.assert_array_equal(split.x, data.test.x)
    np.testing.assert_array_equal(split.y, data.test.y)
    assert list(split.aside.columns) == ["note"]
    bare = module.rows(stored(fresh.drop(columns="label"), "bare.csv"))
    assert (bare.y == -1).all()
    with pytest.raises(DataError, match="no column 'colour'"):
        module.rows(stored(fresh.drop(columns="colour"), "less.csv"))
    with pytest.raises(DataError, match="row 2: 'x' is not a number"):
        module.rows(stored(fresh.assign(a=["1.0", "x"] + ["2"] * (len(fresh) - 2)), "bad.csv"))


def test_a_single_new_row_without_a_value_can_be_read(stored, frame):
    frame.loc[::5, "b"] = np.nan
    frame["day"] = ["2020-01-01", "2020-05-01", None] * 20
    module = Table(stored(frame), "label")
    row = frame.head(1).assign(b=np.nan, day=None)
    split = module.rows(stored(row, "one.csv"))
    raw = module.data.encoding.raw(split.x)
    assert raw.loc[0, ["b", "day"]].isna().all()


def test_the_notes_say_what_every_column_was_taken_for(stored, frame):
    frame["colour"] = ["red", "blue", "green"] * 20
    frame["grade"] = [1, 2, 3] * 20
    data = Table(stored(frame), "label", kinds={"grade": [1, 2, 3]}).load()
    told = {(one.labels["kind"], one.labels["by"]): one.value for one in data.notes}
    assert told == {
        ("numeric", "inferred"): "a, b, c",
        ("categorical", "inferred"): "colour",
        ("ordinal", "declared"): "grade",
    }


def test_a_schema_is_held_against_the_cells_as_they_were_read(stored, frame):
    frame["grade"] = [1, 2, 3] * 20
    schema = {"columns": {"grade": {"dtype": "int64", "checks": {"less_than": 3}}}}
    found = problems(stored(frame), schema=schema, drop=["grade"])
    assert "column 'grade', row 3: 3 breaks less_than(3)" in found[0]


def test_classes_bear_the_names_that_the_recipe_gives_their_labels(stored, frame):
    numbered = frame.assign(label=np.where(frame["label"] == "yes", 1, 0))
    module = Table(stored(numbered), "label", named={"1": "leaves", "0": "stays"})
    assert module.data.classes == ("leaves", "stays")  # in the order given
    told = np.array(module.data.classes, dtype=object)[module.data.test.y]
    wanted = np.where(numbered["label"].iloc[module.data.test.ids] == 1, "leaves", "stays")
    np.testing.assert_array_equal(told, wanted)
    fresh = module.rows(stored(numbered.iloc[module.data.test.ids], "new.csv"))
    np.testing.assert_array_equal(fresh.y, module.data.test.y)
    (fault,) = problems(stored(numbered), named={"1": "leaves"})
    assert "'0' is no class" in fault
    missing = numbered.astype({"label": object})
    missing.loc[3, "label"] = None
    assert "the target is missing" in problems(stored(missing), named={"0": "a", "1": "b"})[0]
