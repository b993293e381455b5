"""A network that was exported by torch.export, with its own code inside the file."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.exported_layers import with_layers
from xaiframe.model.face import Model
from xaiframe.model.files.estimator import one_line
from xaiframe.model.head import ALONE, TRIED, take_in, tried
from xaiframe.model.trusted import check_vouched, content_of

INSTEAD = "torch.onnx.export for model: onnx, or the weights alone for model: torch_weights"
MODES = {"dropout": 2, "batch_norm": 5, "native_dropout": 2, "alpha_dropout": 2}
"""Operators that work otherwise while training, and which argument says so."""


@dataclass(frozen=True)
class Exported:
    """A ``.pt2`` program of ``torch.export.save``.

    path: the file. ``torch.export.load`` (2.13) unpickles constants without restriction and
    evaluates the file's symbolic shapes, so it runs what a crafted file says: it is opened only
    if the user's own settings list its sha256 under ``pickles``.
    classes: the outputs' classes in their order; empty: the data's.
    gives: whether the program ends in logits or in probabilities (softmax, sigmoid).

    The program must take batches of any size. Where its operators are those of layers it is taken
    apart into layers again; otherwise it has gradients only.
    """

    path: str
    classes: Sequence[str] = field(default=())
    gives: Literal["logit", "probability"] = "logit"

    modalities = ("table", "image", "series")
    provides = ("gradient", "layers", "convolution")
    brought = True

    def __post_init__(self) -> None:
        if self.gives not in ("logit", "probability"):
            raise ValueError(f"gives must be logit or probability, not {self.gives!r}")

    def load(self, data: Data) -> Model:
        """The program; raises :class:`ModelError` when it may not be opened or does not fit."""
        path = Path(self.path)
        content = content_of(path)
        check_vouched(path, content, INSTEAD)
        program = Program(self.path, content)
        identity = hashlib.sha256(content).hexdigest()
        tried(program, self.path, data.train.x[:TRIED])
        module = apart(program, data.train.x[:TRIED])
        model = take_in(
            program if module is None else module,
            self.path,
            data,
            self.classes,
            self.gives,
            identity,
        )
        if module is None:
            model.provides = tuple(one for one in model.provides if one == "gradient")
            model.notices = ("The program's operators are not all those of layers",)
        return model


class Program(nn.Module):
    """The operators of an exported program; it has one mode, that of evaluation."""

    def __init__(self, place: str, content: bytes) -> None:
        super().__init__()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                program = torch.export.load(io.BytesIO(content))
                self.operators = program.module()
        except Exception as error:  # a damaged file can fail in any way
            raise ModelError(Problem(place, f"cannot be read: {one_line(error)}")) from error
        sizes = [
            one.meta["val"].shape for one in program.graph.nodes if one.name in _inputs(program)
        ]
        if len(sizes) != 1:
            message = f"it takes {len(sizes)} inputs"
            raise ModelError(Problem(place, message, "one, of shape (n, …)"))
        if isinstance(sizes[0][0], int):
            hint = "torch.export.export(…, dynamic_shapes=({0: torch.export.Dim('n')},))"
            message = f"it takes batches of exactly {sizes[0][0]} rows"
            raise ModelError(Problem(place, message, hint))
        if any(map(_training, program.graph.nodes)):
            message = "it was exported in training mode: its answers are random"
            raise ModelError(Problem(place, message, "model.eval() before torch.export.export"))

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.operators(x)
        return found

    def train(self, mode: bool = True) -> Program:
        """Only remembered: an exported program refuses to be told."""
        self.training = mode
        return self


def apart(program: Program, x: Array) -> nn.Module | None:
    """The program as layers; None unless it answers ``x`` ``(n, *input_shape)`` as before."""
    rows = torch.from_numpy(np.array(x, dtype=np.float32))
    try:
        layered = with_layers(program.operators)
        with torch.no_grad():
            wanted, found = program(rows), layered(rows)
    except Exception:  # operators come in more spellings than layers
        return None
    size = float(wanted.abs().max().clamp(min=1))
    return layered if torch.allclose(wanted, found, rtol=0, atol=ALONE * size) else None


def _inputs(program: Any) -> tuple[str, ...]:
    return tuple(program.graph_signature.user_inputs)


def _training(node: Any) -> bool:
    """Whether an operator was exported as it works while training."""
    name = getattr(node.target, "__name__", str(node.target)).split(".")[0]
    place = MODES.get(name)
    return place is not None and len(node.args) > place and node.args[place] is True
