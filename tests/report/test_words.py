"""Numbers and names as they are written."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from xaiframe.report import words


def parsed(text: str) -> float:
    return float(text.replace("−", "-").replace("\u00a0", ""))


@given(st.floats(min_value=-1e9, max_value=1e9).filter(lambda v: abs(v) > 1e-6))
def test_what_is_written_is_within_half_a_last_digit(value):
    size = abs(value)
    decimals = 5.1e-4 if 0.01 <= size < 1 else 5.1e-5 if 1e-3 <= size < 0.01 else 0.0
    tolerance = max(decimals, 5.1e-3 * size, 1.1e-6)
    assert math.isclose(parsed(words.number(value)), value, rel_tol=0, abs_tol=tolerance)


def test_plain_cases():
    assert words.number(0.97432) == "0.974"
    assert words.number(12288) == "12\u00a0288"
    assert words.number(-0.05) == "−0.050"
    assert words.number(None) == "not measured"
    assert words.number(float("nan")) == "not measured"
    assert words.number(True) == "yes"
    assert words.number(3.5, "mm") == "3.50 mm"
    assert words.measured(0.5, "share") == "0.500"
    assert words.measured(2.0, "s") == "2 s"
    assert words.measured(7.2e-53, "p") == "< 1e−12"
    assert words.measured(0.0, "p") == "0"


def test_intervals():
    assert words.interval((0.94, 0.99)) == "0.940–0.990"
    assert words.interval((-0.02, 0.1)) == "−0.020 to 0.100"
    assert words.interval(None) == ""
    assert words.brackets((1.0, 1.0)) == ""


def test_shares_never_round_to_a_lie():
    assert words.of_hundred(0.97) == "97 of 100"
    assert words.of_hundred(0.999) == "more than 99 of 100"
    assert words.of_hundred(0.002) == "fewer than 1 of 100"
    assert words.of_hundred(1.0) == "100 of 100"
    assert words.of_hundred(0.0) == "0 of 100"


def test_lists_and_sentences():
    assert words.listing(["a", "b", "c"]) == "a, b and c"
    assert words.listing("abcdefgh", most=3) == "a, b, c and 5 more"
    assert words.stop("the reader decides") == "The reader decides."
    assert words.stop("") == ""
    assert words.tally(2, "warn") == "2 warnings"
    assert words.count(1, "row") == "1 row"
