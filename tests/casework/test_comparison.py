"""Where one case lies among many: closed forms on populations one can count."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import percentileofscore

from xaiframe.casework.comparison import (
    agreement,
    alike_in_pattern,
    class_answer,
    columns,
    distances,
    pattern,
    percentile,
    unusual,
    value_answer,
)
from xaiframe.data.face import Data, Split


def test_a_percentile_counts_ties_half():
    tens = np.arange(1.0, 11.0)
    assert percentile(tens, 5.5) == 50
    assert percentile(tens, 1.0) == 5  # none below, one of ten equal
    assert percentile(tens, 0.0) == 0
    assert percentile(tens, 11.0) == 100


def test_a_percentile_is_scipys_mean_rank_without_its_own_row():
    rng = np.random.default_rng(0)
    population = rng.integers(0, 20, 101).astype(float)
    for value in (-1.0, 3.0, 7.5, 19.0):
        assert percentile(population, value) == pytest.approx(
            (percentileofscore(population, value, "weak")
             + percentileofscore(population, value, "strict")) / 2
        )  # fmt: skip


def test_every_column_says_where_the_value_lies():
    train = pd.DataFrame(
        {
            "size": np.arange(100.0),
            "colour": ["red"] * 75 + ["blue"] * 25,
            "day": pd.date_range("2020-01-01", periods=100),
            "gap": [np.nan] * 40 + [1.0] * 60,
        }
    )
    new = pd.DataFrame(
        {
            "size": [24.5, 100.0, -1.0],
            "colour": ["blue", "green", "red"],
            "day": pd.to_datetime(["2020-01-11", "2021-01-01", "2019-01-01"]),
            "gap": [np.nan, 1.0, 2.0],
        }
    )
    first, second, third = ({one["name"]: one for one in columns(new, train, k)} for k in range(3))
    assert (first["size"]["state"], first["size"]["percentile"]) == ("inside", 25)
    assert (first["colour"]["state"], first["colour"]["share"]) == ("inside", 25)
    assert (first["day"]["state"], first["day"]["percentile"]) == ("inside", 10.5)
    assert (first["day"]["low"], first["day"]["high"]) == ("2020-01-01", "2020-04-09")
    assert (first["gap"]["state"], first["gap"]["share"]) == ("missing", 40)
    assert [second[name]["state"] for name in second] == ["above", "unseen", "above", "inside"]
    assert [third[name]["state"] for name in third] == ["below", "inside", "below", "above"]
    assert third["colour"]["share"] == 75


def test_the_answer_is_held_against_test_rows_of_the_same_answer():
    n = 40
    test = pd.DataFrame(
        {
            "predicted": ["yes"] * n + ["no"] * 10,
            "y": ["yes"] * 30 + ["no"] * 20,
            "confidence": [*np.linspace(0.99, 0.51, n), *[0.9] * 10],
        }
    )
    # the 25 lowest confidences are rows 15 to 39: of these 15 to 29 are right
    found = class_answer(test, "yes", 0.5)
    assert found["percentile"] == 0
    assert found["alike"] == {"n": 25, "right": 15}
    assert found["n"] == n
    assert class_answer(test, "maybe", 0.5) == {"n": 0, "confidence": 0.5}


def test_a_quantity_is_held_against_the_predictions_and_their_errors():
    predicted = np.arange(100.0)
    test = pd.DataFrame({"predicted": predicted, "y": predicted + np.where(predicted < 50, 1, 9)})
    found = value_answer(test, 10.0)
    assert found["percentile"] == 10.5
    assert (found["low"], found["high"]) == (0, 99)
    assert found["alike"] == {"n": 25, "error": 1}
    assert value_answer(test, 200.0)["alike"]["error"] == 9


def test_agreement_is_usual_inside_nine_tenths():
    usual = np.append(np.linspace(0, 1, 101), np.nan)
    assert agreement(0.5, usual)["state"] == "inside"
    assert agreement(0.5, usual)["median"] == pytest.approx(0.5)
    assert agreement(0.01, usual)["state"] == "below"
    assert agreement(0.99, usual)["state"] == "above"
    assert agreement(np.nan, usual) is None
    assert agreement(0.5, usual[:4]) is None


def test_an_attribution_is_unusual_above_all_others_and_chance_is_counted():
    rng = np.random.default_rng(1)
    population = {"a": rng.uniform(-1, 1, (19, 4)), "b": rng.uniform(-1, 1, (19, 4))}
    case = {"a": np.array([-5.0, 0.0, 0.1, 0.1]), "b": np.array([-3.0, 0.0, 0.1, 0.1])}
    found = unusual(case, population)
    assert found["features"] == [0]
    assert found["n"] == 19
    assert found["chance"] == 4 / 20
    below = [(np.abs(population[m][:, 2]) < 0.1).mean() for m in "ab"]
    assert found["percentile"][2] == pytest.approx(100 * np.median(below))
    assert unusual(case, {"a": population["a"][:4]}) is None


def test_the_chance_of_an_exchangeable_case_is_what_is_told():
    rng = np.random.default_rng(2)
    drawn = rng.normal(size=(400, 10, 6))
    counts = [
        len(unusual({"m": one[0]}, {"m": one[1:]})["features"]) for one in drawn
    ]  # nine others
    told = unusual({"m": drawn[0][0]}, {"m": drawn[0][1:]})["chance"]
    assert np.mean(counts) == pytest.approx(told, abs=0.12)


def test_patterns_average_directions_not_methods_and_ignore_size():
    values = {
        "a": np.array([[1.0, 0.0]]), "b": np.array([[10.0, 0.0]]), "g": np.array([[0.0, -2.0]]),
    }  # fmt: skip
    sides = {"a": "perturbation", "b": "perturbation", "g": "gradient"}
    np.testing.assert_allclose(pattern(values, sides), [[0.5, -0.5]])


def test_the_most_alike_pattern_is_the_one_of_largest_cosine_among_those_that_compare():
    population = np.array([[2.0, 0.0], [1.0, 1.0], [0.0, 3.0], [1.0, 0.0]])
    among = np.array([True, True, True, False])
    found = alike_in_pattern(np.array([1.0, 0.0]), population, among)
    assert [at for at, _ in found] == [0, 1, 2]
    np.testing.assert_allclose([cosine for _, cosine in found], [1, np.sqrt(0.5), 0])


def data_of(modality, x):
    split = Split(
        np.arange(len(x)), x.astype(np.float32), np.zeros(len(x), dtype=np.int64), pd.DataFrame()
    )
    return Data(
        modality, "classification", split, split, split, tuple("abcd"), np.arange(4), ("no", "yes")
    )


def test_distance_is_in_standard_deviations_of_training():
    x = np.array([[0.0, 0, 0, 0], [2, 20, 200, 0]])
    data = data_of("table", x)  # standard deviations 1, 10, 100, and 1 for the constant
    found = distances(x[:1], x, data)
    np.testing.assert_allclose(found, [[0, np.sqrt((4 + 4 + 4) / 4)]], rtol=1e-6)


def test_messages_are_as_far_apart_as_they_share_no_words():
    x = np.array([[1.0, 2, 3, 0], [3, 2, 9, 0], [7, 8, 0, 0]])
    found = distances(x[:1], x, data_of("text", x))
    np.testing.assert_allclose(found, [[0, 1 - 2 / 4, 1]])
