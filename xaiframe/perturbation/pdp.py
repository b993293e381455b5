"""Partial dependence with ICE: how the score moves when one feature is set to each value."""

from __future__ import annotations

from dataclasses import dataclass

from xaiframe.explanation import Method
from xaiframe.kinds.curve import Curve
from xaiframe.probe.score import Population
from xaiframe.probe.setting import curves


@dataclass(frozen=True)
class PDP(Method):
    """Average (PDP) and individual (ICE) curves of the features that move the score most.

    top: how many features are kept, those whose average curve has the largest standard deviation
    (Greenwell, Boehmke & McCarthy 2018, arXiv:1805.04755).
    points: values per feature, evenly spaced between its 5 % and 95 % quantiles; a feature with
    fewer different values is set to each of them, a category to each of its levels. curves: rows,
    evenly spread over the sample.

    Friedman 2001 (doi:10.1214/aos/1013203451) and Goldstein et al. 2015 (arXiv:1309.6392), by
    scikit-learn. The score is the reference's output of each row's explained target; with the
    predicted class as target a curve averages rows of different classes, so declare a class where
    its direction is to be read. Off-distribution where features depend on each other.
    """

    top: int = 6
    points: int = 20
    curves: int = 100

    scope = "global"
    direction = "perturbation"
    library = "scikit-learn"
    kind = "curve"
    modalities = ("table",)
    cost = "features * points * curves"
    reference = "doi:10.1214/aos/1013203451; arXiv:1309.6392"

    def __post_init__(self) -> None:
        if self.top < 1 or self.curves < 1:
            raise ValueError("top and curves must be at least 1")
        if self.points < 2:
            raise ValueError(f"points must be at least 2, not {self.points}")

    def explain(self, population: Population) -> Curve:
        """Curves by feature name, in the order of their spread; raises NotApplicable if none."""
        before = population.scorer.evaluations
        found = curves(population, self.points, self.curves)
        averages = {name: single.mean(axis=0) for name, (_, single) in found.items()}
        names = sorted(found, key=lambda name: -averages[name].std())[: self.top]
        return Curve(
            grid={name: found[name][0] for name in names},
            average={name: averages[name] for name in names},
            individual={name: found[name][1] for name in names},
            n=min(self.curves, len(population.rows)),
            evaluations=population.scorer.evaluations - before,
        )
