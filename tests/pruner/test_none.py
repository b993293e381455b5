"""No pruner: nothing is watched."""

from __future__ import annotations

import yaml

from xaiframe.catalogue.listing import house
from xaiframe.pruner.none import NoPruner


def test_the_shipped_choice_stops_nothing() -> None:
    node = yaml.safe_load((house() / "pruner" / "none.yaml").read_text(encoding="utf-8"))
    assert node == {"_target_": f"{NoPruner.__module__}.NoPruner"}
    assert not hasattr(NoPruner(), "rule")
    assert not NoPruner.prunes
