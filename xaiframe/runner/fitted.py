"""What a fit leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from xaiframe.facts import Fact
from xaiframe.model.face import Model
from xaiframe.model.trail import Step


def reading(architecture: Any) -> list[Fact]:
    """Which settings of ``fit`` the model reads, where those are not all: prescriptions keep to
    them."""
    settings = getattr(architecture, "reads", ())
    return [Fact("reads", name, labels={"setting": name}) for name in settings]


def provided(model: Model) -> Fact:
    """What probes may ask of the model beside answers."""
    return Fact("provides", ", ".join(model.provides) or "answers only")


@dataclass(frozen=True)
class Fitted:
    """A fitted model.

    files: what :func:`xaiframe.runner.fit.restore` reads; facts: of the fit, ``model.fit.*``;
    rows: read on the way, training and validation, each as often as it was; history: one row per
    epoch, empty where the model has none; best_epoch: the one whose weights were kept; steps:
    checkpoints on the way there, where some were asked for.
    """

    model: Model
    files: dict[str, bytes]
    facts: list[Fact]
    rows: int
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    best_epoch: int = 1
    steps: tuple[Step, ...] = ()
