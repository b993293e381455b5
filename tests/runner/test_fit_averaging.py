"""Averaged weights: what is kept is the mean over steps, which the fit is judged by."""

import numpy as np
import pytest

from xaiframe.data.table import Table
from xaiframe.model.mlp import MLP
from xaiframe.recipe import Fit
from xaiframe.runner.fit import fit
from xaiframe.runner.trainer import Runner


@pytest.fixture(scope="module")
def table():
    return Table("builtin:breast_cancer", "diagnosis")


def weight(table, folder, **config):
    """Of a linear network after one epoch: the only one, so it is kept."""
    settings = Fit(epochs=1, learning_rate=0.01, weight_decay=0.0, batch_size=10_000, **config)
    found = fit(MLP(hidden=(), dropout=0.0), table, settings, Runner(threads=1), folder, 0)
    [layer] = [one for one in found.model.module if hasattr(one, "bias")]
    return layer.weight.detach().numpy()


def test_of_one_step_the_mean_is_that_step(table, tmp_path):
    """The mean begins with the first step's weights."""
    plain, mean = (weight(table, tmp_path, averaging=share) for share in (0.0, 0.9))
    np.testing.assert_allclose(mean, plain)


def test_the_mean_is_the_exponential_one(table, tmp_path):
    """Two batches: decay · first + (1 − decay) · second; from two decays follow both, and a third
    has to lie on their line."""
    rows = len(table.data.train) // 2 + 1
    found = {}
    for decay in (0.0, 0.5, 0.9):
        settings = Fit(epochs=1, learning_rate=0.01, batch_size=rows, averaging=decay)
        made = fit(MLP((), 0.0), table, settings, Runner(threads=1), tmp_path, 0)
        [layer] = [one for one in made.model.module if hasattr(one, "bias")]
        found[decay] = layer.weight.detach().numpy()
    first = 2 * found[0.5] - found[0.0]
    assert np.abs(first - found[0.0]).max() > 1e-3
    np.testing.assert_allclose(found[0.9], 0.9 * first + 0.1 * found[0.0], atol=1e-6)
