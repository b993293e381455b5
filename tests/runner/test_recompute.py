"""A method explained again by its other engine: the same instances, features and reference."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.data.table import Table
from xaiframe.evaluation.evidence import Asked
from xaiframe.explanation import Outcome
from xaiframe.gradient.saliency import Saliency
from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.model.face import WhiteBox
from xaiframe.perturbation.feature_ablation import FeatureAblation
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.lime import Lime
from xaiframe.probe.reference import declare
from xaiframe.probe.score import Scorer
from xaiframe.recipe import ReferenceConfig
from xaiframe.runner.again import recomputer
from xaiframe.runner.outcomes import explained


@pytest.fixture(scope="module")
def subject():
    data = Table("builtin:breast_cancer", "diagnosis").data
    torch.manual_seed(0)
    model = WhiteBox(nn.Sequential(nn.Linear(30, 2)), "classification", data.classes, ("gradient",))
    methods = {
        "perturbation": {"kernel_shap": KernelShap(samples=128), "ablation": FeatureAblation()},
        "gradient": {"smoothgrad": SmoothGrad()},
    }
    return SimpleNamespace(
        data=data,
        scorer=Scorer(model, declare(ReferenceConfig(rows=5), data, 0)),
        tools=SimpleNamespace(methods=methods),
    )


@pytest.fixture(scope="module")
def asked(subject):
    rows = subject.data.test.take(np.arange(3))
    return Asked(rows.x, np.array([0, 1, 1]), rows.ids)


@pytest.mark.parametrize("name", ["kernel_shap", "ablation", "smoothgrad"])
def test_both_engines_explain_the_same_instances(subject, asked, name):
    recompute = recomputer(subject)
    own, theirs = (recompute(name, asked, engine, 0) for engine in ("own", "library"))
    assert own.shape == theirs.shape == (3, 30)
    # The model is linear, so that no draw changes an attribution.
    np.testing.assert_allclose(theirs, own, atol=1e-4 * np.abs(own).max())


def test_a_seed_gives_the_same_numbers_again(subject, asked):
    recompute = recomputer(subject)
    first, again, other = (recompute("smoothgrad", asked, "library", seed) for seed in (4, 4, 5))
    np.testing.assert_array_equal(first, again)
    assert first.shape == other.shape


@pytest.mark.parametrize(
    ("method", "by", "counterpart"),
    [
        (Saliency(), "xaiframe", "captum"),
        (Saliency(engine="library"), "captum", ""),
        (Lime(), "lime", ""),
    ],
)
def test_only_what_is_computed_here_has_a_counterpart(method, by, counterpart):
    outcome = Outcome(arrays={"attribution": {"values": np.zeros((1, 2))}})
    assert method.computed_by == by
    assert explained("m", method, outcome).counterpart == counterpart
