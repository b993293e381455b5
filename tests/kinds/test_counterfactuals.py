"""The facts of counterfactuals, counted by hand."""

import numpy as np
import pytest

from xaiframe.facts import source
from xaiframe.kinds.counterfactuals import (
    ALREADY,
    NONE,
    Counterfactuals,
    Sheet,
    mean,
    share,
    unlike,
)


def answer(table=True, after=None):
    sheet = Sheet()
    near = {"usual": 1.0, "limit": 2.0}
    sheet.found(
        7, 1, ("no", "yes"), (-1.0, 0.5), [("age", 30.0, 40.0, 2.0)], 2.0, apart=3.0, **near
    )
    sheet.found(
        7, 2, ("no", "yes"), (-1.0, 0.1), [("pay", 1.0, 2.0, 1.0), ("age", 30.0, 35.0, 1.0)],
        2.0, apart=1.0, **near,
    )  # fmt: skip
    sheet.found(
        8, 1, ("no", "yes"), (-2.0, 0.2), [("pay", 1.0, 9.0, 4.0), ("home", 0.0, 2.0, 1.0)],
        5.0, apart=1.5, **near,
    )  # fmt: skip
    sheet.without(9, NONE, "no", -8.0)
    sheet.without(10, ALREADY, "yes", 3.0)
    rows, changes = sheet.frames()
    return Counterfactuals(
        n=4, evaluations=50, counterfactuals=rows, changes=changes, unit="deviations",
        after=np.empty((4, 0)) if after is None else after, wanted="yes", fixed="sex\nrace",
        table=table,
    )  # fmt: skip


def told(found):
    return {
        (fact.name, *fact.labels.values()): (fact.value, fact.n)
        for fact in found.outcome(source()).facts
    }


def test_facts_count_the_nearest_alternative_of_each_instance_that_could_turn():
    facts = told(answer())
    assert facts["wanted",][0] == "yes"
    assert facts["fixed",][0] == "sex, race"
    assert facts["validity",] == (pytest.approx(2 / 3), 3)
    assert facts["changed",] == (1.5, 2)
    assert facts["distance",] == (3.5, 2)
    assert facts["plausibility",] == (pytest.approx((3.0 + 1.5) / 2), 2)
    assert facts["plausible",] == (0.5, 2)
    assert facts["actionable",] == (pytest.approx(2 / 3), 3)  # the second of 7 is near
    assert facts["diversity",] == (0.5, 1)
    assert facts["changes", "age"] == facts["changes", "home"] == (0.5, 2)


def test_elsewhere_than_in_tables_features_are_places():
    facts = told(answer(table=False))
    assert not {name for name, *_ in facts} & {"changes", "actionable"}
    outcome = answer(False, np.zeros((4, 2, 1, 3, 3))).outcome(source())
    assert outcome.arrays["after"]["x"].shape == (4, 2, 1, 3, 3)
    assert set(outcome.tables) == {"counterfactuals", "changes"}


def test_batches_without_an_alternative_are_joined_with_others():
    sheet = Sheet()
    sheet.without(3, NONE, "", 1.0)
    rows, changes = sheet.frames()
    empty = Counterfactuals(
        n=1, evaluations=5, counterfactuals=rows, changes=changes, after=np.empty((1, 0)),
        unit="deviations", wanted="yes",
    )  # fmt: skip
    whole = Counterfactuals.joined(
        [Counterfactuals.unpacked(one.packed()) for one in (empty, answer())]
    )
    assert (whole.n, whole.evaluations, len(whole.counterfactuals)) == (5, 55, 6)
    facts = told(empty)
    assert facts["validity",] == (0, 1)
    assert facts["changed",] == (None, 0)


def test_without_anybody_to_turn_nothing_is_measured():
    assert share("validity", 0, 0, source()).value is None
    one = mean("changed", answer().counterfactuals["changed"].head(1), "features", source())
    assert one.interval == (1, 1)
    assert unlike({"a", "b"}, {"b", "c"}) == pytest.approx(2 / 3)
