"""What a fit tells a search while it goes on: its score after every epoch, the rows it reads."""

from __future__ import annotations

import math
from typing import Any

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from torch import Tensor

from xaiframe.data.face import Data
from xaiframe.data.module import Batch
from xaiframe.runner.metrics import classification_metrics, regression_metrics
from xaiframe.tuning.watch import Watch

OBJECTIVE = "model.validation."
"""What the facts begin with that are known after every epoch."""


class Reporting(Callback):
    """Tells ``watch`` after every epoch the validation score that the fit would have if it ended
    there, which is that of the epoch of lowest validation loss so far; ends the fit where it is to.

    The last score told is the one that the fitted model is measured to have.
    """

    def __init__(self, watch: Watch, data: Data) -> None:
        self.watch = watch
        self.loss, self.score = math.inf, math.nan
        regression = data.task == "regression"
        metrics = regression_metrics() if regression else classification_metrics(len(data.classes))
        wanted = watch.wanted.removeprefix(OBJECTIVE)
        self.metric = metrics[wanted][0] if wanted else None
        self.regression = regression
        self.outputs: list[Tensor] = []
        self.truth: list[Tensor] = []

    def whole(self, rows: int) -> None:
        """Told of a fit that has no epochs, when it is done: how many rows it read."""
        self.watch.evaluations += rows

    def on_train_batch_end(
        self, _trainer: Trainer, _module: LightningModule, _outputs: Any, batch: Batch, _: int
    ) -> None:
        self.watch.evaluations += len(batch["y"])

    def on_validation_batch_end(
        self, _trainer: Trainer, _module: LightningModule, outputs: Any, batch: Batch, *_: int
    ) -> None:
        self.watch.evaluations += len(batch["y"])
        if self.metric is not None:
            self.outputs.append(outputs.detach().cpu())
            self.truth.append(batch["y"].cpu())

    def on_validation_end(self, trainer: Trainer, _module: LightningModule) -> None:
        if self.metric is None:
            return
        outputs, truth = torch.cat(self.outputs), torch.cat(self.truth)
        self.outputs, self.truth = [], []
        loss = float(trainer.callback_metrics["validation_loss"])
        if loss < self.loss:  # as the checkpoint that is kept
            self.loss = loss
            answers = outputs[:, 0] if self.regression else torch.softmax(outputs.double(), dim=1)
            self.score = float(self.metric(answers, truth))
        if self.watch.epoch(trainer.current_epoch + 1, self.score):
            trainer.should_stop = True
