"""Small models with known weights, and evidence about them with attributions made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.model.face import WhiteBox
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer
from xaiframe.recipe import Strategy

ROWS = 30


@pytest.fixture
def explained():
    def make(method, direction, values, **facts):
        usual = {"error": None, "base": None, "repeat": None, "signed": True}
        usual |= {"additive": False, "own_reference": False}
        return Explained(method, direction, np.asarray(values, dtype=float), **(usual | facts))

    return make


@pytest.fixture
def linear():
    def make(weights, bias=0.0):
        """``weights`` ``(outputs, features)``."""
        layer = nn.Linear(len(weights[0]), len(weights))
        with torch.no_grad():
            layer.weight.copy_(torch.tensor(weights, dtype=torch.float32))
            layer.bias.fill_(bias)
        return nn.Sequential(layer)

    return make


@pytest.fixture
def table():
    def make(features, classes=(), rows=ROWS, seed=1):
        rng = np.random.default_rng(seed)
        names = tuple("abcdefghijklmnop"[:features])

        def split(start):
            x = rng.normal(size=(rows, features)).astype(np.float32)
            y = np.arange(rows) % len(classes) if classes else x[:, 0]
            return Split(np.arange(start, start + rows), x, y, pd.DataFrame(x, columns=list(names)))

        return Data(
            "table",
            "classification" if classes else "regression",
            split(0),
            split(rows),
            split(2 * rows),
            names,
            np.arange(features),
            tuple(classes),
        )

    return make


@pytest.fixture
def gather():
    def make(data, module, local=(), target=None, background=None, output="logit", **more):
        """Evidence about the test split of ``data``; ``local`` is a list of Explained."""
        model = WhiteBox(module, data.task, data.classes, ("gradient", "layers"))
        rows = data.train.x[:7] if background is None else background
        reference = Reference(rows, np.full(len(rows), 1 / len(rows)), output, target)
        scorer = Scorer(model, reference)
        targets = reference.targets(model, data.test.x)
        usual = {
            "importance": {},
            "curves": {},
            "strategy": Strategy(),
            "reexplain": lambda model, asked, methods: {},
            "recompute": lambda method, asked, engine, seed: np.zeros((0, 0)),
            "seed": 3,
        }
        return Evidence(
            data=data,
            model=model,
            reference=reference,
            scorer=scorer,
            ids=data.test.ids,
            x=data.test.x,
            y=data.test.y,
            targets=targets,
            scores=scorer(data.test.x, targets),
            local={one.method: one for one in local},
            **(usual | more),
        )

    return make


@pytest.fixture
def contributions():
    def make(evidence):
        """``(n, features)`` exact contributions of a one-layer linear model against the background:
        w · (x − mean), which are its Shapley values and its integrated gradients."""
        weights = evidence.scorer.module[0].weight.numpy().astype(float)
        centre = evidence.reference.background.astype(float).mean(axis=0)
        if len(weights) == 2:
            weights = np.stack([weights[0] - weights[1], weights[1] - weights[0]])
        return weights[evidence.targets] * (evidence.x.astype(float) - centre)

    return make


@pytest.fixture
def value_of():
    def find(outcome, name, **labels):
        found = [
            fact
            for fact in outcome.facts
            if fact.name == name and all(fact.labels.get(k) == v for k, v in labels.items())
        ]
        assert len(found) == 1, f"{len(found)} facts {name} {labels}"
        return found[0]

    return find
