"""Words gathered from their places: sums by hand, and statements about words."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Data, Split
from xaiframe.data.messages.encoding import TextEncoding
from xaiframe.evaluation.evidence import Explained
from xaiframe.evaluation.knowledge import Knowledge, unknown_names
from xaiframe.evaluation.vocabulary import by_word
from xaiframe.recipe import Knowledge as Statement
from xaiframe.recipe import Strategy

MESSAGES = ["win a prize win", "see you", "Win it", "a prize", *["see a film", "win now"] * 10]


@pytest.fixture
def evidence(gather):
    encoding = TextEncoding.of(MESSAGES, 4)
    x = encoding.encode(MESSAGES)
    n = len(x)
    split = Split(np.arange(n), x, np.arange(n) % 2, pd.DataFrame({"words": np.arange(n)}))
    data = Data(
        "text", "classification", split, split, split, encoding.features, np.arange(4),
        ("ham", "spam"), aligned=False, encoding=encoding,
    )  # fmt: skip
    rng = np.random.default_rng(0)
    values = rng.uniform(0.1, 0.2, x.shape)
    for row, tokens in zip(values, map(encoding.tokens, x), strict=True):
        for place, word in enumerate(tokens):
            row[place] *= {"win": 9, "see": -3, "": 0}.get(word.lower(), 1)
    local = [
        Explained(name, side, values, None, None, None, True, True, False)
        for name, side in (("p", "perturbation"), ("g", "gradient"))
    ]
    import torch

    class Constant(torch.nn.Module):
        def forward(self, x):
            return torch.stack([x.sum(1), -x.sum(1)], dim=1)

    return gather(data, Constant(), local, target=1, background=np.zeros((1, 4), np.float32))


def test_occurrences_are_counted_and_their_attributions_added_up(evidence):
    made = by_word(evidence)
    win = made.data.features.index("win")
    assert made.x[0, win] == 2
    assert made.x[2, win] == 1
    values, gathered = evidence.local["p"].values, made.local["p"].values
    assert gathered[0, win] == pytest.approx(values[0, 0] + values[0, 3])
    np.testing.assert_allclose(gathered.sum(axis=1), values.sum(axis=1))
    assert gathered[1, win] == 0


def test_statements_about_words_are_judged(evidence):
    statements = (
        Statement("win", "rises"), Statement("see", "rises"), Statement("film", "falls"),
        Statement("win", "matters"),
    )  # fmt: skip
    told = type(evidence)(**{**vars(evidence), "strategy": Strategy(knowledge=statements)})
    rows = Knowledge()(told).tables["statements"]
    assert rows["verdict"].tolist() == ["held", "contradicted", "contradicted", "held"]


def test_a_word_that_no_message_holds_is_a_fault_with_a_hint(evidence):
    [problem] = unknown_names([Statement("prise", "rises")], evidence.data)
    assert "did you mean prize" in str(problem)
