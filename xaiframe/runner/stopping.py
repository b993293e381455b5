"""When a fit ends before its epochs do."""

from __future__ import annotations

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import EarlyStopping

from xaiframe.recipe import Fit
from xaiframe.repair.repaired import Conduct


class Stopping(EarlyStopping):
    """Ends the fit where the validation loss has not fallen for ``fit.patience`` epochs.

    Patience is counted from the epoch on at which a loss that expects wrong labels knows how many:
    until then it expects too many, where labels are right, and a rare class is learnt slowly.
    """

    def __init__(self, config: Fit, conduct: Conduct) -> None:
        super().__init__("validation_loss", patience=config.patience, check_finite=True)
        self.hold = 0 if conduct.wrong is None else conduct.wrong.hold

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.current_epoch >= self.hold:
            super().on_train_epoch_end(trainer, pl_module)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if trainer.current_epoch >= self.hold:
            super().on_validation_end(trainer, pl_module)
