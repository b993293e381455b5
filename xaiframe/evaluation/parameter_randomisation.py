"""Sanity: attributions must change when the model's weights are replaced by random ones."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch import nn

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable, Problem, RecipeError
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.similarity import likeness, similarity
from xaiframe.evaluation.statistics import Estimate
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact
from xaiframe.model.face import WhiteBox


@dataclass(frozen=True)
class ParameterRandomisation:
    """Cascading randomisation from the output layer back (Adebayo et al. 2018).

    instances: most instances explained again, spread evenly over the explained ones.
    draws: independent fully random models, whose similarities are averaged per instance; the
    stages before, which only show the way there, take one.
    methods: local methods to test, empty for all.
    permutations: random relabellings of the features that give the chance level.

    Similarity is |Spearman| of the attributions before and after, signed where their sign says
    for or against, at three depths: the output layer, half of the layers, all. ``control`` is what
    95 % of unrelated attributions stay below: the features renamed, once for all instances since
    they share one model. ``magnitude_similarity`` compares absolute attributions, as Adebayo et
    al. also do, and ``between_random`` those of two random models: whatever weighs by the input's
    distance from the reference, exact Shapley values included, keeps that much without knowing a
    weight (Sundararajan & Taly 2018, arXiv:1806.04205), so magnitudes are shown but not judged.
    """

    instances: int = 12
    draws: int = 2
    methods: Sequence[str] = ()
    permutations: int = 200

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    needs = ("gradient",)
    cost = "instances * (draws + 2) * explanation"
    reference = "arXiv:1810.03292"

    def __post_init__(self) -> None:
        for name, least in (("instances", 2), ("draws", 1), ("permutations", 20)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts similarity, control and above_control per method; table layers.

        Raises NotApplicable when nothing was explained or no layer can draw new weights.
        """
        chosen = self._methods(evidence)
        network = evidence.model.module
        if network is None:
            raise NotApplicable("the model only answers: it has no weights to draw anew")
        layers = resettable(network)
        if not layers:
            raise NotApplicable("no layer of the model can draw new weights")
        positions = evenly(len(evidence.ids), self.instances)
        outcome, rows = Outcome(), []
        repeats: list[Mapping[str, Array]] = []
        for depth in depths(len(layers)):
            reached = layers[-depth:]
            draws = self.draws if depth == len(layers) else 1
            models = [self._model(evidence, network, reached, draw) for draw in range(draws)]
            repeats = [
                evidence.reexplain(model, evidence.asked(positions), chosen) for model in models
            ]
            place = {"depth": depth, "layers": len(layers)}
            for name in chosen:
                found = similarity(evidence, positions, name, repeats)
                rows.append({"method": name, "layer": reached[0], **place, **_cells(found)})
        for name in chosen:
            outcome.facts += likeness(evidence, positions, name, repeats, self.permutations)
        outcome.facts.append(_coverage(network, layers))
        outcome.tables = {"layers": pd.DataFrame(rows)}
        return outcome

    def _methods(self, evidence: Evidence) -> list[str]:
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        unknown = [name for name in self.methods if name not in evidence.local]
        if unknown:
            raise RecipeError([_unknown(name, list(evidence.local)) for name in unknown])
        return list(self.methods or evidence.local)

    def _model(
        self, evidence: Evidence, network: nn.Module, layers: Sequence[str], draw: int
    ) -> WhiteBox:
        state = np.random.SeedSequence([evidence.seed, 503, draw]).generate_state(1)
        module = randomised(network, layers, int(state[0]))
        own = evidence.model
        return WhiteBox(module, own.task, own.classes, own.provides, own.max_batch)


def resettable(module: nn.Module) -> list[str]:
    """Names of the layers that can draw new weights, from input to output."""
    return [
        name
        for name, layer in module.named_modules()
        if callable(getattr(layer, "reset_parameters", None))
        and next(layer.parameters(), None) is not None
    ]


def depths(layers: int) -> list[int]:
    """How many layers, counted from the output, are random at each stage: one, half, all."""
    return sorted({1, -(-layers // 2), layers})


def randomised(module: nn.Module, layers: Sequence[str], seed: int) -> nn.Module:
    """A copy whose ``layers`` have new weights by their own initialisation (batch norm: none).

    Drawn from the output back, so that a deeper stage contains the shallower ones. Everything
    else, buffers such as the input scaling included, stays; so does torch's global random state.
    """
    changed = copy.deepcopy(module)
    devices = list(range(torch.cuda.device_count()))
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        for name in reversed(layers):
            draw_weights: Any = changed.get_submodule(name).reset_parameters
            draw_weights()
    return changed


def _cells(found: Estimate) -> dict[str, object]:
    value, low, high = found.cells
    return {"similarity": value, "low": low, "high": high, "n": found.n}


def _coverage(module: nn.Module, layers: Sequence[str]) -> Fact:
    """The share of the model's parameters that full randomisation reached."""
    reached = {id(p) for name in layers for p in module.get_submodule(name).parameters()}
    sizes = [(p.numel(), id(p) in reached) for p in module.parameters()]
    total = sum(size for size, _ in sizes)
    return Fact(
        "randomised_share", sum(size for size, hit in sizes if hit) / total, "share", n=total
    )


def _unknown(name: str, known: list[str]) -> Problem:
    near = difflib.get_close_matches(name, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"one of {', '.join(known)}"
    return Problem(
        "evaluation.parameter_randomisation.methods", f"{name} was not explained locally", hint
    )
