"""One worker of a search: ``python -m xaiframe.tuning.worker TASK``, started by workers.py."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path

from xaiframe.model import trusted


def main(task: bytes) -> None:
    """Take trials of the study that ``task`` names until none is left.

    ``task`` is what :func:`xaiframe.tuning.workers.sendable` made, in this run's own folder.
    """
    vouched, payload = pickle.loads(task)
    for name, value in vouched.items():
        setattr(trusted, name, value)
    search, trial, place = pickle.loads(payload)
    search.work(trial, place)


if __name__ == "__main__":
    main(Path(sys.argv[1]).read_bytes())
