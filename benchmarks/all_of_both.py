"""All methods of both directions in one run, against a script that calls the libraries in turn.

Same model, instances, background and budgets. The script is a careful one: every call that takes
many rows gets them all, the model answers without gradients where none are asked for, and shap's
regression keeps every feature. Ours is the whole explaining stage, with batches, counts and files.
Left out is what a script cannot get from shap, lime and captum as they are: Banzhaf values, RISE,
and LRP on a model that standardises its own input.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import warnings
from collections.abc import Callable
from contextlib import redirect_stderr
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from captum import attr
from lime.lime_image import LimeImageExplainer
from lime.lime_tabular import LimeTabularExplainer
from rich.console import Console
from rich.table import Table

from benchmarks import gradients
from benchmarks.paired import Aim, Pairs, Seconds, middle, pairs, spread
from benchmarks.stages import RECIPES, subject_of
from xaiframe.explanation import Array
from xaiframe.gradient.deconvolution import Deconvolution
from xaiframe.gradient.deep_lift import DeepLift
from xaiframe.gradient.deep_lift_shap import DeepLiftShap
from xaiframe.gradient.guided_backprop import GuidedBackprop
from xaiframe.perturbation.feature_ablation import FeatureAblation
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.lime import Lime
from xaiframe.perturbation.permutation_shap import PermutationShap
from xaiframe.probe.banks import BANKS
from xaiframe.probe.score import Scorer
from xaiframe.runner.explain import Points, explain
from xaiframe.runner.subject import Subject

COALITIONS, ORDERS, DRAWN, REPEATS = 512, 10, 1000, 3
AIM = Aim(most=1 / 3)
METHODS: dict[str, dict[str, Any]] = {
    "perturbation": {
        "kernel_shap": KernelShap(COALITIONS),
        "permutation_shap": PermutationShap(ORDERS),
        "lime": Lime(DRAWN, coalitions=COALITIONS),
        "feature_ablation": FeatureAblation(),
    },
    "gradient": {
        **gradients.METHODS,
        "deep_lift": DeepLift(),
        "deep_lift_shap": DeepLiftShap(),
        "guided_backprop": GuidedBackprop(),
        "deconvolution": Deconvolution(),
    },
}


def ours(subject: Subject, direction: str, batch: int) -> None:
    """The stage as a run does it, ``batch`` instances at once."""
    rows, methods = subject.instances, METHODS[direction]
    points = Points(rows.split.ids, rows.split.x, rows.targets)
    scorer = Scorer(subject.model, subject.reference, subject.scorer.max_batch)
    with tempfile.TemporaryDirectory() as folder:
        folders = {name: Path(folder) / name for name in methods}
        _, failures = explain(
            methods, BANKS[direction], scorer, subject.data, points, batch,
            0, subject.tools.runner, folders, lambda *_: None,
        )  # fmt: skip
    for error in failures.values():
        raise error


@dataclass(frozen=True)
class Script:
    """The libraries one after the other on a subject's model, as their documentation shows."""

    subject: Subject

    @property
    def x(self) -> Array:
        return self.subject.instances.split.x

    @property
    def targets(self) -> Array:
        return self.subject.instances.targets

    @property
    def background(self) -> Array:
        return self.subject.reference.background

    def answer(self, rows: Array, target: int) -> Array:
        """``(n,)`` scores of ``rows`` ``(n, *input_shape)``."""
        with torch.no_grad():
            asked = torch.as_tensor(np.asarray(rows, dtype=np.float32))
            return np.asarray(self.subject.scorer.module(asked)[:, target].numpy())

    def perturbation(self) -> None:
        table = self.subject.data.modality == "table"
        with redirect_stderr(io.StringIO()):  # lime draws a bar per picture
            (self._by_rows if table else self._by_parts)()
        self._ablation()

    def gradient(self) -> None:
        gradients.theirs(self.subject)
        module = self.subject.scorer.module
        x, target = torch.as_tensor(self.x), torch.as_tensor(self.targets)
        baseline = torch.as_tensor(self.subject.reference.baseline)[None]
        # captum's DeepLiftShap wants two rows at least
        background = self.background if len(self.background) > 1 else self.background.repeat(2, 0)
        several = torch.as_tensor(background)
        attr.DeepLift(module).attribute(x.clone(), baseline, target)
        attr.DeepLiftShap(module).attribute(x.clone(), several, target)
        attr.GuidedBackprop(module).attribute(x.clone(), target)
        attr.Deconvolution(module).attribute(x.clone(), target)

    def _by_rows(self) -> None:
        """shap and lime on the columns of a table, per target."""
        import shap

        masker = shap.maskers.Independent(self.background, max_samples=len(self.background))
        lime = LimeTabularExplainer(
            self.subject.data.train.x, mode="regression", feature_selection="none",
            discretize_continuous=False, sample_around_instance=True, random_state=0,
        )  # fmt: skip
        for target in np.unique(self.targets).tolist():
            answer, rows = partial(self.answer, target=target), self.x[self.targets == target]
            kernel = shap.KernelExplainer(answer, self.background)
            kernel.shap_values(rows, nsamples=COALITIONS, l1_reg=False, silent=True)
            walks = ORDERS * (2 * rows.shape[1] + 1)
            shap.PermutationExplainer(answer, masker, seed=0)(rows, max_evals=walks, silent=True)
            for row in rows.astype(np.float64):
                lime.explain_instance(row, answer, num_features=len(row), num_samples=DRAWN)

    def _by_parts(self) -> None:
        """shap and lime on the parts of each picture."""
        import shap

        mask, players = self.subject.data.feature_mask, len(self.subject.data.features)
        absent, everyone = np.zeros((1, players)), np.ones((1, players))
        masker, blank = shap.maskers.Independent(absent), self.subject.reference.baseline
        lime = LimeImageExplainer(feature_selection="none", random_state=0)
        for picture, target in zip(self.x, self.targets.tolist(), strict=True):

            def game(kept: Array, picture: Array = picture, target: int = target) -> Array:
                return self.answer(np.where(kept[:, mask] > 0.5, picture, blank), target)

            def shown(pictures: Array, target: int = target) -> Array:
                return self.answer(pictures[:, None, :, :, 0], target)[:, None]

            kernel = shap.KernelExplainer(game, absent)
            kernel.shap_values(everyone, nsamples=COALITIONS, l1_reg=False, silent=True)
            walks = ORDERS * (2 * players + 1)
            shap.PermutationExplainer(game, masker, seed=0)(everyone, max_evals=walks, silent=True)
            lime.explain_instance(
                np.repeat(picture[0][:, :, None], 3, axis=2).astype(np.float64), shown, (0,),
                hide_color=0, top_labels=None, num_features=players, num_samples=COALITIONS,
                batch_size=COALITIONS, segmentation_fn=lambda _: mask[0],
            )  # fmt: skip

    def _ablation(self) -> None:
        module, players = self.subject.scorer.module, len(self.subject.data.features)
        ablation = attr.FeatureAblation(module)
        x, target = torch.as_tensor(self.x), torch.as_tensor(self.targets)
        mask = torch.as_tensor(np.ascontiguousarray(self.subject.data.feature_mask))[None]
        with torch.no_grad():
            for row in torch.as_tensor(self.background):
                ablation.attribute(
                    x, row[None], target, feature_mask=mask, perturbations_per_eval=players
                )


def compared(subject: Subject, repeats: int, batch: int) -> dict[str, Pairs]:
    """By direction and for both: ours first, the script second."""
    script = Script(subject)
    ways: dict[str, Callable[[], None]] = {
        "perturbation": script.perturbation, "gradient": script.gradient
    }  # fmt: skip
    found = {
        direction: pairs(partial(ours, subject, direction, batch), way, repeats)
        for direction, way in ways.items()
    }
    return found | {"all of both": added(*found.values())}


def added(one: Pairs, other: Pairs) -> Pairs:
    def both(a: list[Seconds], b: list[Seconds]) -> list[Seconds]:
        return [Seconds(p.cpu + q.cpu, p.wall + q.wall) for p, q in zip(a, b, strict=True)]

    return Pairs(both([*one.first], [*other.first]), both([*one.second], [*other.second]))


def table_of(found: dict[str, dict[str, Pairs]], repeats: int) -> Table:
    title = f"One run against shap, lime and captum one after another ({repeats} pairs); aim {AIM}"
    table = Table("recipe", "methods", "ours s", "script s", "ours ÷ script, processor",
                  "by the wall", "aim", title=title)  # fmt: skip
    for recipe, by_direction in found.items():
        for name, one in by_direction.items():
            table.add_row(
                recipe,
                f"{name}, {len(METHODS[name])}" if name in METHODS else name,
                f"{middle(one.first):.2f}",
                f"{middle(one.second):.2f}",
                spread(one.ratios, 2),
                spread(one.wall_ratios, 2),
                "" if name in METHODS else f"{AIM} {AIM.verdict(one.ratio)}",
            )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--batch", type=int, default=0, help="instances at once; 0 as the recipe")
    asked = parser.parse_args()
    warnings.filterwarnings("ignore")
    found = {}
    for recipe in RECIPES:
        with tempfile.TemporaryDirectory() as folder:
            subject = subject_of(recipe, Path(folder))
            batch = asked.batch or subject.recipe.explain.batch
            found[f"{Path(recipe).stem}, {batch} at once"] = compared(subject, asked.repeats, batch)
    Console(width=130).print(table_of(found, asked.repeats))


if __name__ == "__main__":
    main()
