"""The facts of examples, counted by hand; batches joined without a row twice."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import source
from xaiframe.kinds.examples import Examples, measure


def answer(ids=(1, 2), rows=(7, 8), same=(1.0, 0.0)):
    """Each instance has one row beside it."""
    return Examples(
        n=len(ids), evaluations=5,
        examples=pd.DataFrame({"id": ids, "role": "proponent", "rank": 1, "row": rows,
                               "value": 0.5, "same": same}),
        overall=pd.DataFrame({"group": [""], "role": ["suspect"], "rank": [1], "row": [7],
                              "value": [2.0]}),
        rows=pd.DataFrame({"row": sorted(set(rows)), "label": "a", "answer": "b", "y": np.nan,
                           "predicted": np.nan, "score": 1.0, "told": ""}),
        shown=np.array(sorted(set(rows)), dtype=float)[:, None],
        measures=pd.DataFrame([measure("layer", "last"), measure("looked_at", 9, "rows", n=12),
                               measure("mmd2", 0.25, group="a", n=4, low=0.1, high=0.4)]),
        unit="score", own_unit="loss",
    )  # fmt: skip


def told(found):
    return {(one.name, *one.labels.values()): one for one in found.outcome(source()).facts}


def test_facts_are_those_of_the_whole_and_what_instances_have_in_common():
    facts = told(answer((1, 2, 3), (7, 7, 8), (1.0, 0.0, 1.0)))
    assert facts["layer",].value == "last"
    assert (facts["looked_at",].value, facts["looked_at",].n) == (9, 12)
    assert facts["mmd2", "a"].interval == (0.1, 0.4)
    assert facts["same_answer", "proponent"].value == pytest.approx(2 / 3)
    assert facts["commonest", "proponent"].value == pytest.approx(2 / 3)
    assert facts["commonest", "proponent"].n == 3


def test_of_quantities_no_answer_is_the_same():
    assert ("same_answer", "proponent") not in told(answer(same=(np.nan, np.nan)))


def test_batches_are_joined_and_a_row_that_both_show_is_kept_once():
    joined = Examples.joined([answer(), answer((3, 4), (8, 9))])
    assert (joined.n, joined.evaluations) == (4, 10)
    assert list(joined.examples["id"]) == [1, 2, 3, 4]
    assert list(joined.rows["row"]) == list(joined.shown[:, 0]) == [7, 8, 9]
    assert len(joined.overall) == 1
    assert len(joined.measures) == 3


def test_an_answer_is_read_as_it_was_stored():
    first = answer()
    again = Examples.unpacked(first.packed())
    pd.testing.assert_frame_equal(again.examples, first.examples)
    pd.testing.assert_frame_equal(again.measures, first.measures)
    np.testing.assert_array_equal(again.shown, first.shown)
    outcome = again.outcome(source())
    assert set(outcome.tables) == {"examples", "overall", "rows"}
