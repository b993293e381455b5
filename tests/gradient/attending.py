"""Networks on messages of three words whose attention is made by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import torch
from torch import nn

from xaiframe.data.text import Text
from xaiframe.model.face import WhiteBox
from xaiframe.model.network import Attention
from xaiframe.model.words import Words
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

WORDS = 3


def data_in(folder):
    random = np.random.default_rng(0)
    rows = [" ".join(random.choice(["win", "call", "home", "you"], WORDS)) for _ in range(40)]
    frame = pd.DataFrame({"message": rows, "label": ["ham", "spam"] * 20})
    frame.to_csv(folder / "m.csv", index=False)
    return Text(str(folder / "m.csv"), "message", "label").data


def shares(*shape):
    """Weights that leave something to nothing: each row sums to less than 1."""
    drawn = np.random.default_rng(sum(shape)).uniform(0.1, 1, size=shape)
    return drawn / (drawn.sum(axis=-1, keepdims=True) + 0.3)


class ByHand(nn.Module):
    """``(n, dimensions, words)`` to ``(n, dimensions)``; heads take the values as they are.

    matrices: ``(heads, words, words)`` each; read: ``(words,)``.
    """

    def __init__(self, matrices, read):
        super().__init__()
        self.matrices = [torch.tensor(one, dtype=torch.float32) for one in matrices]
        self.share = torch.tensor(read, dtype=torch.float32)
        self.places = nn.ModuleList(Attention() for _ in matrices)
        self.read = Attention(kept=False)

    def forward(self, vectors):
        state = vectors.movedim(1, -1)
        # however far it is from being so, the weights follow from the input
        of_input = 1 + 0 * state.sum(dim=(1, 2))[:, None, None, None]
        for place, matrix in zip(self.places, self.matrices, strict=True):
            state = state + (place(matrix * of_input) @ state[:, None]).mean(dim=1)
        return (self.read(self.share[None, None, None] * of_input)[:, 0] @ state)[:, 0]


def network(data, matrices, read):
    torch.manual_seed(0)
    return nn.Sequential(Words.of(data, 4, 1), ByHand(matrices, read), nn.Linear(4, 2)).eval()


def bank_of(net, data, rows=None, max_batch=8192):
    model = WhiteBox(net, data.task, data.classes, ("gradient", "attention"))
    nothing = np.zeros((1, *data.input_shape), dtype=np.float32)
    scorer = Scorer(model, Reference(nothing, np.ones(1), "logit", 1), max_batch)
    rows = np.arange(4) if rows is None else np.asarray(rows)
    targets = np.ones(len(rows), dtype=np.int64)
    return GradientBank(scorer, data, data.train.x[rows], targets, rows, 0)
