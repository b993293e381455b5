"""The tuning chapter says what the stored tables say."""

from __future__ import annotations

import json
import runpy
import shlex
from pathlib import Path

import pandas as pd
import pytest

from xaiframe.facts import Fact
from xaiframe.report.record import Record
from xaiframe.report.tuned import ending as ends
from xaiframe.report.tuned.history import best_so_far, history, spread
from xaiframe.report.tuned.movement import features, strip
from xaiframe.report.tuned.slices import contour, parallel, slices
from xaiframe.report.tuned.trade import correlations, front
from xaiframe.report.tuned.trials import Trials, setting
from xaiframe.report.tuning import again, asked, chapter, listed, trials

make_run = runpy.run_path(str(Path(__file__).with_name("synthetic.py")))["make_run"]


@pytest.fixture(autouse=True)
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """The specifications are read here; test_build draws the same chapter."""
    monkeypatch.setattr("xaiframe.report.chart.svg", lambda spec: b"<svg/>")


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    return Record(make_run(tmp_path_factory.mktemp("tuning") / "run", "table"))


@pytest.fixture
def told(tmp_path: Path):
    """A record of these facts and nothing else."""

    def make(*facts: Fact) -> Record:
        (tmp_path / "facts.json").write_text(json.dumps([one.to_dict() for one in facts]))
        return Record(tmp_path)

    return make


def test_the_chapter_is_whole_and_nothing_fails(record):
    blocks = chapter(record).blocks
    assert not [block for block in blocks if getattr(block, "failed", False)]
    keys = {getattr(one, "key", "") for b in blocks for one in getattr(b, "blocks", [b])}
    assert {"tuning-asked", "tuning-ending", "tuning-history", "front", "parameters",
            "tuning-contour", "tuning-edf", "tuning-slices", "tuning-parallel", "tuning-spearman",
            "tuning-strip", "shift", "comparison", "trials", "tuning-again"} <= keys  # fmt: skip


def test_a_run_without_tuning_says_so(tmp_path):
    (note,) = chapter(Record(tmp_path)).blocks
    assert "not requested" in note.text


def test_the_ending_says_what_beats_what_and_what_cannot_be_told(record):
    table, sentence = ends.ending(record)
    assert table.title.startswith("On untouched rows, by Brier score, the tuned model beats")
    assert "no better than random search" in table.title
    assert sentence.paragraphs[0].startswith(
        "Whether it beats random search of 12 trials cannot be told: the gain 0.002 lies within"
    )
    marks = [row[0].rsplit(" ", 1)[-1] for row in table.rows]
    assert marks[0] == "◆"
    assert marks[2] == "○"


@pytest.mark.parametrize(
    ("value", "words"),
    [(True, "The search has beaten random search."), (False, "was beaten by random search")],
)
def test_a_verdict_is_a_plain_sentence(told, value, words):
    assert words in ends.random_sentence(told(Fact("tuning.ending.beats_random", value, n=9)))


def test_the_best_so_far_never_gets_worse_and_heeds_constraints():
    table = pd.DataFrame({
        "number": range(5), "g": [0.5, 0.4, 0.9, 0.3, 0.2], "chosen": False, "pareto": False,
        "state": ["complete", "complete", "infeasible", "complete", "complete"],
    })  # fmt: skip
    up = Trials(table, None, ("g",), {"g": "higher"})
    assert best_so_far(up, "g").tolist() == [0.5, 0.5, 0.5, 0.5, 0.5]
    down = Trials(table, None, ("g",), {"g": "lower"})
    assert best_so_far(down, "g").tolist() == [0.5, 0.4, 0.4, 0.3, 0.2]


def drawn(figure, *names):
    """Every inline row of a specification that has these fields."""
    found: list[dict] = []

    def walk(node):
        if isinstance(node, dict):
            values = (node.get("data") or {}).get("values") or []
            found.extend(row for row in values if set(names) <= set(row))
            for key, child in node.items():
                if key != "data":
                    walk(child)
        elif isinstance(node, list):
            for child in node:
                walk(child)

    walk(figure.spec)
    return found


def test_every_measured_trial_is_drawn_at_its_value(record):
    (figure,) = history(record)
    table = record.table("tuning.search", "trials")
    wanted = {round(v, 4) for v in table["model.validation.score"].dropna()}
    assert wanted <= {round(row["y"], 4) for row in drawn(figure, "y", "best")}
    (edf,) = spread(record)
    shares = [row["share"] for row in drawn(edf, "share") if row["search"] == "this search"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) == 12  # eleven that were measured, and the foot


def test_the_contour_fills_only_between_trials_and_stays_in_their_range(record):
    (figure,) = contour(record)
    cells, score = drawn(figure, "value"), record.table("tuning.search", "trials")
    low, high = score["model.validation.score"].min(), score["model.validation.score"].max()
    assert cells
    assert all(low - 1e-6 <= cell["value"] <= high + 1e-6 for cell in cells)


def test_slices_parallel_and_front_mark_the_chosen_trial(record):
    for part in (slices, parallel, front):
        (figure,) = part(record)
        marked = {row["number"] for row in drawn(figure, "role") if row["role"] == "chosen"}
        assert marked == {5}


def test_the_strip_shows_the_features_of_the_largest_share(record):
    (figure,) = strip(record)
    table = record.table("tuning.search", "trials_importance")
    assert {row["feature"] for row in drawn(figure, "share")} == set(features(table))
    assert "mean radius" in figure.title
    assert "trial 5" in figure.title


def test_a_parameter_of_a_method_says_whose_it_is():
    assert setting("perturbation.kernel_shap.samples") == "Kernel SHAP samples"
    assert setting("gradient.smoothgrad.samples") == "SmoothGrad samples"
    assert setting("fit.learning_rate") == "learning rate"


def test_what_goes_together_beyond_chance_is_counted(record):
    (table,) = correlations(record)
    assert table.title.startswith("2 of 4 ")  # |0.8| twice; 1.96 / √10 = 0.62
    assert [cell.text for cell in table.rows[2][1:]] == ["–", "–"]


def test_failed_trials_are_listed_with_their_reason(record):
    (table,) = trials(record)
    (row,) = [row for row in table.rows if row[0].text == "9"]
    assert row[-1].startswith("failed: ModelError")


def test_the_chosen_the_start_and_the_front_are_always_listed():
    table = pd.DataFrame({"number": range(40), "chosen": False, "pareto": False})
    table.loc[39, "chosen"] = True
    table.loc[[30, 35], "pareto"] = True
    shown = listed(table)["number"].tolist()
    assert {0, 30, 35, 39} <= set(shown)
    assert shown == sorted(shown)
    assert len(shown) == 16


def test_what_is_asked_and_the_way_to_repeat_it_are_told(record):
    (table,) = asked(record)
    assert "3 settings" in table.title
    assert [row[0] for row in table.rows] == ["fit.learning_rate", "model.dropout", "model.hidden"]
    assert "13 s more for the random search" in table.how
    (page,) = again(record)
    words = shlex.split(page.data["lines"][1], comments=True)
    assert "model.hidden=[16]" in words
    assert "fit.learning_rate=0.003" in words
