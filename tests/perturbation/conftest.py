"""Tiny models written as formulas, with the data and the bank around them."""

import importlib
import warnings
from collections.abc import Callable
from math import comb

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.model.face import WhiteBox
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Population, Scorer


class Formula(nn.Module):
    """``(n, *input_shape)`` → ``(n, outputs)`` by a function of the tensor."""

    def __init__(self, function: Callable) -> None:
        super().__init__()
        self.function = function
        self.anchor = nn.Parameter(torch.zeros(1))

    def forward(self, x):
        out = self.function(x)
        return out if out.ndim == 2 else out[:, None]


def split(x, y=None) -> Split:
    x = np.asarray(x, dtype=np.float32)
    y = np.zeros(len(x), dtype=np.float32) if y is None else y
    return Split(np.arange(len(x)), x, y, pd.DataFrame(x.reshape(len(x), -1)))


def data_of(x, y=None, mask=None, classes=()) -> Data:
    x = np.asarray(x, dtype=np.float32)
    mask = np.arange(x.shape[1]) if mask is None else np.asarray(mask)
    part = split(x, y)
    return Data(
        modality="table" if mask.ndim == 1 else "image",
        task="classification" if classes else "regression",
        train=part,
        validation=part,
        test=part,
        features=tuple(f"f{i}" for i in range(mask.max() + 1)),
        feature_mask=mask,
        classes=tuple(classes),
    )


def scorer_of(function, data, background, weights=None, max_batch=8192) -> Scorer:
    model = WhiteBox(Formula(function), data.task, data.classes, ())
    background = np.asarray(background, dtype=np.float32)
    weights = np.ones(len(background)) if weights is None else np.asarray(weights, dtype=float)
    reference = Reference(background, weights / weights.sum(), "logit", None)
    return Scorer(model, reference, max_batch)


@pytest.fixture
def make_bank():
    """``make_bank(function, x, background, …)``: a bank of a regression formula."""

    def make(function, x, background, *, weights=None, ids=None, seed=0, train=None, mask=None):
        x = np.asarray(x, dtype=np.float32)
        data = data_of(background if train is None else train, mask=mask)
        scorer = scorer_of(function, data, background, weights)
        ids = np.arange(len(x)) if ids is None else ids
        return CoalitionBank(scorer, data, x, np.zeros(len(x), dtype=int), ids, seed)

    return make


@pytest.fixture
def make_population():
    """``make_population(function, x, y, …)``: a population of a formula's model."""

    def make(function, x, y=None, *, mask=None, classes=(), targets=None, seed=0):
        data = data_of(x, y, mask, classes)
        scorer = scorer_of(function, data, np.zeros_like(data.train.x[:1]))
        targets = np.zeros(len(x), dtype=int) if targets is None else targets
        return Population(scorer.model, scorer, data, data.test, targets, seed)

    return make


@pytest.fixture(scope="session")
def shap():
    """The library; importing it styles its plots by a matplotlib call that is to be deprecated."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PendingDeprecationWarning)
        return importlib.import_module("shap")


@pytest.fixture
def shapley():
    """Exact Shapley values of a game by enumeration: ``value`` maps a bool mask to a number."""

    def exact(value, players):
        masks = (np.arange(2**players)[:, None] >> np.arange(players)) & 1 == 1
        worth = np.array([value(mask) for mask in masks])
        return enumerate_shapley(worth, players)

    return exact


def enumerate_shapley(worth, players):
    """By the definition: average marginal contribution, worth indexed by the coalition's bits."""
    number = np.arange(2**players)
    size = np.array([bin(i).count("1") for i in number])
    values = np.zeros(players)
    for player in range(players):
        without = number[(number >> player) & 1 == 0]
        weight = np.array([1 / (players * comb(players - 1, s)) for s in size[without]])
        values[player] = (weight * (worth[without | (1 << player)] - worth[without])).sum()
    return values
