"""A LightningModule of a package that the user trusts, trained here by its own steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pytorch_lightning import LightningModule
from torch import nn

from xaiframe.errors import ModelError, Problem
from xaiframe.model.own_network import OwnNetwork

STEPS = ("training_step", "configure_optimizers")
"""What the class has to bring."""


@dataclass(frozen=True)
class OwnLightning(OwnNetwork):
    """A ``LightningModule``, made with ``params`` and trained by its own ``training_step`` and
    ``configure_optimizers``.

    network, params, standardize: as of :class:`OwnNetwork`; what ``forward`` takes and gives, too.

    ``training_step(batch, index)``, and ``validation_step`` where there is one, get the pair
    ``(x, y)``: float32 ``(n, *input_shape)``, and int64 ``(n,)`` classes, or float32 ``(n,)``
    targets in deviations from their mean. Its optimisers, schedulers and logged values are its own;
    of ``fit`` only batches, epochs, patience and the noise on inputs are read. The epoch that is
    kept is that of the lowest validation loss as all models here are measured: cross-entropy, or
    the squared error. Rows that repairs weigh are drawn by weight, since the loss is the module's.
    Hooks besides these steps are not called.
    """

    reads: ClassVar[Sequence[str]] = ("batch_size", "epochs", "patience", "input_noise")
    """The settings of ``fit`` that are read."""
    own_steps: ClassVar[bool] = True

    def _class(self) -> type[nn.Module]:
        found = super()._class()
        if not issubclass(found, LightningModule):
            hint = "a class derived from LightningModule; others are model own_network"
            raise ModelError(Problem(self.network, "it has no steps of its own", hint))
        missing = [one for one in STEPS if getattr(found, one) is getattr(LightningModule, one)]
        if missing:
            message = f"it has no {' and no '.join(missing)}"
            raise ModelError(Problem(self.network, message, "or model own_network"))
        return found
