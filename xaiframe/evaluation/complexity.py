"""Complexity: on how few features an explanation rests, beside an attribution drawn at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.statistics import There, mean
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact

SILENT = "the attribution is zero everywhere"


@dataclass(frozen=True)
class Complexity:
    """Sparseness, entropy and the features that hold most of the mass, per method.

    mass: the share of |attribution| that the fewest features are counted for.

    ``sparseness`` is the Gini index of |attribution| over the features (Hurley & Rickard 2009,
    doi:10.1109/TIT.2009.2027527; Chalasani et al. 2020, arXiv:1810.06583): 0 all alike, near 1 one
    alone. ``entropy`` is that of the shares (Bhatt et al. 2020, arXiv:2005.00631) as a share of
    its largest, 1 all alike. The control is the same of normal random attributions. Simple is not
    right: a sparse explanation of a model that uses everything is wrong.
    """

    mass: float = 0.8

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    cost = "0"
    reference = "arXiv:2005.00631"

    def __post_init__(self) -> None:
        if not 0 < self.mass < 1:
            raise ValueError(f"mass must lie between 0 and 1, not {self.mass}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts sparseness, entropy and features_to_mass per method and of the control; table
        instances.

        Raises NotApplicable when no local attribution was explained, or there is one feature only.
        """
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        shape = (len(evidence.ids), len(evidence.data.features))
        if shape[1] < 2:
            raise NotApplicable("a single feature leaves nothing to spread over")
        random = np.random.default_rng([evidence.seed, 601]).normal(size=shape)
        facts: list[Fact] = []
        rows = []
        asked = {name: one.values for name, one in evidence.local.items()}
        for name, values in {**asked, "random": random}.items():
            found = {
                "sparseness": sparseness(values, evidence.there),
                "entropy": entropy(values, evidence.there),
                "features_to_mass": features_to(self.mass, values, evidence.there),
            }
            facts += [
                mean(each, evidence.seed, SILENT).fact(
                    quantity, {"method": name}, "features" if quantity.startswith("f") else "share"
                )
                for quantity, each in found.items()
            ]
            position = np.arange(shape[0])
            rows.append(pd.DataFrame({"position": position, "method": name, **found}))
        return Outcome(facts, {"instances": pd.concat(rows, ignore_index=True)})


def sizes(values: Array, there: There) -> tuple[Array, Array]:
    """|values| ``(n, f)`` with 0 for what is not there, and how many features each row has."""
    size = np.abs(values).astype(np.float64)
    if there is None:
        return size, np.full(len(size), size.shape[1])
    return np.where(there, size, 0.0), there.sum(axis=1)


def sparseness(values: Array, there: There = None) -> Array:
    """``(n,)`` Gini index of each row's |values| over the features it has, 0 … 1 − 1/f; NaN for a
    row of zeros."""
    size, count = sizes(values, there)
    ordered = np.sort(size, axis=1)
    # What is not there sorts first as zeros: its places are not counted.
    place = np.arange(1, size.shape[1] + 1) - (size.shape[1] - count)[:, None]
    total = _total(size)
    weighted = (ordered * np.where(place > 0, place, 0)).sum(axis=1)
    return np.asarray(2 * weighted / (count * total) - (count + 1) / count)


def entropy(values: Array, there: There = None) -> Array:
    """``(n,)`` Shannon entropy of each row's shares ÷ its largest, 0 … 1; NaN for a row of zeros
    or of a single feature."""
    size, count = sizes(values, there)
    share = size / _total(size)[:, None]
    bits = -(share * np.log(np.where(share > 0, share, 1))).sum(axis=1)
    return np.asarray(bits / np.log(np.where(count > 1, count, np.nan)))


def features_to(mass: float, values: Array, there: There = None) -> Array:
    """``(n,)`` the fewest features that hold ``mass`` of each row's |values|; NaN for zeros."""
    size, _ = sizes(values, there)
    total = _total(size)
    reached = np.cumsum(-np.sort(-size, axis=1), axis=1) / total[:, None]
    count = (reached < mass - 1e-9).sum(axis=1) + 1.0
    return np.where(np.isfinite(total), count, np.nan)


def _total(size: Array) -> Array:
    """Row sums, NaN where they are zero or not finite."""
    total = size.sum(axis=1)
    return np.where(np.isfinite(total) & (total > 0), total, np.nan)
