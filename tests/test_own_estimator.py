"""An estimator of scikit-learn from recipe to report: fitted, tuned, adopted, and asked again."""

import json

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score
from sklearn.tree import DecisionTreeClassifier
from skops import io

from xaiframe.casework.explaining import explain_rows
from xaiframe.data.table import Table
from xaiframe.facts import Fact, Facts
from xaiframe.finished import load
from xaiframe.rounds import audit

DEPTHS = (1, 2, 4)
TREE = (
    "model=estimator", "model.estimator=sklearn.tree.DecisionTreeClassifier",
    "model.params={max_depth: 1}", "gradient=[]", "tuning=grid", "tuning.control=false",
    "tuning.space.model.params={max_depth: {choices: [1, 2, 4]}, min_samples_leaf: null}",
    "prescription=[adopt_tuned]", "rounds=2", "strategy.knowledge=[]",
    "perturbation=[kernel_shap,tree_shap,lofo]", "reference.output=probability",
    "precaution=[profile]", "report.formats=[html]", "explain.instances=6", "explain.repeats=2",
    "explain.sample=30", "runner.threads=1", "evaluation=[completeness]",
)  # fmt: skip


@pytest.fixture(scope="module")
def rows():
    return Table("builtin:breast_cancer", "diagnosis").load()


@pytest.fixture(scope="module")
def own(tmp_path_factory, breast_cancer):
    return audit(breast_cancer, TREE, outputs=tmp_path_factory.mktemp("outputs")).folder


def facts(folder):
    return Facts(Fact.from_dict(one) for one in json.loads((folder / "facts.json").read_text()))


def trees(rows):
    """What scikit-learn fits at each depth, and its balanced accuracy on validation rows."""
    fits = {
        depth: DecisionTreeClassifier(max_depth=depth, random_state=0).fit(
            rows.train.x, rows.train.y
        )
        for depth in DEPTHS
    }
    scores = {
        depth: balanced_accuracy_score(rows.validation.y, one.predict(rows.validation.x))
        for depth, one in fits.items()
    }
    return fits, scores


def test_every_trial_scores_what_scikit_learn_scores(own, rows):
    _, scores = trees(rows)
    table = load(own / "round-1").table("tuning.search", "trials")
    found = dict(zip(table["model.params.max_depth"], table["model.validation.score"], strict=True))
    assert {int(depth): score for depth, score in found.items()} == pytest.approx(scores)


def test_the_depth_it_chose_is_that_of_the_second_round(own, rows):
    fits, scores = trees(rows)
    chosen = facts(own / "round-1").value("tuning.search.chosen")
    assert scores[chosen] == max(scores.values())
    assert chosen != 1, "a stump is not the best of these trees"
    known = ["sklearn.tree._tree.Tree"]
    stored = io.load(own / "artifacts/model.fit/estimator.skops", trusted=known)
    assert stored.named_steps["estimator"].max_depth == chosen
    np.testing.assert_array_equal(stored.predict(rows.test.x), fits[chosen].predict(rows.test.x))
    assert facts(own).value("model.fit.estimator") == "DecisionTreeClassifier"


def test_its_trees_give_the_shapley_values_that_were_sampled(own):
    found = load(own).attributions
    gap = np.abs(found["tree_shap"] - found["kernel_shap"])
    assert gap.max() < 0.05
    assert np.abs(found["tree_shap"]).max() > 0.1


def test_a_row_given_as_new_is_explained_by_the_stored_tree(own, rows, tmp_path):
    audited = load(own)
    first = audited.instances.iloc[[0]]
    source = tmp_path / "new.csv"
    at = int(np.flatnonzero(rows.test.ids == first["id"].iloc[0])[0])
    rows.test.frame.iloc[[at]].to_csv(source, index=False)
    done = explain_rows(own, str(source), pdf=False)
    with np.load(done.folder / "artifacts/perturbation.tree_shap/attribution.npz") as found:
        np.testing.assert_allclose(found["values"][0], audited.attributions["tree_shap"][0])
