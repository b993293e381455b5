"""Columns whose part in the score is known: plain, negative, redundant, suppressing, or none."""

import numpy as np
import pytest
import torch
from torch import nn

MODALITY, PROVIDES = "table", ("gradient", "layers")
WEIGHTS = np.array([2.0, -1.0, 0.5, -2.0, 0.0, 0.0])
"""A cause; one that lowers; a weak one; a suppressor: noise that the cause's column also carries,
so that it tells nothing of the target alone; a copy of the cause that the model does not read; and
a column of noise."""
LIFT = 64.0
"""Keeps the only ReLU open, where a straight line is wanted."""

FLAT = ("vargrad",)
"""The variance of a gradient that is the same everywhere is 0."""
SQUARE = ("smoothgrad_squared",)
"""The mean of the squared gradient."""
SHARE = {"rise": 0.5}
"""Another multiple of the contribution: RISE over features estimates half the Banzhaf value."""
BITS = ("prediction_difference",)
"""In bits of averaged probabilities, which bend: only the sign follows, where the value lies beyond
every background row."""


def of(condition):
    """The test is for methods whose class facts meet ``condition``."""

    def mark(test):
        test.of = condition
        return test

    return mark


@pytest.fixture(scope="module")
def columns():
    random = np.random.default_rng(0)
    signal, noise = random.normal(size=(2, 200))
    cause = signal + noise
    rest = random.normal(size=(200, 3)) * [1.0, 3.0, 1.0]
    return np.stack([cause, rest[:, 0], rest[:, 1], noise, cause, rest[:, 2]], axis=1)


@pytest.fixture(scope="module")
def straight(known, columns):
    """Log-odds = WEIGHTS · x, through one open ReLU."""
    first, relu, last = nn.Linear(6, 1), nn.ReLU(), nn.Linear(1, 2)
    with torch.no_grad():
        first.weight.copy_(torch.tensor(WEIGHTS)[None])
        first.bias.fill_(LIFT)
        last.weight.copy_(torch.tensor([[0.0], [1.0]]))
        last.bias.copy_(torch.tensor([0.0, -LIFT]))
    data = known["data"](MODALITY, columns)
    network = nn.Sequential(first, relu, last)
    middle = np.argsort((columns**2 / columns.var(axis=0)).sum(axis=1))[:10]
    ends = np.argsort(columns[:, 3])[[0, 1, 2, -3, -2, -1]]
    return known["asking"](network, data, columns[ends], columns[middle], PROVIDES)


def contributions(straight, facts):
    """``(n, rows, features)``: w · (x − background row), or w · x where zero is the reference."""
    rows = straight.scorer.reference.background.astype(float)
    return WEIGHTS * (straight.x[:, None] - (0 if facts.own_reference else rows))


def test_what_the_model_does_not_read_gets_nothing(straight, method):
    values, error = method.explain(straight)
    size = np.abs(values).max()
    assert (np.abs(values[:, 4:]) <= 5 * error[:, 4:] + 1e-4 * size).all()


def test_what_the_model_reads_gets_something(straight, method):
    values, _ = method.explain(straight)
    if method.name in FLAT:
        assert np.abs(values).max() < 1e-6
    else:
        assert (np.abs(values[:, :4]).mean(axis=0) > 0).all()


@of(lambda facts: facts.signed)
def test_a_straight_line_gives_each_column_its_contribution(straight, method):
    """w · (x − mean of the background), or w · x where the method has zero for reference."""
    values, error = method.explain(straight)
    wanted = contributions(straight, method.method).mean(axis=1) * SHARE.get(method.name, 1)
    if method.name not in BITS:
        assert (np.abs(values - wanted) <= 5 * error + 0.02 * np.abs(wanted).max()).all()


@of(lambda facts: not facts.signed)
def test_a_straight_line_gives_each_column_its_slope(straight, method):
    """|w| · sd, the unit of what is not signed."""
    values, _ = method.explain(straight)
    slopes = (np.abs(WEIGHTS) * straight.data.scale) ** (2 if method.name in SQUARE else 1)
    wanted = np.tile(slopes * (method.name not in FLAT), (len(straight.x), 1))
    np.testing.assert_allclose(np.abs(values), wanted, rtol=1e-3, atol=1e-6)


@of(lambda facts: facts.signed)
def test_the_sign_says_for_or_against_also_of_the_suppressor(straight, method):
    """Alone it tells nothing of the target, but the model takes it off the cause."""
    values, _ = method.explain(straight)
    against = contributions(straight, method.method)[..., :4]
    for side in (1, -1):
        clear = (side * against > 0.1).all(axis=1)
        assert clear[:, 3].any()
        assert (side * values[:, :4][clear] > 0).all()


CORNER = np.array([[1.0, 1.0, 0.3], [1.0, 1.0, -0.6]])


def hinge(known, weights, bias, out, offset=0.0):
    """Log-odds = offset + out · ReLU(weights · x + bias) of three columns."""
    first, last = nn.Linear(3, 1), nn.Linear(1, 2)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([weights]))
        first.bias.fill_(bias)
        last.weight.copy_(torch.tensor([[0.0], [out]]))
        last.bias.copy_(torch.tensor([0.0, offset]))
    train = np.random.default_rng(1).uniform(-1, 1, size=(100, 3))
    train[:, :2] = np.abs(train[:, :2]).round()
    train[:, 1] = train[:, 0]
    data = known["data"](MODALITY, train)
    network = nn.Sequential(first, nn.ReLU(), last)
    return known["asking"](network, data, CORNER, np.zeros((1, 3)), PROVIDES)


@pytest.fixture(scope="module")
def both(known):
    """An interaction: ReLU(x0 + x1 − 1), 1 where both are there, else 0; x2 is not read."""
    return hinge(known, [1.0, 1.0, 0.0], -1.0, 1.0)


@pytest.fixture(scope="module")
def either(known):
    """Redundancy: 1 − ReLU(1 − x0 − x1): one of the two is enough; x2 is not read."""
    return hinge(known, [-1.0, -1.0, 0.0], 1.0, -1.0, 1.0)


@pytest.mark.parametrize("case", ["both", "either"])
def test_columns_that_play_the_same_part_get_the_same(case, request, method):
    values, error = method.explain(request.getfixturevalue(case))
    size = max(float(np.abs(values).max()), 1e-9)
    apart = np.abs(values[:, 0] - values[:, 1])
    assert (apart <= 5 * np.hypot(error[:, 0], error[:, 1]) + 0.02 * size).all()
    assert (np.abs(values[:, 2]) <= 5 * error[:, 2] + 1e-4 * size).all()


@of(lambda facts: facts.additive)
@pytest.mark.parametrize("case", ["both", "either"])
def test_what_claims_to_add_up_splits_the_point_in_halves(case, request, method):
    """Score − base is 1 in both, and only two columns are read."""
    values, error = method.explain(request.getfixturevalue(case))
    assert (np.abs(values[:, :2] - 0.5) <= 5 * error[:, :2] + 0.02).all()


@of(lambda facts: facts.stochastic)
def test_the_stated_error_covers_another_seed(both, method):
    """Uncertainty: what a method states as standard error is what another seed changes."""
    (one, first), (other, second) = (method.explain(both, seed) for seed in (1, 2))
    assert (np.abs(one - other) <= 5 * np.hypot(first, second) + 1e-6).all()
