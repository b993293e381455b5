"""No tuning: nothing is searched, so that there is no tuning stage."""

from __future__ import annotations

from pathlib import Path

import yaml

from xaiframe.tuning.none import NoTuning

FILE = Path(__file__).parents[2] / "conf" / "tuning" / "none.yaml"


def test_the_shipped_choice_builds_and_searches_nothing() -> None:
    node = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    assert node == {"_target_": f"{NoTuning.__module__}.NoTuning"}
    assert not hasattr(NoTuning(), "search")
    assert NoTuning().trials == 0
