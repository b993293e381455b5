"""What is prescribed where groups differ and where values are missing."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from xaiframe.catalogue.listing import house
from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.match import prescribe

CONFIG: dict[str, Any] = {
    "data": {"drop": ["race"], "missing": ["", "NA"]},
    "repair": {"deduplicate": {"action": "drop"}},
}


def fired(key: str, *facts: Fact) -> list[Prescription]:
    rule = yaml.safe_load((house() / "prescription" / f"{key}.yaml").read_text(encoding="utf-8"))
    return prescribe(Facts(facts), rule, CONFIG)


def gap(low: float) -> Fact:
    labels = {"column": "race", "positive": "1", "lowest": "x", "highest": "y"}
    name = "precaution.bias.base_rate_difference"
    return Fact(name, 0.2, labels=labels, n=800, interval=(low, 0.3))


def power(feature: str, low: float) -> Fact:
    labels = {"column": "race", "feature": feature}
    return Fact("precaution.bias.feature_power", 0.8, labels=labels, interval=(low, 0.9))


def test_a_gap_that_chance_may_have_made_is_not_reweighed() -> None:
    (prescribed,) = fired("base_rate_gap", gap(0.12))
    assert prescribed.overrides == {"repair": ["deduplicate", "reweigh"]}
    assert not prescribed.automatic
    assert fired("base_rate_gap", gap(0.05)) == []


def test_each_proxy_is_named_beside_what_is_dropped_already() -> None:
    (prescribed,) = fired(
        "sensitive_proxy", power("zip", 0.75), power("age", 0.6), power("name", 0.8)
    )
    assert prescribed.overrides == {"data.drop": ["race", "zip", "name"]}
    assert prescribed.relation == "precaution → explanation"
    assert not prescribed.automatic


def test_gaps_are_imputed_and_disguised_ones_left_to_a_person() -> None:
    (prescribed,) = fired("missing_values", Fact("precaution.missing.worst_share", 0.2))
    assert prescribed.overrides == {"repair": ["deduplicate", "impute"]}
    assert prescribed.automatic
    labels = {"column": "age", "value": "999"}
    (prescribed,) = fired(
        "disguised_values", Fact("precaution.missing.disguised_share", 0.1, labels=labels)
    )
    assert prescribed.overrides["data.missing"] == ["", "NA", "999"]
    assert not prescribed.automatic


@pytest.mark.parametrize("share", [0.0, 0.05])
def test_few_gaps_prescribe_nothing(share: float) -> None:
    assert fired("missing_values", Fact("precaution.missing.worst_share", share)) == []
