"""Sparse weighted sums, and reading a model's own weights off its answers."""

import numpy as np
import pytest
from sklearn.linear_model import OrthogonalMatchingPursuit

from xaiframe.probe.sheet import Column
from xaiframe.probe.weighted_sum import Scale, own_weights, sparse, terms

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(300, 6))
X -= X.mean(axis=0)


def test_the_terms_of_a_sparse_sum_are_found_exactly():
    y = (3 * X[:, 1] - 2 * X[:, 4] + 7)[:, None]
    chosen, weights, mean = sparse(X, y, 5)
    assert chosen.tolist() == [1, 4]
    np.testing.assert_allclose(weights[:, 0], [3, -2], atol=1e-9)
    assert mean[0] == pytest.approx(7)


def test_of_one_output_it_is_orthogonal_matching_pursuit():
    y = X @ RANDOM.normal(size=6) + RANDOM.normal(size=300)
    chosen, weights, _ = sparse(X, y[:, None], 3)
    size = np.sqrt((X**2).sum(axis=0))
    due = OrthogonalMatchingPursuit(n_nonzero_coefs=3).fit(X / size, y)
    assert set(chosen) == set(np.flatnonzero(due.coef_))
    np.testing.assert_allclose(weights[:, 0], (due.coef_ / size)[chosen], rtol=1e-8)


def test_own_weights_only_of_a_weighted_sum():
    true = RANDOM.normal(size=(6, 2))
    weights, deviation = own_weights(X, X @ true + 1)
    np.testing.assert_allclose(weights, true, atol=1e-10)
    assert deviation < 1e-9
    assert own_weights(X, np.tanh(X @ true)) is None
    assert own_weights(X[:10], X[:10] @ true) is None


def test_levels_count_whole_and_numbers_in_standard_deviations():
    x = np.stack([RANDOM.normal(5, 3, 100), RANDOM.integers(0, 2, 100)], axis=1)
    columns = [Column("a", "number"), Column("b", "level", "red")]
    scale = Scale.of(x, columns)
    assert scale.unit.tolist() == [x[:, 0].std(), 1.0]
    table = terms(columns, scale, ("one", "two"), np.arange(4).reshape(2, 2))
    assert table["value"].tolist() == [0, 1, 2, 3]
    assert table["output"].tolist() == ["one", "two"] * 2
    assert table["level"].tolist() == ["", "", "red", "red"]
