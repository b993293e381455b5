"""Localisation: how much of an explanation lies in the region that should carry the answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from xaiframe.errors import NotApplicable, Problem, RecipeError
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.statistics import mean
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact

SILENT = "the attribution is zero everywhere"


@dataclass(frozen=True)
class Localisation:
    """Mass, rank accuracy and pointing of each method against a region of interest.

    region: names of its features (patches, segments, columns); empty: those of which
    ``strategy.knowledge`` says that they matter, rise or fall.

    ``mass`` is the share of |attribution| inside, ``rank_accuracy`` the share of the region's
    size that the largest attributions fill (Arras, Osman & Samek 2022, arXiv:2003.07258),
    ``pointing`` how often the largest lies inside (Zhang et al. 2018, arXiv:1608.00507). The
    control is the region's share of the features, what attributions drawn at random reach.
    """

    region: Sequence[str] = ()

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "0"
    reference = "arXiv:2003.07258"

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts mass, rank_accuracy, pointing per method, and control.

        Raises NotApplicable when nothing was explained, features differ from instance to instance
        or no region is given; RecipeError when it names a feature that is not there.
        """
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        if not evidence.data.aligned:
            raise NotApplicable("no feature is the same in two instances, so none makes a region")
        inside = self._inside(evidence)
        outcome = Outcome([Fact("control", float(inside.mean()), "share", n=len(inside))])
        for name, one in evidence.local.items():
            for quantity, values in measured(one.values, inside).items():
                found = mean(values, evidence.seed, SILENT)
                outcome.facts.append(found.fact(quantity, {"method": name}, "share", "higher"))
        return outcome

    def _inside(self, evidence: Evidence) -> Array:
        """``(features,)`` bool."""
        known = evidence.data.features
        named = list(self.region) or [
            one.feature for one in evidence.strategy.knowledge if one.effect != "does_not_matter"
        ]
        if not named:
            raise NotApplicable("no region: name its features, or say in knowledge what matters")
        problems = [
            Problem(
                "evaluation.localisation.region",
                f"the data have no feature {name!r}",
                ", ".join(get_close_matches(name, known, 3)) or ", ".join(known[:8]),
            )
            for name in self.region
            if name not in known
        ]
        if problems:
            raise RecipeError(problems)
        inside = np.isin(known, named)
        if not inside.any() or inside.all():
            raise NotApplicable("the region must hold some features and leave some out")
        return inside


def measured(values: Array, inside: Array) -> dict[str, Array]:
    """``(n,)`` per measure for attributions ``(n, features)``; NaN for a row of zeros."""
    size = np.abs(values)
    total = size.sum(axis=1)
    total = np.where(total > 0, total, np.nan)
    order = np.argsort(-size, axis=1, kind="stable")
    within = inside[order]
    silent = np.where(np.isfinite(total), 1.0, np.nan)
    return {
        "mass": size[:, inside].sum(axis=1) / total,
        "rank_accuracy": within[:, : int(inside.sum())].mean(axis=1) * silent,
        "pointing": within[:, 0] * silent,
    }
