"""How much of a target's range is hardly seen."""

import numpy as np
import pytest

from xaiframe.precaution.balance.targets import hill, target_facts


def told(y, seed=0):
    facts, table = target_facts(np.asarray(y, dtype=float), seed)
    return {fact.name: fact for fact in facts}, table


def test_tenths_counted_by_hand():
    y = np.concatenate([np.linspace(0, 0.9, 995), [4, 5, 6, 7, 10]])
    facts, table = told(y)

    assert table["rows"].tolist() == [995, 0, 0, 0, 1, 1, 1, 1, 0, 1]
    assert facts["rare_range_share"].value == 0.9
    assert facts["effective_parts"].value == pytest.approx(
        np.exp(-(0.995 * np.log(0.995) + 5 * 0.001 * np.log(0.001)))
    )


def test_an_even_target_has_no_rare_part_and_fills_all_ten():
    facts, _ = told(np.linspace(0, 1, 1000))

    assert facts["rare_range_share"].value == 0
    assert facts["effective_parts"].value == pytest.approx(10, abs=0.01)
    assert facts["target_skewness"].value == pytest.approx(0, abs=1e-9)


def test_a_long_tail_is_told_from_a_bell():
    """Lognormal targets are rare over most of their range, normal ones never over half of it."""
    random = np.random.default_rng(5)
    tails = [told(random.lognormal(size=1000))[0]["rare_range_share"] for _ in range(20)]
    bells = [told(random.normal(size=1000))[0]["rare_range_share"] for _ in range(20)]

    assert sum(fact.value > 0.5 for fact in tails) >= 18
    assert not any(fact.value > 0.5 for fact in bells)


@pytest.mark.parametrize("y", [[], [1.0] * 200, [0.0, 1.0] * 100, [np.nan] * 200, range(50)])
def test_a_target_without_a_range_gives_a_reason(y):
    facts, table = told(y)

    assert all(fact.value is None and fact.reason for fact in facts.values())
    assert table.empty


def test_hill_of_equal_shares_is_their_number():
    assert hill(np.full(4, 0.25)) == pytest.approx(4)
