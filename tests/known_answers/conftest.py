"""Every local method that gives attributions, read from conf/, and networks built by hand.

A test that takes ``method`` runs once for each method that applies to its module's ``MODALITY``
and ``PROVIDES``, and of which the test's ``of`` is true where it has one, so that a new YAML is
tested without being named here; one that takes ``library``, for each that captum computes as well.
What a method by design does not do stands in the test, by name.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.catalogue.listing import house
from xaiframe.catalogue.reader import read
from xaiframe.data.encoding import Identity, Regions
from xaiframe.data.face import Data, Split
from xaiframe.model.face import WhiteBox
from xaiframe.probe.banks import BANKS
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer


@dataclass(frozen=True)
class Named:
    """A method as conf/ sets it up, under the name of its file."""

    name: str
    method: Any

    def explain(self, bank_of, seed=0):
        """Values per feature ``(n, features)``, and the standard error of each, 0 where exact."""
        bank = bank_of(BANKS[self.method.direction], seed)
        found = self.method.explain(bank)
        values = np.asarray(found.per_feature(bank.feature_mask, bank.features), dtype=np.float64)
        return values, np.zeros_like(values) if found.error is None else found.error


def methods(library: str = "") -> list[Named]:
    """As conf/ sets them up, or those that ``library`` computes as well, computed by it."""
    found = []
    for path in sorted(file for group in BANKS for file in house().glob(f"{group}/*.yaml")):
        content = dict(read(path).content[path.stem])
        module, _, name = content.pop("_target_").rpartition(".")
        cls = getattr(importlib.import_module(module), name)
        if library:
            content["engine"] = "library"
        if cls.attributes() and library in ("", cls.counterpart):
            found.append(Named(path.stem, cls(**content)))
    return found


def pytest_generate_tests(metafunc):
    wanted = {"method", "library"} & set(metafunc.fixturenames)
    if not wanted:
        return
    [fixture] = wanted
    modality, provides = metafunc.module.MODALITY, set(metafunc.module.PROVIDES)
    of = getattr(metafunc.function, "of", lambda _: True)
    chosen = [
        one
        for one in methods("captum" if fixture == "library" else "")
        if modality in one.method.modalities
        and "classification" in one.method.tasks
        and provides.issuperset(one.method.needs)
        and of(one.method)
    ]
    metafunc.parametrize(fixture, chosen, ids=[one.name for one in chosen])


def split(x: np.ndarray) -> Split:
    x = np.asarray(x, dtype=np.float32)
    frame = pd.DataFrame(x.reshape(len(x), -1))
    return Split(np.arange(len(x)), x, np.arange(len(x)) % 2, frame)


def data_of(modality: str, train: np.ndarray, mask: np.ndarray | None = None) -> Data:
    """Two classes; each column a feature, or what ``mask`` says."""
    part, mask = split(train), np.arange(train.shape[1]) if mask is None else mask
    encoding = Identity() if mask.ndim == 1 else Regions(mask)
    names = tuple(f"f{k}" for k in range(mask.max() + 1))
    return Data(
        modality, "classification", part, part, part, names, mask, ("no", "yes"), encoding=encoding
    )


class Asking:
    """Builds the bank of either direction for ``x``: class "yes" against ``background``."""

    def __init__(self, network: nn.Module, data: Data, x, background, provides, max_batch=8192):
        self.data, self.x = data, np.asarray(x, dtype=np.float32)
        background = np.asarray(background, dtype=np.float32)
        self.weights = np.full(len(background), 1 / len(background))
        reference = Reference(background, self.weights, "logit", 1)
        model = WhiteBox(network, data.task, data.classes, provides)
        self.scorer = Scorer(model, reference, max_batch)

    def __call__(self, bank, seed=0):
        targets = np.ones(len(self.x), dtype=np.int64)
        return bank(self.scorer, self.data, self.x, targets, np.arange(len(self.x)), seed)


def two_sided(width: int, weights: np.ndarray) -> nn.Linear:
    """The last layer: log-odds of "yes" are ``weights`` · units."""
    layer = nn.Linear(width, 2, bias=False)
    with torch.no_grad():
        layer.weight.zero_()
        layer.weight[1] = torch.as_tensor(weights, dtype=torch.float32)
    return layer


@pytest.fixture(scope="session")
def known():
    """The builders above, for the test modules."""
    return {"data": data_of, "asking": Asking, "two_sided": two_sided}
