"""Input × gradient is exact for linear models and a first-order guess elsewhere."""

import numpy as np
import torch
from captum.attr import InputXGradient as Captum

from xaiframe.gradient.input_x_gradient import InputXGradient


def test_linear_model_is_explained_completely(bank_of, linear, weights, rows, train):
    share = np.full(40, 1 / 40)
    bank = bank_of(linear, rows, background=train, weights=share)
    values = InputXGradient().explain(bank).values
    np.testing.assert_allclose(values, weights * (rows - train.mean(axis=0)), rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(values.sum(axis=1), bank.full - bank.empty, rtol=1e-4)


def test_equals_captum_for_a_baseline_of_zero(bank_of, cnn, pictures):
    bank = bank_of(cnn, pictures, classes=3, targets=[0, 1, 2, 1, 0])
    wanted = Captum(bank.module).attribute(
        torch.tensor(pictures, requires_grad=True), torch.tensor([0, 1, 2, 1, 0])
    )
    answer = InputXGradient().explain(bank)
    np.testing.assert_allclose(answer.values, wanted.detach().numpy(), rtol=1e-5, atol=1e-6)


def test_weights_of_the_background_count(bank_of, linear, weights, rows):
    bank = bank_of(linear, rows, background=[[0, 0, 0, 0], [4, 4, 4, 4]], weights=[0.75, 0.25])
    np.testing.assert_allclose(
        InputXGradient().explain(bank).values, weights * (rows - 1), rtol=1e-5, atol=1e-6
    )
