"""Stability of explainers whose movement is known."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.table import Table
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.stability import Stability, distance

WEIGHTS = np.array([2.0, -1.0, 0.5, 3.0])


@pytest.fixture
def asked():
    return []


@pytest.fixture
def scene(table, linear, gather, explained, asked):
    data = table(4)
    x = data.test.x.astype(float)
    rules = {
        "still": lambda rows: np.tile(WEIGHTS, (len(rows), 1)),
        "linear": lambda rows: WEIGHTS * rows,
        "jumping": lambda rows: np.sign(np.sin(1e6 * rows)) + 2.0,
    }

    def reexplain(model, rows, methods):
        asked.append(rows)
        return {name: rules[name](rows.x.astype(float)) for name in methods if name in rules}

    local = [explained(name, "gradient", rule(x)) for name, rule in rules.items()]
    local.append(explained("fragile", "perturbation", x, repeat=1.1 * x[:5]))
    return gather(data, linear([WEIGHTS.tolist()]), local, reexplain=reexplain)


def test_movement_is_what_the_noise_makes_of_it(scene, asked, value_of):
    outcome = Stability(radius=0.1, draws=4, instances=10)(scene)
    own, scale = (
        scene.asked(np.unique(np.linspace(0, 29, 10).round().astype(int))),
        scene.data.scale,
    )
    assert len(asked) == 4
    noise = [copy.x - own.x for copy in asked]
    assert np.abs(noise).max() <= 0.1 * scale.max() * 1.0001
    assert not np.array_equal(noise[0], noise[1])
    np.testing.assert_array_equal(asked[0].ids, own.ids)
    apart = [
        np.linalg.norm(WEIGHTS * one, axis=1) / np.linalg.norm(WEIGHTS * own.x, axis=1)
        for one in noise
    ]
    found = value_of(outcome, "max_sensitivity", method="linear")
    assert found.value == pytest.approx(np.max(apart, axis=0).mean(), rel=1e-4)
    assert value_of(outcome, "max_sensitivity", method="still").value == 0
    assert value_of(outcome, "rank_correlation", method="still").value == pytest.approx(1)
    jumping = value_of(outcome, "max_sensitivity", method="jumping").value
    assert jumping > found.value


def test_a_random_method_is_held_against_its_own_seed(scene, value_of):
    outcome = Stability()(scene)
    assert value_of(outcome, "reseeding", method="fragile").value == pytest.approx(0.1)
    assert not [f for f in outcome.facts if f.name == "max_sensitivity"
                and f.labels["method"] == "fragile"]  # fmt: skip
    assert value_of(outcome, "control", method="linear").value > 0.5


def test_distance_is_relative_and_undefined_at_zero() -> None:
    own = np.array([[3.0, 4.0], [0.0, 0.0]])
    found = distance(own, np.array([[6.0, 8.0], [1.0, 1.0]]))
    assert found[0] == pytest.approx(1)
    assert np.isnan(found[1])


def test_refusals(table, linear, gather):
    with pytest.raises(NotApplicable, match="no local attribution"):
        Stability()(gather(table(2), linear([[1.0, 2.0]])))
    with pytest.raises(ValueError, match="radius"):
        Stability(radius=0)


def test_what_tells_that_a_value_is_missing_stays(linear, gather, explained, tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(80, 2)), columns=["a", "b"])
    frame["level"] = rng.choice(["u", "v"], 80)
    frame["y"] = np.where(frame["a"] > 0, "yes", "no")
    frame.loc[::5, "b"] = np.nan
    frame.to_csv(tmp_path / "rows.csv", index=False)
    data = Table(str(tmp_path / "rows.csv"), "y").data
    asked = []

    def reexplain(model, rows, methods):
        asked.append(rows.x)
        return {}

    width = data.train.x.shape[1]
    local = [explained("p", "perturbation", np.ones((len(data.test), 3)))]
    evidence = gather(data, linear(np.ones((2, width)).tolist()), local, reexplain=reexplain)
    Stability(instances=10)(evidence)
    own = evidence.x[np.unique(np.linspace(0, len(evidence.x) - 1, 10).round().astype(int))]
    moved = (asked[0] != own).any(axis=0)
    numbers = {0, list(data.feature_mask).index(1)}
    assert set(np.flatnonzero(moved)) == numbers
    assert width > 4
