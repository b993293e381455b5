"""Partition SHAP: Owen values, Shapley values of features that stand in groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush

import numpy as np

from xaiframe.explanation import Array, Attribution, Method
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.hierarchy import Group, Hierarchies

WIDTH = 16
"""Groups opened at a time, so that their coalitions travel to the model together."""


@dataclass(frozen=True)
class PartitionShap(Method):
    """Shapley values over only those orders in which each group of features enters as a block.

    coalitions: most coalitions asked of an instance, at least 2; a group whose halves were not
    asked about shares its part evenly among its features.

    Owen 1977 (doi:10.1007/978-3-642-45494-3_7), over a binary hierarchy as shap's
    PartitionExplainer does: columns that vary alike, neighbouring parts of a picture or a
    series, consecutive words (:class:`Hierarchies`). Features that belong together are credited
    together, and no coalition tears them apart that the hierarchy keeps: 512 coalitions open
    some 28 features in full, where all coalitions would be 2²⁸. ``values`` sum to score − base
    at any budget. Nothing is drawn at random; ``error`` is the part of a value that was shared out
    evenly unasked, 0 where every group was opened.
    """

    coalitions: int = 512

    direction = "perturbation"
    additive = True
    cost = "instances * min(coalitions, 2 ** min(features, 60) - 2) * background"
    reference = "doi:10.1007/978-3-642-45494-3_7; arXiv:1705.07874"

    def __post_init__(self) -> None:
        if self.coalitions < 2:
            raise ValueError(f"coalitions must be at least 2, not {self.coalitions}")

    def explain(self, bank: CoalitionBank) -> Attribution:
        """Attributions ``(n, features)`` in units of the score."""
        before = bank.evaluations
        hierarchies = Hierarchies(bank)
        descents = [Descent(bank.features, self.coalitions) for _ in range(len(bank))]
        for position, descent in enumerate(descents):
            members = np.flatnonzero(bank.active[position])
            if len(members):
                nobody = np.zeros(bank.features, dtype=bool)
                ends = float(bank.empty[position]), float(bank.full[position])
                descent.push(Block(hierarchies.of(position, members), nobody, *ends, 1.0))
        while any(asked := [descent.open(WIDTH) for descent in descents]):
            masks = np.ones((len(bank), 2 * WIDTH, bank.features), dtype=bool)
            for own, blocks in zip(masks, asked, strict=True):
                for place, block in enumerate(blocks):
                    own[2 * place : 2 * place + 2] = block.with_either_half
            worth = bank.values(masks)
            for descent, blocks, answers in zip(descents, asked, worth, strict=True):
                descent.split(blocks, answers.reshape(WIDTH, 2))
        for descent in descents:
            descent.close()
        values, error = (
            np.stack([getattr(one, name) for one in descents]) for name in ("values", "shared")
        )
        return Attribution(values, "feature", error, bank.empty, bank.evaluations - before)


@dataclass(frozen=True)
class Block:
    """A group that enters after the features ``before`` ``(features,)``: v is ``low`` without it
    and ``high`` with it; ``weight`` is the share of the orders in which that is so."""

    group: Group
    before: Array
    low: float
    high: float
    weight: float

    @property
    def gain(self) -> float:
        return self.weight * (self.high - self.low)

    @property
    def halves(self) -> tuple[Group, Group]:
        assert self.group.halves is not None  # a single feature is never opened
        return self.group.halves

    @property
    def with_either_half(self) -> Array:
        """``(2, features)``: the features before and one half of the group."""
        masks = np.stack([self.before, self.before])
        for mask, half in zip(masks, self.halves, strict=True):
            mask[list(half.members)] = True
        return masks


@dataclass
class Descent:
    """One instance's way down its hierarchy, the groups that matter most first."""

    features: int
    coalitions: int
    waiting: list[tuple[float, int, Block]] = field(default_factory=list)
    pushed: int = 0
    values: Array = field(init=False)
    shared: Array = field(init=False)

    def __post_init__(self) -> None:
        self.values, self.shared = np.zeros(self.features), np.zeros(self.features)

    def push(self, block: Block) -> None:
        """A single feature takes its gain, a group waits to be opened."""
        if block.group.halves is None:
            self.values[block.group.members[0]] += block.gain
            return
        # Four digits: rounding in a batch of another size must not change the order.
        heappush(self.waiting, (-float(f"{abs(block.gain):.4g}"), self.pushed, block))
        self.pushed += 1

    def open(self, most: int) -> list[Block]:
        """The next blocks whose halves are to be asked about, two coalitions each."""
        count = min(most, len(self.waiting), self.coalitions // 2)
        self.coalitions -= 2 * count
        return [heappop(self.waiting)[2] for _ in range(count)]

    def split(self, blocks: list[Block], answers: Array) -> None:
        """Each half enters before the other in half of the orders: ``answers`` ``(…, 2)`` are v of
        :attr:`Block.with_either_half`."""
        for block, (first, second) in zip(blocks, answers.tolist(), strict=False):
            left, right = block.halves
            after_left, after_right = block.with_either_half
            half = block.weight / 2
            self.push(Block(left, block.before, block.low, first, half))
            self.push(Block(right, block.before, block.low, second, half))
            self.push(Block(left, after_right, second, block.high, half))
            self.push(Block(right, after_left, first, block.high, half))

    def close(self) -> None:
        """What was not opened is shared out evenly."""
        for _, _, block in self.waiting:
            members = list(block.group.members)
            self.values[members] += block.gain / len(members)
            self.shared[members] += abs(block.gain) / len(members)
