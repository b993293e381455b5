"""Several processes on one study: started, watched, replaced where one is lost."""

from __future__ import annotations

import logging
import os
import pickle
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import optuna

from xaiframe.errors import AuditError, Problem
from xaiframe.model import trusted
from xaiframe.tuning.optuna_study import Progress, Search, Try, quiet
from xaiframe.tuning.places import finished, forget_interrupted, standing
from xaiframe.tuning.storage import Place

log = logging.getLogger("xaiframe")
VOUCHED = ("allowed", "allowed_pickles", "allowed_services")
"""What the user allows, which holds in a worker too."""
LOOK = 0.2
"""Seconds between two looks at the workers."""
LAST = 400
"""Characters of a lost worker's last words that are told."""


def sendable(search: Search, trial: Try, place: Place) -> bytes | None:
    """What a worker needs, pickled; None, with a line in the log, where it cannot be sent."""
    try:
        vouched = {name: getattr(trusted, name) for name in VOUCHED}
        return pickle.dumps((vouched, pickle.dumps((search, trial, place))))
    except Exception as error:  # pickling runs the model's own code
        reason = " ".join(str(error).split())
        log.warning("tuned in one process, because the trial cannot be sent on: %s", reason)
        return None


def apart(search: Search, payload: bytes, place: Place, progress: Progress | None) -> None:
    """Search with ``search.workers`` processes until a limit is met.

    Each keeps to one thread. One that is lost (killed, out of memory) loses the trial it was at and
    no other; it is replaced, as many times as there are workers. Raises AuditError where none is
    left and the search is not over: what has finished is stored, and the next run goes on there.
    """
    task = place.folder / "task.pickle"
    task.write_bytes(payload)
    started = 0

    def start() -> subprocess.Popen[bytes]:
        nonlocal started
        started += 1
        return _start(task, place.folder / f"worker-{started}.log")

    with quiet(), place.opened() as database:
        study, possible = search.study(database), search.drawing.possible
        working = [start() for _ in range(min(search.workers, possible))]
        lost: list[str] = []
        try:
            while working:
                time.sleep(LOOK)
                if progress:
                    progress(len(finished(study)), possible)
                gone = [one for one in working if one.poll() is not None]
                working = [one for one in working if one not in gone]
                lost += [f"exit status {one.returncode}" for one in gone if one.returncode]
                forget_interrupted(study)
                open_ = len(standing(study)) < possible and not search.met(study)
                spare = started < 2 * search.workers and len(working) < search.workers
                if any(one.returncode for one in gone) and open_ and spare:
                    working.append(start())
        finally:
            for one in working:
                one.terminate()
                one.wait()
            task.unlink(missing_ok=True)
        forget_interrupted(study)
        unfinished(search, study, lost, place.folder)


def _start(task: Path, log_file: Path) -> subprocess.Popen[bytes]:
    threads = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS"), "1")
    paths = os.pathsep.join(one or os.getcwd() for one in sys.path)
    environment = {**os.environ, **threads, "PYTHONPATH": paths}
    command = [sys.executable, "-m", "xaiframe.tuning.worker", str(task)]
    with log_file.open("wb") as stream:
        return subprocess.Popen(
            command, env=environment, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL
        )


def unfinished(search: Search, study: optuna.Study, lost: Sequence[str], folder: Path) -> None:
    """Raise AuditError where the search is not over though all of its workers are."""
    done, possible = len(finished(study)), search.drawing.possible
    if done >= possible or search.met(study):
        return
    words = [file.read_text(errors="replace").strip() for file in folder.glob("worker-*.log")]
    said = next((one[-LAST:] for one in words if one), "")
    message = (
        f"the workers ended ({', '.join(lost) or 'no exit status'}) after {done} of {possible} "
        f"trials{': ' + said if said else ''}"
    )
    raise AuditError(Problem("tuning.workers", message, "run it again: it goes on from there"))
