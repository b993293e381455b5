"""A network with its loss and optimiser, as Lightning trains it."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.data.module import Batch
from xaiframe.model.network import Embedding
from xaiframe.recipe import Fit
from xaiframe.repair.changes import parts_of
from xaiframe.repair.repaired import PLAIN, Conduct


class Learner(LightningModule):
    """A network with its loss and optimiser; cross-entropy, or squared error for regression.

    ``noise`` ``input_shape``: standard deviation of the Gaussian noise added to training inputs;
    for messages it is ``input_noise`` of the root mean square of the words' vectors, added to them.
    ``conduct``: its attack replaces some rows of each batch by adversarial examples, its penalties
    are added to the training loss; labels that it takes for wrong are so by :attr:`wrong`, which
    the validation rows tell. A row's ``weight`` scales its loss, on top of its class's.
    """

    noise: Tensor
    class_weight: Tensor | None

    def __init__(self, network: nn.Module, fit: Fit, data: Data, conduct: Conduct = PLAIN) -> None:
        super().__init__()
        self.network = network
        self.fit_config = fit
        self.regression = data.task == "regression"
        self.register_buffer("noise", torch.as_tensor(data.scale) * fit.input_noise, False)
        self.register_buffer("class_weight", _class_weight(data, fit), False)
        self.conduct = conduct
        self.wrong = 0.0 if conduct.wrong is None else conduct.wrong.left(conduct.wrong.start)
        """Share of the labels that the training loss expects to be wrong."""
        self.history: list[dict[str, float]] = []
        self._answered: list[tuple[Tensor, Tensor]] = []

    def _loss(
        self, outputs: Tensor, y: Tensor, training: bool, weight: Tensor | None = None
    ) -> Tensor:
        if self.conduct.wrong is not None:
            outputs = self.conduct.wrong(outputs, self.wrong)
        if weight is not None:
            return self._weighted(outputs, y, weight)
        if self.regression:
            return nn.functional.mse_loss(outputs[:, 0], y)
        # Validation loss is plain cross-entropy, so that trials with other smoothing compare.
        return nn.functional.cross_entropy(
            outputs,
            y,
            weight=self.class_weight if training else None,
            label_smoothing=self.fit_config.label_smoothing if training else 0.0,
        )

    def _weighted(self, outputs: Tensor, y: Tensor, weight: Tensor) -> Tensor:
        """The training loss with each row's own weight; divided by the rows (their classes'
        weights), not by the batch's weights: a batch of light rows must count little."""
        if self.regression:
            return (weight * nn.functional.mse_loss(outputs[:, 0], y, reduction="none")).mean()
        single = nn.functional.cross_entropy(
            outputs,
            y,
            weight=self.class_weight,
            label_smoothing=self.fit_config.label_smoothing,
            reduction="none",
        )
        rows = len(y) if self.class_weight is None else self.class_weight[y].sum()
        return (weight * single).sum() / rows

    def training_step(self, batch: Batch, _: int) -> Tensor:
        x, y = batch["x"], batch["y"]
        if self.conduct.attack is not None:
            x = self.conduct.attack(self.network, x, y, self._plain_loss)
        outputs = self._disturbed(x) if self.fit_config.input_noise else self.network(x)
        loss = self._loss(outputs, y, training=True, weight=batch.get("weight"))
        for penalty in self.conduct.penalties:
            loss = loss + penalty(self.network, x)
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=len(x))
        return loss

    def _plain_loss(self, outputs: Tensor, y: Tensor) -> Tensor:
        """What an adversary makes worse: the loss without weights or smoothing."""
        return self._loss(outputs, y, training=False)

    def _disturbed(self, x: Tensor) -> Any:
        """Outputs for noisy inputs; a word's number bears no noise, its vector does."""
        network = self.network
        if not (isinstance(network, nn.Sequential) and isinstance(network[0], Embedding)):
            return network(x + torch.randn_like(x) * self.noise)
        vectors = network[0](x)
        there = vectors != 0
        size = (vectors.detach().square().sum() / there.sum().clamp(min=1)).sqrt()
        spread = size * self.fit_config.input_noise
        return network[1:](vectors + torch.randn_like(vectors) * spread * there)

    def validation_step(self, batch: Batch, _: int) -> Tensor:
        """The outputs, for callbacks that measure more than the loss."""
        outputs: Tensor = self.network(batch["x"])
        if self.conduct.wrong is not None:
            self._answered.append((outputs.detach(), batch["y"]))
            return outputs
        loss = self._loss(outputs, batch["y"], training=False)
        self.log("validation_loss", loss, batch_size=len(batch["x"]))
        return outputs

    def on_validation_epoch_end(self) -> None:
        """The share of wrong labels that these rows tell, and their loss under it: of every epoch
        the least, so that epochs compare."""
        if self.conduct.wrong is None:
            return
        outputs, y = (torch.cat(part) for part in zip(*self._answered, strict=True))
        self._answered.clear()
        probability = outputs.softmax(1).cpu().numpy()
        share = self.conduct.wrong.share(probability, y.cpu().numpy())
        given = self.conduct.wrong(outputs, share)
        self.log_dict({"validation_loss": nn.functional.nll_loss(given, y), "label_noise": share})
        if self.current_epoch + 1 >= self.conduct.wrong.hold:
            self.wrong = self.conduct.wrong.left(share)

    def on_train_epoch_end(self) -> None:
        logged = self.trainer.callback_metrics
        names = ("train_loss", "validation_loss", "label_noise")
        found = {name: float(logged[name]) for name in names if name in logged}
        self.history.append({"epoch": self.current_epoch + 1, **found})

    def configure_optimizers(self) -> torch.optim.Optimizer:
        return torch.optim.AdamW(
            self.network.parameters(),
            lr=self.fit_config.learning_rate,
            weight_decay=self.fit_config.weight_decay,
        )


def _class_weight(data: Data, fit: Fit) -> Tensor | None:
    if data.task == "regression" or fit.class_weight == "none":
        return None
    # Of the rows as they count: classes that a repair has balanced need no second balance.
    counts = np.bincount(data.train.y, parts_of(data.train), minlength=len(data.classes))
    return torch.as_tensor(len(data.train) / (len(counts) * counts), dtype=torch.float32)
