"""What a search was worth: its winner on rows that no trial read, by measures it never sought."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sklearn.dummy import DummyClassifier, DummyRegressor

from xaiframe.data.face import Data
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Better, Fact, source
from xaiframe.model.face import Model
from xaiframe.runner.losses import HEADLINE, measures
from xaiframe.runner.metrics import RESAMPLES, resamples

TUNED, DEFAULT, DUMMY, RANDOM = "tuned", "default", "dummy", "random search"
SAME = {
    DEFAULT: "the search chose the settings that the recipe already has",
    RANDOM: "random search chose the very same settings",
}
ITSELF = "the search is a random search, so there is none to beat"
BEATS = {DEFAULT: "beats_default", DUMMY: "beats_dummy", RANDOM: "beats_random"}
Interval = tuple[float, float]


@dataclass(frozen=True)
class Judged:
    """One measure of every contestant, and what the tuned one gains on each other.

    values, gains: by contestant, with 95 % intervals over the n rows, the same draws for all.
    """

    name: str
    unit: str
    better: Better
    n: int
    values: Mapping[str, tuple[float, Interval]]
    gains: Mapping[str, tuple[float, Interval]]


def sought(objectives: Sequence[str], task: str) -> set[str]:
    """The measures that the search itself sought, by their names here."""
    ends = {name.rsplit(".", 1)[-1] for name in objectives if name.startswith("model.")}
    return {HEADLINE[task] if end == "score" else end for end in ends}


def answers(model: Model, x: Array) -> Array:
    """``(n, classes)`` probabilities, or ``(n,)`` predicted values."""
    found = model.probabilities(x) if model.task == "classification" else model.predictions(x)
    return np.asarray(found, dtype=np.float64)


def dummy(data: Data) -> Array:
    """What a model that reads no feature answers on the test rows: each class with its share of
    the training rows, or their mean."""
    if data.task == "regression":
        blind = DummyRegressor().fit(np.zeros((len(data.train), 1)), data.train.y)
        return np.asarray(blind.predict(np.zeros((len(data.test), 1))), dtype=np.float64)
    blind = DummyClassifier(strategy="prior").fit(np.zeros((len(data.train), 1)), data.train.y)
    shares = np.zeros((len(data.test), len(data.classes)))
    shares[:, blind.classes_] = blind.predict_proba(np.zeros((len(data.test), 1)))
    return shares


def judge(contestants: Mapping[str, Array], y: Array, task: str, seed: int) -> list[Judged]:
    """Every measure of the task; ``contestants``: name → answers to the same rows, one TUNED."""
    draws = resamples(y, task, RESAMPLES, seed)
    found = []
    for name, measure in measures(task).items():
        whole = {who: measure.of(said, y) for who, said in contestants.items()}
        drawn = {
            who: np.array([measure.of(said[draw], y[draw]) for draw in draws])
            for who, said in contestants.items()
        }
        sign = 1.0 if measure.better == "higher" else -1.0
        values = {who: (whole[who], _central(drawn[who])) for who in contestants}
        gains = {
            who: (
                measure.gain(whole[TUNED], whole[who]),
                _central(sign * (drawn[TUNED] - drawn[who])),
            )
            for who in contestants
            if who != TUNED
        }
        found.append(Judged(name, measure.unit, measure.better, len(y), values, gains))
    return found


def ending(
    contestants: Mapping[str, Array],
    data: Data,
    objectives: Sequence[str],
    no_random: str,
    seed: int,
) -> Outcome:
    """Facts of the test rows: each measure per contestant, the gains, and the verdicts.

    ``contestants``: name → answers to the test rows; the dummy joins them. ``no_random``: why none
    of them comes from a random search, where none does. The first measure that was not sought
    decides the verdicts ``beats_default``, ``beats_dummy`` and ``beats_random``: true or false
    where the whole interval of the gain lies on one side of 0, else None.
    """
    found = judge({**contestants, DUMMY: dummy(data)}, data.test.y, data.task, seed)
    known = sought(objectives, data.task)
    first = next(one for one in found if one.name not in known)
    same = {
        who
        for who in (DEFAULT, RANDOM)
        if who in contestants and np.array_equal(contestants[TUNED], contestants[who])
    }
    return told(found, first, known, same, no_random)


def told(
    found: Sequence[Judged], first: Judged, known: Collection[str], same: Collection[str], why: str
) -> Outcome:
    """Facts and the table ``ending`` of what was judged: ``first`` decides, ``known`` were sought,
    ``same`` are the contestants that say the very same, ``why`` there is no random search."""
    outcome, rows = Outcome(), []
    for one in found:
        role = "decides" if one is first else "sought" if one.name in known else "beside"
        for who, (value, spread) in one.values.items():
            labels = {"measure": one.name, "model": who}
            measured = Fact("measured", value, one.unit, labels, one.n, spread, one.better)
            outcome.facts.append(measured)
            gain, apart = one.gains.get(who, (np.nan, (np.nan, np.nan)))
            rows.append(
                {"measure": one.name, "model": who, "role": role, "better": one.better,
                 "value": value, "low": spread[0], "high": spread[1],
                 "gain": gain, "gain_low": apart[0], "gain_high": apart[1], "n": one.n}
            )  # fmt: skip
        for who, (gain, apart) in one.gains.items():
            labels = {"measure": one.name, "against": who}
            outcome.facts.append(Fact("gain", gain, one.unit, labels, one.n, apart, "higher"))
    outcome.facts.append(Fact("decided_by", first.name, n=first.n))
    for who, quantity in BEATS.items():
        library = source("scikit-learn") if who == DUMMY else source()
        if who in first.gains:
            beats, reason = (None, SAME[who]) if who in same else verdict(*first.gains[who])
            outcome.facts.append(Fact(quantity, beats, n=first.n, reason=reason, source=library))
        elif who == RANDOM:
            outcome.facts.append(Fact(quantity, None, reason=why))
    outcome.tables["ending"] = pd.DataFrame(rows)
    return outcome


def verdict(gain: float, interval: Interval) -> tuple[bool | None, str]:
    """Whether there is a gain, None with the reason where that cannot be told."""
    if interval[0] > 0:
        return True, ""
    if interval[1] < 0:
        return False, ""
    if not np.isfinite(interval).all():
        return None, f"the gain {gain:.4g} has no interval: too few rows"
    return None, f"the gain {gain:.4g} lies within chance: {interval[0]:.4g} to {interval[1]:.4g}"


def _central(drawn: Array) -> Interval:
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)
