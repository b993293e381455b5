"""A mark in one class's pictures is found where it is; pictures without one hold none."""

import numpy as np
import pytest

from xaiframe.precaution.correlation import Correlation
from xaiframe.precaution.measure import wilson
from xaiframe.precaution.relation.marks import LEVELS, lower, marks, reduced

CLASSES = ("a", "b", "c")


@pytest.fixture
def plain():
    """300 pictures of dark noise with one bright pixel anywhere, 100 of each class."""
    random = np.random.default_rng(0)
    x = random.uniform(0, 100, (300, 1, 12, 10))
    x[np.arange(300), 0, random.integers(0, 12, 300), random.integers(0, 10, 300)] = 255.0
    return x, np.repeat([0, 1, 2], 100)


def test_a_planted_mark_is_found_at_its_place(plain):
    x, y = plain
    x[100:160, 0, 2, 7] = 200.0
    found = marks(x, y, CLASSES).iloc[0]

    assert found[["class", "row", "column"]].tolist() == ["b", 2, 7]
    assert found["level"] == pytest.approx(200, abs=255 / LEVELS)
    assert found["rows"] == 60
    assert found["n"] == 100
    assert found["elsewhere"] <= 0.005


def test_noise_holds_no_mark(plain):
    x, y = plain
    assert marks(x, y, CLASSES)["share"].max() < 0.15


def test_a_mark_in_every_class_is_none(plain):
    x, y = plain
    x[:, 0, :3, :3] = 255.0
    assert marks(x, y, CLASSES)["share"].max() < 0.15


def test_large_pictures_are_read_in_blocks():
    x = np.arange(2 * 96 * 70, dtype=float).reshape(2, 1, 96, 70)
    blocks, step = reduced(x)

    assert step == 3
    assert blocks.shape == (2, 1, 32, 23)
    assert blocks[1, 0, 4, 5] == x[1, 0, 12:15, 15:18].mean()


def test_the_lower_end_is_wilsons():
    told = lower(np.array([0.3, 1.0, 0.0]), np.array([10, 20, 7]))
    assert told == pytest.approx([wilson(3, 10)[0], wilson(20, 20)[0], wilson(0, 7)[0]], abs=1e-12)


def test_the_check_names_class_and_place(pictures, value):
    random = np.random.default_rng(1)
    x, y = random.uniform(0, 0.5, (200, 1, 4, 4)), random.integers(0, 2, 200)
    x[y == 1, 0, 0, 3] = 1.0
    fact = value(Correlation()(pictures(x, y), 0), "strongest_mark")

    assert fact.labels == {"class": "c1", "at": "row 0, column 3"}
    assert fact.value == 1
    assert fact.interval[0] > 0.9


@pytest.mark.parametrize("x", [np.zeros((40, 1, 4, 4)), np.full((40, 1, 4, 4), np.nan)])
def test_pictures_of_one_colour_have_none(pictures, value, x):
    fact = value(Correlation()(pictures(x, np.arange(40) % 2), 0), "strongest_mark")
    assert fact.value == 0


def test_small_classes_are_not_judged(pictures, value):
    x = np.random.default_rng(0).uniform(0, 1, (20, 1, 4, 4))
    fact = value(Correlation()(pictures(x, np.arange(20) % 2), 0), "strongest_mark")
    assert fact.value is None
    assert "10 pictures" in fact.reason


def test_a_square_over_busy_ground_is_found_and_busy_ground_is_not():
    found = {}
    for planted in (False, True):
        random = np.random.default_rng(3)
        x, y = random.choice([0.0, 255.0], (400, 1, 12, 12)), np.arange(400) % 2
        if planted:
            x[y == 1, :, 4:7, 5:8] = 255.0
        found[planted] = marks(x, y, ("a", "b")).iloc[0]
    assert found[False]["share"] < 0.1
    assert found[True]["share"] == 1
    assert found[True][["class", "row", "column"]].tolist() == ["b", 5, 6]


@pytest.mark.parametrize(("every", "found"), [(True, 1.0), (False, 0.0)])
def test_a_pixel_that_others_show_too_is_one_where_every_picture_has_it(every, found):
    random = np.random.default_rng(5)
    x, y = np.zeros((200, 1, 8, 8)), np.arange(200) % 2
    x[:, 0, 3, 3] = np.where(random.random(200) < 0.3, 255.0, random.uniform(0, 240, 200))
    x[np.flatnonzero(y == 1)[0 if every else 1 :], 0, 3, 3] = 255.0

    first = marks(x, y, ("a", "b")).set_index("class").loc["b"]
    assert first["share"] == found
    assert every is bool(0.2 < first["elsewhere"] < 0.5)


def test_a_place_that_is_bare_in_every_picture_of_a_class_is_no_mark():
    random = np.random.default_rng(6)
    x, y = np.zeros((200, 1, 8, 8)), np.arange(200) % 2
    x[:, 0, 3, 3] = np.where(y == 1, 0.0, 255.0 * (random.random(200) < 0.7) * random.random(200))
    found = marks(x, y, ("a", "b")).set_index("class")
    assert found.loc["b", "share"] == 0


def test_levels_close_to_a_marks_count_as_that_of_others():
    random = np.random.default_rng(7)
    x, y = np.zeros((200, 1, 8, 8)), np.arange(200) % 2
    x[0, 0, 0, 0] = 255.0
    x[:, 0, 3, 3] = random.uniform(0, 150, 200)
    x[(y == 1) & (np.arange(200) < 120), 0, 3, 3] = 200.0
    assert marks(x, y, ("a", "b")).iloc[0]["share"] == 0.6
    x[y == 0, 0, 3, 3] = 200.0 + 2.5 * 255 / LEVELS
    assert marks(x, y, ("a", "b")).set_index("class").loc["b", "share"] < 0.2
