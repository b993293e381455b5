"""Batches that shrink where memory runs out, and what counts as running out."""

import numpy as np
import pytest
import torch

from xaiframe.errors import ModelError, NotApplicable
from xaiframe.model.face import BlackBox
from xaiframe.model.memory import in_batches, out_of_memory


def black_box(limit, asked, max_batch=8192):
    """Twice the row's number; more than ``limit`` rows at once do not fit."""

    def answer(x):
        if len(x) > limit:
            raise MemoryError
        asked.append(len(x))
        return 2.0 * x

    return BlackBox(answer, "regression", (), max_batch=max_batch)


@pytest.mark.parametrize("limit", [1, 3, 20])
def test_a_black_box_answers_every_row_in_order(limit):
    asked = []
    model, x = black_box(limit, asked), np.arange(20.0)[:, None]
    np.testing.assert_array_equal(model.raw(x), 2 * x)
    assert sum(asked) == 20
    assert model.evaluations == 20
    assert max(asked) <= limit


def test_the_bound_stays_low_and_a_recipe_does_not_raise_it_again():
    asked = []
    model = black_box(6, asked)
    model.raw(np.zeros((20, 1)))
    assert model.max_batch == 5
    model.at_most(100)
    assert model.max_batch == 5
    model.at_most(2)
    assert model.max_batch == 2


def test_without_trouble_the_recipe_sets_the_bound():
    model = black_box(100, [])
    model.at_most(50)
    model.at_most(60)
    assert model.max_batch == 60


def test_one_row_too_many_is_said():
    with pytest.raises(ModelError, match="a single row does not fit into memory"):
        black_box(0, []).raw(np.zeros((4, 1)))


def test_items_of_several_rows_count_as_many():
    model = black_box(8, [], max_batch=8)
    parts = list(in_batches(model, 5, lambda part: part, rows=3))
    assert parts == [slice(0, 2), slice(2, 4), slice(4, 5)]


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("MPS backend out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), True),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling"), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (NotApplicable("not here"), False),
        (ModelError(()), False),
        (KeyboardInterrupt("out of memory"), False),
    ],
)
def test_what_means_that_memory_ran_out(error, expected):
    assert out_of_memory(error) == expected


def test_what_the_operating_system_refuses_counts():
    with pytest.raises((MemoryError, RuntimeError)) as caught:
        torch.empty(2**60, dtype=torch.float32)
    assert out_of_memory(caught.value)
