"""A network cut in two at a layer: what comes to the cut, and what the scores make of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.model.face import Model, WhiteBox
from xaiframe.model.memory import in_batches
from xaiframe.model.network import Embedding
from xaiframe.probe.score import Scorer


@dataclass(frozen=True)
class Halves:
    """``lower`` ends with the layer called ``name``; ``upper`` gives the scores."""

    name: str
    lower: nn.Sequential
    upper: nn.Sequential
    scorer: Scorer

    @classmethod
    def of(cls, model: Model, scorer: Scorer, layer: str = "") -> Halves:
        """Cut behind ``layer``, or behind the last layer with weights before the output's.

        There the activation function is still to come: behind it a linear output would give every
        row the same derivative. Raises NotApplicable where the network is no chain of layers, has
        none of that name, or none before the output.
        """
        whole = scorer.module
        if not isinstance(model, WhiteBox) or not isinstance(model.module, nn.Sequential):
            raise NotApplicable(
                "the network is no chain of layers (a torch Sequential): it cannot be cut in two"
            )
        named = list(model.module.named_children())
        names = [name for name, _ in named]
        if layer and layer not in names:
            raise NotApplicable(f"no layer is called {layer!r}; there are {', '.join(names)}")
        if not layer:
            weighted = [
                name
                for name, one in named
                if not isinstance(one, Embedding)
                and name != "unit"
                and any(own.numel() for own in one.parameters())
            ]
            if len(weighted) < 2:
                raise NotApplicable(
                    "the network has no hidden layer: its score is a weighted sum of the input"
                )
            layer = weighted[-2]
        cut = names.index(layer) + 1
        if cut == len(names):
            raise NotApplicable(f"layer {layer!r} is the output itself: name an earlier one")
        layers = list(whole)
        return cls(layer, nn.Sequential(*layers[:cut]), nn.Sequential(*layers[cut:]), scorer)

    def activations(self, x: Array) -> Array:
        """``(n, units)`` float32 of ``x`` ``(n, *input_shape)``; each row counts as one
        evaluation."""

        def ask(part: slice) -> Array:
            with torch.inference_mode(False), torch.no_grad():
                return np.asarray(self._below(x[part]).flatten(1).cpu().numpy())

        found = np.concatenate(list(in_batches(self.scorer, len(x), ask)))
        self.scorer.evaluations += len(x)
        return found

    def slopes(self, x: Array, targets: Array) -> Array:
        """``(n, units)`` float64: how each row's score at its target rises with each unit."""

        def ask(part: slice) -> Array:
            with torch.inference_mode(False), torch.no_grad():
                leaf = self._below(x[part]).clone()
            with torch.inference_mode(False), torch.enable_grad():
                leaf.requires_grad_(True)
                number = torch.as_tensor(targets[part], device=leaf.device)[:, None]
                scores = self.upper(leaf).gather(1, number)
                (slope,) = torch.autograd.grad(scores.sum(), leaf)
            return np.asarray(slope.flatten(1).double().cpu().numpy())

        found = np.concatenate(list(in_batches(self.scorer, len(x), ask)))
        self.scorer.evaluations += len(x)
        return found

    def _below(self, x: Array) -> Tensor:
        device = next((one.device for one in self.scorer.module.parameters()), torch.device("cpu"))
        rows = torch.from_numpy(np.array(x, dtype=np.float32, order="C")).to(device)
        found = self.lower(rows)
        if not isinstance(found, Tensor):
            raise NotApplicable(f"layer {self.name!r} gives more than one tensor: name another")
        return found
