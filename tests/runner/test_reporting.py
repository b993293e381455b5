"""What a fit tells a search: the score it would have, and the rows it reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from xaiframe.data.module import DataModule, Ready
from xaiframe.data.table import Table
from xaiframe.model.mlp import MLP
from xaiframe.recipe import Fit
from xaiframe.runner.fit import fit
from xaiframe.runner.metrics import split_facts
from xaiframe.runner.reporting import Reporting
from xaiframe.runner.trainer import Runner
from xaiframe.tuning.watch import Watch


@pytest.fixture(scope="module")
def module() -> DataModule:
    return Ready(Table("builtin:breast_cancer", "diagnosis").load())


def told(module: DataModule, folder: Path, watch: Watch, epochs: int = 5) -> float:
    """Fit, and the balanced accuracy that the fitted model is measured to have."""
    config = Fit(epochs=epochs, batch_size=64)
    callbacks = [Reporting(watch, module.data)]
    fitted = fit(MLP(hidden=[8]), module, config, Runner(threads=1), folder, 0, callbacks=callbacks)
    facts = split_facts(fitted.model, module.data.validation, "validation", 0)
    return next(float(f.value) for f in facts if f.name == "validation.score")  # type: ignore[arg-type]


def test_the_last_score_told_is_the_models_own(module: DataModule, tmp_path: Path) -> None:
    scores: list[tuple[int, float]] = []
    watch = Watch("model.validation.score", lambda *one: scores.append(one))  # type: ignore[arg-type,func-returns-value]
    measured = told(module, tmp_path, watch)
    assert [epoch for epoch, _ in scores] == [1, 2, 3, 4, 5]
    assert scores[-1][1] == pytest.approx(measured)
    assert scores[0][1] < measured
    rows = len(module.data.train) + len(module.data.validation)
    assert watch.evaluations == 5 * rows


def test_a_fit_ends_where_it_is_told_to(module: DataModule, tmp_path: Path) -> None:
    watch = Watch("model.validation.score", lambda epoch, _: epoch == 2)
    told(module, tmp_path, watch)
    assert watch.pruned == 2
    rows = len(module.data.train) + len(module.data.validation)
    assert watch.evaluations == 2 * rows


def test_nobody_is_told_where_nobody_asks(module: DataModule, tmp_path: Path) -> None:
    told(module, tmp_path, watch := Watch("model.validation.score"), epochs=1)
    assert watch.pruned == 0
    assert watch.evaluations > 0
