"""Every kind in the list can be drawn, and what a method did not give is said."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from xaiframe.kinds.answer import Answer, kind
from xaiframe.report import otherwise
from xaiframe.report.otherwise import KINDS, beside, chapter, renderer
from xaiframe.report.record import Record


@pytest.mark.parametrize("name", KINDS)
def test_every_kind_has_a_class_and_a_renderer(name):
    assert issubclass(kind(name), Answer)
    assert callable(renderer(name).overall)


@pytest.fixture
def run(tmp_path):
    """A run whose plan names two methods of one kind, one of which stored its table."""
    units = [{"choice": name, "kind": "profiles", "applies": True} for name in ("told", "silent")]
    plan = {"stages": [{"name": "perturbation", "units": units}]}
    (tmp_path / "plan.json").write_text(json.dumps(plan))
    place = tmp_path / "artifacts" / "perturbation.told"
    place.mkdir(parents=True)
    pd.DataFrame({"id": [1]}).to_parquet(place / "profiles.parquet")
    return Record(tmp_path)


class Drawn:
    """Stands in for a renderer and says what it was asked."""

    @staticmethod
    def overall(record, unit):
        return [f"overall {unit}"]

    @staticmethod
    def case(record, unit, position):
        return [f"case {unit} {position}"]


def test_a_stored_answer_is_drawn_and_a_missing_one_explained(run, monkeypatch):
    monkeypatch.setattr(otherwise, "renderer", lambda name: Drawn)
    blocks = chapter(run).blocks
    assert blocks[0] == "overall ('perturbation', 'told')"
    assert "not assessed" in blocks[1].text
    heading, said = beside(run, 7)
    assert heading.text == "Told"
    assert said == "case ('perturbation', 'told') 7"


def test_a_renderer_that_fails_becomes_a_red_box_under_its_method(run, monkeypatch):
    class Broken(Drawn):
        @staticmethod
        def overall(record, unit):
            raise ValueError("no such column")

    monkeypatch.setattr(otherwise, "renderer", lambda name: Broken)
    box = chapter(run).blocks[0]
    assert box.failed
    assert box.title.startswith("Told")
    assert "no such column" in box.text


def test_a_run_without_such_methods_has_no_such_chapter(tmp_path):
    assert chapter(Record(tmp_path)) is None
