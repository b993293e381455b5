"""Declarative, reproducible audits of what a machine-learning model has learned."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xaiframe.finished import load
    from xaiframe.rounds import audit

__all__ = ["audit", "load"]

ROOMS = {"audit": "xaiframe.rounds", "load": "xaiframe.finished"}


def __getattr__(name: str) -> Any:
    # Late, because `xaiframe --help` must not wait for torch.
    if name not in ROOMS:
        raise AttributeError(f"module 'xaiframe' has no attribute {name!r}")
    return getattr(import_module(ROOMS[name]), name)
