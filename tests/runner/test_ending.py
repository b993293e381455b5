"""The honest ending: paired differences, the dummy, what decides and what cannot be told."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from xaiframe.runner.ending import (
    DEFAULT,
    DUMMY,
    ITSELF,
    RANDOM,
    SAME,
    TUNED,
    dummy,
    ending,
    judge,
    sought,
    verdict,
)

RNG = np.random.default_rng(2)
N = 200
TRUE = RNG.normal(size=N)
NOISE = RNG.normal(size=N)


def rows(y: Any) -> Any:
    return type("Rows", (), {"y": y, "__len__": lambda self: len(self.y)})()


def regression(y: Any = TRUE) -> Any:
    train = rows(np.array([0.0, 1.0, 2.0]))
    return SimpleNamespace(task="regression", classes=(), train=train, test=rows(y))


def by_name(outcome: Any) -> dict[tuple[str, ...], Any]:
    return {(one.name, *one.labels.values()): one for one in outcome.facts}


def test_the_interval_of_a_mean_difference_is_that_of_the_paired_rows() -> None:
    near, far = TRUE + 0.5 * NOISE, TRUE + 0.6 * NOISE
    found = {one.name: one for one in judge({TUNED: near, DEFAULT: far}, TRUE, "regression", 0)}
    gain, (low, high) = found["mae"].gains[DEFAULT]
    each = 0.1 * np.abs(NOISE)  # what every row loses
    half = 1.96 * each.std() / np.sqrt(N)
    assert gain == pytest.approx(each.mean())
    assert (low, high) == pytest.approx((each.mean() - half, each.mean() + half), abs=0.2 * half)
    alone = found["mae"].values[TUNED][1]
    assert high - low < (alone[1] - alone[0]) / 3  # what both find hard falls out


def test_a_gain_counts_upwards_for_scores_and_losses_alike() -> None:
    found = judge({TUNED: TRUE + 0.1 * NOISE, DEFAULT: TRUE + NOISE}, TRUE, "regression", 0)
    assert all(one.gains[DEFAULT][0] > 0 for one in found)


def test_the_dummy_knows_the_training_rows_and_no_feature() -> None:
    assert dummy(regression()).tolist() == pytest.approx([1.0] * N)
    data = SimpleNamespace(
        task="classification",
        classes=("a", "b", "c"),
        train=rows(np.array([0, 0, 0, 2])),
        test=rows(np.array([0, 1])),
    )
    assert dummy(data).tolist() == [[0.75, 0.0, 0.25]] * 2  # type: ignore[arg-type]


def test_what_was_sought_does_not_decide() -> None:
    assert sought(["model.validation.score", "evaluation.agreement.x"], "classification") == {
        "balanced_accuracy"
    }
    contestants = {TUNED: TRUE + 0.1 * NOISE, DEFAULT: TRUE + NOISE}
    outcome = ending(contestants, regression(), ["model.validation.mae"], ITSELF, 0)
    facts = by_name(outcome)
    assert facts[("decided_by",)].value == "rmse"
    roles = outcome.tables["ending"].drop_duplicates("measure").set_index("measure")["role"]
    assert roles.to_dict() == {"mae": "sought", "rmse": "decides", "r2": "beside"}


def test_what_is_better_beyond_chance_is_told_and_what_is_not_is_not() -> None:
    contestants = {
        TUNED: TRUE + 0.1 * NOISE,
        DEFAULT: TRUE + NOISE,
        RANDOM: TRUE + 0.1 * NOISE[::-1],
    }
    facts = by_name(ending(contestants, regression(), ["model.validation.score"], "", 0))
    assert facts[("beats_default",)].value is True
    assert facts[("beats_dummy",)].value is True
    assert facts[("beats_random",)].value is None
    assert "within chance" in facts[("beats_random",)].reason
    low, high = facts[("gain", "mae", RANDOM)].interval
    assert low < 0 < high
    assert facts[("measured", "mae", DUMMY)].value == pytest.approx(np.abs(TRUE - 1).mean())
    assert facts[("measured", "mae", TUNED)].n == N


def test_the_same_settings_cannot_beat_each_other() -> None:
    near = TRUE + 0.1 * NOISE
    contestants = {TUNED: near, DEFAULT: near.copy(), RANDOM: near.copy()}
    facts = by_name(ending(contestants, regression(), [], "", 0))
    assert facts[("beats_random",)].reason == SAME[RANDOM]
    assert facts[("beats_default",)].reason == SAME[DEFAULT]


def test_without_a_random_search_the_reason_is_told() -> None:
    facts = by_name(ending({TUNED: TRUE, DEFAULT: TRUE}, regression(), [], ITSELF, 0))
    assert facts[("beats_random",)].reason == ITSELF
    assert ("measured", "mae", RANDOM) not in facts


def test_a_whole_interval_below_zero_is_a_loss() -> None:
    assert verdict(-0.2, (-0.3, -0.1)) == (False, "")
    assert verdict(0.2, (0.1, 0.3)) == (True, "")
