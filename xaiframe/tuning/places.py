"""Whose trial is whose: every trial has a place, claimed once, and given back after a kill."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

CLAIM, TOLD = "claim", "told"
"""Attributes of a trial: its place and owner, and what it came to."""
PATIENCE = 10.0
"""Seconds that a trial may take from its beginning to its claim."""
LOST = timedelta(hours=12)
"""After which a trial that another machine began is given up; nobody here can ask after it."""


def claim(study: optuna.Study, trial: FrozenTrial) -> int:
    """The place of a trial that has just begun: the first that no earlier trial has.

    Places decide what is drawn, so no two trials may have one. A trial's number is given out by
    the storage, once; who has the higher number waits until all lower ones have claimed (Lamport's
    bakery), which needs no lock and so works in every storage.
    """
    until = time.monotonic() + PATIENCE
    while True:
        earlier = [one for one in standing(study) if one.number < trial.number]
        if all(CLAIM in one.user_attrs for one in earlier) or time.monotonic() > until:
            break
        time.sleep(0.01)
    taken = {one.user_attrs[CLAIM]["place"] for one in earlier if CLAIM in one.user_attrs}
    place = next(free for free in range(len(taken) + 1) if free not in taken)
    mark = {"place": place, "owner": owner()}
    study._storage.set_trial_user_attr(trial._trial_id, CLAIM, mark)
    return place


def standing(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that are running or finished, not those that were interrupted."""
    return [one for one in study.get_trials(deepcopy=False) if running(one) or ended(one)]


def finished(study: optuna.Study) -> list[FrozenTrial]:
    """Trials that were trained, stopped, or failed by their own fault, by place."""
    return sorted(filter(ended, study.get_trials(deepcopy=False)), key=place_of)


def running(one: FrozenTrial) -> bool:
    """Whether a trial has begun and told nothing yet, alive or not."""
    return one.state == TrialState.RUNNING


def ended(one: FrozenTrial) -> bool:
    """Whether a trial came to an end of its own; one that a kill cut off has told nothing."""
    return one.state.is_finished() and TOLD in one.user_attrs


def place_of(one: FrozenTrial) -> int:
    """The place of a trial that has claimed one."""
    place: int = one.user_attrs[CLAIM]["place"]
    return place


def forget_interrupted(study: optuna.Study) -> None:
    """Close what killed processes left running, so that their places are free.

    One that had told what it came to, and was killed before it could say so, is finished.
    """
    for one in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
        if abandoned(one):
            close(study, one.number, one.user_attrs.get(TOLD, {"state": "FAIL", "values": None}))


def close(study: optuna.Study, number: int, told: Mapping[str, Any]) -> None:
    """End a trial as it told."""
    state = TrialState[told["state"]]
    study.tell(number, told["values"], state=state, skip_if_finished=True)


def abandoned(one: FrozenTrial) -> bool:
    """Whether nobody works on a running trial any more."""
    age = datetime.now() - (one.datetime_start or datetime.min)
    if CLAIM not in one.user_attrs:
        return age > timedelta(seconds=PATIENCE)
    host, pid, born = one.user_attrs[CLAIM]["owner"]
    if host != socket.gethostname():
        return age > LOST
    return birth(pid) != born


def owner() -> tuple[str, int, str]:
    """This process: machine, number, and when it was born, for numbers are used again."""
    return socket.gethostname(), os.getpid(), _own_birth(os.getpid())


@cache
def _own_birth(pid: int) -> str:
    return birth(pid)


def birth(pid: int) -> str:
    """When a process was started, as its machine counts; empty where there is none (any more)."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except PermissionError:
        pass
    try:
        state, *rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return "there"  # no /proc: that it lives is all that can be told
    return "" if state in "ZX" else rest[18]
