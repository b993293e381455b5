"""What a search chose is adopted on evidence, and a later round can take it back."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from xaiframe.catalogue.listing import house
from xaiframe.facts import Fact, Facts, Prescription
from xaiframe.prescription.course import Course
from xaiframe.prescription.effects import Change
from xaiframe.prescription.match import prescribe

SPACE = {"fit": {"weight_decay": {"low": 0.0, "high": 0.1}}}
CONFIG: dict[str, Any] = {"fit": {"weight_decay": 0.0}, "tuning": {"space": SPACE}}
CHOSEN = Fact("tuning.search.chosen", 0.05, labels={"parameter": "fit.weight_decay"})
SCORE = "model.validation.score"
GAIN = "evaluation.faithfulness.gain_over_random"


def fired(key: str, *facts: Fact) -> list[Prescription]:
    node = yaml.safe_load((house() / "prescription" / f"{key}.yaml").read_text(encoding="utf-8"))
    return prescribe(Facts([*facts, CHOSEN]), node, CONFIG)


def tuned() -> list[Prescription]:
    return fired("adopt_tuned", Fact("tuning.comparison.adopt", True))


def explained() -> list[Prescription]:
    adopt = Fact("tuning.comparison.adopt_explanation", True)
    return fired("adopt_explained", adopt, Fact("tuning.ending.beats_default", True))


@pytest.mark.parametrize("key", ["adopt_explained", "adopt_features"])
@pytest.mark.parametrize("beats", [None, False, "nothing"])
def test_other_settings_alone_are_no_reason_to_adopt_an_explanation(key: str, beats: Any) -> None:
    adopt = Fact(f"tuning.comparison.{key.replace('explained', 'explanation')}", True)
    judged = [] if beats == "nothing" else [Fact("tuning.ending.beats_default", beats)]
    assert fired(key, adopt, *judged) == []
    (found,) = fired(key, adopt, Fact("tuning.ending.beats_default", True))
    assert found.applies == (key == "adopt_explained")  # other features wait for a person


def test_beating_the_default_adopts_no_model_by_itself() -> None:
    """The test rows do not decide which model is kept."""
    assert fired("adopt_tuned", Fact("tuning.ending.beats_default", True)) == []
    lost = Fact("tuning.ending.beats_default", False)
    assert fired("adopt_tuned", Fact("tuning.comparison.adopt", True), lost)


def score(value: float) -> Facts:
    return Facts([Fact(SCORE, value, interval=(value - 0.1, value + 0.1))])


@pytest.mark.parametrize(
    ("low", "high", "verdict", "stays"),
    [
        (-0.05, -0.01, "harmful", False),
        (-0.05, 0.01, "no effect", True),
        (0.01, 0.05, "kept", True),
    ],
)
def test_a_tuned_model_is_taken_back_by_its_rows_paired(
    low: float, high: float, verdict: str, stays: bool
) -> None:
    """The two scores' own intervals overlap, as they do on any validation split."""
    middle = (low + high) / 2
    course = Course((), 3, lambda before, after: {SCORE: Change(middle, low, high, 200)})
    course.judge(score(0.80))
    assert course.further(tuned()) == ["fit.weight_decay=0.05"]
    course.judge(score(0.80 + middle))
    again = course.further([])
    assert [one.verdict for one in course.told] == [verdict]
    assert (again is None) if stays else (again == [])
    if not stays:
        course.judge(score(0.80))
        assert course.further(tuned()) is None  # not tried again


def gains(first: float, second: float) -> Facts:
    return Facts(
        Fact(GAIN, value, labels={"method": method}, interval=(value - 0.05, value + 0.05))
        for method, value in (("lime", first), ("kernel_shap", second))
    )


@pytest.mark.parametrize(("first", "second", "stays"), [(0.2, 0.4, False), (0.2, 0.6, True)])
def test_an_explanation_that_got_worse_is_taken_back(
    first: float, second: float, stays: bool
) -> None:
    course = Course((), 3)
    course.judge(gains(0.4, 0.4))
    assert course.further(explained()) == ["fit.weight_decay=0.05"]
    course.judge(gains(first, second))
    assert (course.further([]) is None) if stays else (course.further([]) == [])
