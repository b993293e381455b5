"""Every sampler: finds a known optimum, draws by seed, goes on after a kill, or says why not."""

from __future__ import annotations

from collections.abc import Mapping
from math import log10
from pathlib import Path
from typing import Any

import pytest
import yaml

from xaiframe.errors import RecipeError
from xaiframe.facts import Fact, Facts
from xaiframe.tuning.samplers import SAMPLERS
from xaiframe.tuning.study import Study
from xaiframe.tuning.watch import Watch

OWN = [one for one in SAMPLERS if one != "hyperopt"]  # which has a test of its own
CONF = Path(__file__).parents[2] / "conf" / "tuning"
SCORE, EXPLAINS = "model.validation.score", "evaluation.agreement.mean_spearman"
RANGES = {"fit.x": {"low": -2.0, "high": 2.0}, "fit.y": {"low": 0.001, "high": 10.0, "log": True}}
CHOICES = {"fit.x": {"low": -2.0, "high": 2.0}, "model.hidden": {"choices": [[8], [8, 4], [4]]}}
ONE: dict[str, str] = {SCORE: "maximize"}
BOTH: dict[str, str] = {SCORE: "maximize", EXPLAINS: "maximize"}
START = {"fit.x": -1.7, "fit.y": 5.0, "model.hidden": [4]}


def trial(parameters: Mapping[str, Any], watch: Watch) -> Facts:
    """Score 1 at x = 1, y = 0.1 and one layer of eight; explanation falls off with |x|."""
    score = 1 - (parameters["fit.x"] - 1) ** 2
    score -= 0.2 * (log10(parameters.get("fit.y", 0.1)) + 1) ** 2
    score -= {"[8]": 0.0, "[8, 4]": 0.3, "[4]": 0.5}[str(parameters.get("model.hidden", [8]))]
    return Facts([Fact(SCORE, score), Fact(EXPLAINS, -(parameters["fit.x"] ** 2))])


def search(folder: Path, sampler: str, seed: int = 1, tried: Any = trial, **given: Any) -> Any:
    # Breeding wants generations, a Gaussian process time; a journal is written fastest.
    many = {"nsga2": 48, "nsga3": 48, "gp": 16}.get(sampler, 24)
    settings = {"trials": many, "objectives": ONE, "space": RANGES, "storage": "journal"} | given
    study = Study(sampler=sampler, **settings)  # type: ignore[arg-type]
    start = {name: START[name] for name in study.parameters}
    return study.search(tried, folder / str(seed), seed, start).tables["trials"]


def settings(table: Any) -> Any:
    return table.drop(columns="seconds").to_dict("records")


@pytest.mark.parametrize("sampler", OWN)
def test_a_known_optimum_is_found(tmp_path: Path, sampler: str) -> None:
    table = search(tmp_path, sampler, points=5)
    assert table.loc[0, ["fit.x", "fit.y"]].tolist() == [-1.7, 5.0]
    best = table.loc[table[SCORE].idxmax()]
    assert best["chosen"]
    assert abs(best["fit.x"] - 1) < 0.5
    assert best[SCORE] > 0.8  # a random point reaches that once in eighteen


@pytest.mark.parametrize("sampler", sorted({*OWN} - {"cmaes"}))
def test_choices_and_several_objectives_are_searched(tmp_path: Path, sampler: str) -> None:
    table = search(tmp_path, sampler, objectives=BOTH, space=CHOICES, points=7)
    assert set(table["model.hidden"]) == {"[8]", "[8, 4]", "[4]"}
    pairs = list(zip(table[SCORE], table[EXPLAINS], strict=True))
    beaten = [any(a >= c and b >= d and (a, b) != (c, d) for a, b in pairs) for c, d in pairs]
    assert table["pareto"].tolist() == [not one for one in beaten]
    assert table.loc[table["chosen"], "model.hidden"].item() == "[8]"


@pytest.mark.parametrize("sampler", OWN)
def test_the_seed_decides_and_a_kill_changes_nothing(tmp_path: Path, sampler: str) -> None:
    class Killed(BaseException):
        pass

    calls = iter(range(100))

    def dying(parameters: Mapping[str, Any], watch: Watch) -> Facts:
        if next(calls) in (0, 9):
            raise Killed
        return trial(parameters, watch)

    whole = search(tmp_path / "whole", sampler, trials=11)
    for _ in range(2):
        with pytest.raises(Killed):
            search(tmp_path / "killed", sampler, tried=dying, trials=11)
    assert settings(search(tmp_path / "killed", sampler, trials=11)) == settings(whole)
    other = search(tmp_path / "whole", sampler, seed=2, trials=11)
    assert other["fit.x"].tolist() != whole["fit.x"].tolist()


def test_a_grid_tries_every_combination_once_and_ends(tmp_path: Path) -> None:
    space = CHOICES | {"fit.y": {"low": 1, "high": 10, "step": 3}}
    start = dict(START)
    START.update({"fit.y": 4})
    try:
        table = search(tmp_path, "grid", trials=100, space=space, points=3)
    finally:
        START.update(start)
    cells = set(zip(table["fit.x"], table["model.hidden"], table["fit.y"], strict=True))
    assert len(cells) == len(table) == 1 + 3 * 3 * 4
    assert {x for x, _, _ in cells} == {-1.7, -2.0, 0.0, 2.0}
    assert {y for _, _, y in cells} == {1, 4, 7, 10}


def test_sobol_points_fill_every_quarter_evenly(tmp_path: Path) -> None:
    table = search(tmp_path, "qmc", trials=17).iloc[1:]
    quarters = ((table["fit.x"] + 2) // 1).value_counts()
    assert quarters.tolist() == [4, 4, 4, 4]
    longer = search(tmp_path / "longer", "qmc", trials=40)
    assert longer.loc[1:16, "fit.x"].tolist() == table["fit.x"].tolist()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"sampler": "cmaes", "objectives": BOTH, "space": RANGES}, "one objective"),
        ({"sampler": "cmaes", "objectives": ONE, "space": CHOICES}, "model.hidden is a choice"),
        (
            {"sampler": "cmaes", "objectives": ONE, "space": {"fit.x": RANGES["fit.x"]}},
            "two of them",
        ),
        ({"sampler": "grid", "objectives": ONE, "space": RANGES, "points": 400}, "160000 cells"),
        ({"sampler": "grid", "objectives": ONE, "space": RANGES, "points": 1}, "points"),
    ],
)
def test_what_a_sampler_cannot_search_is_refused(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Study(**given)


def test_constraints_are_kept_and_what_breaks_them_is_told(tmp_path: Path) -> None:
    limits = {EXPLAINS: {"at_least": -0.25}}  # |x| ≤ 0.5, where the best score is 0.75 at x = 0.5
    for sampler in ("random", "grid", "qmc", "cmaes"):
        table = search(tmp_path / sampler, sampler, constraints=limits, points=9, trials=16)
        chosen = table[table["chosen"]].iloc[0]
        inside = table["fit.x"].abs() <= 0.5
        assert (table["state"] == "infeasible").tolist() == (~inside).tolist()
        assert chosen["number"] == table[inside][SCORE].idxmax()
        assert table.loc[~inside, "reason"].str.contains(r"is -[\d.]+, below -0\.25").all()
        assert not table.loc[~inside, "pareto"].any()


@pytest.mark.parametrize("sampler", ["tpe", "gp", "nsga2"])
def test_samplers_that_know_constraints_leave_what_breaks_them(
    tmp_path: Path, sampler: str
) -> None:
    """More of the later trials are feasible than chance, a quarter, would have it."""
    limits = {EXPLAINS: {"at_least": -0.25}}
    many = 16 if sampler == "gp" else 40
    table = search(tmp_path, sampler, constraints=limits, trials=many)
    assert (table["state"] == "complete").iloc[many // 2 :].mean() > 0.4


def test_a_search_in_which_nothing_is_feasible_says_so(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match=r"none of 5 trials keeps.*score is .*, below 2"):
        search(tmp_path, "random", trials=5, constraints={SCORE: {"at_least": 2}})


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_the_shipped_choice_builds(sampler: str) -> None:
    node = yaml.safe_load((CONF / f"{sampler}.yaml").read_text(encoding="utf-8"))
    assert node.pop("_target_") == f"{Study.__module__}.Study"
    assert node["sampler"] == sampler
    assert Study(**node).parameters == ["fit.learning_rate", "fit.weight_decay", "model.dropout"]
