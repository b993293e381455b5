"""The table beside the libraries: what is said is what was measured."""

from __future__ import annotations

import json

import numpy as np
import pytest

from xaiframe.evaluation.cross_check import compared
from xaiframe.evaluation.evidence import Explained
from xaiframe.report import evaluation
from xaiframe.report.cross_check import beside_libraries
from xaiframe.report.record import Record

EXACT = np.random.default_rng(0).normal(size=(3, 5))


def facts(method, library, factor=1.0, noise=0.0):
    nothing, stochastic = np.zeros((0, 5)), noise > 0
    one = Explained(method, "gradient", nothing, None, None, None, True, False, False, stochastic,
                    library)  # fmt: skip
    drawn = np.random.default_rng(1).normal(size=(2, 3 if stochastic else 1, 3, 5)) * noise
    return compared(one, EXACT + drawn[0], factor * EXACT + drawn[1])


@pytest.fixture
def recorded(tmp_path):
    def write(*found):
        stored = [
            one.within("evaluation.cross_check", "cross_check") for part in found for one in part
        ]
        (tmp_path / "facts.json").write_text(json.dumps([one.to_dict() for one in stored]))
        return Record(tmp_path)

    return write


def table(record):
    (found,) = beside_libraries(record)
    return found, {row[0].text: [cell.text for cell in row[1:]] for row in found.cells()}


def test_methods_that_hold_are_counted_and_rounding_is_called_by_its_size(recorded):
    block, rows = table(recorded(
        facts("saliency", "captum"), facts("kernel_shap", "shap", noise=0.01)
    ))  # fmt: skip
    assert block.title == "All 2 methods computed here give what captum and shap compute"
    assert rows["Saliency"][1:] == ["< 0.001 %", "–", "–", "the same"]
    assert rows["Saliency"][0].startswith("captum ")
    assert rows["Kernel SHAP"][2].endswith(" %")
    assert rows["Kernel SHAP"][4] == "the same"


def test_a_method_that_lies_off_is_named(recorded):
    block, rows = table(recorded(facts("saliency", "captum", factor=1.2), facts("lime", "lime")))
    assert block.title == "Saliency lies farther from the library than chance can"
    assert rows["Saliency"][1] == "17 %"
    assert rows["Saliency"][4] == "more than chance"


def test_a_method_too_noisy_to_tell_is_not_called_the_same(recorded):
    block, rows = table(
        recorded(facts("vargrad", "captum", noise=0.4), facts("saliency", "captum"))
    )
    assert rows["VarGrad"][4] == "too noisy"
    assert block.title == "1 of 2 methods computed here give what captum computes"


def test_a_library_that_failed_says_why(recorded):
    failed = facts("saliency", "captum")[:1]
    object.__setattr__(failed[0], "value", None)
    object.__setattr__(failed[0], "reason", "RuntimeError: no such layer")
    block, rows = table(recorded(failed))
    assert block.title == "No method could be held against a library"
    assert rows["Saliency"][4] == "RuntimeError: no such layer"


def test_without_the_check_there_is_no_table_and_with_it_the_chapter_shows_it(recorded):
    assert list(beside_libraries(recorded())) == []
    chapter = evaluation.chapter(recorded(facts("saliency", "captum")))
    assert "cross-check" in {getattr(block, "key", "") for block in chapter.blocks}
