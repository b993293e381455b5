"""What the model is, in one sentence: the user's class, and what was set of it."""

from types import SimpleNamespace

import pytest

from xaiframe.facts import Fact, Facts, Source
from xaiframe.report.performance import kind_of, model

FITTED = Fact("model.fit.estimator", "SVC", source=Source(library="scikit-learn", version="1.9"))


def record(choice, node, target, facts=()):
    return SimpleNamespace(
        recipe={"model": node},
        facts=Facts(facts),
        chosen=lambda stage: choice,
        units={f"model.{choice}": {"target": target}},
    )


@pytest.mark.parametrize(
    ("choice", "node", "target", "facts", "said"),
    [
        (
            "estimator",
            {"estimator": "sklearn.svm.SVC", "params": {"C": 0.0526635708, "gamma": None},
             "before": [{"estimator": "sklearn.decomposition.PCA", "params": {"n_components": 3}}],
             "raw": True, "standardize": True},
            "xaiframe.model.estimator.Estimator",
            [FITTED],
            "SVC (C 0.05266, gamma none, before PCA, raw yes), fitted here by scikit-learn 1.9.",
        ),
        (
            "mlp",
            {"hidden": [64, 32], "dropout": 0.1},
            "xaiframe.model.mlp.MLP",
            [Fact("model.fit.epochs", 12), Fact("model.fit.parameters", 700)],
            "Multilayer perceptron (hidden [64, 32], dropout 0.1) with 700 parameters, trained "
            "here for 12 epochs.",
        ),
    ],
)  # fmt: skip
def test_a_model_is_told_by_its_class_and_by_what_differs(choice, node, target, facts, said):
    found = record(choice, node, target, facts)
    (prose,) = model(found)
    assert " ".join(prose.paragraphs) == said
    assert said.startswith(kind_of(found))


def test_a_network_that_was_brought_goes_by_its_choice():
    node = {"network": {"_target_": "a.b.Net"}, "path": "x.ckpt"}
    assert kind_of(record("lightning", node, "")) == "Lightning network"
