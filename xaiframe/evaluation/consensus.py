"""Consensus and conflict: what P and G say together, and where they contradict each other."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaiframe.evaluation.evidence import Evidence, Explained
from xaiframe.evaluation.ordering import mean_ranks, ranks
from xaiframe.evaluation.statistics import mean, shares
from xaiframe.explanation import Array

SIDES = ("perturbation", "gradient")


def consensus_table(evidence: Evidence) -> pd.DataFrame:
    """Per instance and feature the mean share of P, of G, of both, and whether they conflict.

    Shares are signed attributions over their instance's total; the methods that share the
    declared reference speak for a direction. A conflict: opposite signs, and both above an even
    share (1 / features that are there). NaN where a direction has no signed method. ``rank``: the
    mean rank by magnitude, each direction counting once (Borda); what ranks low leads.
    """
    n, features = len(evidence.ids), len(evidence.data.features)
    p, g = (_mean_share(evidence.voices(side, signed=True), (n, features)) for side in SIDES)
    there = evidence.there
    even = features if there is None else np.maximum(there.sum(axis=1, keepdims=True), 1)
    matter = np.minimum(np.abs(p), np.abs(g)) > 1 / even
    return pd.DataFrame(
        {
            "position": np.repeat(np.arange(n), features),
            "feature": list(evidence.data.features) * n,
            "p_share": p.ravel(),
            "g_share": g.ravel(),
            "consensus": ((p + g) / 2).ravel(),
            "conflict": (matter & (np.sign(p) != np.sign(g))).ravel(),
            "rank": mean_ranks(ranked_voices(evidence)).ravel(),
        }
    )


def ranked_voices(evidence: Evidence) -> list[list[Array]]:
    """Per direction the ranks ``(n, features)`` by magnitude of each method that speaks for it."""
    return [
        [ranks(one.values, evidence.there) for one in evidence.voices(side, signed=False)]
        for side in SIDES
    ]


def ranking_table(evidence: Evidence) -> pd.DataFrame:
    """One row per feature, the most important first: its mean rank over the instances (1 the first)
    in Borda's consensus with the 95 % interval low, high, and that of each direction."""
    sides = ranked_voices(evidence)
    each = {"rank": mean_ranks(sides)}
    each |= {
        f"{side[0]}_rank": mean_ranks([own]) if own else np.full_like(each["rank"], np.nan)
        for side, own in zip(SIDES, sides, strict=True)
    }
    rows = []
    for place, feature in enumerate(evidence.data.features):
        found = {key: mean(one[:, place], evidence.seed) for key, one in each.items()}
        value, low, high = found["rank"].cells
        both = {key: found[key].cells[0] for key in ("p_rank", "g_rank")}
        n = found["rank"].n
        rows.append({"feature": feature, "rank": value, "low": low, "high": high, **both, "n": n})
    return pd.DataFrame(rows).sort_values("rank", kind="stable", ignore_index=True)


def _mean_share(methods: list[Explained], shape: tuple[int, int]) -> Array:
    """``(n, features)``: mean of the methods' shares; a method that is all zero somewhere is
    silent there."""
    stacked = (
        np.stack([shares(one.values) for one in methods]) if methods else np.empty((0, *shape))
    )
    spoken = np.isfinite(stacked)
    count = spoken.sum(axis=0)
    return np.asarray(np.where(spoken, stacked, 0.0).sum(axis=0) / np.where(count, count, np.nan))


def instance_table(ids: Array, spearman: list[Array], consensus: pd.DataFrame) -> pd.DataFrame:
    """Instances ranked by conflict, 1 = the one the two directions disagree on most.

    ``spearman`` holds ``(n,)`` per comparable P–G pair, and becomes their median, in ``conflict``
    where it is below zero. ``distance`` is half the summed difference of the P and G shares: 0 the
    same, 1 opposed or disjoint; what has none ranks last. ``features``: those in conflict there.
    """
    n = len(ids)
    sides = consensus[["p_share", "g_share"]].to_numpy().reshape(n, -1, 2)
    distance = np.abs(sides[..., 0] - sides[..., 1]).sum(axis=1) / 2
    median = np.array([_median(pairs) for pairs in zip(*spearman, strict=True)] or [np.nan] * n)
    order = np.lexsort((np.nan_to_num(median, nan=2), -np.nan_to_num(distance, nan=-1)))
    return pd.DataFrame(
        {
            "position": np.arange(n),
            "id": ids,
            "spearman": median,
            "conflict": median < 0,
            "distance": distance,
            "rank": np.argsort(order) + 1,
            "features": [", ".join(one) for one in _named(consensus, n)],
        }
    )


def _named(consensus: pd.DataFrame, n: int) -> list[list[str]]:
    """Per instance the features whose directions oppose each other."""
    found: list[list[str]] = [[] for _ in range(n)]
    there = consensus[consensus["conflict"]]
    for position, feature in zip(there["position"], there["feature"], strict=True):
        found[position].append(str(feature))
    return found


def _median(values: tuple[float, ...]) -> float:
    defined = [value for value in values if np.isfinite(value)]
    return float(np.median(defined)) if defined else np.nan
