import csv
from zipfile import ZipFile

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from sklearn.datasets import load_digits

from xaiframe.data.image import Images
from xaiframe.data.pictures import reading as image_reading
from xaiframe.data.pictures.features import superpixels
from xaiframe.errors import DataError


def save(path, pixels, **keywords):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.asarray(pixels)).save(path, **keywords)


@pytest.fixture
def folder(tmp_path):
    """Two classes of 12 grey pictures of 6×5 pixels; each picture's levels are its own."""
    for name, base in (("cat", 0), ("dog", 100)):
        for k in range(12):
            pixels = np.full((6, 5), base + k, dtype=np.uint8)
            pixels[0, 0] = 255
            save(tmp_path / "pictures" / name / f"{k:02d}.png", pixels)
    return tmp_path / "pictures"


def every(data):
    """Rows of all splits by file name: class and picture."""
    return {
        str(name): (data.classes[y], x)
        for part in data.splits.values()
        for name, y, x in zip(part.original, part.y, part.x, strict=True)
    }


def test_digits_come_as_they_are_with_their_labels():
    data = Images("builtin:digits").load()
    loaded = load_digits()
    for split in data.splits.values():
        np.testing.assert_array_equal(split.x[:, 0], loaded.images[split.ids])
        np.testing.assert_array_equal(split.y, loaded.target[split.ids])
    assert data.input_shape == (1, 8, 8)
    assert len(data.features) == 16
    shown = data.encoding.tables(data.test)["originals"]
    assert tuple(shown[["black", "white"]].iloc[0]) == (16, 0)


def test_an_unknown_source_is_refused():
    with pytest.raises(DataError, match="builtin:digits"):
        Images("builtin:cats").load()


def test_a_folder_per_class_is_read_as_it_is(folder):
    data = Images(str(folder)).load()
    found = every(data)
    assert data.classes == ("cat", "dog")
    assert data.input_shape == (1, 6, 5)
    assert len(found) == 24
    for name, (label, x) in found.items():
        assert name.startswith(label + "/")
        np.testing.assert_array_equal(x[0], np.asarray(Image.open(folder / name)))
    ids = {
        n: i for part in data.splits.values() for n, i in zip(part.original, part.ids, strict=True)
    }
    assert [ids[name] for name in sorted(ids)] == list(range(24))
    assert (data.damage, data.notes) == ((), ())


def test_broken_pictures_are_left_out_and_named(folder):
    whole = (folder / "cat/00.png").read_bytes()
    (folder / "cat/00.png").write_bytes(whole[: len(whole) // 2])
    (folder / "dog/11.png").write_text("not a picture")
    data = Images(str(folder)).load()
    assert {problem.place for problem in data.damage} == {"cat/00.png", "dog/11.png"}
    assert {"cat/00.png", "dog/11.png"} & set(every(data)) == set()
    for name, (_, x) in every(data).items():
        np.testing.assert_array_equal(x[0], np.asarray(Image.open(folder / name)))


def test_more_broken_than_whole_is_refused(folder):
    for path in sorted(folder.glob("*/*.png"))[2:20]:
        path.write_bytes(path.read_bytes()[:45])
    with pytest.raises(DataError, match="18 of 24 pictures cannot be read"):
        Images(str(folder)).load()


def test_differing_sizes_need_a_size(folder):
    save(folder / "dog/03.png", np.full((9, 9), 103, dtype=np.uint8))
    with pytest.raises(DataError) as caught:
        Images(str(folder)).load()
    (problem,) = caught.value.problems
    assert problem.place == "dog/03.png"
    assert "9×9" in problem.message
    assert "23 others have 6×5" in problem.message
    assert problem.hint == "set size: [6, 5] to resize"
    data = Images(str(folder), size=[6, 5]).load()
    np.testing.assert_array_equal(every(data)["dog/03.png"][1], 103)
    assert {fact.name: fact.value for fact in data.notes} == {"resized": 1}
    assert {"height", "width"} <= set(data.train.frame)


def test_depths_do_not_mix(folder):
    save(folder / "dog/03.png", np.full((6, 5), 40000, dtype=np.uint16))
    with pytest.raises(DataError, match=r"dog/03.png: 16 bits per channel, 23 others have 8"):
        Images(str(folder)).load()


def test_colour_is_kept_as_soon_as_one_picture_has_it(folder):
    save(folder / "dog/03.png", np.broadcast_to(np.uint8([10, 20, 30]), (6, 5, 3)))
    data = Images(str(folder)).load()
    assert data.input_shape == (3, 6, 5)
    np.testing.assert_array_equal(every(data)["dog/03.png"][1][:, 0, 0], [10, 20, 30])
    assert "saturation" in data.train.frame
    grey = Images(str(folder), mode="grey").load()
    want = 0.299 * 10 + 0.587 * 20 + 0.114 * 30  # ITU-R 601 luma
    assert every(grey)["dog/03.png"][1].max() == pytest.approx(want, abs=1)


def table(folder, rows, name="labels.csv"):
    with (folder / name).open("w", newline="", encoding="utf-8-sig") as stream:
        csv.writer(stream, delimiter="\t" if name.endswith(".tsv") else ",").writerows(rows)
    return str(folder / name)


def rows_of(folder, *columns):
    """One row per picture: its path, its class, and what the columns say of its number."""
    return [
        [f"{kind}/{k:02d}.png", kind, *(column(k) for column in columns)]
        for kind in ("cat", "dog")
        for k in range(12)
    ]


@pytest.mark.parametrize("name", ["labels.csv", "labels.tsv"])
def test_a_table_of_paths_and_labels(folder, name):
    rows = [["file", "kind", "camera"], *rows_of(folder, lambda k: f"c{k % 3}")]
    rows += [["cat/99.png", "cat", "c0"], ["cat/01.png", "", "c0"]]
    data = Images(table(folder, rows, name), paths="file", target="kind").load()
    assert len(every(data)) == 24
    assert data.target == "kind"
    assert set(data.test.aside["camera"]) <= {"c0", "c1", "c2"}
    assert [one.place for one in data.damage] == [f"{name}, row 25", f"{name}, row 26"]
    assert "there is no file cat/99.png" in data.damage[0].message
    for part in data.splits.values():
        for file, camera in zip(part.original, part.aside["camera"], strict=True):
            assert camera == f"c{int(file[4:6]) % 3}"


def test_groups_and_given_splits_come_from_the_table(folder):
    given = lambda k: ("train", "train", "validation", "test")[k % 4]
    rows = [["path", "class", "camera", "part"], *rows_of(folder, lambda k: k // 2, given)]
    source = table(folder, rows)
    data = Images(source, split="group", split_column="camera").load()
    cameras = [set(part.aside["camera"]) for part in data.splits.values()]
    assert sum(len(own) for own in cameras) == len(set.union(*cameras)) == 6
    data = Images(source, split="given", split_column="part").load()
    for name, part in data.splits.items():
        assert set(part.aside["part"]) == {name}
    with pytest.raises(DataError, match="no column 'patient' to split by"):
        Images(source, split="group", split_column="patient").load()


def test_folders_above_the_classes_give_the_split(folder, tmp_path):
    for path in folder.glob("*/*.png"):
        part = {0: "val", 1: "test"}.get(int(path.stem) % 4, "train")
        to = tmp_path / "given" / part / path.parent.name / path.name
        to.parent.mkdir(parents=True, exist_ok=True)
        path.rename(to)
    with pytest.raises(DataError, match="split: given"):
        Images(str(tmp_path / "given")).load()
    data = Images(str(tmp_path / "given"), split="given").load()
    assert data.classes == ("cat", "dog")
    for name, start in (("train", "train/"), ("validation", "val/"), ("test", "test/")):
        assert {str(one)[: len(start)] for one in data.splits[name].original} == {start}


def test_a_zip_reads_like_its_folder(folder, tmp_path):
    with ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in folder.glob("*/*.png"):
            archive.write(path, f"set/{path.relative_to(folder)}")
    zipped, plain = Images(str(tmp_path / "set.zip")).load(), Images(str(folder)).load()
    np.testing.assert_array_equal(zipped.test.x, plain.test.x)
    assert list(zipped.test.original) == list(plain.test.original)


def test_a_zip_that_leaves_its_folder_is_refused(tmp_path):
    with ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr("../evil/a.png", b"")
    with pytest.raises(DataError, match="leads out of the archive"):
        Images(str(tmp_path / "set.zip")).load()


def test_a_large_set_lies_in_a_file_and_is_never_copied(folder, monkeypatch):
    plain = Images(str(folder)).load()
    monkeypatch.setattr(image_reading, "IN_MEMORY", 100)
    (folder / "cat/05.png").write_bytes((folder / "cat/05.png").read_bytes()[:45])
    mapped = Images(str(folder)).load()
    for name, part in mapped.splits.items():
        assert isinstance(part.x, np.memmap)
        kept = [str(one) != "cat/05.png" for one in plain.splits[name].original]
        np.testing.assert_array_equal(part.x, plain.splits[name].x[kept])
    bases = {
        id(part.x.base.base if part.x.base.base is not None else part.x.base)
        for part in mapped.splits.values()
    }
    assert len(bases) == 1


def test_superpixels_are_each_pictures_own(folder):
    data = Images(str(folder), features="superpixels", superpixels=6).load()
    assert not data.aligned
    assert len(data.features) == data.feature_mask.max() + 1 == 6
    taken = data.test.take(np.array([2, 0]))
    assert taken.mask.shape == (2, 1, 6, 5)
    np.testing.assert_array_equal(taken.mask[0], superpixels(data.test.x[2], 6))
    other = Images(str(folder), features="superpixels", superpixels=7).load()
    assert data.digest != other.digest


def test_new_pictures_are_read_like_the_others(folder, tmp_path):
    module = Images(str(folder), size=[6, 5], features="superpixels", superpixels=4)
    assert module.data.classes == ("cat", "dog")
    save(tmp_path / "new" / "a.png", np.full((12, 10, 3), 7, dtype=np.uint8))
    save(tmp_path / "new" / "dog" / "b.png", np.full((6, 5), 9, dtype=np.uint8))
    one = module.rows(str(tmp_path / "new" / "a.png"))
    assert list(one.original) == ["a.png"]
    np.testing.assert_array_equal(one.x, np.full((1, 1, 6, 5), 7))
    assert list(one.y) == [-1]
    np.testing.assert_array_equal(one.mask[0], superpixels(one.x[0], 4))
    both = module.rows(str(tmp_path / "new" / "*"))
    assert list(both.y) == [-1, 1]
    assert list(both.frame) == list(module.data.train.frame)
    fixed = Images(str(folder))
    with pytest.raises(DataError, match=r"a\.png: 12×10 pixels, the model's have 6×5"):
        fixed.rows(str(tmp_path / "new" / "a.png"))


def test_new_pictures_of_a_table_need_no_label(folder):
    module = Images(str(folder))
    source = table(folder, [["path"], ["cat/01.png"], ["dog/02.png"]])
    rows = module.rows(source)
    np.testing.assert_array_equal(rows.x[1, 0], np.asarray(Image.open(folder / "dog/02.png")))
    assert list(rows.y) == [-1, -1]
    module.rows(table(folder, [["path"], ["cat/01.png"]]))
    with pytest.raises(DataError, match="there is no file"):
        module.rows(table(folder, [["path"], ["cat/77.png"]]))


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"mode": "colour"}, "no mode"),
        ({"size": [3]}, "no size"),
        ({"features": "pixels"}, "no features"),
    ],
)
def test_a_wrong_setting_is_refused(keywords, message):
    with pytest.raises(DataError, match=message):
        Images("somewhere", **keywords)


def test_deep_grey_keeps_its_levels(tmp_path):
    for kind in ("a", "b"):
        for k in range(12):
            pixels = np.full((4, 4), 1000 + 100 * k, dtype=np.uint16)
            save(tmp_path / kind / f"{k}.png", pixels)
    data = Images(str(tmp_path)).load()
    assert every(data)["a/7.png"][1].max() == 1700
    shown = data.encoding.tables(data.test)["originals"].iloc[0]
    assert (shown["black"], shown["white"]) == (data.train.x.min(), data.train.x.max())
    assert isinstance(data.train.frame, pd.DataFrame)
