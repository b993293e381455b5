"""Stand-ins of models that are trees or sums themselves, of models that are not, and refusals."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.catalogue.values import cost
from xaiframe.data.encoding import Regions
from xaiframe.data.series import Series
from xaiframe.data.text import Text
from xaiframe.errors import NotApplicable
from xaiframe.model.face import BlackBox
from xaiframe.perturbation.surrogate import Surrogate
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Population, Scorer

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(300, 4)).astype(np.float32)


def two(score):
    return torch.stack([-score, score], dim=1)


def rule(x):
    return two(torch.where((x[:, 0] > 0.5) & (x[:, 2] <= -0.25), 4.0, -4.0))


def fit_of(found, form):
    return found.fits.set_index("form").loc[form]


def test_a_model_that_is_a_tree_is_retold_by_its_own_questions(make_population):
    found = Surrogate(least=0.8).explain(make_population(rule, X, classes=("no", "yes")))
    fit = fit_of(found, "tree")
    assert (fit["fidelity"], fit["size"]) == (1, 3)
    assert fit["stands"]
    inner = found.tree[found.tree["kind"] == "number"].set_index("feature")["threshold"]
    assert inner["f0"] == pytest.approx(0.5, abs=0.05)
    assert inner["f2"] == pytest.approx(-0.25, abs=0.05)
    assert fit["constant"] == pytest.approx(1 - ((X[:, 0] > 0.5) & (X[:, 2] <= -0.25)).mean())


def test_a_model_that_is_a_sum_is_retold_by_its_own_weights(make_population):
    model = lambda x: two(2 * x[:, 1] - x[:, 3] + 0.5)
    found = Surrogate(terms=3).explain(make_population(model, X, classes=("no", "yes")))
    assert fit_of(found, "linear")["fidelity"] == 1
    own = found.terms[found.terms["output"] == "yes"].set_index("feature")
    due = 2 * np.array([2.0, -1.0]) * X[:, [1, 3]].std(axis=0)  # the log-odds are twice the logit
    np.testing.assert_allclose(own.loc[["f1", "f3"], "value"], due, rtol=1e-5)


def test_values_are_retold_with_r2(make_population):
    found = Surrogate(terms=2).explain(make_population(lambda x: 3 * x[:, 0] + x[:, 1], X))
    assert found.measure == "R²"
    assert fit_of(found, "linear")["fidelity"] == pytest.approx(1)
    tree = fit_of(found, "tree")
    assert 0.5 < tree["fidelity"] < 1
    assert tree["fidelity"] == tree["skill"]


def test_a_model_without_form_is_said_not_to_be_retold(make_population):
    model = lambda x: two(torch.sin(37 * x[:, 0] + 23 * x[:, 1]))
    found = Surrogate().explain(make_population(model, X, classes=("no", "yes")))
    # asked about the very rows it learnt from, and still no stand-in
    assert not found.fits["stands"].any()


def test_fidelity_is_measured_on_rows_it_did_not_learn_from(make_population):
    population = make_population(rule, X, classes=("no", "yes"))
    asked = population.rows.take(np.arange(40))
    found = Surrogate(sample=100).explain(
        Population(population.model, population.scorer, population.data, asked,
                   np.zeros(40, dtype=int), 0)
    )  # fmt: skip
    assert (found.n, found.learnt) == (40, 100)


def test_cost_is_what_is_spent_whatever_the_batch(make_population):
    answers = []
    for limit in (7, 8192):
        population = make_population(rule, X, classes=("no", "yes"))
        population.scorer.limit = limit
        found = Surrogate(sample=120).explain(population)
        names = {"sample": 120, "train": 300, "rows": 300}
        assert found.evaluations == cost(Surrogate.cost, names)
        answers.append(found)
    pd.testing.assert_frame_equal(answers[0].fits, answers[1].fits)
    pd.testing.assert_frame_equal(answers[0].tree, answers[1].tree)


def population_of(data, answer):
    model = BlackBox(answer, data.task, data.classes, gives="logit")
    reference = Reference(data.train.x[:1], np.ones(1), "logit", None)
    targets = np.zeros(len(data.test), dtype=int)
    return Population(model, Scorer(model, reference), data, data.test, targets, 0)


def test_messages_are_asked_for_words(tmp_path):
    words = ["win", "money", "lunch", "home", "now"]
    rows = [" ".join(RANDOM.choice(words, RANDOM.integers(2, 5))) for _ in range(150)]
    frame = pd.DataFrame({"message": rows, "label": ["ham", "spam"] * 75})
    frame.to_csv(tmp_path / "m.csv", index=False)
    data = Text(str(tmp_path / "m.csv"), "message", "label").data

    def answer(x):
        score = np.array([4.0 if "money" in one.split() else -4.0 for one in data.encoding.raw(x)])
        return np.stack([-score, score], axis=1)

    found = Surrogate().explain(population_of(data, answer))
    assert fit_of(found, "tree")["fidelity"] == 1
    assert found.tree.iloc[0][["kind", "feature"]].tolist() == ["word", "money"]


def test_series_are_asked_for_means_of_segments(tmp_path):
    np.savez(tmp_path / "s.npz", a=RANDOM.normal(size=(200, 9)), y=RANDOM.normal(size=200))
    data = Series(str(tmp_path / "s.npz"), "y", task="regression", channels={"a": "a"},
                  segments=3).data  # fmt: skip
    found = Surrogate(terms=1).explain(
        population_of(data, lambda x: x[:, 0, 3:6].sum(axis=1)[:, None])
    )
    assert found.terms["feature"].tolist() == [data.features[1]]
    assert fit_of(found, "linear")["fidelity"] == pytest.approx(1)


def test_pictures_are_asked_for_means_of_patches(make_population):
    pictures = RANDOM.normal(size=(80, 1, 2, 4)).astype(np.float32)
    mask = np.array([[[0, 0, 1, 1], [0, 0, 1, 1]]])
    asked = make_population(lambda x: x[:, 0, :, 2:].sum(dim=(1, 2)), pictures, mask=mask)
    data = replace(asked.data, encoding=Regions(mask))
    found = Surrogate(terms=1).explain(replace(asked, data=data))
    assert found.terms["feature"].tolist() == ["f1"]
    assert fit_of(found, "linear")["fidelity"] == pytest.approx(1)
    with pytest.raises(NotApplicable, match="patches"):
        Surrogate().explain(replace(asked, data=replace(data, aligned=False)))


def test_what_cannot_be_retold_is_refused(make_population):
    with pytest.raises(NotApplicable, match="same answer"):
        Surrogate().explain(make_population(lambda x: two(x[:, 0] * 0 + 1), X, classes=("a", "b")))


@pytest.mark.parametrize(
    "wrong", [{"depth": 0}, {"leaves": 1}, {"terms": -1}, {"sample": 5}, {"least": 2}]
)
def test_bad_parameters(wrong):
    with pytest.raises(ValueError, match="must be"):
        Surrogate(**wrong)
