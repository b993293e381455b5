"""The corrected loss against its closed form, the share against the maths, and a fit under it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.data.module import Ready
from xaiframe.errors import NotApplicable
from xaiframe.model.mlp import MLP
from xaiframe.recipe import Fit
from xaiframe.repair.noise_correction import NoiseCorrection, Wrong
from xaiframe.repair.repaired import PLAIN
from xaiframe.runner.fit import fit
from xaiframe.runner.learner import Learner
from xaiframe.runner.trainer import Runner, quiet

WRONG = Wrong(start=0.15, hold=0)
NONE = {"purity.suspects": pd.DataFrame({"id": [], "suggested": [], "wrong": []})}


@pytest.mark.parametrize("share", [0.0, 0.1, 0.4])
@pytest.mark.parametrize("classes", [2, 5])
def test_it_is_the_transition_matrix_on_the_answers(share, classes):
    """Patrini et al.'s forward correction: log (p T), T the symmetric transition matrix."""
    outputs = torch.randn(7, classes, dtype=torch.float64)
    matrix = np.full((classes, classes), share / (classes - 1))
    np.fill_diagonal(matrix, 1 - share)
    wanted = torch.softmax(outputs, 1).numpy() @ matrix
    np.testing.assert_allclose(WRONG(outputs, share).exp().numpy(), wanted, rtol=1e-9)


def test_a_sure_answer_against_a_label_costs_no_more_than_the_share_allows():
    outputs = torch.tensor([[80.0, -80.0]])
    assert float(WRONG(outputs, 0.1)[0, 1]) == pytest.approx(np.log(0.1), rel=1e-5)


def test_of_sure_answers_the_likeliest_share_is_that_of_the_contradicted_rows():
    """The likelihood is binomial then, and its top the share of contradictions."""
    sure = np.eye(3)[np.zeros(40, dtype=int)]
    y = np.where(np.arange(40) < 6, 1, 0)
    assert WRONG.share(sure, y) == pytest.approx(6 / 40, abs=1e-4)
    assert WRONG.share(sure, np.zeros(40, dtype=int)) == 0


def test_labels_as_uncertain_as_the_answers_are_not_wrong():
    """Answers of .8 whose labels are right in 8 of 10: nothing is left for wrong labels."""
    answers = np.tile([0.8, 0.2], (50, 1))
    assert WRONG.share(answers, np.repeat([0, 1], [40, 10])) == pytest.approx(0, abs=1e-4)


@pytest.fixture
def bent(table):
    """A border that bends, and how to turn a share of the labels over."""

    def made(share):
        random = np.random.default_rng(0)
        frame = pd.DataFrame(random.normal(size=(1200, 4)), columns=list("abcd"))
        y = (frame["a"] + frame["b"] * frame["c"] > 0).to_numpy().astype(int)
        data = table(frame, y)
        parts = {}
        for name in ("train", "validation"):
            split = data.splits[name]
            wrong = random.random(len(split)) < share
            parts[name] = replace(split, y=np.where(wrong, 1 - split.y, split.y))
        return replace(data, **parts)

    return made


def fitted(data, tmp_path, corrected):
    conduct = NoiseCorrection(hold=5)(data.train, data, NONE, 0).conduct if corrected else PLAIN
    config = Fit(epochs=40, learning_rate=0.01)
    found = fit(MLP((32,), 0.0), Ready(data), config, Runner(threads=1), tmp_path, 0, conduct)
    return found, {fact.name: fact.value for fact in found.facts}


def test_no_more_labels_are_called_wrong_than_half_of_those_outside_the_commonest_class(table):
    frame = pd.DataFrame(np.random.default_rng(0).normal(size=(1000, 2)), columns=list("ab"))
    for y, most in (
        (np.arange(1000) % 10 == 0, 0.05),
        (np.arange(1000) % 2, 0.25),
        (np.arange(1000) % 10, 0.45),
    ):
        data = table(frame, y.astype(int))
        made = NoiseCorrection()(data.train, data, NONE, 0)
        wrong = made.conduct.wrong
        assert wrong.most == pytest.approx(most, abs=0.01)
        assert wrong.start == min(0.15, wrong.most)
        told = {fact.name: fact.value for fact in made.facts}
        assert (told["start"], told["most"]) == (wrong.start, wrong.most)
    common = np.tile([0.999, 0.001], (100, 1))
    assert replace(wrong, most=0.05).share(common, np.arange(100) % 2) == pytest.approx(
        0.05, abs=1e-3
    )


def test_patience_is_counted_once_the_share_is_known(bent, tmp_path):
    data = bent(0.0)
    for hold, fewest in ((0, 1), (9, 10)):
        conduct = NoiseCorrection(hold=hold)(data.train, data, NONE, 0).conduct
        config = Fit(epochs=30, learning_rate=3.0, patience=1)  # far too large: it never improves
        found = fit(MLP((8,), 0.0), Ready(data), config, Runner(threads=1), tmp_path, 0, conduct)
        assert fewest <= len(found.history) <= fewest + 6


def surprise(model, split):
    p = model.probabilities(split.x)[np.arange(len(split)), split.y]
    return -np.log(np.maximum(p, 1e-6)).mean()


def test_a_fit_on_turned_labels_tells_their_share_and_answers_for_the_truth(bent, tmp_path):
    data = bent(0.25)
    with_it, facts = fitted(data, tmp_path, corrected=True)
    without, plain = fitted(data, tmp_path, corrected=False)
    assert facts["label_noise"] == pytest.approx(0.25, abs=0.08)
    assert "label_noise" not in plain
    assert surprise(with_it.model, data.test) < surprise(without.model, data.test) - 0.1


def test_where_labels_are_right_the_share_goes_to_nothing(bent, tmp_path):
    _, facts = fitted(bent(0.0), tmp_path, corrected=True)
    assert facts["label_noise"] < 0.03


def test_the_share_is_held_while_the_network_knows_little(bent, tmp_path):
    data = bent(0.25)
    conduct = NoiseCorrection(start=0.2, hold=3)(data.train, data, NONE, 0).conduct
    seen = []

    class Watched(Learner):
        def on_train_epoch_start(self):
            seen.append(self.wrong)

    learner = Watched(MLP((8,), 0.0).build(data), Fit(), data, conduct)
    with quiet():
        Runner(threads=1).trainer(tmp_path, (), 5).fit(learner, datamodule=Ready(data))
    assert seen[:3] == [0.2] * 3
    assert seen[3] == pytest.approx(learner.history[2]["label_noise"])
    assert seen[3] != 0.3


def test_what_an_earlier_repair_treated_is_no_longer_wrong(bent):
    """Of 100 rows 20 wrong, 10 of them gone: 10 of 90 are left."""
    assert Wrong(0.2, 0, gone=0.1).left(0.2) == pytest.approx(10 / 90)
    assert Wrong(0.2, 0, gone=0.3).left(0.2) == 0
    data = bent(0.0)
    n, ids = len(data.train), data.train.ids
    listed = {"purity.suspects": pd.DataFrame({"id": ids[:8]})}
    y = np.where(np.arange(n) < 2, 1 - data.train.y, data.train.y)
    train = replace(data.train, y=y).take(np.r_[:5, 7 : n - 9])  # 2 relabelled, 2 gone, 9 others
    made = NoiseCorrection()(train, data, listed, 0)
    assert made.conduct.wrong.gone == pytest.approx(4 / n)


def test_numbers_and_shares_beyond_chance_are_refused(table):
    frame = pd.DataFrame({"a": np.arange(60.0)})
    numbers = table(frame, frame["a"], "regression")
    with pytest.raises(NotApplicable, match="not turned over"):
        NoiseCorrection()(numbers.train, numbers, NONE, 0)
    classes = table(frame, np.arange(60) % 2)
    with pytest.raises(NotApplicable, match="at most"):
        NoiseCorrection(start=0.6)(classes.train, classes, NONE, 0)
    with pytest.raises(ValueError, match="start must lie"):
        NoiseCorrection(start=0)
    with pytest.raises(ValueError, match="hold must be"):
        NoiseCorrection(hold=-1)
