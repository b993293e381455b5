"""Games whose Shapley values are known: parities, sums, and all pairs enumerated."""

import numpy as np
import pytest

from xaiframe.perturbation.kernel_shap import regress
from xaiframe.probe.kriging import Kriging
from xaiframe.probe.sampling import draw


def odd_half(drawn, game):
    """Half of v(S) − v(complement), and v(all) − v(none)."""
    odd = (game(drawn.masks) - game(~drawn.masks)) / 2
    ends = game(np.array([[True], [False]]).repeat(drawn.masks.shape[1], axis=1))
    return odd[None], ends[:1] - ends[1:]


@pytest.mark.parametrize("players", [2, 5, 8])
def test_all_pairs_give_what_the_exact_regression_gives(players):
    drawn = draw(players, 2**players, np.random.default_rng(0))
    worth = np.random.default_rng(1).normal(size=2**players)
    bits = 1 << np.arange(players)
    odd, gain = odd_half(drawn, lambda masks: worth[masks @ bits])
    answers = np.stack([worth[drawn.masks @ bits], worth[~drawn.masks @ bits]])
    values, error = Kriging(drawn).values(odd, gain)
    np.testing.assert_allclose(values[0], regress(drawn, answers, gain[0])[0], atol=1e-6)
    np.testing.assert_allclose(error, 0, atol=1e-3)


def test_a_parity_of_three_is_shared_by_its_members():
    # v = χ₀χ₁χ₂, χ = ±1: v(all) − v(none) = 2, and the three are alike. Enough pairs find it.
    drawn = draw(9, 400, np.random.default_rng(0))
    odd, gain = odd_half(drawn, lambda masks: np.where(masks[:, :3], 1.0, -1.0).prod(axis=1))
    values, error = Kriging(drawn).values(odd, gain)
    np.testing.assert_allclose(values[0], [2 / 3] * 3 + [0] * 6, atol=0.01)
    assert (np.abs(values[0] - ([2 / 3] * 3 + [0] * 6)) < 4 * error[0] + 1e-6).all()


def test_even_terms_move_nothing_and_sums_are_met_by_few_pairs():
    weights = np.linspace(-1, 2, 14)
    drawn = draw(14, 56, np.random.default_rng(0))

    def game(masks):
        side = np.where(masks, 1.0, -1.0)
        return masks @ weights + 5 * side[:, 2] * side[:, 7]

    values, error = Kriging(drawn).values(*odd_half(drawn, game))
    np.testing.assert_allclose(values[0], weights, atol=1e-8)
    np.testing.assert_allclose(error, 0, atol=1e-6)


def test_another_order_of_the_players_reorders_the_values():
    shared = draw(10, 80, np.random.default_rng(0))
    order = np.random.default_rng(1).permutation(10)
    other = shared.reordered(order)
    worth = np.random.default_rng(2).normal(size=1024)
    bits = 1 << np.arange(10)
    of_other = odd_half(other, lambda masks: worth[masks @ bits])
    found, errors = Kriging(shared).values(*of_other)
    alone, own = Kriging(other).values(*of_other)
    np.testing.assert_allclose(found[0][order], alone[0], atol=1e-9)
    np.testing.assert_allclose(errors[0][order], own[0], atol=1e-9)
