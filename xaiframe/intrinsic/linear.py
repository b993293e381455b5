"""Linear and logistic regression of the true target: weights with intervals and odds ratios."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss, mean_squared_error

from xaiframe.explanation import Array, Method
from xaiframe.intrinsic.beside import Lesson, comparison
from xaiframe.intrinsic.spread import contrasts, logistic, ridge
from xaiframe.kinds.transparent import Transparent
from xaiframe.model.face import Model
from xaiframe.probe.score import Population
from xaiframe.probe.weighted_sum import Scale, own_weights, terms

STRENGTHS = (0.01, 0.1, 1.0, 10.0, 100.0, 1000.0)
"""Inverse penalties that are tried on the validation split."""
PROBED = 1000
"""Training rows asked at most, to see whether the audited model is a weighted sum itself."""
CERTAIN = 1e-5
"""Probabilities nearer to 0 have lost their logarithm to rounding."""


@dataclass(frozen=True)
class Linear(Method):
    """Ridge or logistic regression, fitted to the training split, beside the audited model.

    class_weight: ``balanced`` lets every class weigh the same.

    Numbers are divided by their standard deviation in training; levels, words and gaps count 1
    where they hold, each against all others of its kind. A weight is the change of the score (the
    value, or a class's logit less the mean of the others') with one more; exp of it is the odds
    ratio. The penalty is chosen on the validation split. Intervals are 95 % by the sandwich
    estimator (Huber 1967; White 1980, doi:10.2307/1912934) about the penalised weights. Where the
    audited model is a weighted sum of the same terms too, its own weights stand beside them: they
    are read off its answers, which then leave no doubt. Rudin 2019 (arXiv:1811.10154).
    """

    class_weight: Literal["none", "balanced"] = "none"

    scope = "global"
    access = "white_box"
    usage = "intrinsic"
    reach = "model_specific"
    library = "scikit-learn"
    kind = "transparent"
    modalities = ("table", "text")
    own_reference = True
    cost = "test + min(train, 1000)"
    reference = "doi:10.2307/1912934; arXiv:1811.10154"

    def explain(self, population: Population) -> Transparent:
        """The weights and the test score beside the audited model's; raises NotApplicable where
        there is one class only or nothing varies."""
        data, scorer, before = population.data, population.scorer, population.scorer.evaluations
        lesson = Lesson(data, self.class_weight == "balanced")
        scale = Scale.of(lesson.train, lesson.sheet.columns)
        x = scale(lesson.train)
        fitted = self._chosen(lesson, x, scale(lesson.validation))
        weights, error = told(fitted, x, data.train.y, lesson.weight)
        table = terms(lesson.sheet.columns, scale, lesson.outputs, weights)
        spread = 1.96 * error.reshape(-1)
        probed = data.train.x[:PROBED]
        own = audited(population.model, probed, x[:PROBED])
        return Transparent(
            size=len(lesson.sheet.columns),
            parts="terms",
            comparison=comparison(population, fitted.predict(scale(lesson.sheet(data.test.x)))),
            terms=table.assign(
                low=table["value"] - spread,
                high=table["value"] + spread,
                audited=np.nan if own is None or own.shape != weights.shape else own.reshape(-1),
            ),
            n=len(data.test),
            evaluations=scorer.evaluations - before + len(probed),
        )

    def _chosen(self, lesson: Lesson, x: Array, judged: Array) -> Any:
        """The penalty under which the validation split is least surprising."""
        y, classes = lesson.data.train.y, np.unique(lesson.data.train.y)
        if lesson.data.task == "regression":
            fits = [Ridge(1 / one).fit(x, y, lesson.weight) for one in STRENGTHS]
            losses = [mean_squared_error(lesson.judged, one.predict(judged)) for one in fits]
        else:
            seen = np.isin(lesson.judged, classes)
            fits = [
                LogisticRegression(C=one, max_iter=2000).fit(x, y, lesson.weight)
                for one in STRENGTHS
            ]
            losses = [
                log_loss(lesson.judged[seen], one.predict_proba(judged[seen]), labels=classes)
                for one in fits
            ]
        return fits[int(np.argmin(losses))]


def told(fitted: Any, x: Array, y: Array, weight: Array | None) -> tuple[Array, Array]:
    """Weights and their standard errors ``(columns, outputs)`` of the scores."""
    weight = np.ones(len(x)) if weight is None else weight
    if not hasattr(fitted, "classes_"):
        return fitted.coef_[:, None], ridge(x, y - fitted.predict(x), fitted.alpha, weight)[:, None]
    share = fitted.predict_proba(x)
    truth = (y[:, None] == fitted.classes_).astype(np.float64)
    if share.shape[1] == 2:
        error = logistic(x, share[:, 1:], truth[:, 1:], fitted.C, weight)[0]
        weights = fitted.coef_[0]
        return np.stack([-weights, weights], axis=1), np.stack([error, error], axis=1)
    spread = contrasts(share.shape[1])
    error = logistic(x, share, truth, fitted.C, weight, spread)
    return (spread @ fitted.coef_).T, error.T


def audited(model: Model, rows: Array, x: Array) -> Array | None:
    """The audited model's own weights ``(columns, outputs)`` of ``x`` ``(n, columns)``, where its
    scores of ``rows`` ``(n, *input_shape)`` are a weighted sum; otherwise None."""
    raw = model.raw(rows).astype(np.float64)
    sure = np.ones(len(raw), dtype=bool)
    if model.gives == "probability":
        sure = np.asarray((raw > CERTAIN).all(axis=1))
        raw = np.log(np.maximum(raw, CERTAIN))
    scores = raw if model.task == "regression" else raw @ contrasts(raw.shape[1]).T
    found = own_weights(x[sure], scores[sure])
    return None if found is None else found[0]
