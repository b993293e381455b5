"""How simple an explanation is, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import entropy as scipy_entropy

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.complexity import Complexity, entropy, features_to, sparseness

ROWS = np.array([[1.0, 1, 1, 1], [0, 0, -5, 0], [4, 3, 2, 1], [0, 0, 0, 0]])


def test_alike_is_least_sparse_and_alone_most() -> None:
    assert sparseness(ROWS)[:2] == pytest.approx([0, 0.75])
    assert entropy(ROWS)[:2] == pytest.approx([1, 0])
    assert features_to(0.8, ROWS)[:3].tolist() == [4, 1, 3]
    assert features_to(0.8, np.array([[8.0, 1, 1], [7.9, 1.1, 1]])).tolist() == [1, 2]


def test_a_silent_attribution_has_no_shape() -> None:
    assert np.isnan([sparseness(ROWS)[3], entropy(ROWS)[3], features_to(0.8, ROWS)[3]]).all()


@given(arrays(float, 6, elements=st.floats(0.01, 100)))
def test_gini_is_half_the_mean_relative_difference(row: np.ndarray) -> None:
    apart = np.abs(row[:, None] - row[None]).mean()
    assert sparseness(row[None])[0] == pytest.approx(apart / 2 / row.mean())
    expected = scipy_entropy(row) / np.log(6)
    assert entropy(row[None])[0] == pytest.approx(expected)
    assert sparseness(-3 * row[None])[0] == pytest.approx(sparseness(row[None])[0])


def test_what_is_not_there_takes_no_part() -> None:
    there = np.array([[True, True, False, False]])
    row = np.array([[3.0, 1, 9, 9]])
    assert sparseness(row, there)[0] == pytest.approx(sparseness(row[:, :2])[0])
    assert entropy(row, there)[0] == pytest.approx(entropy(row[:, :2])[0])
    assert features_to(0.8, row, there)[0] == 2


def test_facts_stand_beside_a_random_control(table, linear, gather, explained, value_of):
    alone = np.eye(5)[np.arange(30) % 5]
    evidence = gather(table(5), linear([[1.0] * 5]), [explained("one", "gradient", alone)])
    outcome = Complexity()(evidence)
    assert value_of(outcome, "sparseness", method="one").value == pytest.approx(0.8)
    assert value_of(outcome, "features_to_mass", method="one").value == 1
    control = value_of(outcome, "sparseness", method="random")
    assert 0.2 < control.value < 0.6
    assert control.n == 30
    assert len(outcome.tables["instances"]) == 60


def test_nothing_explained_and_bad_mass(table, linear, gather):
    with pytest.raises(NotApplicable, match="no local attribution"):
        Complexity()(gather(table(3), linear([[1.0, 2.0, 3.0]])))
    with pytest.raises(ValueError, match="between 0 and 1"):
        Complexity(mass=1)
