"""Explaining in several processes on one machine: who takes which batch, what each hands back."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import sys
import tempfile
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

import torch
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.strategies import DDPStrategy

from xaiframe.probe.score import Scorer
from xaiframe.runner.trainer import Runner, hush

log = logging.getLogger("xaiframe")


def share(count: int, batch: int, rank: int, size: int) -> list[int]:
    """Positions of the batches that process ``rank`` of ``size`` takes: every ``size``-th one.

    ``count`` items are cut into batches of ``batch`` as one process would cut them.
    """
    starts = range(rank * batch, count, size * batch)
    return [one for start in starts for one in range(start, min(start + batch, count))]


def sendable(module: Any) -> bytes | None:
    """``module`` pickled; None, with a line in the log, where another process cannot have it."""
    try:
        return pickle.dumps(module)
    except Exception as error:  # pickling runs the model's own code
        reason = " ".join(str(error).split())
        log.warning("explained in one process, because the model cannot be sent on: %s", reason)
        return None


class Apart(DDPStrategy):
    """Lightning's DDP over gloo in fresh processes, not by running the command again.

    threads: of the CPU, in each process.
    """

    def __init__(self, threads: int) -> None:
        # One clean process imports what is heavy once; the others are forked from it.
        forks = "forkserver" in multiprocessing.get_all_start_methods()
        forks = forks and not torch.cuda.is_initialized()
        if forks:
            multiprocessing.set_forkserver_preload(["xaiframe.runner.explanations"])
        start = "forkserver" if forks else "spawn"
        super().__init__(process_group_backend="gloo", start_method=start)  # type: ignore[arg-type]
        self.threads = threads

    def setup_environment(self) -> None:
        """Called in each process before anything else."""
        hush()
        super().setup_environment()
        torch.set_num_threads(self.threads)


@dataclass(frozen=True)
class Report:
    """What a process knows that its files do not say; of the counts what it added itself."""

    failures: Mapping[str, Exception]
    asked: int
    scored: int
    max_batch: int | None
    """The bound where memory ran out, else None."""


class HandBack(Callback):
    """Writes a :class:`Report` at the end."""

    def __init__(self, folder: Path, scorer: Scorer) -> None:
        self.folder = folder
        self.before = (scorer.model.evaluations, scorer.evaluations)

    def on_predict_end(self, trainer: Any, pl_module: Any) -> None:
        scorer = pl_module.scorer
        model, (asked, scored) = scorer.model, self.before
        report = Report(
            {name: portable(error) for name, error in pl_module.failures.items()},
            model.evaluations - asked,
            scorer.evaluations - scored,
            model.max_batch if model.lowered else None,
        )
        (self.folder / f"{trainer.global_rank}.pickle").write_bytes(pickle.dumps(report))

    def taken(self) -> list[Report]:
        """The reports of all processes, in order."""
        files = sorted(self.folder.glob("*.pickle"), key=lambda file: int(file.stem))
        return [pickle.loads(file.read_bytes()) for file in files]


def predict_apart(
    module: Any,
    payload: bytes,
    runner: Runner,
    size: int,
    folder: Path,
    writers: Sequence[Callback],
) -> None:
    """``Trainer.predict`` of ``module``, an Explaining, in ``size`` processes.

    Its failures, counts and bounds are afterwards as if it had run here.
    """
    scorer: Scorer = module.scorer
    with (
        tempfile.TemporaryDirectory() as reports,
        mock.patch.dict(os.environ),  # Lightning leaves its port there
        main_left_out(payload),
    ):
        back = HandBack(Path(reports), scorer)
        strategy = Apart(runner.threads)
        trainer = runner.trainer(folder, [*writers, back], strategy=strategy, devices=size)
        trainer.predict(module, return_predictions=False)
        for report in reversed(back.taken()):
            module.failures |= report.failures
            scorer.model.evaluations += report.asked
            scorer.evaluations += report.scored
            if report.max_batch is not None:
                scorer.lower(report.max_batch)


@contextmanager
def main_left_out(payload: bytes) -> Iterator[None]:
    """Keeps new processes from importing the script that runs.

    They would begin it anew where nothing guards it, and need it only where what is sent names it.
    """
    main = sys.modules["__main__"]
    names = ("__spec__", "__file__")
    kept: dict[str, Any] = {name: vars(main)[name] for name in names if name in vars(main)}
    if b"__main__" not in payload:
        main.__spec__ = None
        vars(main).pop("__file__", None)
    try:
        yield
    finally:
        vars(main).update(kept)


def portable(error: Exception) -> Exception:
    """``error``, or where it does not survive the way to another process one that says the same.

    Where it was raised stays with it as a note.
    """
    error.add_note("".join(traceback.format_exception(error)))
    try:
        copy = pickle.loads(pickle.dumps(error))
        if type(copy) is type(error) and str(copy) == str(error):
            return error
    except Exception:  # somebody else's exception
        log.debug("%s cannot be pickled", type(error).__name__)
    return RuntimeError(f"{type(error).__name__}: {error}")
