"""Messages of which a network counts one word."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.text import Text
from xaiframe.model.words import Words

MODALITY, PROVIDES = "text", ("gradient", "layers", "convolution")
WORDS = ["win", "money", "call", "now", "home", "lunch", "you", "오늘", "한", "漢"]
COUNTED = "money"

THROUGH_CLOSED = ("deconvolution",)
"""Goes back through closed units too, so that every place gets the same, whatever stands there."""
SHRUNK = {"lime": 0.03}
"""Its ridge regression leaves this share of the largest value where nothing is due."""


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    random = np.random.default_rng(0)
    rows = [" ".join(random.choice(WORDS, random.integers(3, 9))) for _ in range(60)]
    frame = pd.DataFrame({"message": rows, "label": ["no", "yes"] * 30})
    path = tmp_path_factory.mktemp("text") / "messages.csv"
    frame.to_csv(path, index=False)
    return Text(str(path), "message", "label").data


@pytest.fixture(scope="module")
def counting(data, known):
    """Log-odds = how often the word stands there."""
    words = Words.of(data, 2, 1)
    length = data.input_shape[0]
    spelled = [row for row, word in enumerate(spellings(data)) if word == COUNTED]
    notice = nn.Conv1d(2, 1, 1)
    with torch.no_grad():
        words.table.weight.zero_()
        words.table.weight[2:, 1] = torch.linspace(-1, 1, len(words.table.weight) - 2)
        words.table.weight[words.own[spelled].unique(), 0] = 1.0
        notice.weight.copy_(torch.tensor([[[10.0], [0.0]]]))
        notice.bias.fill_(-9.0)
    network = nn.Sequential(
        words, notice, nn.ReLU(), nn.AdaptiveAvgPool1d(1), nn.Flatten(),
        known["two_sided"](1, np.array([length])),
    )  # fmt: skip
    shown = np.array([COUNTED in data.encoding.tokens(row) for row in data.train.x])
    x = data.train.x[shown][:6]
    return known["asking"](network, data, x, np.zeros((1, length)), PROVIDES)


def spellings(data):
    """The word of each number."""
    numbers = np.arange(data.encoding.known, dtype=np.float32)
    return [data.encoding.tokens(one)[0].strip() for one in numbers[:, None]]


def is_counted(asking):
    return np.array(
        [[word.strip() == COUNTED for word in asking.data.encoding.tokens(row)] for row in asking.x]
    )


def test_the_counted_word_holds_the_mass(counting, method):
    values, _ = method.explain(counting)
    counted = is_counted(counting)
    size = np.abs(values)
    assert counted.any(axis=1).all()
    if method.name in THROUGH_CLOSED:
        np.testing.assert_allclose(values, values[0, 0], rtol=1e-5)
    else:
        assert ((size * counted).sum(axis=1) > 0.95 * size.sum(axis=1)).all()


def test_every_other_word_gets_nothing(counting, method):
    values, error = method.explain(counting)
    others = ~is_counted(counting)
    if method.name not in THROUGH_CLOSED:
        slack = SHRUNK.get(method.name, 1e-4) * np.abs(values).max()
        assert (np.abs(values[others]) <= 5 * error[others] + slack).all()


def test_each_time_it_stands_there_counts_for_the_class(counting, method):
    """One unit of the score for what claims to add up, a plus for all that is signed."""
    values, error = method.explain(counting)
    counted = is_counted(counting)
    if method.method.additive:
        assert (np.abs(values[counted] - 1) <= 5 * error[counted] + 0.02).all()
    elif method.method.signed:
        assert (values[counted] > 0).all()
