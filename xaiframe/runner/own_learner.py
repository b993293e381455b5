"""A user's LightningModule inside ours: its steps and optimisers, our rows and measures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from pytorch_lightning import LightningModule
from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.data.module import Batch
from xaiframe.errors import AuditError, ModelError, Problem
from xaiframe.model.files.estimator import one_line
from xaiframe.recipe import Fit
from xaiframe.repair.repaired import PLAIN, Conduct
from xaiframe.runner.learner import Learner

OURS = ("train_loss", "validation_loss")
"""Values that are logged here: the user's module finds its own of that name under ``own_…``."""


class OwnLearner(Learner):
    """Calls ``training_step``, ``validation_step`` and ``configure_optimizers`` of the module that
    stands as ``own`` in the network; it sees the inputs behind the layers before it."""

    def __init__(self, network: nn.Module, fit: Fit, data: Data, conduct: Conduct = PLAIN) -> None:
        super().__init__(network, fit, data, conduct)
        if conduct.wrong is not None:
            message = "noise_correction corrects the loss of fit, this module has a loss of its own"
            raise ModelError(Problem(self._place, message, "model own_network, or another repair"))
        self.automatic_optimization = self.own.automatic_optimization
        self.mean, self.spread = 0.0, 1.0
        if self.regression:
            self.mean, self.spread = (float(one) for one in _unit(network))

    @property
    def own(self) -> LightningModule:
        """The user's module."""
        found = self.network.own
        assert isinstance(found, LightningModule)
        return found

    def on_fit_start(self) -> None:
        self.own.trainer = self.trainer
        self.own.log = self._logged  # type: ignore[method-assign]
        self.own.log_dict = self._logged_all  # type: ignore[method-assign, assignment]

    def on_fit_end(self) -> None:
        del self.own.log, self.own.log_dict
        self.own.trainer = None

    def training_step(self, batch: Batch, index: int) -> Tensor | None:  # type: ignore[override]
        x, y = batch["x"], batch["y"]
        if self.conduct.attack is not None:
            x = self.conduct.attack(self.network, x, y, self._plain_loss)
        if self.fit_config.input_noise:
            x = x + torch.randn_like(x) * self.noise
        found = self._asked(self.own.training_step, (self._seen(x), self._target(y)), index)
        loss: Tensor | None = found.get("loss") if isinstance(found, Mapping) else found
        if loss is None and self.automatic_optimization:
            raise ModelError(Problem(self._place, "its training_step returned no loss", "a tensor"))
        if loss is not None:
            for penalty in self.conduct.penalties:
                loss = loss + penalty(self.network, x)
        told = self._plainly(x, y) if loss is None else loss
        self.log("train_loss", told, on_step=False, on_epoch=True, batch_size=len(x))
        return loss

    def validation_step(self, batch: Batch, index: int) -> Tensor:
        """The outputs, for callbacks that measure more than the loss."""
        if type(self.own).validation_step is not LightningModule.validation_step:
            pair = (self._seen(batch["x"]), self._target(batch["y"]))
            self._asked(self.own.validation_step, pair, index)
        return super().validation_step(batch, index)

    def configure_optimizers(self) -> Any:
        return self._asked(self.own.configure_optimizers)

    @property
    def _place(self) -> str:
        return f"{type(self.own).__module__}.{type(self.own).__qualname__}"

    def _asked(self, step: Callable[..., Any], *given: Any) -> Any:
        try:
            return step(*given)
        except AuditError:
            raise
        except Exception as error:  # the user's own code
            message = f"its {step.__name__} raised {type(error).__name__}: {one_line(error)}"
            raise ModelError(Problem(self._place, message, "a batch is (x, y)")) from error

    def _seen(self, x: Tensor) -> Tensor:
        for name, layer in self.network.named_children():
            if name == "own":
                break
            x = layer(x)
        return x

    def _target(self, y: Tensor) -> Tensor:
        return (y - self.mean) / self.spread if self.regression else y

    def _plainly(self, x: Tensor, y: Tensor) -> Tensor:
        with torch.no_grad():
            return self._plain_loss(self.network(x), y)

    def _logged(self, name: str, value: Any, *rest: Any, **keywords: Any) -> None:
        keywords.pop("logger", None)  # there is none
        self.log(f"own_{name}" if name in OURS else name, value, *rest, **keywords)

    def _logged_all(self, dictionary: Mapping[str, Any], *rest: Any, **keywords: Any) -> None:
        for name, value in dictionary.items():
            self._logged(name, value, *rest, **keywords)


def _unit(network: nn.Module) -> tuple[Tensor, Tensor]:
    """Mean and deviation of the target, as the last layer puts them back."""
    layer = network.unit
    assert isinstance(layer, nn.Linear)
    return layer.bias[0], layer.weight[0, 0]
