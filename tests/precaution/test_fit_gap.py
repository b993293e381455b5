"""Fit gap: scores are scikit-learn's, a memorising model and a weak segment are seen."""

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.metrics import balanced_accuracy_score, r2_score
from torch import nn

from xaiframe.model.face import WhiteBox
from xaiframe.precaution.fit_gap import FitGap, credits_of


class Answers(nn.Module):
    """Says what a function of the input says."""

    def __init__(self, answer):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.answer = answer

    def forward(self, x):
        return torch.as_tensor(self.answer(x.numpy()), dtype=torch.float32)


@pytest.fixture
def model():
    def build(answer, task="classification", classes=("c0", "c1")):
        def outputs(x):
            told = answer(x)
            return np.eye(len(classes))[told] if task == "classification" else told[:, None]

        return WhiteBox(Answers(outputs), task, classes if task == "classification" else (), ())

    return build


@pytest.fixture
def separable(table):
    """Class 1 where a > 0, with one label in ten turned over."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(1000, 4)), columns=list("abcd"))
    y = ((frame["a"] > 0) ^ (random.random(1000) < 0.1)).astype(int).to_numpy()
    return table(frame, y)


FAST = FitGap(trees=20)


def test_scores_of_a_good_model(separable, model, value):
    outcome = FAST(separable, model(lambda x: (x[:, 0] > 0).astype(int)), 0)
    test = separable.test
    expected = balanced_accuracy_score(test.y, (test.x[:, 0] > 0).astype(int))
    fact = value(outcome, "score", model="fitted", split="test")

    assert fact.value == pytest.approx(expected)
    assert fact.interval[0] < fact.value < fact.interval[1]
    assert fact.n == 250
    assert value(outcome, "score", model="dummy", split="test").value == 0.5
    assert value(outcome, "gain_over_dummy").value == pytest.approx(2 * expected - 1)
    assert value(outcome, "probe_score").value > 0.8
    assert abs(value(outcome, "relative_loss").value) < 0.05
    assert len(outcome.tables["scores"]) == 9


def test_learning_by_heart_is_a_relative_loss(separable, model, value):
    """A model that knows the training labels and guesses elsewhere."""
    known = {
        row.tobytes(): int(y) for row, y in zip(separable.train.x, separable.train.y, strict=True)
    }
    outcome = FAST(
        separable,
        model(lambda x: np.array([known.get(row.tobytes(), int(row[1] > 0)) for row in x])),
        0,
    )

    assert value(outcome, "score", model="fitted", split="train").value == 1
    for name in ("relative_loss", "relative_loss_validation"):
        assert value(outcome, name).value > 0.35
    assert abs(value(outcome, "gain_over_dummy").value) < 0.3


def test_a_weak_segment_is_found(separable, model, value):
    outcome = FAST(separable, model(lambda x: ((x[:, 0] > 0) ^ (x[:, 2] > 0.7)).astype(int)), 0)
    fact = value(outcome, "weakest_segment")

    assert fact.labels["segment"].startswith("c > ")
    assert fact.value < -0.4
    assert fact.value < value(outcome, "weakest_segment_null05").value
    assert outcome.tables["segments"]["segment"][0] == fact.labels["segment"]


def test_even_errors_are_no_weak_segment(separable, model, value):
    outcome = FAST(separable, model(lambda x: (x[:, 0] > 0).astype(int)), 0)

    assert value(outcome, "weakest_segment").value > -0.2
    assert value(outcome, "weakest_segment_null05").value < 0


def test_regression(table, model, value):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(600, 3)), columns=list("abc"))
    y = (2 * frame["a"] + random.normal(0, 0.5, 600)).to_numpy()
    data = table(frame, y, "regression")
    outcome = FAST(data, model(lambda x: 2 * x[:, 0], "regression"), 0)
    expected = r2_score(data.test.y, 2 * data.test.x[:, 0])

    assert value(outcome, "score", model="fitted", split="test").value == pytest.approx(expected)
    assert value(outcome, "score", model="dummy", split="train").value == pytest.approx(0)
    assert value(outcome, "probe_score").value > 0.8
    credit = credits_of(data.test.y, 2 * data.test.x[:, 0], "regression")
    assert credit.mean() == pytest.approx(expected, abs=1e-5)


def test_pictures(pictures, model, value):
    random = np.random.default_rng(0)
    y = np.arange(400) % 2
    x = random.random((400, 1, 4, 4)) + y[:, None, None, None]
    outcome = FAST(pictures(x, y), model(lambda x: (x.mean((1, 2, 3)) > 1).astype(int)), 0)

    assert value(outcome, "score", model="fitted", split="test").value == 1
    assert value(outcome, "probe_score").value > 0.95
    assert value(outcome, "weakest_segment").value == 0


def test_few_rows_give_reasons(table, noise, model, value):
    outcome = FAST(table(*noise(60)), model(lambda x: (x[:, 0] > 0).astype(int)), 0)

    assert "24 held-out rows" in value(outcome, "weakest_segment").reason
    assert value(outcome, "relative_loss").value is not None


def test_small_segments_are_named_and_not_judged(separable, model):
    segments = FitGap(trees=5, minimum=95)(
        separable, model(lambda x: (x[:, 0] > 0).astype(int)), 0
    ).tables["segments"]
    small = segments[segments["n"] < 95]

    assert len(small) == 0 or (small["difference"].isna() & (small["reason"] != "")).all()


def test_one_class_and_hostile_columns(table, hostile, model, value, tmp_path):
    guess = model(lambda x: np.zeros(len(x), dtype=int))
    alone = FAST(table(hostile, np.zeros(120, int), classes=("c0", "c1")), guess, 0)
    odd = FAST(table(hostile, np.arange(120) % 2), guess, 0)

    assert value(alone, "probe_score").reason
    assert value(alone, "gain_over_dummy").reason == "guessing is already perfect"
    for outcome in (alone, odd):
        assert all(fact.value is not None or fact.reason for fact in outcome.facts)
        for name, frame in outcome.tables.items():
            frame.to_parquet(tmp_path / f"{name}.parquet")


@pytest.mark.parametrize("wrong", [{"folds": 1}, {"minimum": 1}, {"parts": 1}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="fit_gap"):
        FitGap(**wrong)


def test_the_probe_reads_words_wherever_they_stand(messages, model, value):
    """``win`` decides, at any place: by places nothing could be learnt from 300 messages."""
    random = np.random.default_rng(0)
    texts, y = [], []
    for k in range(500):
        own = [str(word) for word in random.choice(["see", "you", "at", "home"], 9)]
        if k % 2:
            own.insert(int(random.integers(10)), random.choice(["Win", "WIN", "win"]))
        texts.append(" ".join(own))
        y.append(k % 2)
    outcome = FAST(messages(texts, y), model(lambda x: np.zeros(len(x), dtype=int)), 0)
    assert value(outcome, "probe_score").value > 0.95
    assert value(outcome, "score", model="probe", split="test").value > 0.95


def test_the_probe_reads_properties_of_series_whatever_their_phase(series, model, value):
    random = np.random.default_rng(0)
    phase, y = random.uniform(0, 7, (300, 1, 1)), np.arange(300) % 2
    x = np.sin(np.arange(40)[None, None] / 3 + phase) * (1 + y[:, None, None])
    outcome = FAST(series(x, y), model(lambda x: np.zeros(len(x), dtype=int)), 0)
    assert value(outcome, "score", model="probe", split="test").value > 0.95
