"""Libraries draw from global random states: seeded for one instance, and left as they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch

from xaiframe.probe.bank import Bank


@contextmanager
def seeded(bank: Bank, position: int) -> Iterator[None]:
    """numpy's and torch's global states, by (seed, id) of one instance of the bank."""
    seed = int(bank.rng(position, "library").integers(2**32))
    before = np.random.get_state()
    with torch.random.fork_rng(devices=range(torch.cuda.device_count())):
        np.random.seed(seed)
        torch.manual_seed(seed)
        try:
            yield
        finally:
            np.random.set_state(before)
