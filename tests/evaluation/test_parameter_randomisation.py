from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from xaiframe.errors import NotApplicable, RecipeError
from xaiframe.evaluation.parameter_randomisation import (
    ParameterRandomisation,
    depths,
    randomised,
    resettable,
)
from xaiframe.model.network import Standardize

FEATURES = 16


def network():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return nn.Sequential(
            Standardize((FEATURES,)),
            nn.Linear(FEATURES, 12),
            nn.BatchNorm1d(12),
            nn.Tanh(),
            nn.Linear(12, 8),
            nn.Tanh(),
            nn.Linear(8, 1),
        ).eval()


def gradient(model, x):
    points = torch.from_numpy(x).requires_grad_(True)
    with torch.enable_grad():
        (found,) = torch.autograd.grad(model.module(points).sum(), points)
    return found.numpy()


@pytest.fixture
def asked():
    """The models and positions that were explained again."""
    return []


@pytest.fixture
def scene(table, gather, explained, asked):
    """Evidence about a network: a gradient, an explainer that never looks at the model, and one
    that fails once the model has changed."""
    data = table(FEATURES)
    x = data.test.x
    rules = {"gradient": gradient, "blind": lambda model, x: x**2 + 1}

    def reexplain(model, rows, methods):
        asked.append((model, rows))
        return {name: rules[name](model, rows.x) for name in methods if name in rules}

    module = network()
    bare = gather(data, module)
    local = [explained(name, "gradient", rule(bare.model, x)) for name, rule in rules.items()]
    local.append(explained("fragile", "perturbation", x))
    return gather(data, module, local, reexplain=reexplain)


def test_an_explainer_that_ignores_the_model_is_flagged_and_one_that_reads_it_is_not(
    scene, value_of
):
    outcome = ParameterRandomisation(draws=4)(scene)
    blind = value_of(outcome, "similarity", method="blind")
    assert blind.value == pytest.approx(1)
    assert blind.n == 12
    assert value_of(outcome, "above_control", method="blind").value > 0.5
    assert value_of(outcome, "similarity", method="gradient").value < 0.4
    assert value_of(outcome, "above_control", method="gradient").value < 0.1
    assert value_of(outcome, "between_random", method="blind").value == pytest.approx(1)
    assert value_of(outcome, "between_random", method="gradient").value < 0.6


def test_weighing_by_the_input_is_no_fault(table, gather, explained, value_of):
    data, module = table(FEATURES), network()
    x = data.test.x

    def weighted(model, rows):
        return rows**3 * gradient(model, rows)

    bare = gather(data, module)
    local = [explained("weighted", "gradient", weighted(bare.model, x))]
    evidence = gather(
        data,
        module,
        local,
        reexplain=lambda model, asked, methods: {"weighted": weighted(model, asked.x)},
    )
    outcome = ParameterRandomisation(draws=4)(evidence)
    assert value_of(outcome, "magnitude_similarity").value > 0.6
    assert value_of(outcome, "between_random").value > 0.6
    assert value_of(outcome, "similarity").value < 0.4
    assert value_of(outcome, "above_control").value < 0.1


def test_the_control_is_the_upper_end_of_chance(scene, value_of):
    outcome = ParameterRandomisation(draws=1, permutations=2000)(scene)
    floor = value_of(outcome, "floor", method="blind").value
    control = value_of(outcome, "control", method="blind").value
    # Expected |Spearman| of two unrelated orders of 16: sqrt(2 / (pi * 15)), from normality.
    assert floor == pytest.approx(np.sqrt(2 / (np.pi * 15)), rel=0.1)
    assert floor < control < 0.6
    difference = value_of(outcome, "similarity", method="blind").value - control
    assert value_of(outcome, "above_control", method="blind").value == pytest.approx(difference)


def test_a_method_that_cannot_explain_again_says_so(scene, value_of):
    outcome = ParameterRandomisation()(scene)
    fact = value_of(outcome, "similarity", method="fragile")
    assert fact.value is None
    assert "could not explain" in fact.reason


def test_the_cascade_goes_from_the_output_back(scene, asked):
    outcome = ParameterRandomisation(draws=1, methods=["gradient"])(scene)
    table = outcome.tables["layers"]
    assert list(table["layer"]) == ["6", "4", "1"]
    assert list(table["depth"]) == [1, 2, 4]
    original = dict(scene.model.module.named_parameters())
    changed = [
        {name for name, p in model.module.named_parameters() if not torch.equal(p, original[name])}
        for model, _ in asked
    ]
    assert changed[0] == {"6.weight", "6.bias"}
    assert changed[1] == changed[0] | {"4.weight", "4.bias"}
    assert changed[2] == changed[1] | {"1.weight", "1.bias"}
    last = [dict(model.module.named_parameters())["6.weight"] for model, _ in asked]
    assert torch.equal(last[0], last[1])
    assert torch.equal(last[0], last[2])


def test_the_scaling_stays_batch_norm_forgets_and_nothing_else_moves():
    module = network()
    module[0].mean.fill_(3)
    module[2].running_mean.fill_(5)
    module[2].weight.data.fill_(7)
    before = {name: value.clone() for name, value in module.state_dict().items()}
    torch_state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].copy()
    changed = randomised(module, resettable(module), 4)
    assert (changed[0].mean == 3).all()
    assert (changed[2].running_mean == 0).all()
    assert (changed[2].weight == 1).all()
    assert not torch.equal(changed[1].weight, module[1].weight)
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert (np.random.get_state()[1] == numpy_state).all()
    again = randomised(module, resettable(module), 4)
    assert torch.equal(changed[1].weight, again[1].weight)
    assert not torch.equal(changed[1].weight, randomised(module, ["1"], 5)[1].weight)


def test_the_same_seed_gives_the_same_numbers(scene):
    assert ParameterRandomisation()(scene).facts == ParameterRandomisation()(scene).facts


def test_parameters_outside_the_layers_are_counted(scene, value_of):
    class Shift(nn.Module):
        def __init__(self):
            super().__init__()
            self.by = nn.Parameter(torch.zeros(1))

        def forward(self, x):
            return x + self.by

    assert value_of(ParameterRandomisation()(scene), "randomised_share").value == 1
    layer = nn.Linear(FEATURES, 1)
    scene.model.module = nn.Sequential(layer, Shift())
    fact = value_of(ParameterRandomisation()(scene), "randomised_share")
    assert fact.value == pytest.approx(17 / 18)


def test_a_model_without_layers_does_not_apply(scene):
    scene.model.module = nn.Sequential(nn.Tanh())
    with pytest.raises(NotApplicable, match="no layer"):
        ParameterRandomisation()(scene)


def test_a_method_that_was_not_explained_is_named_with_its_near_match(scene):
    with pytest.raises(RecipeError, match="did you mean gradient"):
        ParameterRandomisation(methods=["gradients"])(scene)


@pytest.mark.parametrize(
    ("layers", "expected"), [(1, [1]), (2, [1, 2]), (3, [1, 2, 3]), (4, [1, 2, 4]), (9, [1, 5, 9])]
)
def test_depths_are_the_last_layer_half_and_all(layers, expected):
    assert depths(layers) == expected


@pytest.mark.parametrize("wrong", [{"instances": 1}, {"draws": 0}, {"permutations": 1}])
def test_parameters_out_of_range_are_refused(wrong):
    with pytest.raises(ValueError, match="at least"):
        ParameterRandomisation(**wrong)
