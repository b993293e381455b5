"""What a chart or a table says is what the numbers are."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact, Facts
from xaiframe.report import explained, words
from xaiframe.report.record import Record
from xaiframe.report.tables.data import Case


def points(spec: dict) -> list[dict]:
    """Every inline row of a specification, however deep its layers lie."""
    found = list((spec.get("data") or {}).get("values") or [])
    for key in ("layer", "hconcat", "vconcat"):
        for part in spec.get(key, []):
            found += points(part)
    return found + (points(spec["spec"]) if "spec" in spec else [])


def rows_with(specs: dict, *keys: str) -> list[dict]:
    return [row for spec in specs.values() for row in points(spec) if set(keys) <= set(row)]


def facts_of(run: Path) -> Facts:
    return Facts(Fact.from_dict(item) for item in json.loads((run / "facts.json").read_text()))


def test_importance_chart_shows_the_facts_and_shares_of_their_sum(specs, table_run):
    facts = facts_of(table_run).where("perturbation.kernel_shap.mean_absolute")
    truth = {fact.labels["feature"]: fact.value for fact in facts}
    drawn = [r for r in rows_with(specs, "share", "fact") if r["method"] == "Kernel SHAP"]
    assert len(drawn) == 10
    for row in drawn:
        assert row["value"] == pytest.approx(truth[row["feature"]], rel=1e-5)
        assert row["share"] == pytest.approx(row["value"] / sum(truth.values()), rel=1e-4)


def test_loss_of_score_keeps_its_own_unit(specs, table_run):
    name = "perturbation.permutation_importance.importance"
    truth = {f.labels["feature"]: f.value for f in facts_of(table_run).where(name)}
    drawn = [r for r in rows_with(specs, "fact") if r["method"] == "permutation importance"]
    titles = json.dumps(list(specs.values()))
    assert drawn
    assert "loss of score" in titles
    for row in drawn:
        assert row["value"] == pytest.approx(truth[row["feature"]], rel=1e-5)


def test_case_chart_shows_the_stored_attributions(specs, table_run):
    stored = np.load(table_run / "artifacts/perturbation.lime/attribution.npz")["values"][0]
    names = explained.features(Record(table_run))
    first = next(
        s for s in specs.values() if any("attribution" in r and "name" in r for r in points(s))
    )
    drawn = [r for r in points(first) if r.get("method") == "LIME"]
    for row in drawn:
        value = stored[names.index(row["feature"])]
        assert row["attribution"] == pytest.approx(value, rel=1e-5)
        assert row["share"] == pytest.approx(value / np.abs(stored).sum(), rel=1e-4)


def test_matrix_shows_the_pairs(specs, table_run):
    pairs = pd.read_parquet(table_run / "artifacts/evaluation.agreement/pairs.parquet")
    truth = {(words.label(r["a"]), words.label(r["b"])): r["spearman"] for _, r in pairs.iterrows()}
    drawn = rows_with(specs, "first", "second", "spearman")
    assert len(drawn) == len(truth)
    for row in drawn:
        assert row["spearman"] == pytest.approx(truth[row["first"], row["second"]], rel=1e-5)
        assert float(row["text"].rstrip("*").replace("−", "-")) == pytest.approx(
            row["spearman"], abs=0.005
        )


def test_metrics_table_shows_value_and_interval(page, table_run):
    fact = facts_of(table_run).one("model.test.accuracy")
    table = page.split('id="table-metrics"', 1)[1].split("</table>", 1)[0]
    row = next(part for part in table.split("<tr") if ">Accuracy<" in part.replace("\n", ""))
    text = re.sub(r"<[^>]+>", " ", row)
    assert words.number(fact.value) in text
    assert f"({words.interval(fact.interval)})" in text


def test_ranking_ignores_losses_where_there_are_attributions(table_run):
    truth = {
        name: np.abs(np.load(path)["values"]).mean(axis=0)
        for path in sorted((table_run / "artifacts").glob("*/attribution.npz"))
        for name in [path.parent.name]
    }
    shares = {name: mean / mean.sum() for name, mean in truth.items()}
    sides = [
        np.mean([s for n, s in shares.items() if n.startswith(side)], axis=0)
        for side in ("perturbation", "gradient")
    ]
    record = Record(table_run)
    best = explained.features(record)[int(np.mean(sides, axis=0).argmax())]
    assert explained.ranking(record)[0] == best


def test_methods_worse_than_chance_are_below_the_gate(table_run):
    record = Record(table_run)
    assert explained.reliability(record, "lime").below
    assert not explained.reliability(record, "kernel_shap").below


def test_case_takes_means_and_conflicts_from_agreement(table_run):
    record = Record(table_run)
    row = explained.instances(record).iloc[3]
    stored = pd.read_parquet(table_run / "artifacts/evaluation.agreement/consensus.parquet")
    mine = stored[stored["position"] == 3].set_index("feature")
    case = Case(record, row, 3)
    for name in case.shown:
        assert case.mean(name, "P") == pytest.approx(mine["p_share"].to_dict()[name])
        assert case.conflict[name] == bool(mine["conflict"].to_dict()[name])
