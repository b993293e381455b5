"""Prototypes and criticisms: rows that stand for what the model takes for one, and the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Split
from xaiframe.explanation import Array, Method
from xaiframe.kinds.examples import Examples, measure
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.kernel import (
    bounded,
    criticisms,
    discrepancy,
    gaussian,
    median_width,
    prototypes,
    witness,
)
from xaiframe.probe.likeness import alike, skill
from xaiframe.probe.shown import rows_shown
from xaiframe.probe.space import Space

THIRDS = ("the lowest third", "the middle third", "the highest third")
MOST = 5000
"""Rows whose kernel is held: 200 MB."""
RANDOM = 200
"""Random sets of as many rows that prototypes are held against."""


@dataclass(frozen=True)
class Prototypes(Method):
    """Training rows that stand for each predicted class, rows that they do not stand for, and the
    prototypes nearest to each instance.

    prototypes, criticisms: rows per predicted class (of a quantity: per third of the predictions).
    nearest: prototypes named for each instance.
    space: in which rows are alike: inputs (root mean squared difference in standard deviations, of
    messages the share of words that only one has) or features (what comes to the last linear layer
    of a network whose weights are known).
    sample: training rows that are looked at, drawn by seed, at most 5000; as many test rows tell
    how well the nearest prototype foretells the model's answer.

    MMD-critic (Kim, Khanna & Koyejo 2016, Advances in Neural Information Processing Systems 29):
    prototypes are chosen greedily so that the maximum mean discrepancy between them and the rows
    that the model answers alike is smallest; criticisms where the rows lie denser than they do,
    kept apart by the logarithm of a determinant (the paper also names rows that prototypes
    overstate, which lie beside one). The kernel is Gaussian, its width the median distance between
    rows. Greedy choice reaches (1 − 1/e) of the best where no two rows are much alike; a fact says
    whether these are. A prototype is typical of what the model says, right or wrong.
    """

    prototypes: int = 3
    criticisms: int = 2
    nearest: int = 3
    space: Literal["inputs", "features"] = "inputs"
    sample: int = 1000

    direction = "perturbation"
    kind = "examples"
    own_reference = True
    stochastic = True
    cost = (
        "space * min(sample, train) + (space + 1) / 2 * (min(sample, test) + instances)"
        " + max(classes, 3) * (prototypes + criticisms)"
    )
    each: ClassVar = {"space": {"inputs": "1", "features": "3"}}
    reference = "Kim, Khanna & Koyejo 2016, NeurIPS 29"

    def __post_init__(self) -> None:
        if min(self.prototypes, self.nearest) < 1 or self.criticisms < 0:
            raise ValueError("prototypes and nearest must be at least 1, criticisms at least 0")
        if not 20 <= self.sample <= MOST:
            raise ValueError(f"sample must be from 20 to {MOST}, not {self.sample}")

    def explain(self, bank: CoalitionBank) -> Examples:
        """Prototypes and criticisms of the data, and each instance's nearest prototypes.

        Raises NotApplicable where ``space`` is features and the model shows none.
        """
        before = bank.scorer.evaluations
        key = ("prototypes", self, bank.seed)
        if key not in bank.scorer.kept:
            bank.scorer.kept[key] = Chosen.of(self, bank)
        chosen: Chosen = bank.scorer.kept[key]
        answers = answered(bank.scorer.outputs(bank.x), bank.data.classes)
        far = chosen.space.between(bank.x, chosen.stand.x)
        order = np.argsort(np.round(far, 6), axis=1, kind="stable")[:, : self.nearest]
        classes = bool(bank.data.classes)
        beside = pd.DataFrame(
            [
                {"id": int(bank.ids[at]), "role": "prototype", "rank": rank,
                 "row": int(chosen.stand.ids[place]), "value": float(far[at, place]),
                 "same": float(chosen.answers[place] == answers[at]) if classes else np.nan}
                for at, places in enumerate(order)
                for rank, place in enumerate(places.tolist(), 1)
            ]
        )  # fmt: skip
        return Examples(
            examples=beside,
            overall=chosen.overall,
            rows=chosen.rows,
            shown=chosen.shown,
            measures=chosen.measures,
            unit=chosen.space.unit,
            own_unit="",
            n=len(bank),
            evaluations=bank.scorer.evaluations - before,
        )


@dataclass(frozen=True)
class Chosen:
    """What was chosen for all instances: ``stand`` the prototypes and the ``answers`` they get."""

    space: Space
    stand: Split
    answers: Array
    overall: pd.DataFrame
    rows: pd.DataFrame
    shown: Array
    measures: pd.DataFrame

    @classmethod
    def of(cls, method: Prototypes, bank: CoalitionBank) -> Chosen:
        data, scorer = bank.data, bank.scorer
        space = Space.of(bank, method.space)
        random = np.random.default_rng([bank.seed % 2**64, 89])
        learnt, held = (drawn(one, method.sample, random) for one in (data.train, data.test))
        answers = answered(scorer.outputs(learnt.x), data.classes)
        far = space.between(learnt.x, learnt.x)
        width = median_width(far)
        kernel = gaussian(far, width)
        sure = True
        picked, measures = [], [
            measure("kernel", "Gaussian"),
            measure("width", width, space.unit, n=len(learnt)),
            measure("looked_at", len(learnt), "rows", n=len(data.train)),
        ]  # fmt: skip
        for name, own in groups(answers, data.classes):
            inside = kernel[np.ix_(own, own)]
            stand = prototypes(inside, method.prototypes)
            against = criticisms(inside, stand, method.criticisms)
            missed = witness(inside, stand)
            measures += list(represented(inside, stand, name, random))
            for role, kept, values in (
                ("prototype", stand, assigned(far[np.ix_(own, own)], stand)),
                ("criticism", against, missed[against].tolist()),
            ):
                picked += [
                    {"group": name, "role": role, "rank": rank, "at": int(own[place]),
                     "value": float(value)}
                    for rank, (place, value) in enumerate(zip(kept, values, strict=True), 1)
                ]  # fmt: skip
            sure &= bounded(inside)
        measures.append(measure("greedy_bound", "holds" if sure else "not known to hold"))
        overall = pd.DataFrame(picked)
        places = overall.loc[overall["role"] == "prototype", "at"].to_numpy()
        stand_rows = learnt.take(places)
        due = answered(scorer.outputs(held.x), data.classes)
        by = answers[places][np.round(space.between(held.x, stand_rows.x), 6).argmin(axis=1)]
        measures += list(foretold(due, by, answers, bool(data.classes), bank.seed))
        used = np.unique(overall["at"].to_numpy())
        rows, shown = rows_shown(scorer, data, learnt.take(used))
        overall = overall.assign(row=learnt.ids[overall["at"].to_numpy()].astype(np.int64))
        return cls(
            space, stand_rows, answers[places], overall.drop(columns="at"), rows, shown,
            pd.DataFrame(measures),
        )  # fmt: skip


def drawn(split: Split, most: int, random: np.random.Generator) -> Split:
    """At most so many rows, in their order."""
    return split.take(np.sort(random.permutation(len(split))[:most]))


def answered(outputs: Array, classes: tuple[str, ...]) -> Array:
    """``(n,)`` the class of the highest score, or the value."""
    return np.asarray(outputs.argmax(axis=1) if classes else outputs[:, 0])


def groups(answers: Array, classes: tuple[str, ...]) -> Iterator[tuple[str, Array]]:
    """Rows that the model answers alike: a class, or a third of the predicted values."""
    if classes:
        yield from (
            (name, np.flatnonzero(answers == code))
            for code, name in enumerate(classes)
            if (answers == code).any()
        )
        return
    order = np.argsort(answers, kind="stable")
    yield from zip(THIRDS, (np.sort(one) for one in np.array_split(order, 3)), strict=True)


def assigned(far: Array, stand: list[int]) -> list[float]:
    """Per prototype the share of the rows that lie nearest to it."""
    nearest = np.round(far[:, stand], 6).argmin(axis=1)
    return [float((nearest == place).mean()) for place in range(len(stand))]


def represented(
    kernel: Array, stand: list[int], name: str, random: np.random.Generator
) -> Iterator[dict[str, Any]]:
    """How far the prototypes of a group are spread like its rows, beside random rows."""
    n = len(kernel)
    chance = [
        discrepancy(kernel, random.choice(n, len(stand), replace=False)) for _ in range(RANDOM)
    ]
    low, high = np.quantile(chance, [0.025, 0.975])
    more: dict[str, Any] = {"group": name, "n": n}
    yield measure("mmd2", discrepancy(kernel, np.array(stand)), "", better="lower", **more)
    yield measure("mmd2_random", float(np.mean(chance)), "", low=low, high=high, **more)


def foretold(
    due: Array, by: Array, learnt: Array, classes: bool, seed: int
) -> Iterator[dict[str, Any]]:
    """How often the nearest prototype's answer is the model's, of rows that nobody chose."""
    if classes:
        often, counts = np.unique(learnt, return_counts=True)
        constant = float((due == often[counts.argmax()]).mean())
        found, unit = alike(due, by), "share of rows"
    else:
        constant = 0.0
        found, unit = skill(due, by, float(learnt.mean()), "regression", seed), "R²"
    more: dict[str, Any] = {"n": len(due), "low": found.low, "high": found.high, "better": "higher"}
    yield measure("nearest_accuracy", found.value, unit, **more)
    yield measure("constant_accuracy", constant, unit, n=len(due))
