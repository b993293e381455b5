"""PGI and PGU: which is which, and their size on a linear model."""

from __future__ import annotations

import numpy as np
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.perturbation_gap import PerturbationGap

WEIGHTS = [[2.0, -1.0, 0.5, 3.0]]


def test_gaps_are_the_contributions_taken_away(
    table, linear, gather, explained, contributions, value_of
):
    evidence = gather(table(4), linear(WEIGHTS))
    exact = contributions(evidence)
    local = [
        explained("right", "perturbation", exact),
        explained("wrong", "gradient", 1 / (np.abs(exact) + 0.01)),
    ]
    outcome = PerturbationGap(top=0.25, instances=30)(gather(table(4), linear(WEIGHTS), local))
    largest = np.abs(exact).argmax(axis=1)
    one = np.take_along_axis(exact, largest[:, None], axis=1)[:, 0]
    important = value_of(outcome, "important", method="right")
    unimportant = value_of(outcome, "unimportant", method="right")
    assert important.value == pytest.approx(np.abs(one).mean(), rel=1e-5)
    assert unimportant.value == pytest.approx(np.abs(exact.sum(axis=1) - one).mean(), rel=1e-5)
    assert (important.better, unimportant.better) == ("higher", "lower")
    assert value_of(outcome, "gain", method="right").interval[0] > 0
    assert value_of(outcome, "gain", method="wrong").interval[1] < 0
    random = value_of(outcome, "important", method="random").value
    assert value_of(outcome, "important", method="wrong").value < random < important.value


def test_refusals(table, linear, gather, explained):
    with pytest.raises(NotApplicable, match="no local attribution"):
        PerturbationGap()(gather(table(3), linear([[1.0, 2.0, 3.0]])))
    single = gather(table(1), linear([[1.0]]), [explained("a", "gradient", np.ones((30, 1)))])
    with pytest.raises(NotApplicable, match="a single feature"):
        PerturbationGap()(single)
    with pytest.raises(ValueError, match="between 0 and 1"):
        PerturbationGap(top=1.0)
