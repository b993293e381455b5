"""Concept drift: a turned relation is found, in which order and where; without order, a reason."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.order import ROW
from xaiframe.errors import NotApplicable
from xaiframe.model.face import BlackBox
from xaiframe.precaution.concept_drift import ConceptDrift

FAST = {"shuffles": 20, "refits": 20, "sample": 400}


def signs(task="classification"):
    """A model that goes by the sign, or the value, of the first column."""

    def answer(x):
        up = (x[:, :1] > 0).astype(float)
        return x[:, :1] if task == "regression" else np.hstack([1 - up, up])

    return BlackBox(answer, task, () if task == "regression" else ("c0", "c1"))


@pytest.fixture
def turning(table):
    """``turning(turn, task, seed)``: y follows a up to the share ``turn`` of time, then −a."""

    def build(turn=2.0, task="classification", seed=0, n=1200):
        random = np.random.default_rng(seed)
        frame = pd.DataFrame(random.normal(size=(n, 3)), columns=list("abc"))
        sign = np.where(np.arange(n) < turn * n, 1.0, -1.0)
        y = sign * frame["a"].to_numpy() + 0.5 * random.normal(size=n)
        y = (y > 0).astype(int) if task == "classification" else y.astype(np.float32)
        return replace(table(frame, y, task), time=ROW)

    return build


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_relation_that_turns_round_is_found_where_it_does(turning, value, task):
    outcome = ConceptDrift(**FAST)(turning(0.75, task), signs(task), 0)

    level, null = value(outcome, "ddm_level"), value(outcome, "ddm_level_null99")
    assert level.value > max(3, null.value)
    assert value(outcome, "adwin_drifts").value > value(outcome, "adwin_drifts_null95").value
    first = value(outcome, "first_drift")
    assert 180 <= first.value < 280
    assert int(first.labels["time"]) == 720 + first.value


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_past_teaches_what_no_longer_holds(turning, value, task):
    outcome = ConceptDrift(**FAST)(turning(0.5, task), signs(task), 0)

    saved = value(outcome, "saved_by_latest")
    assert saved.value > max(0.3, value(outcome, "saved_by_latest_null99").value)
    assert 0 < saved.interval[0] < saved.value < saved.interval[1]


def test_a_steady_relation_raises_few_alarms(turning, value):
    alarms = 0
    for seed in range(20):
        told = ConceptDrift(**FAST)(turning(seed=seed, n=600), signs(), seed)
        level, null = value(told, "ddm_level").value, value(told, "ddm_level_null99").value
        saved = value(told, "saved_by_latest").value
        alarms += (
            (level > max(2.0, null))
            or value(told, "adwin_drifts").value > value(told, "adwin_drifts_null95").value
            or saved > max(0.05, value(told, "saved_by_latest_null99").value)
        )
    assert alarms <= 2


def test_time_may_be_a_column_in_any_order(turning, value):
    """The rows shuffled, their moments beside them: the same stream."""
    data = turning(0.75)
    expected = ConceptDrift(**FAST)(data, signs(), 0)
    random = np.random.default_rng(0)
    moved = {}
    for name, split in data.splits.items():
        dated = replace(split, aside=pd.DataFrame({"day": pd.Timestamp("2024-01-01")
                        + pd.to_timedelta(split.ids, "D")}))  # fmt: skip
        moved[name] = dated.take(random.permutation(len(split)))
    told = ConceptDrift(**FAST)(replace(data, **moved, time="day"), signs(), 0)

    assert value(told, "ddm_level").value == value(expected, "ddm_level").value
    assert value(told, "saved_by_latest").value == pytest.approx(
        value(expected, "saved_by_latest").value, abs=0.02
    )
    assert value(told, "first_drift").labels["time"].startswith("2026-")


def test_the_column_of_time_is_no_input_of_the_probes(table, value):
    """Nothing but time and noise: a probe that saw time would call the trend a change."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"day": np.arange(600.0), "noise": random.normal(size=600)})
    data = replace(table(frame, random.integers(0, 2, 600)), time="day")
    told = ConceptDrift(**FAST)(data, signs(), 0)
    assert value(told, "saved_by_latest").value < value(told, "saved_by_latest_null99").value
    alone = replace(table(frame[["day"]], random.integers(0, 2, 600)), time="day")
    assert (
        "beside the time"
        in value(ConceptDrift(**FAST)(alone, signs(), 0), "saved_by_latest").reason
    )


def test_without_order_or_rows_it_does_not_apply(turning, table, noise):
    with pytest.raises(NotApplicable, match="no order in time"):
        ConceptDrift(**FAST)(replace(turning(), time=""), signs(), 0)
    with pytest.raises(NotApplicable, match="fewer than 60"):
        ConceptDrift(**FAST)(replace(table(*noise(100)), time=ROW), signs(), 0)


def test_odd_data_have_reasons(table, hostile, value, tmp_path):
    frame = pd.concat([hostile, hostile], ignore_index=True)
    for y in (np.arange(240) % 2, np.zeros(240, int)):
        told = ConceptDrift(**FAST)(
            replace(table(frame, y, classes=("c0", "c1")), time="date"), signs(), 0
        )
        assert all(fact.value is not None or fact.reason for fact in told.facts)
        for name, one in told.tables.items():
            one.to_parquet(tmp_path / f"{name}.parquet")


def test_series_pictures_and_messages_are_judged(series, pictures, messages, value):
    random = np.random.default_rng(0)
    y = np.arange(400) % 2
    x = random.normal(size=(400, 2, 10)) + y[:, None, None]
    texts = [" ".join(random.choice(["win", "see"], 4)) for _ in range(400)]
    for data in (series(x, y), pictures(x[:, :1, :4, None].repeat(4, 3), y),
                 messages(texts, y)):  # fmt: skip
        model = BlackBox(lambda x: np.full((len(x), 2), 0.5), "classification", ("c0", "c1"))
        told = ConceptDrift(**FAST)(replace(data, time=ROW), model, 0)
        saved = value(told, "saved_by_latest")
        assert saved.value < max(0.05, value(told, "saved_by_latest_null99").value)


@pytest.mark.parametrize("wrong", [{"delta": 0}, {"shuffles": 3}, {"refits": 1}, {"sample": 10}])
def test_parameters_are_checked(wrong):
    with pytest.raises(ValueError, match="concept_drift"):
        ConceptDrift(**wrong)
