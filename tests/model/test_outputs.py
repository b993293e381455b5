"""Outputs in the order of the data's classes."""

import numpy as np
import pytest

from xaiframe.data.table import Table
from xaiframe.errors import ModelError
from xaiframe.model.outputs import both_sides, class_order, expect_outputs


@pytest.fixture(scope="module")
def data():
    return Table("builtin:breast_cancer", "diagnosis").data


def test_names_are_put_in_the_order_of_the_data(data):
    np.testing.assert_array_equal(class_order("m", ["malignant", "benign"], data), [0, 1])
    np.testing.assert_array_equal(class_order("m", ["benign", "malignant"], data), [1, 0])


def test_numbers_are_the_same_however_they_are_written(data):
    numbered = type(data)(**{**vars(data), "classes": ("0", "1", "10")})
    found = class_order("m", np.array([10.0, 0.0, 1.0]), numbered)
    np.testing.assert_array_equal(found, [1, 2, 0])


def test_other_classes_are_refused(data):
    with pytest.raises(ModelError, match=r"its classes are good, bad .*the data have malignant"):
        class_order("m", ["good", "bad"], data)
    with pytest.raises(ModelError, match="it puts out 3 numbers"):
        expect_outputs("m", 3, data)


def test_one_probability_becomes_two():
    np.testing.assert_allclose(both_sides(np.array([0.25, 1.0])), [[0.75, 0.25], [0.0, 1.0]])
