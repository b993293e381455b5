"""Relevance is conserved, equals captum's, and is refused where no rule reaches."""

import numpy as np
import pytest
import torch
from captum import attr
from captum.attr._utils.lrp_rules import EpsilonRule
from torch import nn
from torch.nn import functional

from xaiframe.errors import NotApplicable
from xaiframe.gradient.lrp import LRP, check_conservation
from xaiframe.model.face import contrast
from xaiframe.model.network import Standardize
from xaiframe.probe.rewrite import simplify, take_out_standardize

TARGETS = [0, 1, 2, 1, 0]


def without_biases(net):
    for layer in net.modules():
        if isinstance(layer, (nn.Linear, nn.Conv2d)):
            layer.bias.data.zero_()
    return net


def plain_cnn(activation=nn.ReLU):
    torch.manual_seed(4)
    return nn.Sequential(
        nn.Conv2d(2, 6, 3, padding=1), activation(), nn.MaxPool2d(2),
        nn.Conv2d(6, 5, 3), activation(), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(5, 3),
    ).eval()  # fmt: skip


def share_back(layer, x, relevance, positive):
    """R_j = Σ_k x_j w_jk / Σ_j x_j w_jk · R_k with w or max(w, 0): the rule as it is defined."""
    x = x.detach().requires_grad_(True)
    options = {} if isinstance(layer, nn.Linear) else {"padding": layer.padding}
    apply = functional.linear if isinstance(layer, nn.Linear) else functional.conv2d
    weight = layer.weight.clamp(min=0) if positive else layer.weight
    z = apply(x, weight, None if positive else layer.bias, **options)
    stable = z + torch.where(z >= 0, 1e-6, -1e-6)
    return (x * torch.autograd.grad(z, x, relevance / stable)[0]).detach()


def test_linear_model_gives_weight_times_input(bank_of, linear, weights, rows):
    np.testing.assert_allclose(
        LRP().explain(bank_of(linear, rows)).values, weights * rows, rtol=1e-4, atol=1e-5
    )


def test_two_layer_relu_by_hand(bank_of):
    """h = relu(2x₀ + x₁, x₀ − 3x₁), f = h₀ + h₁ at (1, 1): h = (3, 0), so R = (2, 1)."""
    net = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    net[0].weight.data = torch.tensor([[2.0, 1.0], [1.0, -3.0]])
    net[2].weight.data = torch.ones(1, 2)
    values = LRP().explain(bank_of(without_biases(net), [[1.0, 1.0]])).values
    np.testing.assert_allclose(values, [[2.0, 1.0]], rtol=1e-5)


def test_epsilon_on_a_relu_net_is_gradient_times_standardised_input(bank_of, cnn, pictures):
    bank = bank_of(cnn, pictures, classes=3, targets=TARGETS)
    wanted = bank.at_input[1].numpy() * pictures
    values = LRP(rule="epsilon", epsilon=1e-9).explain(bank).values
    np.testing.assert_allclose(values, wanted, rtol=1e-3, atol=1e-4)


def test_standardising_keeps_each_elements_relevance(bank_of, mlp, rows):
    scaling = Standardize((4,))
    scaling.mean.copy_(torch.tensor([1.0, -2.0, 0.0, 5.0]))
    scaling.sd.copy_(torch.tensor([0.5, 3.0, 1.0, 10.0]))
    standardised = (rows - scaling.mean.numpy()) / scaling.sd.numpy()
    whole = LRP().explain(bank_of(nn.Sequential(scaling, *mlp), rows, classes=3)).values
    inner = LRP().explain(bank_of(mlp, standardised, classes=3)).values
    np.testing.assert_allclose(whole, inner, rtol=1e-4, atol=1e-6)


def test_equals_captum_with_its_default_rules(bank_of, pictures):
    net = plain_cnn()
    own = nn.Sequential(simplify(net), contrast(3))  # captum refuses Flatten itself
    for layer in own.modules():
        if not isinstance(layer, nn.ReLU) and not list(layer.children()):
            layer.rule = EpsilonRule(1e-6)
    wanted = attr.LRP(own).attribute(
        torch.tensor(pictures, requires_grad=True), torch.tensor(TARGETS)
    )
    bank = bank_of(net, pictures, classes=3, targets=TARGETS)
    values = LRP(rule="epsilon").explain(bank).values
    np.testing.assert_allclose(values, wanted.detach().numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("rule", ["epsilon", "z_plus", "gamma"])
@pytest.mark.parametrize("activation", [nn.ReLU, nn.Tanh])
def test_relevance_is_conserved_without_biases(bank_of, pictures, rule, activation):
    net = without_biases(plain_cnn(activation))
    bank = bank_of(net, pictures, classes=3, targets=TARGETS)
    values = LRP(rule=rule, epsilon=1e-9).explain(bank).values
    np.testing.assert_allclose(values.reshape(5, -1).sum(axis=1), bank.full, rtol=1e-3)


def test_z_plus_follows_its_definition(bank_of, pictures):
    net = nn.Sequential(
        nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 3)
    ).eval()
    bank = bank_of(net, pictures, classes=3)
    steps = [torch.tensor(pictures)]
    for layer in bank.module:
        steps.append(layer(steps[-1]))
    relevance = torch.zeros(5, 3)
    relevance[:, 0] = steps[-1][:, 0]
    relevance = share_back(bank.module[-1], steps[6], relevance, positive=False)
    relevance = share_back(net[5], steps[5], relevance, positive=False).reshape(steps[4].shape)
    relevance = share_back(net[2], steps[2], relevance, positive=True)
    relevance = share_back(net[0], steps[0], relevance, positive=True)
    values = LRP(rule="z_plus").explain(bank).values
    np.testing.assert_allclose(values, relevance.numpy(), rtol=1e-3, atol=1e-5)


def test_convolution_of_negative_inputs_falls_back_to_epsilon(bank_of, pictures):
    net = nn.Sequential(nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 3))
    options = {"classes": 3, "train": pictures - 1}
    mixed = LRP(rule="z_plus").explain(bank_of(net, pictures - 1, **options)).values
    epsilon = LRP(rule="epsilon").explain(bank_of(net, pictures - 1, **options)).values
    np.testing.assert_allclose(mixed, epsilon, rtol=1e-5)
    pure = LRP(rule="z_plus").explain(bank_of(net, pictures, classes=3)).values
    assert (
        np.abs(pure - LRP("epsilon").explain(bank_of(net, pictures, classes=3)).values).max() > 0.01
    )


def test_reads_the_network_trained_here(bank_of, cnn, pictures):
    """Standardize, batch norm, dropout, flatten; with two classes also the log-odds layer."""
    bank = bank_of(cnn, pictures, classes=3, targets=TARGETS)
    assert LRP().explain(bank).values.shape == pictures.shape
    two = nn.Sequential(*cnn[:-1], nn.Linear(80, 2))
    bank = bank_of(two, pictures, classes=2)
    assert isinstance(bank.module[-1], nn.Linear)
    odds = LRP(rule="epsilon").explain(bank).values
    np.testing.assert_allclose(odds, bank.at_input[1].numpy() * pictures, rtol=1e-2, atol=1e-3)
    np.testing.assert_array_equal(contrast(2).weight, [[1, -1], [-1, 1]])


def test_leaves_the_model_as_it_was(bank_of, cnn, pictures):
    bank = bank_of(cnn, pictures, classes=3)
    before = {name: value.clone() for name, value in bank.module.state_dict().items()}
    first = LRP().explain(bank).values
    np.testing.assert_array_equal(LRP().explain(bank).values, first)
    after = bank.module.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not any(
        layer._forward_hooks or hasattr(layer, "rule") for layer in bank.module.modules()
    )


def test_same_numbers_for_any_batch_and_order(bank_of, cnn, pictures):
    whole = LRP().explain(bank_of(cnn, pictures, classes=3)).values
    part = LRP().explain(bank_of(cnn, pictures[[3, 1]], classes=3, train=pictures, max_batch=1))
    np.testing.assert_allclose(part.values, whole[[3, 1]], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (nn.LayerNorm(4), "LayerNorm"),
        (nn.GELU(), "GELU"),
        (nn.LeakyReLU(), "LeakyReLU"),
        (nn.Sigmoid(), "Sigmoid"),
    ],
)
def test_refuses_a_layer_without_a_rule_by_name(bank_of, mlp, rows, layer, name):
    with pytest.raises(NotApplicable, match=rf"layer 0 \({name}\)"):
        LRP().explain(bank_of(nn.Sequential(layer, *mlp), rows, classes=3))


def test_refuses_the_softmax_and_says_what_helps(bank_of, mlp, rows):
    with pytest.raises(NotApplicable, match=r"Softmax.*reference\.output: logit"):
        LRP().explain(bank_of(mlp, rows, classes=3, output="probability"))


def test_a_loss_between_layers_is_caught(bank_of, mlp, rows):
    network = simplify(bank_of(mlp, rows, classes=3).module)
    take_out_standardize(network)
    device = torch.device("cpu")
    lower, upper = EpsilonRule(), EpsilonRule()
    lower.relevance_output = {device: torch.ones(2, 3)}
    upper.relevance_input = {device: torch.ones(2, 3)}
    check_conservation([lower, upper], device)
    lower.relevance_output = {device: torch.tensor([[1.0, 1, 1], [1, 1, 0]])}
    with pytest.raises(ArithmeticError, match="lost"):
        check_conservation([lower, upper], device)


@pytest.mark.parametrize("wrong", [{"rule": "alpha2"}, {"epsilon": 0.0}, {"gamma": 0.0}])
def test_bad_parameters_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LRP(**wrong)
