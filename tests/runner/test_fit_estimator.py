"""What an estimator learns from, held against scikit-learn's own balancing."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

from xaiframe.data.module import Ready
from xaiframe.data.table import Table
from xaiframe.errors import ModelError
from xaiframe.model.estimator import Estimator
from xaiframe.recipe import Fit
from xaiframe.repair.class_balance import ClassBalance
from xaiframe.repair.repaired import Conduct
from xaiframe.runner.fit import fit, restore
from xaiframe.runner.fit_estimator import weights
from xaiframe.runner.reporting import Reporting
from xaiframe.runner.trainer import Runner
from xaiframe.tuning.watch import Watch

ARCHITECTURE = Estimator("sklearn.linear_model.LogisticRegression")


@pytest.fixture(scope="module")
def data():
    return Table("builtin:breast_cancer", "diagnosis").load()


def test_balanced_classes_are_scikit_learns(data, tmp_path):
    found = fit(ARCHITECTURE, Ready(data), Fit(class_weight="balanced"), Runner(), tmp_path, 0)
    scaled = StandardScaler().fit(data.train.x.astype(float))
    own = LogisticRegression(class_weight="balanced")
    own.fit(scaled.transform(data.train.x.astype(float)), data.train.y)
    expected = own.predict_proba(scaled.transform(data.test.x.astype(float)))
    np.testing.assert_allclose(found.model.probabilities(data.test.x), expected, atol=1e-6)


def test_classes_that_a_repair_balanced_are_not_balanced_twice(data):
    from dataclasses import replace

    made = ClassBalance()(data.train, data, {}, 0).train
    once = weights(replace(data, train=made), Fit())
    twice = weights(replace(data, train=made), Fit(class_weight="balanced"))
    np.testing.assert_allclose(once, twice, rtol=1e-5)
    assert weights(data, Fit()) is None


def test_its_facts_are_those_of_the_model(data, tmp_path):
    watch = Watch("model.validation.score")
    found = fit(ARCHITECTURE, Ready(data), Fit(), Runner(), tmp_path, 0,
                callbacks=[Reporting(watch, data)])  # fmt: skip
    facts = {fact.name: fact for fact in found.facts}
    for split in ("train", "validation"):
        rows = getattr(data, split)
        expected = log_loss(rows.y, found.model.probabilities(rows.x))
        assert facts[f"{split}_loss"].value == pytest.approx(expected, rel=1e-4)
    assert facts["digest"].value == restore(ARCHITECTURE, found.files, data).digest
    assert facts["estimator"].value == "LogisticRegression"
    assert watch.evaluations == found.rows == len(data.train) + len(data.validation)
    assert not len(found.history)


def test_what_asks_for_gradients_is_refused(data, tmp_path):
    conduct = Conduct(penalties=(lambda network, x: x.sum(),))
    with pytest.raises(ModelError, match="need a network trained here"):
        fit(ARCHITECTURE, Ready(data), Fit(), Runner(), tmp_path, 0, conduct)
