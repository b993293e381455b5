"""Run folders rendered once for all tests of the report."""

from __future__ import annotations

import json
import runpy
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from xaiframe.report.build import Report, build

make_run = runpy.run_path(str(Path(__file__).with_name("synthetic.py")))["make_run"]
HOSTILE = {"mean radius": "<script>alert(1)</script>", "malignant": 'malignant "M" & <co>'}


@pytest.fixture(scope="session")
def table_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table audit whose names try to break out of the page; HTML and PDF."""
    run = make_run(tmp_path_factory.mktemp("table") / "run", "table", HOSTILE)
    build(run, Report())
    return run


@pytest.fixture(scope="session")
def image_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An image audit; HTML only."""
    run = make_run(tmp_path_factory.mktemp("image") / "run", "image")
    build(run, Report(formats=("html",)))
    return run


@pytest.fixture(scope="session")
def page(table_run: Path) -> str:
    return (table_run / "report.html").read_text(encoding="utf-8")


@pytest.fixture(scope="session")
def specs(page: str) -> dict[str, dict]:
    """The Vega-Lite specifications that the HTML carries, by name."""
    text = page.split('id="specs">', 1)[1].split("</script>", 1)[0]
    return json.loads(text)


@pytest.fixture
def alone(tmp_path: Path) -> Callable[[Path], Path]:
    """A function that copies a run and makes it one of a model that only answers: no gradient."""

    def copied(run: Path) -> Path:
        to = tmp_path / "alone"
        shutil.copytree(run, to, ignore=shutil.ignore_patterns("gradient.*"))
        agreement = to / "artifacts" / "evaluation.agreement"
        for name, empty in (
            ("consensus", {"g_share": float("nan"), "consensus": float("nan"), "conflict": False}),
            ("instances", {"spearman": float("nan"), "conflict": False}),
        ):
            path = agreement / f"{name}.parquet"
            if path.is_file():
                pd.read_parquet(path).assign(**empty).to_parquet(path)
        for name in ("facts.json", "plan.json"):
            path = to / name
            if not path.is_file():
                continue
            stored = json.loads(path.read_text(encoding="utf-8"))
            if name == "facts.json":
                stored = [one for one in stored if not one["name"].startswith("gradient.")]
            else:
                stored["stages"] = [one for one in stored["stages"] if one["name"] != "gradient"]
            path.write_text(json.dumps(stored), encoding="utf-8")
        return to

    return copied


@pytest.fixture
def empty_run(tmp_path: Path) -> Path:
    """A folder in which nothing of a run arrived."""
    (tmp_path / "bare").mkdir()
    return tmp_path / "bare"
