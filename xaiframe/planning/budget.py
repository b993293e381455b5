"""What fits a budget of evaluations: whole units, and of local methods the first instances."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from xaiframe.planning.unit import Stage, Unit

COUNTED = ("intrinsic", "perturbation", "gradient", "evaluation", "tuning")
"""Stages whose evaluations a budget bounds, in the order they run: what comes before them (the fit,
and checks of data and model) is what there is to explain."""


@dataclass(frozen=True)
class Demand:
    """What a local method asks: ``price`` of so many instances in one batch; the first ``again`` of
    them are explained twice."""

    price: Callable[[int], float]
    again: int = 0

    def batch(self, start: int, stop: int) -> float:
        """Evaluations for the instances from ``start`` to before ``stop``."""
        twice = max(0, min(stop, self.again) - start)
        return self.price(stop - start) + (self.price(twice) if twice else 0.0)


@dataclass(frozen=True)
class Share:
    """Of a local method, the first ``instances`` and the ``evaluations`` they take."""

    instances: int = 0
    evaluations: float = 0.0


def allot(
    demands: Mapping[str, Demand], instances: int, batch: int, left: float
) -> dict[str, Share]:
    """How many of the ``instances`` each method explains with the evaluations that are ``left``.

    Batch by batch every method takes its turn, until its next batch does not fit: so that all come
    as far as they can, and a dear one does not take what a cheap one needs.
    """
    found = dict.fromkeys(demands, Share())
    going = list(demands)
    for start in range(0, instances, batch):
        stop = min(start + batch, instances)
        for name in list(going):
            price = demands[name].batch(start, stop)
            if price > left:
                going.remove(name)
            else:
                left -= price
                found[name] = Share(stop, found[name].evaluations + price)
    return found


@dataclass(frozen=True)
class Cut:
    """Cuts the units of a plan that do not fit ``bound`` evaluations: see :attr:`Unit.kept`.

    ``demands``: those of the local methods, by stage and choice.
    """

    bound: int
    demands: Mapping[tuple[str, str], Demand]
    instances: int
    batch: int

    def stages(self, stages: Sequence[Stage]) -> list[Stage]:
        """All stages, in order.

        The first direction leaves the other what that needs, at most half of what there is:
        evidence from one direction alone is half the evidence. What asks nothing always fits.
        """
        left, found = float(self.bound), list[Stage]()
        for stage in stages:
            held = min(_gradient(stages), left / 2) if stage.name == "perturbation" else 0.0
            if stage.name in COUNTED:
                units = tuple(self.units(stage, left - held))
                left -= sum(unit.evaluations or 0 for unit in units if unit.applies)
                found.append(replace(stage, units=units))
            else:
                found.append(stage)
        return found

    def units(self, stage: Stage, left: float) -> list[Unit]:
        """The units of one stage; its local methods go first and together, as when they run."""
        own = {
            unit.choice: self.demands[stage.name, unit.choice]
            for unit in stage.units
            if unit.applies and (stage.name, unit.choice) in self.demands
        }
        shares = allot(own, self.instances, self.batch, left)
        left -= sum(share.evaluations for share in shares.values())
        units = []
        for unit in stage.units:
            asked = unit.evaluations or 0
            if unit.choice in shares:
                units.append(self.part(unit, shares[unit.choice], left))
            elif unit.applies and asked > max(left, 0):
                units.append(self.none(unit, left))
            else:
                units.append(unit)
                left -= asked
        return units

    def part(self, unit: Unit, share: Share, left: float) -> Unit:
        """A local method with the instances that fit."""
        whole = unit.evaluations or 0
        if share.instances == self.instances:
            return unit
        if share.instances == 0:
            return self.none(unit, left)
        reason = (
            f"budget: {share.instances} of {self.instances} instances; all would take {whole:,} "
            f"evaluations, {self.bound:,} are allowed together"
        )
        seconds = (unit.seconds or 0.0) * share.evaluations / max(whole, 1)
        return replace(
            unit,
            kept=share.instances,
            cut=reason,
            evaluations=round(share.evaluations),
            seconds=seconds,
        )

    def none(self, unit: Unit, left: float) -> Unit:
        """A unit that is not asked."""
        asked, rest = unit.evaluations or 0, max(left, 0.0)
        reason = (
            f"budget: it would take {asked:,} evaluations, {rest:,.0f} of {self.bound:,} are left"
        )
        return replace(unit, kept=0, cut=reason, evaluations=0, seconds=0.0, memory_mb=0.0)


def _gradient(stages: Sequence[Stage]) -> float:
    """What the gradient methods would take."""
    units = [unit for stage in stages if stage.name == "gradient" for unit in stage.units]
    return float(sum(unit.evaluations or 0 for unit in units if unit.applies))
