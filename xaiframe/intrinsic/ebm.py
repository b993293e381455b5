"""Explainable boosting machine: a sum of one curve per feature, learnt in small steps."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.intrinsic.beside import Lesson, comparison
from xaiframe.kinds.transparent import Transparent
from xaiframe.probe.score import Population


@dataclass(frozen=True)
class EBM(Method):
    """A generalised additive model by cyclic boosting, fitted to the training split.

    bags: fits to different parts of the training rows, at least 2; their mean is the model, their
    scatter the band about a curve, 95 % were it normal. class_weight: ``balanced`` lets every
    class weigh the same.

    Lou, Caruana & Gehrke 2012 (doi:10.1145/2339530.2339556), by interpret (Nori et al. 2019,
    arXiv:1909.09223), which must be installed: the extra ``ebm``. No pairs of features, so that
    curves tell all there is. A curve is what a feature adds to the score: the value, or a class's
    logit less the mean of the others'. ``importance`` is the mean of its size over the training
    rows. What a missing value adds stands at x = NaN.
    """

    bags: int = 8
    class_weight: Literal["none", "balanced"] = "none"

    scope = "global"
    access = "white_box"
    usage = "intrinsic"
    reach = "model_specific"
    library = "interpret-core"
    kind = "transparent"
    modalities = ("table",)
    own_reference = True
    stochastic = True
    cost = "test"
    reference = "doi:10.1145/2339530.2339556; arXiv:1909.09223"

    def __post_init__(self) -> None:
        if self.bags < 2:
            raise ValueError(f"bags must be at least 2, not {self.bags}")

    def explain(self, population: Population) -> Transparent:
        """Curves and test score beside the audited model's; raises NotApplicable where there is one
        class only or interpret is not installed."""
        data, before = population.data, population.scorer.evaluations
        lesson = Lesson(data, self.class_weight == "balanced")
        machine = self._machine(data, population.seed)
        with warnings.catch_warnings():
            # interpret's own pictures leave them out; ours do not
            warnings.filterwarnings("ignore", "Missing values detected")
            machine.fit(frame(data, data.train.x), data.train.y, sample_weight=lesson.weight)
        drawn = shapes(machine, data, lesson.outputs)
        answers = machine.predict(frame(data, data.test.x))
        return Transparent(
            size=drawn["feature"].nunique(),
            parts="curves",
            comparison=comparison(population, answers),
            shapes=drawn,
            n=len(data.test),
            evaluations=population.scorer.evaluations - before,
        )

    def _machine(self, data: Data, seed: int) -> Any:
        try:
            from interpret.glassbox import (
                ExplainableBoostingClassifier,
                ExplainableBoostingRegressor,
            )
        except ImportError as error:
            raise NotApplicable(
                "the library interpret is not installed: pip install 'xaiframe[ebm]'"
            ) from error
        regression = data.task == "regression"
        kind = ExplainableBoostingRegressor if regression else ExplainableBoostingClassifier
        return kind(
            feature_types=[
                "nominal" if named(data, one) else "continuous" for one in data.features
            ],
            interactions=0,
            outer_bags=self.bags,
            n_jobs=1,
            random_state=seed % 2**31,
        )


def named(data: Data, feature: str) -> bool:
    """Whether the values of a feature are names without an order."""
    return feature in data.encoding.levels and data.encoding.kinds.get(feature) != "ordinal"


def frame(data: Data, x: Array) -> pd.DataFrame:
    """``(n, features)``: numbers, codes as text for names without an order, NaN for gaps."""
    values = data.encoding.values(x)
    cells: dict[str, Any] = {}
    for at, name in enumerate(data.features):
        own = values[:, at]
        if named(data, name):
            own = np.array(
                [np.nan if np.isnan(one) else str(int(one)) for one in own], dtype=object
            )
        cells[name] = own
    return pd.DataFrame(cells)


def shapes(machine: Any, data: Data, outputs: tuple[str, ...]) -> pd.DataFrame:
    """What each feature adds, as :class:`Transparent` stores it; of two classes to the rarer."""
    found = []
    several, sign, told = len(outputs) > 2, 1.0, outputs
    if len(outputs) == 2:
        rare = int(np.unique(data.train.y, return_counts=True)[1].argmin())
        sign, told = (1.0 if rare else -1.0), outputs[rare : rare + 1]
    importance = machine.term_importances()
    gaps = np.asarray(np.isnan(data.encoding.values(data.train.x)).any(axis=0))
    for term in np.argsort(-importance, kind="stable").tolist():
        place = machine.term_features_[term][0]
        name = data.features[place]
        bags = sign * machine.bagged_scores_[term]
        bags = bags if bags.ndim == 3 else bags[..., None]
        if several:
            bags = (bags - bags.mean(axis=2, keepdims=True)) * len(outputs) / (len(outputs) - 1)
        start, index = steps(machine, place)
        if gaps[place]:
            start, index = np.append(start, np.nan), np.append(index, 0)
        middle, spread = bags.mean(axis=0)[index], 1.96 * bags.std(axis=0, ddof=1)[index]
        found += [
            {"feature": name, "output": output, "x": float(x), "value": float(middle[at, which]),
             "low": float(middle[at, which] - spread[at, which]),
             "high": float(middle[at, which] + spread[at, which]),
             "importance": float(importance[term])}
            for which, output in enumerate(told)
            for at, x in enumerate(start)
        ]  # fmt: skip
    return pd.DataFrame(found)


def steps(machine: Any, place: int) -> tuple[Array, Array]:
    """Where each step of a feature begins, the last where it ends, or the codes of its levels; and
    the bin of each."""
    bins = machine.bins_[place][0]
    if isinstance(bins, dict):
        codes = sorted(bins, key=int)
        return np.array([float(one) for one in codes]), np.array([bins[one] for one in codes])
    low, high = machine.feature_bounds_[place]
    start = np.concatenate([[low], bins, [high]])
    return start, np.append(np.arange(len(bins) + 1), len(bins)) + 1
