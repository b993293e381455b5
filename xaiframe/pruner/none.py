"""No pruner: every trial of a search is trained to its end."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NoPruner:
    """Stops nothing; without ``rule`` no trial is watched while it is trained."""

    prunes = False
