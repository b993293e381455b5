"""The stored explanations as the figures need them: per method, per direction, on one scale."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.report import words
from xaiframe.report.record import Record

STAGES = {"P": "perturbation", "G": "gradient"}
SHARES = {"P": "p_share", "G": "g_share"}
"""Direction → its column in the table of agreement."""


@dataclass(frozen=True)
class Reliability:
    """How far a method may be believed on this run: ``below`` greys its pictures."""

    text: str
    below: bool


def shared(record: Record) -> int | None:
    """How many instances all methods explained, where a budget cut some short; None for all."""
    found = record.facts.value("budget.round.shared_instances")
    return int(found) if isinstance(found, (int, float)) else None


def cut(record: Record) -> dict[str, Fact]:
    """``stage.method`` → the fact that says how many instances it explained, of each method that
    the budget cut short."""
    return {
        f"{fact.stage}.{fact.choice}": fact
        for fact in record.facts
        if fact.quantity == "explained" and fact.stage in STAGES.values()
    }


def local_methods(record: Record, direction: str = "") -> list[str]:
    """Methods with stored attributions, perturbation first; ``direction`` P or G narrows.

    One that a budget cut so short that the measures left it out is not among them.
    """
    least, short = shared(record) or 0, cut(record)
    stages = [STAGES[direction]] if direction else list(STAGES.values())
    return [
        method
        for stage in stages
        for method in record.choices(stage)
        if (record.run / "artifacts" / f"{stage}.{method}" / "attribution.npz").is_file()
        and not (f"{stage}.{method}" in short and (short[f"{stage}.{method}"].n or 0) < least)
    ]


def sides(record: Record) -> list[str]:
    """The directions that have attributions to draw, P before G."""
    return [side for side in STAGES if local_methods(record, side)]


def voices(record: Record) -> list[str]:
    """The directions that speak for or against, P before G: those that agreement has shares of;
    where it was not asked, all that have attributions."""
    stored = record.table("evaluation.agreement", "consensus")
    if stored is None:
        return sides(record)
    return [side for side, column in SHARES.items() if stored[column].notna().any()]


def consensus(record: Record, position: int) -> pd.DataFrame | None:
    """Index feature; p_share, g_share, consensus, conflict of one instance, if assessed.

    Where one direction has no share, the share of the other stands as the consensus: nothing
    disputes it, and nothing confirms it.
    """
    table = record.table("evaluation.agreement", "consensus")
    if table is None:
        return None
    mine = table[table["position"] == position].set_index("feature")
    sole = mine["p_share"].fillna(mine["g_share"])
    return mine.assign(consensus=mine["consensus"].fillna(sole))


def stage_of(record: Record, method: str) -> str:
    """The stage a method belongs to; empty when the run does not know it."""
    return next((stage for stage in STAGES.values() if method in record.choices(stage)), "")


def directions(record: Record) -> dict[str, str]:
    """Method → stage, for every method with attributions."""
    return {method: stage_of(record, method) for method in local_methods(record)}


def attribution(record: Record, method: str) -> dict[str, Array]:
    """Arrays of one method: values ``(n, features)`` and whatever else it stored, of the instances
    that all methods explained."""
    stored = record.arrays(f"{stage_of(record, method)}.{method}", "attribution") or {}
    return {name: column[: shared(record)] for name, column in stored.items()}


def signed(record: Record, method: str) -> bool:
    """Whether a method's sign says for or against: agreement compares no signs otherwise."""
    pairs = record.table("evaluation.agreement", "pairs")
    if pairs is None:
        return True
    own = pairs[(pairs["a"] == method) & (pairs["b"] == method)]
    return bool(own["sign"].notna().any()) if len(own) else True


def shown_shares(record: Record, method: str) -> Array:
    """``(n, features)`` shares to draw: signed, or their size where the sign means nothing."""
    found = shares(attribution(record, method)["values"])
    return found if signed(record, method) else np.abs(found)


def shares(values: Array) -> Array:
    """Each row divided by the sum of its absolute values: signed shares of all attribution."""
    total = np.abs(values).sum(axis=-1, keepdims=True)
    return np.asarray(values / np.where(total > 0, total, 1.0))


def features(record: Record) -> list[str]:
    """Names of the interpretable features in the order of the attributions."""
    stored = record.table("probe.instances", "features")
    return [] if stored is None else [str(name) for name in stored["feature"]]


def units(record: Record) -> dict[str, str]:
    """Feature → unit, where one was declared."""
    stored = record.table("probe.instances", "features")
    if stored is None or "unit" not in stored:
        return {}
    return {str(f): str(u) for f, u in zip(stored["feature"], stored["unit"], strict=True) if u}


def instances(record: Record) -> pd.DataFrame:
    """The instances that all methods explained, one row each; empty when there are none."""
    stored = record.table("probe.instances", "instances")
    return pd.DataFrame() if stored is None else stored.iloc[: shared(record)]


def inputs(record: Record) -> dict[str, Array]:
    """Arrays ``x`` ``(n, *input_shape)`` and ``feature_mask`` of the instances that all methods
    explained."""
    found = record.arrays("probe.instances", "inputs") or {}
    own = bool(found) and found["feature_mask"].ndim == found["x"].ndim
    return {
        name: column if name == "feature_mask" and not own else column[: shared(record)]
        for name, column in found.items()
    }


def modality(record: Record) -> str:
    """What kind of data were audited: table, image, text or series."""
    return str(record.facts.value("data.load.modality", "table"))


def regression(record: Record) -> bool:
    """Whether the model predicts a quantity, so that attributions raise or lower it."""
    return record.facts.value("data.load.task") == "regression"


def target_unit(record: Record, target: str) -> str:
    """The declared unit of a predicted quantity; empty for a class."""
    units = (record.recipe.get("data") or {}).get("units") or {}
    return str(units.get(target, "")) if regression(record) else ""


def aligned(record: Record) -> bool:
    """Whether a feature means the same in every instance, so that features can be compared."""
    return "values" in inputs(record)


def importances(record: Record) -> pd.DataFrame:
    """One row per feature and method that measured its global importance.

    Columns feature, method, direction (P, G), value, low, high in the method's unit, share,
    share_low, share_high (of the method's total), fact, n.
    """
    found = [
        {
            "feature": fact.labels["feature"],
            "method": fact.choice,
            "direction": "P" if fact.stage == "perturbation" else "G",
            "value": abs(float(fact.value))
            if fact.quantity == "mean_absolute"
            else float(fact.value),
            "low": fact.interval[0] if fact.interval else np.nan,
            "high": fact.interval[1] if fact.interval else np.nan,
            "unit": fact.unit,
            "fact": fact.name,
            "n": fact.n,
        }
        for fact in record.facts
        if fact.stage in STAGES.values()
        and fact.quantity in ("mean_absolute", "importance")
        and isinstance(fact.value, (int, float))
        and "feature" in fact.labels
    ]
    frame = pd.DataFrame(found)
    if frame.empty:
        return frame
    total = frame.groupby("method")["value"].transform(lambda column: column.clip(lower=0).sum())
    for column, share in (("value", "share"), ("low", "share_low"), ("high", "share_high")):
        frame[share] = frame[column] / total.where(total > 0, 1.0)
    frame["rank"] = (
        frame.groupby("method")["value"].rank(ascending=False, method="first").astype(int)
    )
    return frame


def ranking(record: Record) -> list[str]:
    """Features by mean share of the attributions, each direction counting once, greatest first.

    Methods that measure a loss instead (permutation importance) only decide where there are no
    attributions: their small and negative values make poor shares.
    """
    frame = importances(record)
    if frame.empty:
        return []
    local = frame[frame["fact"].str.endswith(".mean_absolute")]
    frame = frame if local.empty else local
    mean = frame.groupby(["feature", "direction"])["share"].mean().groupby("feature").mean()
    return [str(name) for name in mean.sort_values(ascending=False, kind="stable").index]


def reliability(record: Record, method: str) -> Reliability:
    """What this run's controls say of a method; below the gate when it loses to a random order
    or when the policy failed it by name."""
    gain = record.facts.one("evaluation.faithfulness.gain_over_random", method=method)
    similar = record.facts.one("evaluation.parameter_randomisation.similarity", method=method)
    failed = [f for f in record.findings if f.status == "fail" and method in f.labels.values()]
    said = []
    if gain is not None and isinstance(gain.value, (int, float)):
        low, high = gain.interval or (gain.value, gain.value)
        worth = "better" if low > 0 else "worse" if high < 0 else "not clearly better"
        said.append(f"{worth} than a random order")
    if similar is not None and similar.value is not None:
        said.append(f"similarity to an untrained model {words.number(similar.value)}")
    lost = gain is not None and gain.interval is not None and gain.interval[1] < 0
    text = "; ".join(said) or "reliability not assessed"
    return Reliability(text, bool(lost or failed))
