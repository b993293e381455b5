"""Parameter importance against scipy and a planted parameter."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from xaiframe.tuning.importance import association, spearman
from xaiframe.tuning.space import Parameter
from xaiframe.tuning.trials import Trial

RANGE, CHOICE = Parameter("x", "float", 0, 1), Parameter("c", "choice", choices=([1], [2], [3]))


def trials(name: str, drawn: list[object]) -> list[Trial]:
    return [Trial(number, {name: value}) for number, value in enumerate(drawn)]


def test_a_numeric_parameter_is_rated_as_scipy_rates_it() -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 5, 12).tolist(), rng.normal(size=12).tolist()
    expected = abs(spearmanr(x, y).statistic)
    assert association(RANGE, trials("x", x), y) == pytest.approx(expected)


def test_choices_that_decide_the_value_are_worth_one() -> None:
    drawn: list[object] = [[1], [2], [3], [1], [2], [3]]
    assert association(CHOICE, trials("c", drawn), [1, 2, 3, 1, 2, 3]) == pytest.approx(1.0)
    assert association(CHOICE, trials("c", drawn), [1, 1, 1, 2, 2, 2]) == pytest.approx(0.0)


def test_what_never_changed_has_no_importance() -> None:
    assert association(RANGE, trials("x", [1, 1, 1]), [1, 2, 3]) is None
    assert association(RANGE, trials("x", [1, 2, 3]), [1, 1, 1]) is None


def test_the_direction_is_scipys_too_and_choices_have_none() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.integers(0, 5, 12).tolist(), rng.normal(size=12).tolist()
    expected = spearmanr(x, y).statistic
    assert expected < 0
    assert spearman(RANGE, trials("x", x), y) == pytest.approx(expected)
    assert spearman(CHOICE, trials("c", [[1], [2], [3]]), [1, 2, 3]) is None
    mixed = Parameter("c", "choice", choices=("sqrt", 0.3, None))
    drawn: list[object] = ["sqrt", 0.3, None, "sqrt", 0.3, None]
    assert spearman(mixed, trials("c", drawn), [1, 2, 3, 1, 2, 3]) is None
    assert association(mixed, trials("c", drawn), [1, 2, 3, 1, 2, 3]) == pytest.approx(1.0)
