"""Two measures that take the same sets away ask the model once."""

from __future__ import annotations

import numpy as np
import pytest

from xaiframe.evaluation.faithfulness_correlation import FaithfulnessCorrelation
from xaiframe.evaluation.infidelity import Infidelity
from xaiframe.evaluation.removals import removals

WEIGHTS = [[2.0, -1.0, 0.5, 3.0]]


@pytest.fixture
def evidence(table, linear, gather, explained):
    local = [explained("shap", "perturbation", np.random.default_rng(0).normal(size=(30, 4)))]
    return gather(table(4), linear(WEIGHTS), local)


def test_what_is_lost_is_what_a_linear_model_loses(evidence, contributions):
    found = removals(evidence, 24, 20)
    exact = contributions(evidence)[found.positions]
    wanted = np.einsum("ndf,nf->nd", found.gone, exact)
    np.testing.assert_allclose(found.lost, wanted, atol=1e-5)


def test_the_second_measure_asks_nothing(evidence):
    first = removals(evidence, 24, 50)
    calls = []
    object.__setattr__(evidence, "coalitions", calls.append)
    FaithfulnessCorrelation()(evidence)
    Infidelity()(evidence)
    assert removals(evidence, 24, 50) is first
    assert not calls


def test_other_sets_and_other_evidence_are_asked_anew(evidence, table, linear, gather, explained):
    first = removals(evidence, 24, 50)
    assert removals(evidence, 24, 51) is not first
    other = gather(table(4), linear([[1.0] * 4]), list(evidence.local.values()))
    assert not np.allclose(removals(other, 24, 50).lost, first.lost)
