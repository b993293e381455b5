"""Checkpoints kept while a network is fitted: few, evenly spread, however long the fit takes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from torch import Tensor, nn

from xaiframe.model.trail import Step


class Keeping(Callback):
    """Keeps the network's state after every epoch, then after every second, fourth, … one.

    most
        steps that :meth:`steps` gives at most; fewer than four times as many states are held.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.stride = 1
        self.held: dict[int, dict[str, Tensor]] = {}

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        if self.most > 1:
            self.after(trainer.current_epoch + 1, pl_module.network)  # type: ignore[arg-type]

    def after(self, epoch: int, network: nn.Module) -> None:
        """Told of every epoch, from 1."""
        if epoch % self.stride:
            return
        self.held[epoch] = copied(network.state_dict())
        if len(self.held) >= 4 * self.most:
            self.stride *= 2
            self.held = {at: one for at, one in self.held.items() if at % self.stride == 0}

    def steps(self, best: int, network: nn.Module, learning_rate: float) -> tuple[Step, ...]:
        """At most ``most`` steps up to the epoch ``best``, whose weights ``network`` has."""
        before = np.array([at for at in self.held if at < best])
        due = best * np.arange(1, self.most) / self.most if len(before) else ()
        nearest = {int(before[np.abs(before - one).argmin()]) for one in due}
        kept = [Step(at, learning_rate, self.held[at]) for at in sorted(nearest)]
        return (*kept, Step(best, learning_rate, copied(network.state_dict())))


def copied(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors as they are now, on the CPU."""
    return {name: one.detach().cpu().clone() for name, one in state.items()}
