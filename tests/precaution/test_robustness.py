"""Robustness: a brittle model is seen, a steady one passes, attacks hurt as theory says."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.data.tables.column import Numeric
from xaiframe.data.tables.encoding import TableEncoding
from xaiframe.errors import NotApplicable
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.precaution.robustness import Robustness

FAST = Robustness(attacked=60, searched=40, radii=(0.05, 0.2), steps=5, halvings=6)


def linear(weight, bias=0.0):
    """Two classes, their log-odds ``x @ weight + bias``."""
    layer = nn.Linear(len(weight), 2)
    layer.weight.data = torch.tensor([[0.0] * len(weight), weight])
    layer.bias.data = torch.tensor([0.0, bias])
    return WhiteBox(layer, "classification", ("c0", "c1"), ("gradient",))


def box(answer, task="classification"):
    def outputs(x):
        told = answer(x)
        return np.eye(2)[told.astype(int)] if task == "classification" else told[:, None]

    return BlackBox(outputs, task, ("c0", "c1") if task == "classification" else ())


@pytest.fixture
def plane(table):
    """2000 rows, class 1 where a + b > 0."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(2000, 3)), columns=list("abc"))
    return table(frame, (frame["a"] + frame["b"] > 0).astype(int).to_numpy())


@pytest.fixture
def flats():
    """400 rows of one whole number."""
    frame = pd.DataFrame({"rooms": np.random.default_rng(0).integers(1, 41, 400)})
    encoding = TableEncoding([Numeric.fit("rooms", frame["rooms"], True)])
    split = Split(
        np.arange(400), encoding.encode(frame), (frame["rooms"] > 20).to_numpy(int), frame
    )
    return Data("table", "classification", split, split, split, ("rooms",), np.zeros(1, int),
                ("c0", "c1"), encoding=encoding)  # fmt: skip


def test_jitter_flips_what_the_normal_law_says(plane, value):
    """For z = (a + b)/√2 and noise δ on each: P(sign flips) = arctan(δ)/π."""
    outcome = Robustness(sample=500)(plane, linear([1.0, 1.0, 0.0]), 0)
    for severity, size in (("medium", 0.1), ("large", 0.5)):
        fact = value(outcome, "flipped_share", corruption="jitter", severity=severity)
        low, high = fact.interval
        assert low <= np.arctan(size) / np.pi <= high
        assert fact.n == 500
    assert value(outcome, "clean_score").value == 1
    assert value(outcome, "flipped_by_small_noise", corruption="jitter").value < 0.02


def test_a_brittle_model_is_seen_and_a_steady_one_is_not(plane, value):
    brittle = box(lambda x: np.floor(x.sum(axis=1) * 20) % 2)
    steady = box(lambda x: x[:, 0] + x[:, 1] > 0)
    seen = value(FAST(plane, brittle, 0), "flipped_by_small_noise")
    passed = value(FAST(plane, steady, 0), "flipped_by_small_noise")

    assert seen.interval[0] > 0.05
    assert passed.interval[0] < 0.02
    decisive = value(FAST(plane, brittle, 0), "flipped_by_small_noise_validation")
    assert decisive.interval[0] > 0.05
    assert decisive.n == len(plane.validation)


def test_attacks_on_a_linear_model_reach_the_margin(plane, value):
    """A row flips at radius r if |a + b| < r·(sd a + sd b): counted by hand."""
    model = linear([1.0, 1.0, 0.0])
    outcome = Robustness(attacked=500, searched=300, radii=(0.2,))(plane, model, 0)
    reach = plane.scale[0] + plane.scale[1]
    margin = np.abs(plane.test.x[:, :2].sum(axis=1)) / reach
    expected = 1 - (margin < 0.2).mean()

    for attack in ("fgsm", "pgd"):
        fact = value(outcome, "adversarial_score", attack=attack, radius="0.2 sd")
        assert fact.value == pytest.approx(expected, abs=0.01)
    median = value(outcome, "median_minimal_perturbation")
    low, high = median.interval
    assert low < np.median(margin) < high
    assert median.unit == "sd"
    sizes = outcome.tables["smallest"].dropna()
    rows = {int(one): k for k, one in enumerate(plane.test.ids)}
    exact = margin[[rows[one] for one in sizes["id"]]]
    ordinary = exact > 0.01
    np.testing.assert_allclose(sizes["size"][ordinary], exact[ordinary], rtol=0.02)


def test_a_black_box_is_corrupted_but_not_attacked(plane, value):
    model = box(lambda x: x[:, 0] > 0)
    check = Robustness()
    outcome = check(plane, model, 0)

    for attack in ("fgsm", "pgd"):
        assert "no gradients" in value(outcome, "adversarial_score", attack=attack).reason
    assert "no gradients" in value(outcome, "median_minimal_perturbation").reason
    assert model.evaluations <= check.sample * 22
    assert len(outcome.tables["scores"]) == 9
    assert (outcome.tables["examples"]["kind"] == "corruption").all()


def test_what_is_asked_stays_within_the_declared_cost(plane):
    model = linear([1.0, 1.0, 0.0])
    check = Robustness()
    check(plane, model, 0)
    names = {"gradient": 1, "sample": check.sample, "attacked": check.attacked,
             "searched": check.searched, "radii": len(check.radii), "steps": check.steps,
             "halvings": check.halvings}  # fmt: skip
    assert model.evaluations <= eval(check.cost, {}, names)


def test_pictures_are_told_in_their_own_levels(pictures, value):
    random = np.random.default_rng(0)
    y = np.arange(400) % 2
    x = random.integers(0, 12, (400, 1, 4, 4)) + 4 * y[:, None, None, None]
    data = pictures(x, y)
    layer = nn.Sequential(nn.Flatten(), nn.Linear(16, 2))
    layer[1].weight.data = torch.stack([torch.zeros(16), torch.ones(16) / 16])
    layer[1].bias.data = torch.tensor([0.0, -7.5])
    model = WhiteBox(layer, "classification", ("c0", "c1"), ("gradient",))
    outcome = Robustness(searched=100)(data, model, 0)
    margin = np.abs(data.test.x.mean(axis=(1, 2, 3)) - 7.5)

    fact = value(outcome, "median_minimal_perturbation")
    assert fact.unit == "levels"
    assert fact.interval[0] <= np.median(margin) * 1.3
    assert fact.interval[1] >= np.median(margin) * 0.7
    assert {"fgsm", "pgd"} <= set(outcome.tables["scores"]["name"])
    kept = outcome.arrays["inputs"]
    assert kept["before"].shape == kept["after"].shape
    assert len(kept["before"]) == len(outcome.tables["examples"])


def test_messages_are_rewritten_and_not_attacked(messages, value):
    texts = ["please call this number today", "see you at home tonight"] * 150
    data = messages(texts, np.arange(300) % 2)
    number = {one: k for k, one in enumerate(data.encoding.surfaces)}["please"]
    outcome = Robustness()(data, box(lambda x: (x != number).all(axis=1)), 0)

    typos = value(outcome, "flipped_by_small_noise", corruption="typos")
    # one of five long words of half of the messages is the one that decides
    assert typos.interval[0] < 0.5 * 0.25 < typos.interval[1]
    assert outcome.tables["examples"]["changed"].str.contains("please →").any()


def test_series(series, value):
    random = np.random.default_rng(0)
    y = np.arange(400) % 2
    x = random.normal(size=(400, 2, 30)) + y[:, None, None]
    data = series(x, y)
    outcome = FAST(data, box(lambda x: x.mean(axis=(1, 2)) > 0.5), 0)

    names = {fact.labels["corruption"] for fact in outcome.facts if fact.name == "flipped_share"}
    assert names == {"jitter", "scaling", "dropout"}
    assert value(outcome, "flipped_by_small_noise", corruption="jitter").value == 0


def test_regression_counts_answers_that_move(table, value):
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(1000, 3)), columns=list("abc"))
    data = table(frame, frame["a"].to_numpy(np.float32), "regression")
    layer = nn.Linear(3, 1)
    layer.weight.data, layer.bias.data = torch.tensor([[1.0, 0.0, 0.0]]), torch.zeros(1)
    outcome = FAST(data, WhiteBox(layer, "regression", (), ("gradient",)), 0)

    assert value(outcome, "clean_score").value == pytest.approx(1)
    assert value(outcome, "clean_score").unit == "R²"
    # noise of half a standard deviation moves the answer by a tenth in 84 of 100 rows
    large = value(outcome, "flipped_share", corruption="jitter", severity="large")
    assert large.interval[0] < 0.84 < large.interval[1]
    assert value(outcome, "median_minimal_perturbation").value == pytest.approx(0.1, rel=0.12)
    attacked = value(outcome, "adversarial_score", attack="pgd", radius="0.2 sd")
    assert attacked.value == pytest.approx(1 - 0.04, abs=0.02)


def test_hostile_columns_and_few_rows(table, hostile, noise, tmp_path):
    odd = FAST(table(hostile, np.arange(120) % 2), box(lambda x: x[:, 4] > 0), 0)
    few = FAST(table(*noise(8)), box(lambda x: x[:, 0] > 0), 0)

    for outcome in (odd, few):
        assert all(fact.value is not None or fact.reason for fact in outcome.facts)
        for name, frame in outcome.tables.items():
            frame.to_parquet(tmp_path / f"{name}.parquet")


def test_without_test_rows_there_is_nothing_to_try(table, noise):
    data = table(*noise(40))
    empty = data.test.take(np.arange(0))
    with pytest.raises(NotApplicable, match="no test rows"):
        FAST(type(data)(**{**vars(data), "test": empty}), box(lambda x: x[:, 0] > 0), 0)


@pytest.mark.parametrize("wrong", [{"sample": 0}, {"radii": ()}, {"limit": 0}, {"radii": (-1,)}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="robustness"):
        Robustness(**wrong)


def test_whole_numbers_that_small_noise_leaves_alone_count(flats, value):
    """Rooms change in few rows: the share is over all rows, not over those few."""
    fact = value(FAST(flats, box(lambda x: x[:, 0] > 20), 0), "flipped_by_small_noise")

    assert fact.n == len(flats.test)
    assert fact.value < 0.02
