"""Weights from a Lightning checkpoint, for a network class of a package that the user trusts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from xaiframe.errors import ModelError, Problem
from xaiframe.model.torch_weights import TorchWeights, read

VERSION = "pytorch-lightning_version"


@dataclass(frozen=True)
class LightningCheckpoint(TorchWeights):
    """A ``.ckpt`` file of a Lightning Trainer.

    ``network`` is the LightningModule, whose ``forward`` gives the outputs, or the network inside
    it (``prefix: model.``, or found). Optimiser and callback states are left unread; the
    parameters that the module was made with are to be repeated under ``network``.
    """

    keys: ClassVar[tuple[str, ...]] = ("state_dict",)

    def opened(self) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        loaded = read(Path(self.path))
        if VERSION not in loaded:
            hint = "model: torch_weights reads other files"
            raise ModelError(Problem(self.path, "it is no Lightning checkpoint", hint))
        made = f"A checkpoint of Lightning {loaded[VERSION]}, epoch {loaded.get('epoch', 0)}"
        return loaded, (made,)
