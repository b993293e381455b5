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
from xaiframe.report.tuned.history import best_so_far, history, history_title, spread
from xaiframe.report.tuned.movement import features, shift, strip
from xaiframe.report.tuned.slices import contour, parallel, slices
from xaiframe.report.tuned.trade import correlations, front, said
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


def explained(**gains):
    """The tables of a search of explanations, of one gain per method."""
    ending = pd.DataFrame(
        {"measure": m, "model": who, "role": role, "better": "higher", "value": 1.0, "low": 0.9,
         "high": 1.1, "gain": 0.2, "gain_low": 0.1, "gain_high": 0.3, "n": 24}
        for m, role in (("gap", "decides"), ("cost", "sought"))
        for who in ("tuned", "default")
    )  # fmt: skip
    methods = pd.DataFrame(
        {"measure": "gap", "method": name, "against": "default", "gain": gain,
         "gain_low": gain - 0.1, "gain_high": gain + 0.1}
        for name, gain in gains.items()
    )  # fmt: skip
    trials = {"number": [0, 1], "data.patch": [2, 1], "s": 0.5, "chosen": [False, True]}
    return {"ending": ending, "methods": methods, "trials": pd.DataFrame(trials)}


@pytest.fixture
def searched(told):
    """A record of a search of explanations."""

    def make(**gains):
        record = told(
            Fact("tuning.ending.decided_by", "gap", n=24),
            Fact("tuning.ending.beats_default", True, n=24),
            Fact("data.load.modality", "image"),
        )
        for name, table in explained(**gains).items():
            unit = "tuning.search" if name == "trials" else "tuning.ending"
            folder = record.run / "artifacts" / unit
            folder.mkdir(parents=True, exist_ok=True)
            table.to_parquet(folder / f"{name}.parquet")
        return record

    return make


def test_a_search_of_explanations_is_not_told_as_one_of_models(searched):
    record = searched(lime=0.2, saliency=0.3)
    (table,) = ends.ending(record)
    assert table.title == (
        "On untouched instances, by perturbation gap, the tuned explanation beats the recipe's "
        "own settings"
    )
    assert [row[0] for row in table.rows] == ["Perturbation gap ◆", "Cost in model rows ○"]
    assert "decide whether the settings are adopted" in table.caution
    assert "Dummy" not in table.how
    assert table.n == "24 test instances"


@pytest.mark.parametrize(
    ("gains", "title"),
    [
        ({"lime": 0.2, "saliency": -0.3}, "By perturbation gap the chosen settings make better "
         "LIME and worse saliency"),
        ({"lime": 0.05, "saliency": -0.05}, "By perturbation gap no method alone became better or "
         "worse beyond chance"),
    ],
)  # fmt: skip
def test_each_method_is_told_by_itself(searched, gains, title):
    (table,) = ends.by_method(searched(**gains))
    assert table.title == title
    assert not list(ends.by_method(searched(lime=0.2)))  # the table before it says it all


def test_trials_in_different_features_have_no_strip(searched):
    (note,) = strip(searched(lime=0.2))
    assert "different features" in note.text


@pytest.mark.parametrize("refits", [True, False])
def test_a_model_that_stays_is_not_said_to_lean_otherwise(told, refits):
    record = told()
    key = "fit.learning_rate" if refits else "gradient.smoothgrad.samples"
    trials = pd.DataFrame({"number": [0, 1], key: [2, 1], "chosen": [False, True]})
    moved = pd.DataFrame({"feature": ["a", "b"], "audited": [1.0, 1.0], "tuned": [3.0, 1.0]})
    for unit, name, table in (
        ("tuning.search", "trials", trials),
        ("tuning.comparison", "importance", moved),
    ):
        (record.run / "artifacts" / unit).mkdir(parents=True)
        table.to_parquet(record.run / "artifacts" / unit / f"{name}.parquet")
    (figure,) = shift(record)
    assert figure.title == (
        "After tuning the model leans more on a"
        if refits
        else "Of the same model the tuned explanation says more of a"
    )


def test_a_search_that_was_still_rising_is_told_so():
    table = pd.DataFrame({
        "number": range(3), "g": [0.5, 0.4, 0.9], "chosen": False, "pareto": False,
        "state": "complete",
    })  # fmt: skip
    assert history_title(Trials(table, None, ("g",), {"g": "higher"})) == (
        "G rose until the last trial, 2: more might be found"
    )
    down = Trials(table, None, ("g",), {"g": "lower"})
    assert history_title(down) == "G fell no further after trial 1 of 2"


def test_a_rule_of_choice_names_objectives_as_a_reader_does():
    rule = "the best explanation.cost.evaluations; then evaluation.stability.max_sensitivity"
    assert said(rule) == "the best cost in model rows; then max-sensitivity"


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
        rows = drawn(figure, "role")
        assert {row["number"] for row in rows if row["role"] == "chosen"} == {5}
        if part is not parallel:  # drawn in this order: no trial of the same settings hides it
            assert rows[-1]["number"] == 5


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
