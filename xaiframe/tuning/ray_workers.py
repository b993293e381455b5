"""The workers of a search as Ray's tasks: the trials, their numbers and the storage stay ours."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from xaiframe.tuning.optuna_study import Progress, Search, quiet
from xaiframe.tuning.places import finished, forget_interrupted, standing
from xaiframe.tuning.storage import Place
from xaiframe.tuning.worker import main
from xaiframe.tuning.workers import LOOK, unfinished


def apart_on_ray(search: Search, payload: bytes, place: Place, progress: Progress | None) -> None:
    """As :func:`xaiframe.tuning.workers.apart`, on a Ray of this machine that is started for it."""
    with quiet(), place.opened() as database, started(search.workers) as ray:
        study, possible = search.study(database), search.drawing.possible
        task = ray.remote(num_cpus=1, max_retries=0)(main)
        working = [task.remote(payload) for _ in range(min(search.workers, possible))]
        lost, most = list[str](), 2 * search.workers
        begun = len(working)
        while working:
            done, working = ray.wait(working, timeout=LOOK)
            if progress:
                progress(len(finished(study)), possible)
            for one in done:
                fault = _fault(ray, one)
                lost += [fault] if fault else []
                forget_interrupted(study)
                over = len(standing(study)) >= possible or search.met(study)
                if fault and not over and begun < most:
                    working.append(task.remote(payload))
                    begun += 1
        forget_interrupted(study)
        unfinished(search, study, lost, place.folder)


@contextmanager
def started(workers: int) -> Iterator[Any]:
    """Ray with so many processes, each on one thread, that tells its makers nothing; ended
    afterwards."""
    import ray

    paths = os.pathsep.join(filter(None, sys.path))
    alone = {"OMP_NUM_THREADS": "1", "PYTHONPATH": paths, "RAY_USAGE_STATS_ENABLED": "0"}
    with mock.patch.dict(os.environ, alone):
        ray.init(
            address="local",
            num_cpus=workers,
            include_dashboard=False,
            log_to_driver=False,
            logging_level="ERROR",
        )
        try:
            yield ray
        finally:
            ray.shutdown()


def _fault(ray: Any, done: Any) -> str:
    """Why a worker was lost; empty where it came to its end."""
    try:
        ray.get(done)
    except ray.exceptions.RayError as error:
        return type(error).__name__
    return ""
