"""Learning curves, and what a pruner says to them one after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from optuna.trial import TrialState

from xaiframe.tuning.judging import Judge

EPOCHS = 30
NAME = "search"
Played = list[tuple[int, bool]]


@pytest.fixture
def curves() -> np.ndarray:
    """``(24, 30)`` rising scores; trial 5 ends by itself after epoch 12."""
    random = np.random.default_rng(3)
    ends, pace = random.uniform(0.5, 1.0, 24), random.uniform(2, 12, 24)
    curves = ends[:, None] * (1 - np.exp(-np.arange(1, EPOCHS + 1) / pace[:, None]))
    curves[5, 12:] = np.nan
    return np.asarray(curves)


@pytest.fixture
def played() -> Callable[[Any, np.ndarray], list[int]]:
    """The epoch after which each trial was stopped, 0 where it was not."""

    def play(pruner: Any, curves: np.ndarray) -> list[int]:
        judge = Judge(pruner.rule(EPOCHS), "maximize", EPOCHS, NAME)
        stopped = []
        for place, curve in enumerate(curves):
            judge.begin(place)
            scores = curve[~np.isnan(curve)]
            at = next((e for e, s in enumerate(scores, 1) if judge.stops(e, float(s))), 0)
            judge.end(TrialState.PRUNED if at else TrialState.COMPLETE)
            stopped.append(at)
        return stopped

    return play


def filled(curve: np.ndarray) -> np.ndarray:
    """A fit that ended early keeps its last score."""
    last = curve[~np.isnan(curve)][-1]
    return np.where(np.isnan(curve), last, curve)


@pytest.fixture
def below() -> Callable[..., list[int]]:
    """When trials are stopped that are not among the best ``keep`` per cent, by the definition."""

    def stops(curves: np.ndarray, keep: float, startup: int, warmup: int, every: int) -> list[int]:
        whole: list[np.ndarray] = []
        stopped = []
        for curve in curves:
            known = curve[~np.isnan(curve)]
            at = 0
            for epoch in range(max(warmup, 1), len(known) + 1):
                if len(whole) < startup or (epoch - warmup) % every:
                    continue
                others = [one[epoch - 1] for one in whole]
                if known[:epoch].max() < np.percentile(others, 100 - keep):
                    at = epoch
                    break
            if not at:
                whole.append(filled(curve))
            stopped.append(at)
        return stopped

    return stops


@pytest.fixture
def halved() -> Callable[..., list[int]]:
    """When trials are stopped that are not the best one in ``factor`` of those at their rung."""

    def stops(
        curves: np.ndarray, first: int, factor: int, brackets: list[int] | None = None
    ) -> list[int]:
        seen: dict[tuple[int, int], list[float]] = {}
        stopped = []
        for place, curve in enumerate(curves):
            bracket = brackets[place] if brackets else 0
            scores, at = filled(curve), 0
            length = int((~np.isnan(curve)).sum())
            rung = first * factor**bracket
            while rung <= EPOCHS and not at:
                rivals = seen.setdefault((bracket, rung), [])
                rivals.append(scores[rung - 1])
                best = sorted(rivals)[-max(len(rivals) // factor, 1)]
                if scores[rung - 1] < best:
                    at = rung if rung <= length else 0
                    break
                rung *= factor
            stopped.append(at)
        return stopped

    return stops
