"""What explanations become in the books, for many rows as for few."""

import numpy as np
import pytest

from xaiframe.runner import outcomes
from xaiframe.runner.explain import collect
from xaiframe.runner.outcomes import mean_with_interval
from xaiframe.store import npz_bytes, write_atomically


@pytest.mark.parametrize("together", [1, 700, 10**9])
def test_an_interval_does_not_depend_on_how_many_draws_are_made_at_once(together, monkeypatch):
    values = np.random.default_rng(0).normal(3, 1, size=(101, 2))
    draws = np.random.default_rng([7, 41]).integers(0, 101, (1000, 101))
    wanted = np.quantile(values[draws].mean(axis=1), [0.025, 0.975], axis=0)
    monkeypatch.setattr(outcomes, "TOGETHER", together)
    mean, low, high = mean_with_interval(values, 7)
    np.testing.assert_allclose(mean, values.mean(axis=0))
    np.testing.assert_allclose([low, high], wanted, rtol=1e-12)


def test_batches_of_any_length_are_joined_in_order(tmp_path):
    ids, values = np.arange(10), np.random.default_rng(0).normal(size=(10, 3))
    paths = []
    for number, part in enumerate((slice(0, 4), slice(4, 8), slice(8, 10))):
        paths.append(tmp_path / f"{number}.npz")
        arrays = {"ids": ids[part], "values": values[part], "level": np.array("feature")}
        arrays |= {"evaluations": np.array(3), "seconds": np.array(0.5)}
        write_atomically(paths[-1], npz_bytes(arrays))
    stored = collect(paths)
    np.testing.assert_array_equal(stored["ids"], ids)
    np.testing.assert_array_equal(stored["values"], values)
    assert (int(stored["evaluations"]), float(stored["seconds"])) == (9, 1.5)
    assert str(stored["level"]) == "feature"
