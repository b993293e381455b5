"""Checkpoints on the way of a fit: few, spread evenly, stored and read again."""

import torch
from torch import nn

from xaiframe.model.trail import packed, unpacked
from xaiframe.runner.keeping import Keeping


def kept(most, epochs, best):
    """The steps after so many epochs, each of which adds 1 to the weight."""
    network, keeping = nn.Linear(1, 1), Keeping(most)
    nn.init.zeros_(network.weight)
    for epoch in range(1, epochs + 1):
        with torch.no_grad():
            network.weight += 1
        keeping.after(epoch, network)
        assert len(keeping.held) < 4 * most
    with torch.no_grad():
        network.weight.fill_(best)
    return keeping.steps(best, network, 0.5)


def test_of_a_short_fit_every_epoch_up_to_the_best_is_kept():
    assert [one.epoch for one in kept(5, 6, 4)] == [1, 2, 3, 4]


def test_of_a_long_one_as_many_as_asked_spread_evenly_to_the_best():
    steps = kept(5, 100, 83)
    assert [one.epoch for one in steps] == [16, 32, 48, 64, 83]
    assert [float(one.state["weight"]) for one in steps] == [16, 32, 48, 64, 83]
    assert [one.epoch for one in kept(1, 9, 7)] == [7]


def test_steps_are_read_as_they_were_stored():
    steps = kept(3, 7, 6)
    again = unpacked(packed(steps))
    assert [(one.epoch, one.learning_rate) for one in again] == [
        (one.epoch, one.learning_rate) for one in steps
    ]
    for one, other in zip(again, steps, strict=True):
        assert torch.equal(one.state["weight"], other.state["weight"])
