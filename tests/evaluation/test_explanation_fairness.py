"""A group that is explained worse is found, and chance is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.explanation_fairness import ExplanationFairness, gap_between
from xaiframe.recipe import Strategy

WEIGHTS = [[2.0, -1.0, 0.5, 3.0]]


@pytest.fixture
def scene(table, linear, gather, explained, contributions):
    def make(noisy, sensitive=("group",)):
        """Group b's gradient side is drawn at random where ``noisy``."""
        data = table(4, rows=60)
        group = np.where(np.arange(60) % 2, "a", "b")
        data = replace(data, test=replace(data.test, aside=pd.DataFrame({"group": group})))
        exact = contributions(gather(data, linear(WEIGHTS)))
        other = exact.copy()
        if noisy:
            rows = np.flatnonzero(group == "b")
            other[rows] = np.random.default_rng(2).normal(size=(len(rows), 4))
        local = [
            explained("shap", "perturbation", exact),
            explained("ig", "gradient", other),
        ]
        return gather(data, linear(WEIGHTS), local, strategy=Strategy(sensitive=sensitive))

    return make


def test_the_worse_explained_group_is_named(scene, value_of):
    outcome = ExplanationFairness()(scene(noisy=True))
    for name in ("agreement", "faithfulness"):
        gap = value_of(outcome, f"{name}_gap", column="group")
        assert (gap.labels["lowest"], gap.labels["highest"]) == ("b", "a")
        means = [value_of(outcome, name, group=group).value for group in "ba"]
        assert gap.value == pytest.approx(means[1] - means[0])
        assert gap.value > value_of(outcome, f"{name}_gap_null95").value
    assert value_of(outcome, "agreement", group="a").value == pytest.approx(1)
    assert value_of(outcome, "agreement", group="a").n == 30


def test_alike_is_no_gap(scene, value_of):
    outcome = ExplanationFairness()(scene(noisy=False))
    assert value_of(outcome, "agreement_gap").value == pytest.approx(0, abs=1e-9)
    assert value_of(outcome, "faithfulness_gap").value == pytest.approx(0, abs=1e-5)


def test_refusals(scene):
    with pytest.raises(NotApplicable, match="no two groups have 40"):
        ExplanationFairness(smallest=40)(scene(noisy=False))
    with pytest.raises(NotApplicable, match="no column age"):
        ExplanationFairness()(scene(noisy=False, sensitive=("age",)))
    with pytest.raises(ValueError, match="smallest"):
        ExplanationFairness(smallest=1)


def test_the_gap_is_between_the_extreme_means() -> None:
    assert gap_between(np.array([1.0, 3, 10, 0, 2]), np.array([0, 0, 3, 1, 1])) == 9
