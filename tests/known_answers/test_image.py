"""Pictures of which a network looks at one patch: at a place it knows, or for a mark it knows."""

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.errors import NotApplicable

MODALITY, PROVIDES = "image", ("gradient", "layers", "convolution")
SIDE, PATCH = 9, 3
PATCHES = (SIDE // PATCH) ** 2
SEEN = 5
"""The patch at rows 3–5, columns 6–8."""

REFUSES = ("cam",)
"""Has no map of a network that weighs places apart: it needs maps that are averaged."""
PLACE = ("grad_cam",)
"""Weighs whole feature maps by their mean gradient: what kind of thing counts, not at which place
a later linear layer looks."""
BLURRED = ("grad_cam", "cam")
"""Enlarge a small map smoothly: a part of its mass falls on the neighbours."""
THROUGH_CLOSED = ("deconvolution",)
"""Goes back through closed units too: it shows what later layers weigh, not which unit answered."""
SHRUNK = {"lime": 0.03}
"""Its ridge regression leaves this share of the largest value where nothing is due."""


def mask():
    row, column = np.indices((SIDE, SIDE)) // PATCH
    return (row * (SIDE // PATCH) + column)[None]


def patches(bias):
    """Each patch's brightness above −``bias``."""
    sums = nn.Conv2d(1, 1, PATCH, PATCH)
    with torch.no_grad():
        sums.weight.fill_(1.0)
        sums.bias.fill_(bias)
    return sums, nn.ReLU()


@pytest.fixture(scope="module")
def place(known):
    """Bright noise everywhere, and one patch that is looked at."""
    pictures = np.random.default_rng(0).uniform(0.2, 1, size=(12, 1, SIDE, SIDE))
    data = known["data"](MODALITY, pictures, mask())
    looks = known["two_sided"](PATCHES, 3.0 * (np.arange(PATCHES) == SEEN))
    network = nn.Sequential(*patches(-0.1), nn.Flatten(), looks)
    black = np.zeros((1, 1, SIDE, SIDE))
    return known["asking"](network, data, pictures[:4], black, PROVIDES)


@pytest.fixture(scope="module")
def mark(known):
    """Faint noise, and one bright patch, at another place in each picture; all are looked at, but
    only what is bright enough gets through the ReLU."""
    pictures = np.random.default_rng(1).uniform(0, 0.1, size=(12, 1, SIDE, SIDE))
    where = np.arange(12) % PATCHES
    for picture, patch in zip(pictures, where, strict=True):
        picture[mask() == patch] = 1.0
    data = known["data"](MODALITY, pictures, mask())
    black = np.zeros((1, 1, SIDE, SIDE))
    adds = known["two_sided"](1, np.array([2.0 * PATCHES]))
    network = nn.Sequential(*patches(-8.6), nn.AdaptiveAvgPool2d(1), nn.Flatten(), adds)
    return known["asking"](network, data, pictures[3:9], black, PROVIDES)


def share(values, where):
    """``(n,)``: the part of all mass that lies on patch ``where`` of each picture."""
    size = np.abs(values)
    return size[np.arange(len(size)), where] / size.sum(axis=1)


def test_a_patch_that_is_not_looked_at_gets_nothing(place, method):
    if method.name in REFUSES:
        with pytest.raises(NotApplicable):
            method.explain(place)
        return
    values, error = method.explain(place)
    others = np.arange(PATCHES) != SEEN
    if method.name in PLACE:
        assert np.abs(values[:, others]).max() > 0.1 * np.abs(values).max()
        return
    slack = SHRUNK.get(method.name, 1e-4) * np.abs(values).max()
    assert (np.abs(values[:, others]) <= 5 * error[:, others] + slack).all()


def test_the_patch_that_is_looked_at_holds_the_mass(place, method):
    if method.name not in (*PLACE, *REFUSES):
        values, _ = method.explain(place)
        assert (share(values, SEEN) > 0.9).all()


def test_the_mark_is_found_wherever_it_stands(mark, method):
    values, _ = method.explain(mark)
    where = np.arange(3, 9)
    if method.name in THROUGH_CLOSED:
        assert (share(values, where) < 0.5).all()
        return
    np.testing.assert_array_equal(np.abs(values).argmax(axis=1), where)
    assert (share(values, where) > (0.3 if method.name in BLURRED else 0.75)).all()


def test_the_mark_speaks_for_the_class_that_looks_for_it(mark, method):
    values, _ = method.explain(mark)
    if method.method.signed:
        assert (values[np.arange(6), np.arange(3, 9)] > 0).all()
