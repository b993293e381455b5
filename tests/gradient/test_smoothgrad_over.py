"""Noisy copies explained by another method: known exactly where the model is linear or square."""

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.catalogue.listing import describe
from xaiframe.catalogue.values import cost
from xaiframe.errors import NotApplicable
from xaiframe.gradient.input_x_gradient import InputXGradient
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.lrp import LRP
from xaiframe.gradient.saliency import Saliency
from xaiframe.gradient.smoothgrad import ASKED, SmoothGrad
from xaiframe.gradient.smoothgrad_squared import SmoothGradSquared
from xaiframe.gradient.vargrad import VarGrad
from xaiframe.probe.noise import Noisy

LINEAR = {"input_x_gradient", "integrated_gradients", "deep_lift"}
EVERY = [*SmoothGrad.each["over"]]


class Square(nn.Module):
    """x₀²: input times gradient is 2(x₀ + ε)²."""

    def forward(self, x):
        return x[:, :1] ** 2


@pytest.fixture
def spread(train):
    """Standard deviation of the noise per column."""
    return 0.15 * np.ptp(train, axis=0)


@pytest.mark.parametrize("over", sorted(LINEAR))
def test_a_linear_model_gives_the_methods_own_answer_within_its_stated_error(
    bank_of, linear, weights, rows, train, spread, over
):
    """w (x + ε − baseline): mean w (x − baseline), standard error |w| s ÷ √samples."""
    background = train[:1] / 7
    answer = SmoothGrad(samples=400, over=over).explain(
        bank_of(linear, rows, train=train, background=background)
    )
    error = np.abs(weights) * spread / np.sqrt(400)
    assert (np.abs(answer.values - weights * (rows - background)) <= 5 * error + 1e-5).all()
    np.testing.assert_allclose(answer.error, np.tile(error, (len(rows), 1)), rtol=0.15, atol=1e-5)


def test_relevance_of_a_linear_model_too(bank_of, linear, weights, rows, train, spread):
    answer = SmoothGrad(samples=400, over="lrp").explain(bank_of(linear, rows, train=train))
    error = np.abs(weights) * spread / np.sqrt(400)
    assert (np.abs(answer.values - weights * rows) <= 5 * error + 1e-4).all()


def test_of_a_square_the_noise_itself_is_added(bank_of, rows, train, spread):
    """E 2(x₀ + ε)² = 2(x₀² + s²)."""
    net = nn.Sequential(Square(), nn.Identity())
    answer = SmoothGrad(samples=4000, over="input_x_gradient").explain(
        bank_of(net, rows, train=train)
    )
    expected = 2 * (rows[:, 0] ** 2 + spread[0] ** 2)
    assert (np.abs(answer.values[:, 0] - expected) < 4 * answer.error[:, 0]).all()


def test_square_and_variance_of_a_linear_model(bank_of, linear, weights, rows, train, spread):
    """(w (x + ε))² has mean w² (x² + s²), w (x + ε) variance w² s²."""
    bank = bank_of(linear, rows, train=train)
    squared = SmoothGradSquared(samples=2000, over="input_x_gradient").explain(bank)
    variance = VarGrad(samples=2000, over="input_x_gradient").explain(bank)
    for answer, expected in (
        (squared, weights**2 * (rows**2 + spread**2)),
        (variance, np.tile(weights**2 * spread**2, (len(rows), 1))),
    ):
        assert (np.abs(answer.values - expected) <= 5 * answer.error + 1e-6).all()


def test_over_saliency_the_copies_are_explained_as_the_bank_does_it(bank_of, mlp, rows, train):
    options = {"train": train, "classes": 3, "targets": [0, 1, 2, 0, 1, 2]}
    asked = Noisy(bank_of(mlp, rows, **options), 20, 0.2, Saliency().explain)
    plain = SmoothGrad(samples=20, noise=0.2).explain(bank_of(mlp, rows, **options))
    np.testing.assert_allclose(asked.mean, plain.values, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(asked.slope.error, plain.error, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize("over", EVERY)
def test_numbers_depend_on_seed_and_id_only(bank_of, cnn, pictures, over):
    mask = np.arange(128).reshape(2, 8, 8) // 4 % 8
    options = {"train": pictures, "classes": 3, "mask": mask}
    method, order = SmoothGrad(samples=3, over=over), np.array([3, 1])
    whole = method.explain(bank_of(cnn, pictures, **options))
    part = method.explain(bank_of(cnn, pictures[order], ids=order, max_batch=7, **options))
    size = np.abs(whole.values).max()
    np.testing.assert_allclose(part.values, whole.values[order], atol=1e-4 * size)
    assert whole.error.shape == (5, 8)


@pytest.mark.parametrize("over", EVERY)
def test_what_is_spent_is_what_the_plan_says(bank_of, linear, mlp, rows, train, over):
    bank = bank_of(mlp, rows, train=train, classes=3)
    spent = SmoothGrad(samples=5, over=over).explain(bank).evaluations
    stated = describe("xaiframe.gradient.smoothgrad.SmoothGrad").facts["each"]["over"][over]
    per_copy = cost(stated, {"background": 1})
    extra = 1 if over == "integrated_gradients" else 0  # the background itself, once
    more = 6 * 5 * 32 * 8 if over == "integrated_gradients" else 0  # steps doubled where needed
    assert 6 * 5 * per_copy <= spent <= 6 * 5 * per_copy + extra + more


@pytest.mark.parametrize("over", sorted(ASKED))
def test_the_costs_are_those_the_methods_state(over):
    method = ASKED[over]()
    own = cost(method.cost, {"instances": 1, "background": 3, **vars(method)})
    assert cost(SmoothGrad.each["over"][over], {"background": 3}) == own


def test_no_more_rows_at_once_than_a_batch_holds(bank_of, mlp, rows, train):
    bank = bank_of(mlp, rows[:2], train=train, classes=3, max_batch=8)
    sent = []
    bank.module.register_forward_pre_hook(lambda _, given: sent.append(len(given[0])))
    SmoothGrad(samples=5, over="integrated_gradients").explain(bank)
    assert 0 < max(sent) <= 8


def test_methods_that_share_the_noise_share_the_copies(bank_of, mlp, rows, train):
    bank = bank_of(mlp, rows, train=train, classes=3)
    mean = SmoothGrad(samples=5, over="input_x_gradient")
    assert mean.copies(bank) is SmoothGradSquared(samples=5, over="input_x_gradient").copies(bank)
    assert mean.copies(bank) is not SmoothGrad(samples=5).copies(bank)


@pytest.mark.parametrize("method", [InputXGradient(), IntegratedGradients(), LRP()])
def test_a_moved_bank_is_that_of_the_moved_instances(bank_of, mlp, rows, train, method):
    bank = bank_of(mlp, rows, train=train, classes=3, targets=[0, 1, 2, 0, 1, 2])
    shifted = torch.tensor(rows)[:, None] + torch.tensor([0.5, -1.0])[None, :, None]
    moved = method.explain(bank.moved(shifted)).values.reshape(6, 2, 4)
    wanted = bank_of(mlp, rows - 1, train=train, classes=3, targets=[0, 1, 2, 0, 1, 2])
    np.testing.assert_allclose(moved[:, 1], method.explain(wanted).values, rtol=1e-4, atol=1e-6)


def test_what_the_model_cannot_bear_is_refused_as_by_the_method_itself(bank_of, rows):
    net = nn.Sequential(nn.Linear(4, 4), nn.Sigmoid(), nn.Linear(4, 3))
    with pytest.raises(NotApplicable, match=r"layer 1 \(Sigmoid\)"):
        SmoothGrad(samples=2, over="lrp").explain(bank_of(net, rows, classes=3))


@pytest.mark.parametrize("kind", [SmoothGrad, SmoothGradSquared, VarGrad])
def test_bad_parameters_are_refused(kind):
    with pytest.raises(ValueError, match="over must be one of saliency, input_x_gradient"):
        kind(over="__import__('os')")
    with pytest.raises(ValueError, match="library is over saliency"):
        kind(over="lrp", engine="library")
