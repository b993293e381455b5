"""Old against new: the losses are those of scikit-learn's kernel ridge; the null law holds."""

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge

from xaiframe.precaution.drift.domain import similarity
from xaiframe.precaution.time.old_and_new import BLOCKS, RIDGE, old_against_new


def rows(n, flip, seed):
    random = np.random.default_rng(seed)
    z = random.normal(size=(n, 3))
    sign = np.where(np.arange(n) < n / 2, 1.0, -1.0 if flip else 1.0)
    return z, (sign * z[:, 0] + 0.5 * random.normal(size=n))[:, None]


def test_losses_are_those_of_kernel_ridge():
    z, target = rows(160, True, 0)
    stretch = np.arange(160) * BLOCKS // 160
    alpha = RIDGE * np.trace(similarity(z, z)) / 160
    late, even, lost = stretch >= BLOCKS // 2, stretch % 2 == 0, []
    for held in (even, ~even):
        learnt, asked = late & ~held, late & held
        centre = target[learnt].mean(axis=0)
        kernel = similarity(z[learnt], z[learnt])
        ridge = KernelRidge(alpha=alpha, kernel="precomputed").fit(kernel, target[learnt] - centre)
        told = ridge.predict(similarity(z[asked], z[learnt])) + centre
        lost += list(((told - target[asked]) ** 2).ravel())

    assert old_against_new(z, target, 20, 0).new == pytest.approx(np.mean(lost))


def test_a_relation_that_turns_round_is_found_beyond_chance():
    found = old_against_new(*rows(500, True, 1), 20, 0)
    assert found.difference > 3 * found.null99
    assert found.interval[0] < found.difference < found.interval[1]


def test_false_alarms_are_rare():
    alarms = 0
    for seed in range(40):
        found = old_against_new(*rows(200, False, seed), 20, seed)
        alarms += found.difference > found.null99
    assert alarms <= 2
