import numpy as np
import pytest
from PIL import Image

from xaiframe.data.pictures.listing import Columns, below, listed
from xaiframe.errors import DataError

COLUMNS = Columns("path", "class")


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.zeros((2, 2), dtype=np.uint8)).save(path)
    return path


def test_a_picture_anywhere_below_its_class_counts_and_other_files_do_not(tmp_path):
    for name in ("b/2.png", "a/deep/1.JPG", "a/0.png"):
        picture(tmp_path / name)
    for name in ("a/notes.txt", "a/.hidden.png", ".DS_Store", "README"):
        (tmp_path / name).write_text("no picture")
    found = listed([tmp_path], COLUMNS)
    assert found.names == ["a/0.png", "a/deep/1.JPG", "b/2.png"]
    assert found.labels == ["a", "a", "b"]
    assert found.others == 2


def test_every_empty_class_is_named(tmp_path):
    picture(tmp_path / "a/0.png")
    (tmp_path / "b").mkdir()
    (tmp_path / "c/deep").mkdir(parents=True)
    with pytest.raises(DataError) as caught:
        listed([tmp_path], COLUMNS)
    assert ["'b'" in str(one) or "'c'" in str(one) for one in caught.value.problems] == [True, True]


def test_a_folder_without_classes_is_refused(tmp_path):
    picture(tmp_path / "0.png")
    with pytest.raises(DataError, match="a folder per class"):
        listed([tmp_path], COLUMNS)
    assert listed([tmp_path], COLUMNS, labelled=False).names == ["0.png"]


def test_a_folder_that_names_no_split_is_refused(tmp_path):
    picture(tmp_path / "train/a/0.png")
    picture(tmp_path / "later/a/0.png")
    with pytest.raises(DataError, match="'later' names no split"):
        listed([tmp_path], COLUMNS, given=True)


def test_a_glob_of_pictures_takes_the_folders_names(tmp_path):
    found = [picture(tmp_path / name) for name in ("x/a/0.png", "x/b/1.png", "y/a/2.png")]
    listing = listed(found, COLUMNS)
    assert listing.names == ["x/a/0.png", "x/b/1.png", "y/a/2.png"]
    assert listing.labels == ["a", "b", "a"]
    assert listing.paths() == found
    with pytest.raises(DataError, match="one picture cannot be split"):
        listed(found[:1], COLUMNS)


@pytest.mark.parametrize(
    "leaving", ["../outside.png", "{root}/../outside.png", "a/../../outside.png"]
)
def test_a_path_out_of_the_tables_folder_is_refused(tmp_path, leaving):
    picture(tmp_path / "outside.png")
    picture(tmp_path / "set/a/0.png")
    path = leaving.format(root=tmp_path / "set")
    (tmp_path / "set/labels.csv").write_text(f"path,class\na/0.png,a\n{path},a\n")
    with pytest.raises(DataError, match=r"row 2: .* leads out of the table's folder"):
        listed([tmp_path / "set/labels.csv"], COLUMNS)


def test_a_link_out_of_the_tables_folder_is_refused(tmp_path):
    picture(tmp_path / "outside.png")
    (tmp_path / "set").mkdir()
    (tmp_path / "set/link.png").symlink_to(tmp_path / "outside.png")
    (tmp_path / "set/labels.csv").write_text("path,class\nlink.png,a\n")
    with pytest.raises(DataError, match="leads out"):
        listed([tmp_path / "set/labels.csv"], COLUMNS)


def test_a_table_without_the_columns_is_refused(tmp_path):
    (tmp_path / "labels.csv").write_text("file,kind\na.png,a\n")
    with pytest.raises(DataError) as caught:
        listed([tmp_path / "labels.csv"], COLUMNS)
    assert [one.message for one in caught.value.problems] == [
        "no column 'path'",
        "no column 'class'",
    ]
    assert "file, kind" in caught.value.problems[0].hint


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("path,class\né.png,a\n".encode("latin-1"), "not UTF-8"),
        (b"", "cannot be read"),
        (b"path,class\na.png,a\nb.png,a,c,d\n", "cannot be read"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(tmp_path, content, message):
    (tmp_path / "labels.csv").write_bytes(content)
    with pytest.raises(DataError, match=message):
        listed([tmp_path / "labels.csv"], COLUMNS)


def test_words_that_pandas_takes_for_missing_may_name_a_class(tmp_path):
    picture(tmp_path / "0.png")
    (tmp_path / "labels.csv").write_text("path,class\n0.png,None\n")
    assert listed([tmp_path / "labels.csv"], COLUMNS).labels == ["None"]


def test_below_is_sorted_and_skips_hidden_folders(tmp_path):
    for name in ("b.png", "a/c.png", ".trash/d.png"):
        picture(tmp_path / name)
    assert [p.name for p in below(tmp_path)[0]] == ["c.png", "b.png"]
