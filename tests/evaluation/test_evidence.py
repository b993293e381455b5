from __future__ import annotations

import numpy as np
import pytest


@pytest.fixture
def evidence(table, linear, gather, explained):
    values = np.ones((30, 2))
    local = [
        explained("shap", "perturbation", values),
        explained("ig", "gradient", values),
        explained("lrp", "gradient", values, own_reference=True),
        explained("saliency", "gradient", values, signed=False),
    ]
    return lambda *names: gather(
        table(2), linear([[1.0, 1.0]]), [one for one in local if one.method in names]
    )


def names(methods):
    return [one.method for one in methods]


def test_methods_are_found_by_direction(evidence):
    everything = evidence("shap", "ig", "lrp", "saliency")
    assert names(everything.by_direction("perturbation")) == ["shap"]
    assert names(everything.by_direction("gradient")) == ["ig", "lrp", "saliency"]


def test_the_declared_reference_speaks_first(evidence):
    everything = evidence("shap", "ig", "lrp", "saliency")
    assert names(everything.voices("gradient", signed=True)) == ["ig"]
    assert names(everything.voices("gradient", signed=False)) == ["ig", "saliency"]


def test_where_no_method_shares_the_reference_the_others_speak(evidence):
    only = evidence("shap", "lrp", "saliency")
    assert names(only.voices("gradient", signed=True)) == ["lrp"]
    assert names(only.voices("gradient", signed=False)) == ["saliency"]
    assert names(evidence("lrp").voices("perturbation", signed=False)) == []
