"""Two models on the same rows: the difference by hand, and what pairing is for."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.runner.paired import changes


def told(y, predicted, split="validation", sure=0.9, ids=None):
    names = np.array(["no", "yes"], dtype=object)
    chance = np.where(np.asarray(predicted) == 1, sure, 1 - sure)
    return pd.DataFrame(
        {"split": split, "id": np.arange(len(y)) if ids is None else ids, "y": names[y],
         "predicted": names[predicted], "confidence": sure, "p_no": 1 - chance, "p_yes": chance}
    )  # fmt: skip


def wrong_at(y, places):
    answers = np.array(y)
    answers[list(places)] = 1 - answers[list(places)]
    return answers


Y = np.tile([0, 1], 100)


def test_the_difference_is_that_of_the_scores():
    before, after = told(Y, wrong_at(Y, range(40))), told(Y, wrong_at(Y, range(10)))
    change = changes(before, after, 0)["model.validation.score"]
    assert change.moved == pytest.approx(0.95 - 0.8)
    assert change.n == 200
    assert 0 < change.low < change.moved < change.high


def test_rows_that_are_hard_for_both_do_not_blur_what_moved():
    """Ten of sixty wrong answers mended, none spoilt: beyond chance on the same rows, though the
    two scores' own intervals overlap by far."""
    before, after = told(Y, wrong_at(Y, range(60))), told(Y, wrong_at(Y, range(50)))
    change = changes(before, after, 0)["model.validation.accuracy"]
    assert change.low > 0
    draws = np.random.default_rng(0).binomial(200, 0.7, 2000) / 200
    assert np.quantile(draws, 0.975) > 0.75  # the later score lies within the earlier's interval


def test_the_interval_is_that_of_a_paired_mean():
    """A difference of accuracies is the mean of −1, 0 and 1; its standard error is known."""
    before, after = told(Y, wrong_at(Y, range(60))), told(Y, wrong_at(Y, range(20, 70)))
    change = changes(before, after, 0)["model.validation.accuracy"]
    steps = np.zeros(200)
    steps[:20], steps[60:70] = 1, -1
    error = steps.std() / np.sqrt(200)
    assert change.moved == pytest.approx(steps.mean())
    assert (change.high - change.low) / 2 == pytest.approx(1.96 * error, rel=0.15)


def test_only_rows_of_both_with_the_same_target_count():
    before = pd.concat([told(Y, Y), told(Y, wrong_at(Y, range(200)), "test")])
    other = wrong_at(Y, range(5))  # another target in the later round
    after = told(other, other).iloc[:150]
    found = changes(before, after, 0)["model.validation.accuracy"]
    assert (found.n, found.moved) == (145, 0.0)


def test_numbers_are_compared_by_what_is_left_unexplained():
    random = np.random.default_rng(0)
    y = random.normal(size=300)
    tables = [
        pd.DataFrame({"split": "validation", "id": np.arange(300), "y": y, "predicted": y + error})
        for error in (0.5 * random.normal(size=300), 0.1 * random.normal(size=300))
    ]
    found = changes(*tables, 0)
    errors = [((one["predicted"] - one["y"]) ** 2).mean() for one in tables]
    wanted = (errors[0] - errors[1]) / y.var()
    assert found["model.validation.score"].moved == pytest.approx(wanted, rel=1e-4)
    assert found["model.validation.mae"].high < 0


def test_nothing_is_told_of_other_classes_or_a_single_one():
    assert changes(told(Y, Y), told(Y, Y).rename(columns={"p_no": "p_maybe"}), 0) == {}
    alone = np.zeros(20, dtype=int)
    assert changes(told(alone, alone), told(alone, alone), 0) == {}
    assert changes(told(Y, Y, "test"), told(Y, Y, "test"), 0) == {}
