"""Every relation of the method fires once on data that were planted for it."""

import json

import numpy as np
import pandas as pd
import pytest

from xaiframe.prescription.rules import RELATIONS
from xaiframe.rounds import audit

ROWS, NOISE = 900, 15
RECIPE = """
defaults:
  - audit
  - override data: table
  - override model: mlp
  - override precaution: [profile, purity, bias]
  - override perturbation: [feature_ablation]
  - override gradient: [saliency]
  - override evaluation: [agreement, shortcuts, knowledge]
  - override tuning: random
  - _self_
name: planted
data: {source: rows.csv, target: y, drop: [group]}
precaution: {purity: {trees: 30, redraws: 20}}
model: {hidden: [16], dropout: 0.0}
fit: {epochs: 4, learning_rate: 0.001}
explain: {instances: 24, repeats: 2, cases: 1, batch: 24}
report: {formats: []}
tuning: {trials: 2, space: {fit: {learning_rate: {low: 0.02, high: 0.05}}}}
strategy:
  purpose: a test
  owner: nobody
  sensitive: [group]
  knowledge:
    - {feature: mark, effect: does_not_matter}
"""


@pytest.fixture(scope="module")
def fired(tmp_path_factory):
    """Relation → the rules that fired on a table where one mark tells the class, one label in eight
    is wrong, a district gives a group away, a ticket number says nothing, and the other columns are
    noise on scales far apart, which the two directions rank apart; the fit is too short."""
    folder, random = tmp_path_factory.mktemp("planted"), np.random.default_rng(0)
    group, yes = random.random(ROWS) < 0.5, random.random(ROWS) < 0.5
    powers = np.where(np.arange(NOISE) % 2, 9, 1)
    noise = random.normal(size=(ROWS, NOISE)) ** powers
    frame = pd.DataFrame(noise, columns=[f"x{k}" for k in range(NOISE)])
    frame["mark"] = np.where(yes, 1, -1) + 0.2 * random.normal(size=ROWS)
    frame["district"] = group + 0.2 * random.normal(size=ROWS)
    frame["group"] = np.where(group, "a", "b")
    frame["y"] = np.where(yes ^ (random.random(ROWS) < 0.12), "yes", "no")
    frame["ticket"] = np.arange(ROWS)
    frame.to_csv(folder / "rows.csv", index=False)
    (folder / "planted.yaml").write_text(RECIPE)
    run = audit(folder / "planted.yaml", outputs=folder / "outputs").folder
    told = json.loads((run / "relations.json").read_text())
    return {one["relation"]: one["fired"] for one in told}


@pytest.mark.parametrize(
    ("relation", "rule"),
    [
        ("training_data → optimization", "identifiers"),
        ("precaution → optimization", "noisy_fit"),
        ("precaution → explanation", "sensitive_proxy"),
        ("precaution → tuning", "noisy_labels"),
        ("explanation → precaution", "forbidden_reliance"),
        ("explanation → optimization", "noisy_explanations"),
        ("explanation → tuning", "one_sided"),
        ("tuning → optimization", "adopt_tuned"),
        ("tuning → explanation", "moved_by_tuning"),
    ],
)
def test_the_relation_fires_on_what_was_planted(fired, relation, rule):
    assert rule in fired[relation]


def test_these_are_all_relations(fired):
    assert set(fired) == set(RELATIONS)
