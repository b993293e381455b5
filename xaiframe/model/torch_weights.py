"""Weights from a torch file, for a network class of a package that the user trusts."""

from __future__ import annotations

import hashlib
import inspect
import io
import pickle
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.model.face import Model
from xaiframe.model.files.estimator import one_line
from xaiframe.model.head import take_in
from xaiframe.model.trusted import content_of

LISTED = 6
"""Keys that an error names before it counts the rest."""


@dataclass(frozen=True)
class TorchWeights:
    """A ``state_dict`` (``.pt``, ``.pth``, ``.safetensors``), alone or within a checkpoint.

    network: the class, ``_target_`` and its parameters, from a package named by ``--trust`` or in
    the user's own settings file.
    path: the file; it is opened for weights only, nothing in it runs.
    prefix: what stands before the network's own names (``module.``, ``model.``); empty: found.
    classes: the outputs' classes in their order; empty: the data's.
    gives: whether the network ends in logits or in probabilities (softmax, sigmoid).

    It takes float32 ``(n, *input_shape)`` in the user's units: scaling belongs into the network.
    A single output is the log-odds, or probability, of the second class.
    """

    network: Any
    path: str
    prefix: str = ""
    classes: Sequence[str] = field(default=())
    gives: Literal["logit", "probability"] = "logit"

    modalities = ("table", "image", "series")
    provides = ("gradient", "layers", "convolution")
    brought = True
    keys: ClassVar[tuple[str, ...]] = ("state_dict", "model_state_dict", "model", "weights")
    """Where a checkpoint may keep the weights, in order of preference."""

    def __post_init__(self) -> None:
        if self.gives not in ("logit", "probability"):
            raise ValueError(f"gives must be logit or probability, not {self.gives!r}")

    def load(self, data: Data) -> Model:
        """The network with these weights; raises :class:`ModelError` when they do not fit."""
        if not isinstance(self.network, nn.Module):
            message = f"a {type(self.network).__name__} is no torch module"
            raise ModelError(Problem("model.network", message, "a class derived from nn.Module"))
        loaded, told = self.opened()
        state = self.weights(loaded)
        notices = fill(self.path, self.network, state, self.prefix)
        model = take_in(
            self.network, self.path, data, self.classes, self.gives, code_of(self.network)
        )
        model.notices = (*told, *notices)
        return model

    def opened(self) -> tuple[Mapping[str, Any], tuple[str, ...]]:
        """What the file holds, and what is to be said of it."""
        return read(Path(self.path)), ()

    def weights(self, loaded: Mapping[str, Any]) -> dict[str, Tensor]:
        """The state dict within what the file holds."""
        inside: Mapping[str, Any] = next(
            (loaded[key] for key in self.keys if isinstance(loaded.get(key), Mapping)), {}
        )
        for found in (loaded, inside):
            if found and all(isinstance(value, Tensor) for value in found.values()):
                return {str(name): value for name, value in found.items()}
        listed = ", ".join(str(key) for key in list(loaded)[:LISTED]) or "nothing"
        hint = f"a state_dict, alone or under {', '.join(self.keys)}"
        raise ModelError(Problem(self.path, f"it holds {listed}, and no weights", hint))


def read(path: Path) -> Mapping[str, Any]:
    """What a torch or safetensors file holds, opened for weights only."""
    content = content_of(path)
    try:
        if path.suffix == ".safetensors":
            found = _safetensors(path, content)
        else:
            found = torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except ModelError:
        raise
    except pickle.UnpicklingError as error:
        strange = re.search(r"GLOBAL ([\w.]+)", str(error))
        message = f"it holds more than weights: {strange[1] if strange else one_line(error)}"
        hint = "nothing was loaded; save torch.save(model.state_dict(), path)"
        raise ModelError(Problem(str(path), message, hint)) from error
    except Exception as error:  # a damaged file can fail in any way
        raise ModelError(Problem(str(path), f"cannot be read: {one_line(error)}")) from error
    if not isinstance(found, Mapping):
        message = f"it holds a {type(found).__name__}"
        raise ModelError(Problem(str(path), message, "torch.save(model.state_dict(), path)"))
    return found


def _safetensors(path: Path, content: bytes) -> Mapping[str, Any]:
    try:
        from safetensors.torch import load
    except ImportError:
        hint = "pip install safetensors"
        raise ModelError(Problem(str(path), "safetensors is not installed", hint)) from None
    loaded: Mapping[str, Any] = load(content)
    return loaded


def fill(
    place: str, network: nn.Module, state: Mapping[str, Tensor], prefix: str
) -> tuple[str, ...]:
    """Put ``state`` into ``network`` and say what was left out.

    Raises :class:`ModelError` listing the keys that are missing, unexpected or of another shape.
    """
    wanted = network.state_dict()
    prefix = prefix or prefix_of(state, wanted)
    own = {name[len(prefix) :]: state[name] for name in state if name.startswith(prefix)}
    # a count that evaluation never reads, and that files of old do not have
    missing = [one for one in wanted if one not in own and not one.endswith("num_batches_tracked")]
    unexpected = [name for name in own if name not in wanted]
    shapes = [
        f"{name} of shape {tuple(own[name].shape)} where {tuple(wanted[name].shape)} is wanted"
        for name in own
        if name in wanted and own[name].shape != wanted[name].shape
    ]
    faults = {"does not have": missing, "has besides": unexpected, "has": shapes}
    problems = [
        Problem(place, f"it {what} {_few(names)}", _few(list(wanted)))
        for what, names in faults.items()
        if names
    ]
    if problems:
        raise ModelError(problems)
    network.load_state_dict(own, strict=False)
    outside = [name for name in state if not name.startswith(prefix)]
    told = [f"The names of the weights begin with {prefix}"] if prefix else []
    told += [f"Left out, as no part of the network: {_few(outside)}"] if outside else []
    return tuple(told)


def prefix_of(state: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> str:
    """What stands before the most of the network's names; the shortest where several do."""
    parts = [name.split(".") for name in state]
    known = {".".join(one[:k]) + "." for one in parts for k in range(1, len(one))}
    fits = {prefix: sum(f"{prefix}{name}" in state for name in wanted) for prefix in ("", *known)}
    return min(fits, key=lambda prefix: (-fits[prefix], len(prefix), prefix))


def code_of(network: nn.Module) -> tuple[str, str]:
    """What decides a network's answers beside its weights: its layers, and its class's source."""
    source = inspect.getsourcefile(type(network))
    content = Path(source).read_bytes() if source else b""
    return repr(network), hashlib.sha256(content).hexdigest()


def _few(names: Sequence[str]) -> str:
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(names[:LISTED]) + more
