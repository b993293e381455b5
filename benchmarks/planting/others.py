"""The rules of Evidently and deepchecks as their documentation states them, on the same arms.

Neither library is called: a documented rule is a statistic and a limit, and both are written here.
Evidently: docs-old.evidentlyai.com/reference/data-drift-algorithm and /reference/all-tests.
deepchecks: docs.deepchecks.com/stable/tabular/auto_checks, the defaults of each check's condition.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
from scipy.special import erf
from scipy.stats import ks_2samp, levene, ttest_ind, wasserstein_distance
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import train_test_split
from sklearn.neighbors import NearestNeighbors

from benchmarks.planting.fault import Arm
from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.precaution.columns import distinct, encode, kind, numbers
from xaiframe.precaution.drift.shift import FEW, compare
from xaiframe.precaution.relation.association import pairs
from xaiframe.precaution.relation.power import predictive_power
from xaiframe.precaution.resemblance.twins import fingerprints

Rule = Callable[[Arm], bool]
EVIDENTLY, DEEPCHECKS = "Evidently", "deepchecks"


def drifted(data: Data) -> list[bool]:
    """Per column: reference up to 1000 rows KS, χ² or Z with p < 0.05, uncorrected; above that
    Wasserstein ÷ sd or Jensen–Shannon distance ≥ 0.1 (Evidently, data drift algorithm)."""
    large, found = len(data.train) > 1000, []
    for name, cells in data.train.frame.items():
        if large and kind(cells) == "numeric" and distinct(cells) > FEW:
            a, b = (one[~np.isnan(one)] for one in (numbers(cells), numbers(data.test.frame[name])))
            found.append(wasserstein_distance(a, b) / a.std(ddof=1) >= 0.1)
            continue
        shift = compare(cells, data.test.frame[name], 10, large, 1, 0)
        found.append(shift.effect >= 0.1 if large else shift.p_value < 0.05)
    return found


def any_column(arm: Arm) -> bool:
    """Evidently's report marks every drifted column."""
    return any(drifted(arm.data))


def half_the_columns(arm: Arm) -> bool:
    """Evidently's dataset drift: at least half of the columns drifted."""
    return bool(np.mean(drifted(arm.data)) >= 0.5)


def feature_drift(arm: Arm) -> bool:
    """deepchecks FeatureDrift: KS statistic, or Cramér's V, of a column above 0.2."""
    return any(
        column_score(cells, arm.data.test.frame[name]) > 0.2
        for name, cells in arm.data.train.frame.items()
    )


def column_score(reference: pd.Series, current: pd.Series) -> float:
    if kind(reference) == "numeric" and distinct(reference) > FEW:
        a, b = (one[~np.isnan(one)] for one in (numbers(reference), numbers(current)))
        return float(ks_2samp(a, b, method="asymp").statistic)
    return compare(reference, current, 10, False, 1, 0).effect


def multivariate_drift(arm: Arm) -> bool:
    """deepchecks MultivariateDrift: 2·AUC − 1 of a boosted classifier of train against test rows,
    balanced, on the 30 % held out, above 0.25."""
    train, test = arm.data.train.frame, arm.data.test.frame
    least = min(len(train), len(test))
    both = pd.concat(
        [train.sample(least, random_state=0), test.sample(least, random_state=0)],
        ignore_index=True,
    )
    side = np.repeat([0, 1], least)
    x, held, y, truth = train_test_split(
        encode(both), side, test_size=0.3, stratify=side, random_state=0
    )
    model = HistGradientBoostingClassifier(max_iter=50, random_state=0).fit(x, y)
    return bool(2 * roc_auc_score(truth, model.predict_proba(held)[:, 1]) - 1 > 0.25)


def feature_label(arm: Arm) -> bool:
    """deepchecks FeatureLabelCorrelation, of pictures PropertyLabelCorrelation: predictive power
    score of a column (or measured property) of 0.8 or more."""
    data, frame = arm.data, arm.data.train.frame
    powers = [
        predictive_power(encode(frame[[name]])[:, 0], data.train.y, data.task, 4, 0).value
        for name in frame
    ]
    return any(power is not None and float(power) >= 0.8 for power in powers)


def feature_feature(arm: Arm) -> bool:
    """deepchecks FeatureFeatureCorrelation: a pair of columns associated by more than 0.9."""
    return bool((pairs(arm.data.train.frame)["association"] > 0.9).any())


def samples_mix(arm: Arm) -> bool:
    """deepchecks TrainTestSamplesMix: more than 5 % of the test rows are training rows."""
    train, test = (fingerprints(one, arm.data) for one in (arm.data.train, arm.data.test))
    return bool(np.isin(test, train).mean() > 0.05)


def duplicates(arm: Arm) -> bool:
    """deepchecks DataDuplicates: more than 5 % of the rows repeat another; exact copies only."""
    keys = fingerprints(arm.data.train, arm.data)
    return bool(1 - len(np.unique(keys)) / len(keys) > 0.05)


def outlier_samples(arm: Arm) -> bool:
    """deepchecks OutlierSampleDetection: more than 0.5 % of the rows with a local outlier
    probability above 0.7, among 1 % of the rows as neighbours, at least 5, in Gower's distance."""
    return bool((outlier_probability(arm.data) > 0.7).mean() > 0.005)


def outlier_probability(data: Data) -> Array:
    """``(n,)`` LoOP with λ = 3 (Kriegel et al. 2009, doi:10.1145/1645953.1646195)."""
    if data.modality == "table":
        x = np.nan_to_num(encode(data.train.frame))
    else:
        x = data.train.x.reshape(len(data.train), -1)
    x = x / np.maximum(np.ptp(x, axis=0), 1e-12)
    k = int(max(0.01 * len(x), 5))
    search = NearestNeighbors(n_neighbors=k + 1, metric="cityblock").fit(x)
    distance, near = (one[:, 1:] for one in search.kneighbors(x))
    spread = np.sqrt((distance**2).mean(axis=1))
    excess = spread / np.maximum(spread[near].mean(axis=1), 1e-12) - 1
    norm = 3 * np.sqrt((excess**2).mean())
    return np.maximum(0, erf(excess / (norm * np.sqrt(2))))


def class_imbalance(arm: Arm) -> bool:
    """deepchecks ClassImbalance: rarest ÷ commonest class below 0.1."""
    counts = np.bincount(arm.data.train.y, minlength=len(arm.data.classes))
    return bool(counts.min() / counts.max() < 0.1)


def share_of_nulls(arm: Arm) -> bool:
    """deepchecks PercentOfNulls: more than 5 % of a column missing, whatever the target."""
    return bool((arm.data.train.frame.isna().mean() > 0.05).any())


def performance(arm: Arm) -> bool:
    """deepchecks TrainTestPerformance: macro F1 more than 10 % lower on test than on train."""
    train, test = (
        f1_score(one.y, arm.model.predictions(one.x), average="macro")  # type: ignore[union-attr]
        for one in (arm.data.train, arm.data.test)
    )
    return bool(test < 0.9 * train)


def accuracy(arm: Arm) -> bool:
    """Evidently TestAccuracyScore: accuracy outside ±20 % of the reference's."""
    train, test = (
        float((one.y == arm.model.predictions(one.x)).mean())  # type: ignore[union-attr]
        for one in (arm.data.train, arm.data.test)
    )
    return abs(test - train) > 0.2 * train


DRIFT = {
    f"{EVIDENTLY} column drift": any_column,
    f"{EVIDENTLY} dataset drift": half_the_columns,
    f"{DEEPCHECKS} FeatureDrift": feature_drift,
    f"{DEEPCHECKS} MultivariateDrift": multivariate_drift,
}
CONCEPT = {
    f"{EVIDENTLY} TestAccuracyScore": accuracy,
    f"{DEEPCHECKS} TrainTestPerformance": performance,
}
RULES: Mapping[str, Mapping[str, Rule]] = {
    "outliers": {f"{DEEPCHECKS} OutlierSampleDetection": outlier_samples},
    "duplicates across the split": {f"{DEEPCHECKS} TrainTestSamplesMix": samples_mix},
    "near duplicates": {f"{DEEPCHECKS} DataDuplicates": duplicates},
    "copy of the target": {f"{DEEPCHECKS} FeatureLabelCorrelation": feature_label},
    "copy of a column": {f"{DEEPCHECKS} FeatureFeatureCorrelation": feature_feature},
    "watermark": {f"{DEEPCHECKS} PropertyLabelCorrelation": feature_label},
    "drift of a mean": DRIFT,
    "drift of a variance": DRIFT,
    "joint drift only": DRIFT,
    "darker pictures": DRIFT,
    "rare class": {f"{DEEPCHECKS} ClassImbalance": class_imbalance},
    "missing values that tell the target": {f"{DEEPCHECKS} PercentOfNulls": share_of_nulls},
    "abrupt concept drift": CONCEPT,
    "slow concept drift": CONCEPT,
}
"""Fault → rule → whether it speaks; a fault that neither library looks for is not here."""


def possible(fault: str, arm: Arm) -> bool | None:
    """Whether the best test for a fault, told which column to look at, sees it at 5 % ÷ columns:
    what no check of all columns can be asked to beat. None where no such test is known."""
    best = {
        "drift of a mean": lambda a, b: ttest_ind(a, b, equal_var=False).pvalue,
        "drift of a variance": lambda a, b: levene(a, b).pvalue,
    }.get(fault)
    if best is None:
        return None
    name = arm.columns[0]
    a, b = (numbers(one.frame[name]) for one in (arm.data.train, arm.data.test))
    return bool(best(a, b) < 0.05 / arm.data.train.frame.shape[1])
