"""Where memory runs out every method goes on with fewer rows at once, and says the same."""

import logging

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.errors import ModelError
from xaiframe.probe.banks import BANKS
from xaiframe.probe.coalitions import CoalitionBank

MODALITY, PROVIDES = "image", ("gradient", "layers", "convolution")
ROWS = 4


class Memory:
    """A hook on a layer: no more than ``rows`` fit; ``seen`` are the batches that did."""

    def __init__(self, rows, error=MemoryError):
        self.rows, self.error, self.seen = rows, error, []

    def __call__(self, _, given):
        if len(given[0]) > self.rows:
            raise self.error("CUDA out of memory. Tried to allocate 2.00 GiB")
        self.seen.append(len(given[0]))

    def __deepcopy__(self, _):
        return self  # rewritten copies of the network have no memory of their own


@pytest.fixture(scope="module")
def network(known):
    """Two convolutions with batch norm, pooling, a linear layer at the end; drawn, not fitted.

    The second convolution is what every method runs, and what no rewriting replaces.
    """
    torch.manual_seed(0)
    made = nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(4, 4, 3, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(4, 2),
    )
    pictures = np.random.default_rng(0).uniform(0, 1, size=(20, 1, 6, 6)).astype(np.float32)
    row, column = np.indices((6, 6)) // 3
    data = known["data"](MODALITY, pictures, (row * 2 + column)[None])

    def asking(memory, max_batch=8192):
        """The network on ``ROWS`` pictures against three, with that much memory."""
        layer = made[4]
        layer._forward_pre_hooks.clear()
        if memory is not None:
            layer.register_forward_pre_hook(memory)
        return known["asking"](made, data, pictures[:ROWS], pictures[-3:], PROVIDES, max_batch)

    return asking


def told(method, asking):
    bank = asking(BANKS[method.method.direction])
    return method.method.explain(bank)


@pytest.mark.parametrize("error", [MemoryError, torch.OutOfMemoryError, RuntimeError])
def test_fewer_rows_at_once_say_the_same(network, method, error, caplog):
    whole = told(method, network(None))
    memory = Memory(3, error)
    asking = network(memory)
    with caplog.at_level(logging.WARNING, "xaiframe"):
        found = told(method, asking)
    size = float(np.abs(whole.values).max())
    np.testing.assert_allclose(found.values, whole.values, rtol=1e-4, atol=1e-5 * size)
    assert found.evaluations == whole.evaluations
    assert max(memory.seen) <= 3
    assert "memory ran out" in caplog.text
    assert asking.scorer.max_batch <= 3


def test_other_libraries_go_on_as_well(network, library):
    whole = told(library, network(None))
    memory = Memory(3)
    found = told(library, network(memory))
    assert max(memory.seen) <= 3
    assert found.evaluations == whole.evaluations
    if not library.method.stochastic:  # what they draw depends on their batches
        size = float(np.abs(whole.values).max())
        np.testing.assert_allclose(found.values, whole.values, rtol=1e-4, atol=1e-5 * size)


def test_the_lower_bound_is_kept(network, method):
    memory = Memory(3)
    asking = network(memory)
    told(method, asking)
    bound = asking.scorer.max_batch
    memory.rows = 10_000
    memory.seen.clear()
    told(method, asking)
    assert asking.scorer.max_batch == bound
    assert max(memory.seen) <= max(bound, 2)  # captum sends a baseline along with a row


def test_no_more_rows_at_once_than_the_recipe_allows(network, method):
    memory = Memory(10_000)
    told(method, network(memory, max_batch=2))
    assert max(memory.seen) <= 2


def test_where_not_even_one_row_fits_it_says_so(network, method):
    with pytest.raises(ModelError, match="fit into memory"):
        told(method, network(Memory(0)))


def test_another_error_is_none_of_memory(network, method):
    class Other(Memory):
        def __call__(self, _, given):
            raise ZeroDivisionError("something else")

    with pytest.raises(ZeroDivisionError):
        told(method, network(Other(0)))


def test_both_directions_share_the_bound(network):
    asking = network(Memory(3))
    asking(CoalitionBank).score(np.repeat(asking.x[:, None], 4, axis=1))
    assert asking.scorer.max_batch <= 3
    assert asking.scorer.model.max_batch == asking.scorer.max_batch
