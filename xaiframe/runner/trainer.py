"""The Lightning Trainer as every stage uses it: quiet, bounded, reproducible."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import Trainer
from pytorch_lightning.callbacks import Callback
from pytorch_lightning.strategies import Strategy


@dataclass(frozen=True)
class Runner:
    """Where the work runs.

    accelerator, devices: as Lightning names them; threads: of the CPU, in each process;
    processes: that share the instances to be explained, at least 1; above 1 on the CPU only. A fit
    stays in one process.
    """

    accelerator: str = "cpu"
    devices: int = 1
    threads: int = 2
    processes: int = 1

    def __post_init__(self) -> None:
        if self.processes < 1:
            raise ValueError(f"processes must be at least 1, not {self.processes}")
        if self.processes > 1 and self.accelerator != "cpu":
            raise ValueError(f"processes above 1 are for accelerator: cpu, not {self.accelerator}")

    def settle(self) -> None:
        """Torch works with the threads of the recipe from here on. On a machine that others load,
        threads that share small tensors wait for each other a thousand times as long as they
        work."""
        torch.set_num_threads(self.threads)

    def trainer(
        self,
        folder: Path,
        callbacks: Sequence[Callback] = (),
        epochs: int = 1,
        strategy: Strategy | None = None,
        devices: int | None = None,
    ) -> Trainer:
        """A Trainer that logs nothing, shows nothing, and allows gradients in predict."""
        self.settle()
        return Trainer(
            accelerator=self.accelerator,
            devices=devices or self.devices,
            strategy=strategy or "auto",
            use_distributed_sampler=False,
            max_epochs=epochs,
            callbacks=list(callbacks),
            default_root_dir=folder,
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=any("Checkpoint" in type(one).__name__ for one in callbacks),
            num_sanity_val_steps=0,
            # Explaining needs gradients inside predict; inference tensors never carry any.
            inference_mode=False,
        )


ADVICE = (
    r".*does not have many workers.*",
    r".*number of training batches.*",
    r".*Checkpoint directory.*",
    r".*LeafSpec.*",
    r".*tensorboardX.*",
    r".*treespec.*",
)
LOGGERS = (
    *("lightning", "pytorch_lightning", "lightning_fabric"),
    *("lightning.pytorch", "lightning.fabric"),
)


def hush() -> None:
    """Lightning's advice on workers, logging steps and devices is not the auditor's concern."""
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    for advice in ADVICE:
        warnings.filterwarnings("ignore", advice)


@contextmanager
def quiet() -> Iterator[None]:
    """:func:`hush` for a while."""
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    try:
        with warnings.catch_warnings():
            hush()
            yield
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def to_cpu(value: Any) -> Any:
    """``value`` as a numpy array if it is a tensor, wherever it lives."""
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
