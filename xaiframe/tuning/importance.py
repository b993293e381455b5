"""Which parameter mattered: PED-ANOVA, or a rank association while trials are few."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import optuna
import pandas as pd
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from xaiframe.tuning.space import Parameter
from xaiframe.tuning.trials import Direction, Trial, stored

ENOUGH = 20
"""Completed trials from which PED-ANOVA's upper quarter holds at least five."""
COLUMNS = ["parameter", "objective", "importance", "measure", "n"]


def importances(
    study: optuna.Study,
    trials: Sequence[Trial],
    parameters: Sequence[Parameter],
    objectives: dict[str, Direction],
) -> pd.DataFrame:
    """One row per parameter and objective; importance in [0, 1], None where it is undefined.

    From 20 completed trials PED-ANOVA (Watanabe et al. 2023, arXiv:2304.10255) of reaching the
    best quarter, shares that sum to 1. With fewer, |Spearman correlation| of the parameter with
    the objective (for choices the correlation ratio of ranks), which is descriptive only.
    """
    rows = []
    for position, objective in enumerate(objectives):
        if len(trials) >= ENOUGH:
            shares = _ped_anova(study, position, objectives[objective])
            found = {one.name: shares.get(one.name) for one in parameters}
            measure = "PED-ANOVA share"
        else:
            values = [trial.values[position] for trial in trials]
            found = {one.name: association(one, trials, values) for one in parameters}
            measure = "absolute rank association"
        rows += [(name, objective, value, measure, len(trials)) for name, value in found.items()]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"importance": float})


def _ped_anova(study: optuna.Study, position: int, direction: str) -> dict[str, float]:
    sign = -1.0 if direction == "maximize" else 1.0  # the evaluator asks for low values
    evaluator = PedAnovaImportanceEvaluator(target_quantile=0.25)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=".*importances of params to achieve low")
        return get_param_importances(
            study, evaluator=evaluator, target=lambda trial: sign * trial.values[position]
        )


def association(
    parameter: Parameter, trials: Sequence[Trial], values: Sequence[float]
) -> float | None:
    """How strongly ``values`` go with the parameter, in [0, 1]; None when either is constant."""
    drawn = [stored(trial.parameters[parameter.name]) for trial in trials]
    ranks = pd.Series(values, dtype=float).rank()
    if len(set(drawn)) < 2 or ranks.nunique() < 2:
        return None
    if parameter.kind != "choice":
        return float(abs(np.corrcoef(pd.Series(drawn).rank(), ranks)[0, 1]))
    between = ranks.groupby(drawn).transform("mean")
    return float(
        np.sqrt(((between - ranks.mean()) ** 2).sum() / ((ranks - ranks.mean()) ** 2).sum())
    )
