"""Hyperopt through Ray: draws what Hyperopt draws, by seed and after a kill, with two workers."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Mapping
from math import log
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from optuna.samplers import RandomSampler
from optuna.trial import FrozenTrial, TrialState, create_trial

from xaiframe.facts import Fact, Facts
from xaiframe.tuning.optuna_study import suggest
from xaiframe.tuning.ray_hyperopt import Hyperopt
from xaiframe.tuning.space import Parameter
from xaiframe.tuning.study import Study
from xaiframe.tuning.watch import Watch

SCORE = "model.validation.score"
THERE = all(importlib.util.find_spec(name) for name in ("ray", "hyperopt"))
there = pytest.mark.skipif(not THERE, reason="ray and hyperopt are extras")
quiet = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
PARAMETERS = [
    Parameter("fit.x", "float", -2.0, 2.0),
    Parameter("fit.rate", "float", 1e-4, 1.0, log=True),
    Parameter("fit.share", "float", 0.0, 1.0, step=0.25),
    Parameter("model.depth", "int", 1, 9, step=2),
    Parameter("model.width", "int", 4, 64, log=True),
    Parameter("model.hidden", "choice", choices=([8], [8, 4], [4])),
    Parameter("fit.fixed", "float", 3.0, 3.0),
]
MODULE = '''
"""Trials in a module that Ray's processes can import."""
from xaiframe.facts import Fact, Facts

def trial(parameters, watch):
    x, depth = parameters["fit.x"], len(parameters["model.hidden"])
    return Facts([Fact("model.validation.score", 1 - (x - 1) ** 2 - 0.1 * depth)])
'''
SPACE = {"fit.x": {"low": -2.0, "high": 2.0}, "model.hidden": {"choices": [[8], [8, 4]]}}
START = {"fit.x": -1.7, "model.hidden": [8, 4]}


def past(trials: int, seed: int = 0) -> list[FrozenTrial]:
    """Trials drawn at random, every seventh of which failed."""
    rng = np.random.default_rng(seed)
    known = []
    for number in range(trials):
        state = TrialState.COMPLETE if number % 7 else TrialState.FAIL
        shares = {one.name: one.at(float(rng.uniform())) for one in PARAMETERS}
        asked = Fake(shares)
        for one in PARAMETERS:
            suggest(asked, one)  # type: ignore[arg-type]
        value = float(rng.normal()) if number % 7 else None
        known.append(
            create_trial(state=state, value=value, params=shares, distributions=asked.distributions)
        )
        known[-1].number = number
    return known


class Fake:
    """Remembers the distributions that are asked for."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        from optuna.distributions import (
            CategoricalDistribution,
            FloatDistribution,
            IntDistribution,
        )

        self.values, self.distributions = values, dict[str, Any]()
        self.kinds = CategoricalDistribution, FloatDistribution, IntDistribution

    def suggest_categorical(self, name: str, choices: Any) -> None:
        self.distributions[name] = self.kinds[0](choices)

    def suggest_float(self, name: str, low: float, high: float, **given: Any) -> None:
        self.distributions[name] = self.kinds[1](low, high, **given)

    def suggest_int(self, name: str, low: int, high: int, **given: Any) -> None:
        self.distributions[name] = self.kinds[2](low, high, **given)


@there
@quiet
@pytest.mark.parametrize(("direction", "sign"), [("MAXIMIZE", -1), ("MINIMIZE", 1)])
def test_the_next_point_is_hyperopts_own(direction: str, sign: int) -> None:
    """Hyperopt asked directly, its history written down by hand; more trials than it remembers
    with full weight, so that their order counts."""
    import hyperopt
    from hyperopt import hp

    known = past(40)
    space = {
        "fit.x": hp.uniform("fit.x", -2, 2),
        "fit.rate": hp.loguniform("fit.rate", log(1e-4), log(1)),
        "fit.share": hp.quniform("fit.share", -0.5, 4.5, 1),
        "model.depth": hp.quniform("model.depth", -0.5, 4.5, 1),
        "model.width": hp.qloguniform("model.width", log(3.5), log(64.5), 1),
        "model.hidden": hp.choice("model.hidden", [[8], [8, 4], [4]]),
    }
    trials = hyperopt.Trials()
    for one in known:
        p = one.params
        values = {
            "fit.x": p["fit.x"],
            "fit.rate": p["fit.rate"],
            "fit.share": p["fit.share"] / 0.25,
            "model.depth": (p["model.depth"] - 1) / 2,
            "model.width": p["model.width"],
            "model.hidden": ["[8]", "[8, 4]", "[4]"].index(p["model.hidden"]),
        }
        done = one.state == TrialState.COMPLETE
        trials.insert_trial_doc(
            {
                "tid": one.number,
                "spec": None,
                "result": {"status": "ok", "loss": sign * one.value} if done else {"status": "new"},
                "misc": {
                    "tid": one.number,
                    "cmd": None,
                    "idxs": {name: [one.number] for name in values},
                    "vals": {name: [value] for name, value in values.items()},
                },
                "state": hyperopt.JOB_STATE_DONE if done else hyperopt.JOB_STATE_NEW,
                "owner": None,
                "book_time": None,
                "refresh_time": None,
                "exp_key": None,
                "version": 0,
            }
        )
    trials.refresh()
    domain = hyperopt.Domain(lambda given: given, space)
    for seed in range(3):
        mine = Hyperopt(PARAMETERS, seed, 2, RandomSampler()).drawn(known, direction)
        drawn = int(np.random.RandomState(seed).randint(2**31 - 1))  # as Ray seeds it
        [theirs] = hyperopt.tpe.suggest([40], domain, trials, drawn)
        found = {name: value for name, [value] in theirs["misc"]["vals"].items()}
        assert mine == {
            "fit.x": found["fit.x"],
            "fit.rate": found["fit.rate"],
            "fit.share": found["fit.share"] * 0.25,
            "model.depth": found["model.depth"] * 2 + 1,
            "model.width": found["model.width"],
            "model.hidden": ["[8]", "[8, 4]", "[4]"][found["model.hidden"]],
        }


@there
@quiet
def test_every_drawn_value_lies_in_its_range() -> None:
    counts = {1: 0, 3: 0, 5: 0, 7: 0, 9: 0}
    for seed in range(60):
        known = past(12, seed)
        point = Hyperopt(PARAMETERS, seed, 2, RandomSampler()).drawn(known, "MAXIMIZE")
        assert -2 <= point["fit.x"] <= 2
        assert 1e-4 <= point["fit.rate"] <= 1
        assert point["fit.share"] in (0, 0.25, 0.5, 0.75, 1)
        assert point["model.width"] in range(4, 65)
        assert point["model.hidden"] in ("[8]", "[8, 4]", "[4]")
        assert isinstance(point["model.width"], int)
        assert "fit.fixed" not in point
        counts[point["model.depth"]] += 1
    assert min(counts.values()) > 0


def search(folder: Path, tried: Any, **given: Any) -> Any:
    settings: dict[str, Any] = {"trials": 12, "objectives": {SCORE: "maximize"}, "space": SPACE}
    study = Study(sampler="hyperopt", engine="ray", storage="journal", **settings | given)
    return study.search(tried, folder, 1, START).tables["trials"]


def settings(table: Any) -> Any:
    return table.drop(columns="seconds").to_dict("records")


def trial(parameters: Mapping[str, Any], watch: Watch) -> Facts:
    x, depth = parameters["fit.x"], len(parameters["model.hidden"])
    return Facts([Fact(SCORE, 1 - (x - 1) ** 2 - 0.1 * depth)])


@there
@quiet
def test_a_kill_changes_nothing_and_what_is_learnt_pays(tmp_path: Path) -> None:
    class Killed(BaseException):
        pass

    calls = iter(range(100))

    def dying(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        if next(calls) in (0, 9):
            raise Killed
        return trial(parameters, watch)

    def whole(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        return trial(parameters, watch)  # a closure is tried in this process

    expected = search(tmp_path / "whole", whole, trials=24)
    for _ in range(2):
        with pytest.raises(Killed):
            search(tmp_path / "killed", dying, trials=24)
    assert settings(search(tmp_path / "killed", dying, trials=24)) == settings(expected)
    assert expected.loc[0, ["fit.x", "model.hidden"]].tolist() == [-1.7, "[8, 4]"]
    by_chance, learnt = expected[SCORE].iloc[1:10], expected[SCORE].iloc[10:]
    assert learnt.median() > by_chance.median()
    assert expected.loc[expected["chosen"], "model.hidden"].item() == "[8]"
    limits = {SCORE: {"at_most": 0.5}}
    bounded = search(tmp_path / "bounded", whole, constraints=limits)
    assert bounded.loc[bounded["chosen"], SCORE].item() <= 0.5


@there
@quiet
def test_two_workers_of_ray_draw_by_hyperopt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hyperopt_trials.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))
    import hyperopt_trials

    try:
        table = search(tmp_path / "shared", hyperopt_trials.trial, workers=2)
    finally:
        del sys.modules["hyperopt_trials"]
    assert table["number"].tolist() == list(range(12))
    assert (table["state"] == "complete").all()
    assert table["fit.x"].is_unique


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"engine": "processes"}, "hyperopt comes through Ray, not processes: engine: ray"),
        ({"objectives": {SCORE: "maximize", "a.b": "minimize"}}, "hyperopt follows one objective"),
    ],
)
def test_what_it_cannot_do_is_refused(given: dict[str, Any], words: str) -> None:
    asked = {"sampler": "hyperopt", "engine": "ray", "objectives": {SCORE: "maximize"}}
    with pytest.raises(ValueError, match=words):
        Study(space=SPACE, **asked | given)
