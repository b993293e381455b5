"""The inferred schema survives YAML, catches planted faults, and is silent without them."""

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest

from xaiframe.precaution.profiles.schema import breaches, infer, never_negative


@pytest.fixture
def train():
    random = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "normal": random.normal(size=200),
            "amount": random.exponential(size=200),
            "count": random.integers(0, 9, 200),
            "level": random.choice(["x", "y"], 200),
            "constant": 1.0,
        }
    )


def stored(frame):
    """Through YAML, so that a check pandera would drop is missed by the tests below."""
    return pa.DataFrameSchema.from_yaml(infer(frame, 1.0, 50).to_yaml())


def test_training_data_fit_their_own_schema(train, hostile):
    assert len(breaches(stored(train), train)) == 0
    assert len(breaches(stored(hostile), hostile)) == 0


@pytest.mark.parametrize(
    ("column", "cell", "check"),
    [
        ("normal", 100.0, "less_than_or_equal_to"),
        ("normal", np.nan, "not_nullable"),
        ("normal", np.inf, "not_nullable"),
        ("amount", -0.5, "greater_than_or_equal_to"),
        ("level", "z", "isin"),
        ("constant", 2.0, "less_than_or_equal_to"),
    ],
)
def test_planted_cells_are_found(train, column, cell, check):
    later = train.copy()
    later.loc[[3, 7], column] = cell
    found = breaches(stored(train), later)

    assert found["column"].tolist() == [column]
    assert found["cells"].tolist() == [2]
    assert found["check"].str.startswith(check).all()


def test_absent_and_retyped_columns_count_once(train):
    later = train.drop(columns="normal").assign(count=train["count"].astype(float))
    found = breaches(stored(train), later)

    assert sorted(found["column"]) == ["count", "normal"]
    assert found["cells"].tolist() == [1, 1]


def test_new_samples_of_the_same_law_break_nothing():
    broken = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        draw = pd.DataFrame(random.normal(2, 1, size=(500, 10)))
        draw["tail"] = random.exponential(size=500)
        draw["level"] = random.choice(list("abcdefghij"), 500)
        draw = draw.rename(columns=str)
        broken += len(breaches(infer(draw[:300], 1.0, 50), draw[300:])) > 0
    assert broken <= 1


def test_a_level_seen_once_promises_more_unseen_ones():
    known = pd.DataFrame({"name": ["a", "a", "b", "b"], "id": ["u", "v", "w", "w"]})
    schema = infer(known, 1.0, 50)

    assert len(schema.columns["name"].checks) == 1
    assert schema.columns["id"].checks == []


def test_zero_is_a_floor_only_where_chance_would_have_crossed_it():
    random = np.random.default_rng(0)

    assert never_negative(random.exponential(size=300))
    assert not never_negative(random.exponential(size=5))
    assert not never_negative(random.normal(50, 1, size=300))
    assert not never_negative(random.normal(size=300))
