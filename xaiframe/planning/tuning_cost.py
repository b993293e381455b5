"""What a search costs at most, where minutes, evaluations or workers bound it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from xaiframe.catalogue.estimate import Cost


def bounded(costs: Cost, node: Mapping[str, Any], searches: int = 1) -> Cost:
    """``costs`` of all trials of ``searches`` equal searches and a comparison, bounded as the
    tuning ``node`` says.

    A bound is met by a trial that is finished, and a comparison follows: two fits more than it.
    """
    if costs.evaluations is None or costs.seconds is None:
        return costs
    fits = searches * int(node.get("trials") or 1) + 1
    evaluations, seconds = costs.evaluations, costs.seconds
    most, minutes = node.get("evaluations"), node.get("minutes")
    if most is not None:
        share = min(1.0, (searches * most + 2 * evaluations / fits) / max(evaluations, 1))
        evaluations, seconds = round(evaluations * share), seconds * share
    seconds /= min(int(node.get("workers") or 1), fits)
    if minutes is not None:
        share = min(1.0, (searches * 60 * minutes + 2 * seconds / fits) / max(seconds, 1e-9))
        evaluations, seconds = round(evaluations * share), seconds * share
    return replace(costs, evaluations=evaluations, seconds=seconds)
