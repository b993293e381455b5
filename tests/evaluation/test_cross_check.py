from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.cross_check import ROUNDING, CrossCheck
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.gradients import GradientBank

WEIGHTS = [[2.0, -1.0, 0.5]]


@pytest.fixture
def check(table, linear, gather, explained):
    """``check(own, library, …)``: one method whose engines say ``own(seed)``, ``library(seed)``."""

    def run(own, library, stochastic=False, counterpart="captum", **parameters):
        engines = {"own": own, "library": library}

        def recompute(method, asked, engine, seed):
            return engines[engine](seed)[asked.ids - 60]

        facts = {"stochastic": stochastic, "counterpart": counterpart}
        one = explained("smoothgrad", "gradient", own(3), **facts)
        evidence = gather(table(3), linear(WEIGHTS), [one], recompute=recompute)
        return CrossCheck(**parameters)(evidence)

    return run


def values(seed=0, noise=0.0):
    exact = np.random.default_rng(0).normal(size=(30, 3))
    return exact + noise * np.random.default_rng([seed, 5]).normal(size=(30, 3))


def test_engines_that_say_the_same_do_not_deviate(check, value_of):
    outcome = check(lambda seed: values(), lambda seed: values())
    fact = value_of(outcome, "deviation", method="smoothgrad", library="captum")
    assert (fact.value, fact.n, fact.source.library) == (0.0, 3, "captum")
    assert fact.source.version
    assert value_of(outcome, "allowed").value == ROUNDING
    assert value_of(outcome, "within").value is True
    assert not [one for one in outcome.facts if one.name.endswith("error")]


def test_a_planted_difference_is_found_to_the_digit(check, value_of):
    other = values()
    other[29, 1] += 0.25  # the last instance is among those asked
    outcome = check(lambda seed: values(), lambda seed: other)
    asked = [0, 14, 29]
    largest = max(np.abs(values()[asked]).max(), np.abs(other[asked]).max())
    assert value_of(outcome, "deviation").value == pytest.approx(0.25 / largest)
    assert value_of(outcome, "within").value is False
    table = outcome.tables["attributions"]
    assert set(table["position"]) == set(asked)
    apart = (table["own"] - table["library"]).abs()
    assert list(table.loc[apart > 0, ["position", "feature"]].iloc[0]) == [29, "b"]


def test_what_sampling_explains_is_allowed(check, value_of):
    engines = [lambda seed, k=k: values(seed + 10 * k, noise=0.05) for k in range(2)]
    outcome = check(*engines, stochastic=True, instances=30)
    runs = np.array([[engine(seed) for seed in (3, 4, 5)] for engine in engines])
    largest = np.abs(runs).max()
    errors = np.ptp(runs, axis=1).max(axis=(1, 2)) / largest
    assert value_of(outcome, "own_error").value == pytest.approx(errors[0])
    assert value_of(outcome, "library_error").value == pytest.approx(errors[1])
    means = runs.mean(axis=1)
    apart = np.abs(means[0] - means[1]).max() / largest
    assert value_of(outcome, "deviation").value == pytest.approx(apart)
    assert value_of(outcome, "within").value is True


def test_chance_alone_hardly_ever_exceeds_what_is_allowed(check, value_of):
    alarms = 0
    for trial in range(60):
        engines = [
            lambda seed, k=k, trial=trial: values(100 * trial + seed + 10 * k, noise=0.2)
            for k in range(2)
        ]
        alarms += not value_of(check(*engines, stochastic=True), "within").value
    assert alarms == 0


def test_an_error_larger_than_the_sampling_is_found(check, value_of):
    """A library that explains another output scale: every number 1.5 times as large."""
    outcome = check(
        lambda seed: values(seed, 0.02), lambda seed: 1.5 * values(seed + 10, 0.02), stochastic=True
    )
    assert value_of(outcome, "within").value is False
    assert value_of(outcome, "deviation").value > value_of(outcome, "allowed").value


def test_a_library_that_fails_says_why_and_stops_nothing(check, value_of):
    def fail(seed):
        raise RuntimeError("no such layer")

    fact = value_of(check(lambda seed: values(), fail), "deviation")
    assert fact.value is None
    assert "no such layer" in fact.reason


def test_attributions_that_are_all_zero_cannot_be_compared(check, value_of):
    nothing = lambda seed: np.zeros((30, 3))
    assert "zero" in value_of(check(nothing, nothing), "deviation").reason


def test_a_method_without_a_counterpart_is_not_checked(check):
    with pytest.raises(NotApplicable, match="in a library as well"):
        check(lambda seed: values(), lambda seed: values(), counterpart="")
    with pytest.raises(ValueError, match="instances"):
        CrossCheck(instances=0)


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        (KernelShap(samples=6), CoalitionBank),
        (IntegratedGradients(), GradientBank),
        (SmoothGrad(), GradientBank),
    ],
    ids=lambda one: getattr(one, "__name__", type(one).__name__),
)
def test_the_engines_of_the_house_hold(table, linear, gather, explained, value_of, method, kind):
    """On a linear model all of them are exact, whatever is drawn."""
    data, module = table(3), linear(WEIGHTS, 1.0)
    plain = gather(data, module)

    def recompute(name, asked, engine, seed):
        bank = kind(plain.scorer, data, asked.x, asked.targets, asked.ids, seed)
        return replace(method, engine=engine).explain(bank).values

    own = recompute("", plain.asked(np.arange(30)), "own", 3)
    one = explained(
        "m", method.direction, own, stochastic=method.stochastic, counterpart=method.counterpart
    )
    outcome = CrossCheck()(gather(data, module, [one], recompute=recompute))
    assert value_of(outcome, "deviation").value < 1e-5
