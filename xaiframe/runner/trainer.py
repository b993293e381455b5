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


@dataclass(frozen=True)
class Runner:
    """Where the work runs: accelerator as Lightning names it, devices, CPU threads."""

    accelerator: str = "cpu"
    devices: int = 1
    threads: int = 2

    def trainer(self, folder: Path, callbacks: Sequence[Callback] = (), epochs: int = 1) -> Trainer:
        """A Trainer that logs nothing, shows nothing, and allows gradients in predict."""
        torch.set_num_threads(self.threads)
        return Trainer(
            accelerator=self.accelerator,
            devices=self.devices,
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


@contextmanager
def quiet() -> Iterator[None]:
    """Lightning's advice on workers, logging steps and devices is not the auditor's concern."""
    loggers = [logging.getLogger(name) for name in ("lightning", "pytorch_lightning")]
    loggers += [logging.getLogger("lightning.pytorch"), logging.getLogger("lightning.fabric")]
    levels = [one.level for one in loggers]
    for one in loggers:
        one.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for advice in (
                r".*does not have many workers.*",
                r".*number of training batches.*",
                r".*Checkpoint directory.*",
                r".*LeafSpec.*",
                r".*tensorboardX.*",
                r".*treespec.*",
            ):
                warnings.filterwarnings("ignore", advice)
            yield
    finally:
        for one, level in zip(loggers, levels, strict=True):
            one.setLevel(level)


def to_cpu(value: Any) -> Any:
    """``value`` as a numpy array if it is a tensor, wherever it lives."""
    return value.detach().cpu().numpy() if isinstance(value, torch.Tensor) else value
