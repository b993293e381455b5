"""A network class of a package that the user trusts, trained here."""

from __future__ import annotations

import hashlib
import importlib
import inspect
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.model.files.estimator import one_line
from xaiframe.model.network import Standardize, outputs, target_scale
from xaiframe.model.trusted import trusts

TRIED = 4
"""Training rows that an unfitted network is asked about."""


@dataclass(frozen=True)
class OwnNetwork:
    """An ``nn.Module`` or ``LightningModule``, made with ``params`` and trained as ``fit`` says.

    network: ``package.module.Class``; the package must be named by ``--trust`` or in the user's
    own settings file, otherwise it is not even imported.
    params: of its constructor; each can be tuned, ``tuning.space.model.params.<name>``.
    standardize: whether a first, fixed layer brings the inputs to mean 0 and deviation 1.

    ``forward`` takes float32 ``(n, *input_shape)`` and gives ``(n, classes)`` logits, or ``(n, 1)``
    for regression, in deviations of the target. Its weights are drawn under the recipe's seed, the
    loss and the optimiser are those of ``fit``, so that all models here are trained alike; a
    LightningModule that is to train by its own steps is model ``own_lightning``.
    """

    network: str
    params: Mapping[str, Any] = field(default_factory=dict)
    standardize: bool = True

    modalities = ("table", "image", "series")
    provides = ("gradient", "layers", "convolution")
    arguments: ClassVar[Mapping[str, str]] = {"params": "network"}
    """Parameters that are arguments of another parameter's class, so that they can be tuned."""

    def __post_init__(self) -> None:
        if not all(part.isidentifier() for part in self.network.split(".")):
            raise ValueError(f"network {self.network!r} is not package.module.Class")

    @property
    def code(self) -> str:
        """sha256 of the file that the class is written in."""
        source = inspect.getsourcefile(self._class())
        return hashlib.sha256(Path(source).read_bytes()).hexdigest() if source else ""

    def build(self, data: Data) -> nn.Sequential:
        """An unfitted network; raises :class:`ModelError` where its arguments or outputs are not
        right."""
        made = self._class()
        try:
            own = made(**self.params)
        except Exception as error:  # somebody else's constructor
            given = ", ".join(self.params) or "no arguments"
            message = f"cannot be made with {given}: {one_line(error)}"
            raise ModelError(Problem(self.network, message, "model.params")) from error
        layers: OrderedDict[str, nn.Module] = OrderedDict()
        # always there, if only as it is: what a repair prepares stands in its place
        scaled = Standardize.of(data) if self.standardize else Standardize(data.input_shape)
        layers["standardize"], layers["own"] = scaled, own
        network = nn.Sequential(layers)
        self._try(network, data)
        for name, layer in target_scale(data).items():
            network.add_module(name, layer)
        return network

    def _class(self) -> type[nn.Module]:
        if not trusts(self.network):
            message = f"{self.network} is not trusted, nor imported"
            hint = "a package named by --trust or under trust in your own settings file"
            raise ModelError(Problem("model.network", message, hint))
        module, _, name = self.network.rpartition(".")
        try:
            found = getattr(importlib.import_module(module), name)
        except Exception as error:  # importing runs the package's own code
            message = f"cannot be imported: {one_line(error)}"
            raise ModelError(Problem(self.network, message)) from error
        if not (isinstance(found, type) and issubclass(found, nn.Module)):
            hint = "a class derived from nn.Module or LightningModule"
            raise ModelError(Problem(self.network, "it is no class of networks", hint))
        return found

    def _try(self, network: nn.Module, data: Data) -> None:
        """Ask the unfitted network about a few rows."""
        rows = torch.from_numpy(np.array(data.train.x[:TRIED], dtype=np.float32))
        network.eval()
        try:
            with torch.no_grad():
                found = network(rows)
        except Exception as error:  # somebody else's forward pass
            shape = ", ".join(["n", *(str(size) for size in data.input_shape)])
            message = f"it does not take inputs of shape ({shape}): {one_line(error)}"
            raise ModelError(Problem(self.network, message, "model.params")) from error
        network.train()
        wanted = (len(rows), outputs(data))
        if not isinstance(found, Tensor) or tuple(found.shape) != wanted:
            what = tuple(found.shape) if isinstance(found, Tensor) else type(found).__name__
            message = f"it puts out {what} for {len(rows)} rows"
            raise ModelError(Problem(self.network, message, f"{wanted}: one column per class"))
