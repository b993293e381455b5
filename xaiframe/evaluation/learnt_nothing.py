"""Models that could learn nothing: the same fit on data whose relation is destroyed."""

from __future__ import annotations

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.likeness import Repeats, likeness
from xaiframe.evaluation.statistics import spread_positions
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact
from xaiframe.probe.holding import Shuffled


def after(
    evidence: Evidence, shuffled: Shuffled, instances: int, draws: int, permutations: int
) -> Outcome:
    """Facts similarity, control and above_control per method (:mod:`.likeness`) against ``draws``
    models fitted on shuffled rows, and fits.

    Raises NotApplicable when nothing was explained or the model was not trained here.
    """
    if not evidence.local:
        raise NotApplicable("no local attribution was explained")
    if evidence.refit is None:
        raise NotApplicable("it needs a model that is trained here, to train it again")
    positions = spread_positions(len(evidence.ids), instances)
    asked, names = evidence.asked(positions), list(evidence.local)
    repeats: Repeats = [
        evidence.reexplain(
            evidence.refit((), evidence.seed + 701 + draw, shuffled)[0], asked, names
        )
        for draw in range(draws)
    ]
    outcome = Outcome([Fact("fits", draws, "fits")])
    for name in names:
        outcome.facts += likeness(evidence, positions, name, repeats, permutations)
    return outcome


def checked(instances: int, draws: int, permutations: int) -> None:
    """Raises ValueError for numbers that measure nothing."""
    named = {"instances": instances, "draws": draws, "permutations": permutations}
    for name, least in (("instances", 2), ("draws", 1), ("permutations", 20)):
        if named[name] < least:
            raise ValueError(f"{name} must be at least {least}, not {named[name]}")
