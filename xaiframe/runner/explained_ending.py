"""What a search of explanations was worth: its winner on instances that no trial read, by a measure
that it never sought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.statistics import resampling
from xaiframe.explanation import Array, Outcome
from xaiframe.runner.comparison import reported
from xaiframe.runner.contest import Contest, Contestant, Measured
from xaiframe.runner.ending import DEFAULT, RANDOM, TUNED, Judged, told
from xaiframe.runner.gather import gather
from xaiframe.runner.settings import methods_of
from xaiframe.runner.subject import Subject
from xaiframe.runner.tune import Tuner, explained_names
from xaiframe.runner.yardstick import on_cells

UNDECIDED = "every measure that applies to all searched methods was sought by the search"


def explained_ending(
    tuner: Tuner, subject: Subject, chosen: Mapping[str, Mapping[str, Any]], no_random: str
) -> Outcome:
    """Facts of the reported instances: each measure per contestant, the gains, and the verdicts, as
    :func:`~xaiframe.runner.ending.ending` has them of a model; table ``methods``: of the measure
    that decides, each method for itself.

    ``chosen``: contestant → settings, one TUNED; the recipe's own join them as DEFAULT. A measure
    is the mean over the methods that were searched, or over all where the reference or the features
    were. The first that was not sought and applies to all of them decides. Raises NotApplicable
    where none does.
    """
    keys = list(chosen[TUNED])
    names = methods_of(keys) or explained_names(tuner.tools, keys)
    cells = tuner.cells(keys)
    yardstick = gather(subject, {}, {})
    contest = Contest(
        {
            who: Contestant.of(reported(tuner, subject, settings), names, cells)
            for who, settings in {DEFAULT: {}, **chosen}.items()
        },
        on_cells(yardstick, cells) if cells else yardstick,
        subject.tools.methods["evaluation"],
    )
    if not contest.methods:
        raise NotApplicable(f"no method explains under all settings: {', '.join(names)}")
    seed, measures = subject.recipe.seed, list(contest.measured())
    judged = {one.name: found for one in measures if (found := judge(one, contest.methods, seed))}
    known = [one.name for one in measures if sought(one, tuner.tools.recipe.tuning)]
    first = next((one for one in measures if one.name in judged and may_decide(
        one, contest.methods, known
    )), None)  # fmt: skip
    if first is None:
        raise NotApplicable(UNDECIDED)
    same = [
        who for who in (DEFAULT, RANDOM) if who in chosen or who == DEFAULT if alike(contest, who)
    ]
    outcome = told(list(judged.values()), judged[first.name], known, same, no_random)
    outcome.tables["methods"] = pd.DataFrame(by_method(first, contest.methods, seed))
    return outcome


def sought(one: Measured, tuning: Mapping[str, Any]) -> bool:
    """Whether the search sought this measure, or bounded it."""
    named = [*(tuning.get("objectives") or {}), *(tuning.get("constraints") or {})]
    return any(name.startswith(one.family) for name in named)


def may_decide(one: Measured, methods: Sequence[str], known: Sequence[str]) -> bool:
    """Whether it was not sought and applies to all methods."""
    return one.decides and one.name not in known and len(one.values[TUNED]) == len(methods)


def alike(contest: Contest, who: str) -> bool:
    """Whether a contestant says the very same as the tuned one."""
    return all(
        np.array_equal(contest.said(who, name).values, contest.said(TUNED, name).values)
        for name in contest.methods
    )


def judge(one: Measured, methods: Sequence[str], seed: int) -> Judged | None:
    """The mean over ``methods`` (those that the measure applies to) and over the instances at which
    it is defined for every contestant, these drawn again together; None where there are none."""
    able = [name for name in methods if name in one.values[TUNED]]
    values = {who: np.mean([said[name] for name in able], axis=0)
              for who, said in one.values.items()}  # fmt: skip
    below = np.ones_like(values[TUNED]) if one.below is None else one.below
    defined = np.isfinite(np.stack([*values.values(), below])).all(axis=0)
    if not defined.any() or not below[defined].mean() > 0:
        return None
    n, sign = int(defined.sum()), 1.0 if one.better == "higher" else -1.0
    weights = np.concatenate([np.full((1, n), 1 / n), resampling(n, seed)])
    drawn = {who: shares(weights, each[defined], below[defined]) for who, each in values.items()}
    return Judged(
        one.name,
        one.unit,
        one.better,
        n,
        {who: estimate(each, one.decides) for who, each in drawn.items()},
        {
            who: estimate(sign * (drawn[TUNED] - each) + 0.0, one.decides)
            for who, each in drawn.items()
            if who != TUNED
        },
    )


def shares(weights: Array, values: Array, below: Array) -> Array:
    """``(draws,)`` weighted means of ``values`` over those of ``below``; NaN where that is 0."""
    under = weights @ below
    return np.asarray((weights @ values) / np.where(under > 0, under, np.nan))


def estimate(drawn: Array, varies: bool) -> tuple[float, tuple[float, float]]:
    """The first of ``drawn`` with the central 95 % of the others; NaN where there is nothing to
    draw again."""
    if not varies or len(drawn) < 3:
        return float(drawn[0]), (np.nan, np.nan)
    low, high = np.nanpercentile(drawn[1:], [2.5, 97.5])
    return float(drawn[0]), (float(low), float(high))


def by_method(one: Measured, methods: Sequence[str], seed: int) -> Iterator[dict[str, object]]:
    """One row per method and contestant that it is held against: the gain of the tuned setting."""
    for name in methods:
        found = judge(one, [name], seed)
        for who, (gain, apart) in (found.gains if found else {}).items():
            yield {"measure": one.name, "method": name, "against": who, "gain": gain,
                   "gain_low": apart[0], "gain_high": apart[1]}  # fmt: skip
