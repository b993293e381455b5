"""Rows in bounded batches: where memory runs out, half as many are tried, down to one."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

import torch

from xaiframe.errors import AuditError, ModelError, Problem

SAYS = (
    "out of memory",  # CUDA, MPS, XPU, boosted trees
    "can't allocate memory",  # torch's allocator on CPU
    "cannot allocate memory",
    "failed to allocate memory",  # onnxruntime
    "alloc_failed",  # cuBLAS, cuDNN
)
"""What other errors say, in small letters, when they mean that memory ran out."""

log = logging.getLogger("xaiframe")
Answer = TypeVar("Answer")


class Bounded(Protocol):
    """Whatever is asked at most ``max_batch`` rows at a time."""

    @property
    def max_batch(self) -> int: ...

    def lower(self, rows: int) -> None:
        """Ask no more than ``rows`` at once from now on."""


def out_of_memory(error: BaseException) -> bool:
    """Whether ``error`` means that there was not enough memory, on whatever device."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    if not isinstance(error, Exception) or isinstance(error, AuditError):
        return False
    return any(one in str(error).lower() for one in SAYS)


def in_batches(
    asked: Bounded, count: int, ask: Callable[[slice], Answer], rows: int = 1
) -> Iterator[Answer]:
    """``ask(part)`` for every part of ``count`` items in order, each at most ``max_batch`` rows.

    ``rows`` is what one item sends to the model. A part that memory does not hold is asked again
    in halves, and ``asked`` keeps the lower bound. Raises ModelError where one item is too much.
    """
    start = 0
    while start < count:
        step = max(1, min(asked.max_batch // rows, count - start))
        try:
            answer = ask(slice(start, start + step))
        except Exception as error:
            if not out_of_memory(error):
                raise
            if step == 1:
                raise too_large(rows) from error
            less = step // 2 * rows
            log.warning("memory ran out at %d rows; at most %d from now on", step * rows, less)
        else:
            start += step
            yield answer
            continue
        # Only here, outside of the handler, has the traceback let go of what filled the memory.
        _lower(asked, less)


def until_it_fits(asked: Bounded, ask: Callable[[], Answer]) -> Answer:
    """``ask()``, which keeps to ``asked.max_batch`` itself, with half of it until memory holds it.

    For libraries that cut their own batches. Raises ModelError where one row is too much.
    """
    while True:
        try:
            return ask()
        except Exception as error:
            if not out_of_memory(error):
                raise
            if asked.max_batch <= 1:
                raise too_large(1) from error
        less = asked.max_batch // 2
        log.warning("memory ran out; at most %d rows at once from now on", less)
        _lower(asked, less)


def _lower(asked: Bounded, rows: int) -> None:
    asked.lower(rows)
    if torch.cuda.is_initialized():
        torch.cuda.empty_cache()


def too_large(rows: int) -> ModelError:
    """What is said when there is nothing left to halve."""
    what = "a single row does" if rows == 1 else f"one instance, {rows} rows, does"
    return ModelError(
        Problem(
            "explain.max_batch", f"{what} not fit into memory", "a smaller model, or more memory"
        )
    )
