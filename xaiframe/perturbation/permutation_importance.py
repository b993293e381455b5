"""Permutation importance: what the model's score on data loses when one feature is shuffled."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.inspection import permutation_importance

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.importance import Importance
from xaiframe.model.face import Model
from xaiframe.probe.likeness import headline
from xaiframe.probe.score import Population


@dataclass(frozen=True)
class PermutationImportance(Method):
    """Mean drop of balanced accuracy (classification) or R² (regression) over the repeats.

    repeats: shuffles per feature, at least 2.

    Breiman 2001 (doi:10.1023/A:1010933404324), by scikit-learn. ``values`` ``(features,)``,
    negative where shuffling happened to help; ``error`` their standard deviation over repeats;
    ``samples`` ``(features, repeats)``. A patch of an image is shuffled as a whole. Shuffling
    breaks the ties between features, so redundant features each look unimportant.
    """

    repeats: int = 10

    scope = "global"
    direction = "perturbation"
    library = "scikit-learn"
    kind = "importance"
    signed = False
    modalities = ("table", "image", "series")
    own_reference = True
    stochastic = True
    cost = "rows * (features * repeats + 1)"
    reference = "doi:10.1023/A:1010933404324"

    def __post_init__(self) -> None:
        if self.repeats < 2:
            raise ValueError(f"repeats must be at least 2, not {self.repeats}")

    def explain(self, population: Population) -> Importance:
        """The importance of each feature on the population's rows; needs their true targets."""
        if not population.data.aligned:
            raise NotApplicable("no feature is the same in two instances, so none can be shuffled")
        rows, features = population.rows, len(population.features)
        origins = np.tile(np.arange(len(rows))[:, None], features)
        result = permutation_importance(
            Recomposed(population.model, rows.x, population.data.feature_mask),
            origins,
            rows.y,
            scoring=score,
            n_repeats=self.repeats,
            random_state=population.seed % 2**32,
        )
        return Importance(
            features=population.features,
            values=result.importances_mean,
            error=result.importances_std,
            unit="score drop",
            n=len(rows),
            samples=result.importances,
            evaluations=len(rows) * (features * self.repeats + 1),
        )


class Recomposed(BaseEstimator):  # type: ignore[misc]
    """A fitted estimator whose input ``(n, features)`` names the row each feature is taken from.

    Shuffling a column of it moves a whole feature, a patch as well as a table's column, between
    the rows of ``x`` ``(n, *input_shape)``.
    """

    def __init__(self, model: Model, x: Array, feature_mask: Array) -> None:
        self.model = model
        self.x = x
        self.feature_mask = feature_mask

    def fit(self) -> Recomposed:
        """The model is fitted already; scikit-learn asks that the method exists."""
        return self

    def predict(self, origins: Array) -> Array:
        """``(n,)`` predicted classes or values of the recomposed rows."""
        flat = self.x.reshape(len(self.x), -1)
        origin_of_element = origins[:, self.feature_mask.reshape(-1)]
        rows = flat[origin_of_element, np.arange(flat.shape[1])]
        return self.model.predictions(rows.reshape(len(origins), *self.x.shape[1:]))


def score(estimator: Recomposed, origins: Array, y: Array) -> float:
    """Balanced accuracy over the classes present in ``y``, or R² for regression."""
    return headline(y, estimator.predict(origins), estimator.model.task)
