"""Whether agreement tells right from wrong, on answers whose truth is planted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.trust import Trust, auroc


@pytest.fixture
def scene(table, linear, gather, explained):
    def make(knows: bool, wrong: int = 20, rows: int = 120):
        """The model is wrong on ``wrong`` rows, on which the directions disagree if ``knows``."""
        data = table(4, ("no", "yes"), rows=rows)
        module = linear([[-1.0, 0.5, 0.2, 1.0], [1.0, -0.5, -0.2, -1.0]])
        bare = gather(data, module)
        predicted = bare.model.predictions(data.test.x)
        rng = np.random.default_rng(5)
        odd = rng.permutation(rows)[:wrong]
        y = predicted.copy()
        y[odd] = 1 - y[odd]
        data = replace(data, test=replace(data.test, y=y))
        at = {int(one): place for place, one in enumerate(data.test.ids)}
        contrary = np.zeros(rows, dtype=bool)
        contrary[odd if knows else rng.permutation(rows)[:wrong]] = True

        def reexplain(model, asked, methods):
            flip = np.where(contrary[[at[int(one)] for one in asked.ids]], -1.0, 1.0)
            values = {"kernel_shap": asked.x, "saliency": asked.x * flip[:, None]}
            return {name: values[name] for name in methods}

        local = [
            explained("kernel_shap", "perturbation", data.test.x),
            explained("saliency", "gradient", data.test.x),
        ]
        return gather(data, module, local, reexplain=reexplain)

    return make


def test_agreement_that_knows_is_worth_more_than_confidence(scene, value_of):
    outcome = Trust()(scene(knows=True))
    agreement = value_of(outcome, "agreement_auroc")
    assert agreement.value == pytest.approx(1, abs=0.01)
    assert agreement.labels == {"p": "kernel_shap", "g": "saliency"}
    assert agreement.n == 120
    assert value_of(outcome, "gain").interval[0] > 0
    rows = outcome.tables["rows"]
    for name in ("agreement", "confidence"):
        expected = roc_auc_score(rows["right"], rows[name])
        assert value_of(outcome, f"{name}_auroc").value == pytest.approx(expected)


def test_agreement_that_knows_nothing_is_near_a_half(scene, value_of):
    fact = value_of(Trust()(scene(knows=False)), "agreement_auroc")
    assert fact.interval[0] < 0.5 < fact.interval[1]


def test_too_few_errors_are_no_evidence(scene, value_of):
    fact = value_of(Trust()(scene(knows=True, wrong=3)), "gain")
    assert fact.value is None
    assert fact.reason == "only 3 of 120 answers are wrong, 5 are needed"


def test_ties_count_half() -> None:
    score, right = np.array([1.0, 1, 2, 0]), np.array([True, False, True, False])
    assert auroc(score, right) == pytest.approx(roc_auc_score(right, score))
    assert np.isnan(auroc(score, np.ones(4, dtype=bool)))


def test_both_directions_are_needed(table, linear, gather, explained):
    data = table(3, ("no", "yes"))
    local = [explained("lime", "perturbation", data.test.x)]
    with pytest.raises(NotApplicable, match="no gradient method"):
        Trust()(gather(data, linear([[1.0, 2, 3], [0.0, 0, 0]]), local))
