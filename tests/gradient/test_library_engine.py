"""``engine: library``: captum on the same reference, target, scale and units."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.errors import NotApplicable
from xaiframe.gradient.expected_gradients import ExpectedGradients
from xaiframe.gradient.input_x_gradient import InputXGradient
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.saliency import Saliency
from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.gradient.smoothgrad_squared import SmoothGradSquared
from xaiframe.gradient.vargrad import VarGrad
from xaiframe.probe.libraries.captum import multiplicities

EXACT = [Saliency(), InputXGradient(), IntegratedGradients(steps=8, limit=128)]
SAMPLED = [ExpectedGradients(), SmoothGrad(), SmoothGradSquared(), VarGrad()]
ids = {"ids": lambda one: type(one).__name__}
SHARE = np.array([0.5, 0.25, 0.125, 0.125])


def by_library(method):
    return replace(method, engine="library")


@pytest.fixture
def bank(bank_of, mlp, rows, train):
    def build(**more):
        options = {"train": train, "background": train[:4] / 5, "weights": SHARE, "classes": 3}
        return bank_of(mlp, more.pop("x", rows), **(options | more))

    return build


@pytest.fixture
def curvy():
    torch.manual_seed(5)
    return nn.Sequential(nn.Linear(4, 16), nn.Tanh(), nn.Linear(16, 3))


@pytest.mark.parametrize("output", ["logit", "probability"])
@pytest.mark.parametrize("method", EXACT, **ids)
def test_without_sampling_both_engines_say_the_same(bank, method, output):
    targets = np.array([0, 1, 2, 0, 1, 2])
    own = method.explain(bank(output=output, targets=targets))
    theirs = by_library(method).explain(bank(output=output, targets=targets))
    np.testing.assert_allclose(theirs.values, own.values, rtol=1e-4, atol=1e-6)
    assert theirs.level == own.level == "element"
    assert (theirs.base is None) == (own.base is None)


@pytest.mark.parametrize("method", EXACT, **ids)
def test_pictures_too(bank_of, cnn, pictures, method):
    background = pictures[::-1][:3] / 3
    build = lambda: bank_of(cnn, pictures[:2], background=background, classes=3)
    own, theirs = method.explain(build()), by_library(method).explain(build())
    np.testing.assert_allclose(theirs.values, own.values, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("method", SAMPLED, **ids)
def test_with_sampling_they_estimate_the_same(bank_of, curvy, rows, train, method):
    """Both averaged over seeds: columns of different range, one that never changes."""
    train = train / np.ptp(train, axis=0) * np.array([2.0, 1.0, 0.5, 1.0], dtype=np.float32)
    train[:, 3] = 0.2
    options = {"train": train, "background": train[:4], "weights": SHARE, "classes": 3}
    own, theirs = (
        np.stack([one.explain(bank_of(curvy, rows[:3], seed=seed, **options)).values
                  for seed in range(12)])
        for one in (method, by_library(method))
    )  # fmt: skip
    error = np.sqrt((own.var(axis=0, ddof=1) + theirs.var(axis=0, ddof=1)) / 12)
    assert (error > 0).all()
    assert (np.abs(own.mean(axis=0) - theirs.mean(axis=0)) < 5 * error).all()


@pytest.mark.parametrize("method", EXACT + SAMPLED, **ids)
def test_numbers_depend_on_seed_and_id_only(bank, rows, method):
    order = np.array([4, 0])
    all_, some = bank(), bank(x=rows[order], ids=order)
    assert all_.module is not some.module  # made now: a new layer draws its first weights
    before = np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()
    whole, part = (by_library(method).explain(one) for one in (all_, some))
    np.testing.assert_allclose(part.values, whole.values[order], rtol=1e-5, atol=1e-6)
    assert (np.random.get_state()[1].tolist(), torch.get_rng_state().tolist()) == before


@pytest.mark.parametrize("method", EXACT + SAMPLED, **ids)
def test_no_more_rows_at_once_than_a_batch_holds_and_all_are_counted(bank, method):
    small = bank(max_batch=16)
    sent = []
    small.module.register_forward_pre_hook(lambda _, rows: sent.append(len(rows[0])))
    found = by_library(method).explain(small)
    assert max(sent) <= 16
    backgrounds = 4 if found.base is not None else 0
    assert found.evaluations == small.evaluations == sum(sent) + backgrounds


@pytest.mark.parametrize("method", EXACT + SAMPLED, **ids)
def test_it_works_where_gradients_are_off(bank, method):
    expected = by_library(method).explain(bank()).values
    with torch.inference_mode():
        found = by_library(method).explain(bank()).values
    np.testing.assert_array_equal(found, expected)


def test_background_rows_are_listed_as_often_as_they_weigh():
    np.testing.assert_array_equal(multiplicities(SHARE), [4, 2, 1, 1])
    np.testing.assert_array_equal(multiplicities(np.full(24, 1 / 24)), np.ones(24))
    np.testing.assert_array_equal(multiplicities(np.array([3, 21]) / 24), [1, 7])
    with pytest.raises(NotApplicable, match="no whole numbers"):
        multiplicities(np.array([np.pi - 3, 4 - np.pi]))
