"""What the parameters of all pruners are held to."""

from __future__ import annotations


def at_least(least: int, **values: int) -> None:
    """Raise ValueError naming the first of ``values`` that is below ``least``."""
    for name, value in values.items():
        if value < least:
            raise ValueError(f"{name} must be at least {least}, not {value}")


def within(first: int, epochs: int) -> None:
    """Raise ValueError where the ``first`` rung lies beyond fits of at most ``epochs`` epochs."""
    if first >= epochs:
        raise ValueError(
            f"pruner.first is {first}, no rung before the last of {epochs} epochs: "
            "a smaller first, or more fit.epochs"
        )
