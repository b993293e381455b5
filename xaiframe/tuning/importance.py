"""Which parameter mattered: PED-ANOVA, or a rank association while trials are few."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
import optuna
import pandas as pd
from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

from xaiframe.tuning.space import Parameter
from xaiframe.tuning.trials import Direction, Trial

ENOUGH = 20
"""Completed trials from which PED-ANOVA's upper quarter holds at least five."""
COLUMNS = ["parameter", "objective", "importance", "measure", "spearman", "n"]


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

    spearman: which way the objective goes with the parameter, -1 to 1; None for choices, which have
    no order, and where either is constant.
    """
    rows = []
    for position, objective in enumerate(objectives):
        values = [trial.values[position] for trial in trials]
        if len(trials) >= ENOUGH:
            shares = _ped_anova(study, position, objectives[objective])
            found = {one.name: shares.get(one.name) for one in parameters}
            measure = "PED-ANOVA share"
        else:
            found = {one.name: association(one, trials, values) for one in parameters}
            measure = "absolute rank association"
        rows += [
            (
                one.name,
                objective,
                found[one.name],
                measure,
                spearman(one, trials, values),
                len(trials),
            )
            for one in parameters
        ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"importance": float, "spearman": float})


def spearman(
    parameter: Parameter, trials: Sequence[Trial], values: Sequence[float]
) -> float | None:
    """Rank correlation of ``values`` with the parameter; None for choices and for constants."""
    if parameter.kind == "choice":
        return None
    drawn = pd.Series([trial.parameters[parameter.name] for trial in trials]).rank()
    ranks = pd.Series(values, dtype=float).rank()
    if drawn.nunique() < 2 or ranks.nunique() < 2:
        return None
    return float(np.corrcoef(drawn, ranks)[0, 1])


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
    drawn = [parameter.told(trial.parameters[parameter.name]) for trial in trials]
    ranks = pd.Series(values, dtype=float).rank()
    if len(set(drawn)) < 2 or ranks.nunique() < 2:
        return None
    if parameter.kind != "choice":
        found = spearman(parameter, trials, values)
        return None if found is None else abs(found)
    between = ranks.groupby(drawn).transform("mean")
    return float(
        np.sqrt(((between - ranks.mean()) ** 2).sum() / ((ranks - ranks.mean()) ** 2).sum())
    )
