"""A study's trials as the search tells them: what was tried, what came of it, what decided."""

from __future__ import annotations

from dataclasses import replace

import optuna
from optuna.trial import FrozenTrial, TrialState

from xaiframe.tuning.importance import importances
from xaiframe.tuning.optuna_study import Search
from xaiframe.tuning.places import TOLD, finished, place_of
from xaiframe.tuning.trials import Found, Trial


def found(search: Search, study: optuna.Study) -> Found:
    """Everything that the study holds of the search."""
    done = finished(study)
    best = {one.number for one in study.best_trials}
    trials = [_trial(search, one, one.number in best) for one in done]
    complete = [one for one in trials if one.values]
    table = importances(study, complete, search.parameters, dict(search.objectives))
    stopped = search.met(study) or search.sampler  # a grid ends with its last cell
    return Found(
        trials,
        search.objectives,
        search.parameters,
        table,
        stopped_by=stopped,
        asked=search.drawing.possible,
        pruner=type(search.pruner).__name__ if search.pruner else "",
        workers=search.workers,
    )


def _trial(search: Search, one: FrozenTrial, pareto: bool) -> Trial:
    told = one.user_attrs[TOLD]
    trial = Trial(
        place_of(one),
        {p.name: p.decode(one.params[p.name]) for p in search.parameters if p.name in one.params},
        seconds=round(told["seconds"], 3),
        evaluations=told["evaluations"],
        failed=told.get("failed", ""),
        pruned=told.get("pruned", 0),
    )
    if one.state != TrialState.COMPLETE:
        return trial
    measured: dict[str, float] = told["measured"]
    breaches = (limit.breach(measured[limit.fact]) for limit in search.constraints)
    return replace(
        trial,
        values=tuple(one.values),
        intervals=tuple(None if pair is None else (pair[0], pair[1]) for pair in told["intervals"]),
        pareto=pareto,
        measured=measured,
        infeasible="; ".join(breach for breach in breaches if breach),
    )
