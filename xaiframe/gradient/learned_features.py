"""Learned features: the input that raises each class's score most, within the data's range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Method
from xaiframe.kinds.optimum import Optimum
from xaiframe.model.memory import in_batches
from xaiframe.probe.climb import Box, Climb
from xaiframe.probe.score import Population
from xaiframe.probe.sought import Sought

COMPARED = 1000
"""Training rows at most among which the nearest is sought."""
WIDEST = 3.0
"""Pixels or samples that the blur spreads at most, so that a long series keeps its shapes."""
END = 1e-4
"""Share of a range within which a value lies at its end."""


@dataclass(frozen=True)
class LearnedFeatures(Method):
    """For each class the input of the largest score that a climb from the reference finds.

    steps: of the climb, at least 1. rate: of the first step, in standard deviations per element.
    distance: sd from the reference at which an element of average slope comes to rest
    (one of twice the slope at twice the distance), at least 0; 0 lets all go as far as they can.
    blur: standard deviation of the bell that an image or series is seen through, as a share of its
    shorter side and at most 3 places, 0 for none.
    channels: of a hidden layer that are sought instead of the classes, those that differ most
    between rows; 0 seeks the classes. layer: its name in the network, empty for the last with
    weights before the output's. What is raised is a channel's mean over its places.

    Activation maximisation: Erhan et al. 2009 (Université de Montréal, technical report 1341);
    Olah, Mordvintsev & Schubert 2017 (doi:10.23915/distill.00007). The climb stays within the range
    of each column of the training split, of each channel, or of all pixels, and a category is put
    on its leading level at the end. Of a quantity both its largest and its smallest value are
    sought. A climb finds the top of one hill, and nothing says that such an input exists: its
    distance from the training rows is measured beside it. Words have no range, so messages are
    refused.
    """

    steps: int = 200
    rate: float = 0.2
    distance: float = 2.5
    blur: float = 0.06
    channels: int = 0
    layer: str = ""

    scope = "global"
    access = "white_box"
    reach = "model_specific"
    direction = "gradient"
    kind = "optimum"
    modalities = ("table", "image", "series")
    needs = ("gradient",)
    cost = "(steps + 1) * max(classes, 2, channels) + channels + rows + 1"
    reference = "doi:10.23915/distill.00007"

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps must be at least 1, not {self.steps}")
        if self.rate <= 0:
            raise ValueError(f"rate must be above 0, not {self.rate}")
        if self.distance < 0 or self.blur < 0:
            raise ValueError("distance and blur must be at least 0")
        if self.channels < 0 or (self.layer and not self.channels):
            raise ValueError("channels must be at least 0, and at least 1 where a layer is named")

    def explain(self, population: Population) -> Optimum:
        """An optimum per class, or the highest and the lowest value, or one per channel.

        Raises NotApplicable for messages, where the model has no gradients, and where a network
        whose channels are asked for cannot be cut in two.
        """
        data, scorer = population.data, population.scorer
        if data.modality == "text":
            raise NotApplicable("words have no range to climb in: pictures, series and tables have")
        before = scorer.evaluations
        sought = (
            Sought.channels(population, self.layer, self.channels)
            if self.channels
            else Sought.classes(population)
        )
        module, names, outputs, signs = sought.module, sought.names, sought.outputs, sought.signs
        box, start = Box.of(data), scorer.reference.baseline
        places = data.input_shape[1:] if data.modality in ("image", "series") else ()
        spread = min(self.blur * min(places, default=0), WIDEST)
        climb = Climb(box, data.scale, self.steps, self.rate, self.distance, spread)
        found = np.concatenate(list(in_batches(
            scorer, len(names), lambda part: climb(module, start, outputs[part], signs[part])
        )))  # fmt: skip
        scorer.evaluations += self.steps * len(names)
        x = settled(population, found)
        reached = sought.asked(x)
        answers = scorer.outputs(x) if self.channels else reached
        real = sought.real[:, outputs] * signs
        first = sought.asked(start[None])[0, outputs]
        best = real.argmax(axis=0)
        apart, usual = distances(population, x)
        table = pd.DataFrame(
            {
                "output": names,
                "score": reached[np.arange(len(names)), outputs],
                "start": first,
                "largest": real.max(axis=0) * signs,
                "answer": [data.classes[at] for at in answers.argmax(axis=1)]
                if data.classes
                else "",
                "apart": apart,
                "usual": usual,
            }
        )
        return Optimum(
            optimum=table,
            features=columns(population, names, x) if data.modality == "table" else pd.DataFrame(),
            x=x,
            best=population.rows.x[best],
            start=start,
            n=len(population.rows),
            evaluations=scorer.evaluations - before,
        )


def settled(population: Population, x: Array) -> Array:
    """``x`` with every column that has levels on one of them, and every gap whole or none."""
    encoding = population.data.encoding
    if population.data.modality != "table":
        return x
    values = encoding.values(x)
    for place, name in enumerate(population.features):
        if encoding.kinds.get(name) in ("categorical", "boolean", "ordinal"):
            values[:, place] = values[:, place].round()
    return encoding.elements(values)


def distances(population: Population, x: Array) -> tuple[Array, float]:
    """``(k,)`` from each of ``x`` to the nearest training row, and the median of how far those lie
    from their nearest other: root mean square over elements, in standard deviations."""
    rows = population.data.train.x
    chosen = evenly(len(rows), COMPARED)
    scale = population.data.scale.reshape(-1)
    known = np.unique(rows[chosen].reshape(len(chosen), -1) / scale, axis=0).astype(np.float64)
    asked = x.reshape(len(x), -1).astype(np.float64) / scale

    def nearest(a: Array, own: bool) -> Array:
        squares = (a**2).sum(1)[:, None] + (known**2).sum(1) - 2 * a @ known.T
        if own:
            np.fill_diagonal(squares, np.inf)
        return np.sqrt(squares.clip(min=0).min(axis=1) / a.shape[1])

    usual = float(np.median(nearest(known, True))) if len(known) > 1 else float("nan")
    return nearest(asked, False), usual


def columns(population: Population, names: Sequence[str], x: Array) -> pd.DataFrame:
    """Each optimum feature by feature."""
    encoding, trained = population.data.encoding, population.data.train.x
    known, values = encoding.values(trained), encoding.values(x)
    mean, sd = np.nanmean(known, axis=0), np.nanstd(known, axis=0)
    low, high = np.nanmin(known, axis=0), np.nanmax(known, axis=0)
    rows = []
    for output, own in zip(names, values, strict=True):
        for place, feature in enumerate(population.features):
            level = encoding.kinds.get(feature) in ("categorical", "boolean")
            near = END * (high[place] - low[place])
            edge = "high" if own[place] >= high[place] - near else ""
            edge = "low" if own[place] <= low[place] + near else edge
            away = (own[place] - mean[place]) / sd[place] if sd[place] > 0 else 0.0
            rows.append(
                {"output": output, "feature": feature, "value": own[place],
                 "sd": np.nan if level else away, "edge": "" if level or near == 0 else edge}
            )  # fmt: skip
    return pd.DataFrame(rows)
