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
