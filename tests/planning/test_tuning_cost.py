"""The cost of a bounded search, by hand."""

from __future__ import annotations

import pytest

from xaiframe.catalogue.estimate import Cost
from xaiframe.planning.tuning_cost import bounded

WHOLE = Cost(11_000, 1_100.0, 5.0)  # ten trials and a comparison of 1,000 rows and 100 s each


@pytest.mark.parametrize(
    ("node", "evaluations", "seconds"),
    [
        ({}, 11_000, 1_100),
        ({"evaluations": 3_000}, 5_000, 500),  # three trials, one more that meets it, comparison
        ({"evaluations": 90_000}, 11_000, 1_100),
        ({"minutes": 5}, 5_000, 500),
        ({"workers": 2}, 11_000, 550),
        ({"workers": 2, "minutes": 5}, 8_000, 400),
        ({"evaluations": None, "minutes": None, "workers": 1}, 11_000, 1_100),
    ],
)
def test_bounds_cut_what_is_expected(
    node: dict[str, float], evaluations: int, seconds: float
) -> None:
    found = bounded(WHOLE, {"trials": 10, **node})
    assert (found.evaluations, found.seconds, found.memory_mb) == (
        evaluations,
        pytest.approx(seconds),
        5.0,
    )


def test_a_second_search_has_bounds_of_its_own() -> None:
    two = Cost(21_000, 2_100.0)
    assert bounded(two, {"trials": 10, "evaluations": 3_000}, searches=2).evaluations == 8_000


def test_what_is_not_known_stays_unknown() -> None:
    assert bounded(Cost(), {"minutes": 3}) == Cost()
