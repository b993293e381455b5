"""Decoys: a patch whose grey level names the class, in what is learnt from and not in the test."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from xaiframe.data.face import Split
from xaiframe.data.pictures.features import properties

SIDE = 2
"""Of the square, in pixels."""


def decoyed(parts: Mapping[str, Split], classes: int, white: float, seed: int) -> dict[str, Split]:
    """Training and validation pictures ``(n, 1, h, w)`` with a square in one corner, its level up
    to ``white`` coded by the class; corner and code are drawn by ``seed``, the test pictures stay.

    After the decoy MNIST of Ross et al. 2017 (arXiv:1703.03717), where a model that looks at the
    square fails as soon as it is gone.
    """
    random = np.random.default_rng([seed, 83])
    level = random.permutation(np.linspace(white / 8, white, classes))
    height, width = parts["train"].x.shape[2:]
    row, column = random.integers(0, 2, 2) * (height - SIDE, width - SIDE)
    found = dict(parts)
    for name in ("train", "validation"):
        x = parts[name].x.copy()
        square = level[parts[name].y][:, None, None, None]
        x[:, :, row : row + SIDE, column : column + SIDE] = square
        found[name] = replace(parts[name], x=x, frame=properties(x))
    return found
