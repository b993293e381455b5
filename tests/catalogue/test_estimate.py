from types import SimpleNamespace

import pytest

from xaiframe.catalogue.estimate import Estimator, Shapes, known_shapes
from xaiframe.catalogue.listing import describe
from xaiframe.data.image import Images
from xaiframe.data.table import Table
from xaiframe.recipe import Explain, Fit, ReferenceConfig


@pytest.mark.parametrize(
    ("module", "node"),
    [
        (Table, {"source": "builtin:breast_cancer", "target": "diagnosis"}),
        (
            Table,
            {
                "source": "builtin:breast_cancer",
                "target": "diagnosis",
                "drop": ["mean area", "mean radius"],
                "test": 0.31,
                "validation": 0.11,
            },
        ),
        (Images, {"source": "builtin:digits"}),
        (Images, {"source": "builtin:digits", "patch": 3, "test": 0.1}),
    ],
)
def test_what_a_built_in_source_states_is_what_it_loads(module, node):
    data = module(**node).data
    stated = known_shapes(describe(f"{module.__module__}.{module.__name__}"), node)
    assert stated.rows == len(data.test)
    assert stated.features == len(data.features)
    assert stated.elements == data.feature_mask.size
    assert stated.classes == len(data.classes)
    assert stated.train == pytest.approx(len(data.train), abs=2)


def test_nothing_is_stated_of_a_file():
    table = describe("xaiframe.data.table.Table")
    assert known_shapes(table, {"source": "my.csv", "target": "y"}) == Shapes()


def test_attacks_are_counted_only_where_the_model_offers_gradients():
    check = describe("xaiframe.precaution.robustness.Robustness")
    recipe = SimpleNamespace(
        explain=Explain(), reference=ReferenceConfig(), data={}, model={}, precaution={}
    )
    asked = {
        gradient: Estimator(recipe, Shapes(), "table", gradient).method(check, {}).evaluations
        for gradient in (False, True)
    }

    assert asked[False] == 500 * 22
    assert asked[True] == 500 * 22 + 200 * (4 * 13 + 13) + 100 * 17 * 11


def test_fits_are_counted_with_every_epoch():
    method = describe("xaiframe.perturbation.lofo.Lofo")
    recipe = SimpleNamespace(
        explain=Explain(), reference=ReferenceConfig(), fit=Fit(epochs=10, batch_size=32)
    )
    shapes = Shapes(features=5, elements=5, rows=50, train=320)
    found = Estimator(recipe, shapes, "table").method(method, {"seeds": 2, "top": 3})
    assert found.evaluations == 50 * (5 + 1 + (3 + 1) * 2) + 7 * 320 * 10
    assert found.seconds > 7 * 10 * 10 * 1e-3  # steps of a fit take longer than questions
    unknown = Estimator(recipe, Shapes(features=5), "table").method(method, {"seeds": 2, "top": 3})
    assert unknown.evaluations is None


def test_what_is_explained_at_every_noisy_copy_is_counted():
    method = describe("xaiframe.gradient.vargrad.VarGrad")
    recipe = SimpleNamespace(explain=Explain(instances=3, repeats=0), reference=ReferenceConfig())
    estimator = Estimator(recipe, Shapes(rows=50, background=7), "table")
    asked = [
        estimator.method(method, {"samples": 10, **over}).evaluations
        for over in ({}, {"over": "deep_lift"}, {"over": "integrated_gradients"})
    ]
    assert asked == [30, 60, 30 * (7 * 32 + 1)]
