"""What the parameters of all pruners are held to."""

from __future__ import annotations


def at_least(least: int, **values: int) -> None:
    """Raise ValueError naming the first of ``values`` that is below ``least``."""
    for name, value in values.items():
        if value < least:
            raise ValueError(f"{name} must be at least {least}, not {value}")
