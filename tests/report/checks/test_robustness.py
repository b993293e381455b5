"""Robustness in the report: what small noise and attacks do, titled by the numbers."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.precaution.corruptions.flips import EXAMPLES, SCORES
from xaiframe.report.block import Figure, Table
from xaiframe.report.checks.robustness import found
from xaiframe.report.record import Record

UNIT = "precaution.robustness"


def score(kind, name, severity, amount, value):
    size = f"{amount:g} levels" if name != "none" else "nothing"
    return (kind, name, severity, amount, size, value, value - 0.1, value + 0.1, 0.1, 200, "")


@pytest.fixture
def stored(tmp_path):
    """``stored(**facts)``: a run that holds this check's tables, pictures and these facts."""

    def build(redact=False, **facts):
        folder = tmp_path / "artifacts" / UNIT
        folder.mkdir(parents=True)
        scores = [score("attack", "none", "", 0.0, 0.9), score("attack", "pgd", "", 0.5, 0.4)]
        scores += [
            score("corruption", "blur", severity, amount, 0.9 - amount)
            for severity, amount in (("small", 0.1), ("medium", 0.2), ("large", 0.3))
        ]
        examples = [(k, "attack", "smallest change", "0.3 levels", "a", "b", "x" * 200)
                    for k in range(10)]  # fmt: skip
        pd.DataFrame(scores, columns=list(SCORES)).to_parquet(folder / "scores.parquet")
        pd.DataFrame(examples, columns=list(EXAMPLES)).to_parquet(folder / "examples.parquet")
        x = np.random.default_rng(0).random((10, 1, 8, 8), dtype=np.float32)
        np.savez(folder / "inputs.npz", before=x, after=x + 0.1)
        told = [Fact(f"{UNIT}.clean_score", 0.9, "accuracy", n=200), *facts.values()]
        (tmp_path / "facts.json").write_text(json.dumps([fact.to_dict() for fact in told]))
        return Record(tmp_path, redact)

    return build


def noise(value, interval=None):
    labels = {"corruption": "blur"}
    return Fact(f"{UNIT}.flipped_by_small_noise", value, "share", labels, 200, interval)


def test_titles_say_what_was_measured(stored):
    median = Fact(f"{UNIT}.median_minimal_perturbation", 0.25, "levels", n=50)
    blocks = {one.key: one for one in found(stored(a=noise(0.12, (0.08, 0.17)), b=median))}

    title = blocks["robustness-corruptions"].title
    assert (
        title == "Of the small corruptions blur changes most: 12 of 100 predictions (0.080–0.170)"
    )
    assert "0.250 levels" in blocks["robustness-attacks"].title
    points = blocks["robustness-corruptions"].spec["layer"][0]
    values = blocks["robustness-corruptions"].spec.get("data", points.get("data"))["values"]
    assert [one["severity"] for one in values] == ["none", "small", "medium", "large"]
    assert values[0]["score"] == 0.9


def test_no_flip_is_told_with_its_number_of_rows(stored):
    first = next(iter(found(stored(a=noise(0.0)))))
    assert first.title == "No small noise changes any of 200 predictions"


def test_rows_are_bounded_and_shortened(stored):
    table = next(one for one in found(stored()) if isinstance(one, Table))

    assert len(table.rows) == 8
    assert max(len(row[5]) for row in table.rows) == 70
    assert table.caution.startswith("2 more")


def test_neither_rows_nor_pictures_where_they_must_not_be_shown(stored):
    keys = {one.key for one in found(stored(redact=True))}
    assert keys == {"robustness-corruptions", "robustness-attacks"}


def test_pictures_stand_above_each_other(stored):
    picture = next(one for one in found(stored()) if one.key == "robustness-pairs")
    assert isinstance(picture, Figure)
    assert picture.kind == "png"
    assert "a → b" in picture.title


def test_a_run_without_this_check_has_nothing_to_show(tmp_path):
    assert list(found(Record(tmp_path))) == []
