"""Tables with a planted trouble, and the same tables without it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

ROWS = 2400
DRIFTED = ("x0", "x1")
RECIPE = """
defaults:
  - audit
  - override data: table
  - override model: mlp
  - override precaution:
      [profile, consistency, purity, imbalance, correlation, data_drift, fit_gap{bias}]
  - override perturbation: [feature_ablation]
  - override gradient: [integrated_gradients]
  - override evaluation: [agreement{fairness}]
  - override tuning: none
  - _self_
name: {name}
data: {{source: rows.csv, target: y, split: given, split_column: part, drop: {drop}}}
explain: {{instances: 16, repeats: 2, cases: 1}}
report: {{formats: []}}
strategy: {{purpose: a benchmark, owner: nobody, sensitive: {sensitive}}}
"""


def written(
    folder: Path,
    name: str,
    parts: dict[str, pd.DataFrame],
    drop: str = "[]",
    sensitive: str = "[]",
) -> Path:
    """The parts as one table with their name in ``part``, and the recipe that reads it."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = pd.concat([frame.assign(part=part) for part, frame in parts.items()])
    rows.to_csv(folder / "rows.csv", index=False)
    recipe = folder / f"{name}.yaml"
    told = {"bias": ", bias", "fairness": ", fairness"}
    if sensitive == "[]":
        told = dict.fromkeys(told, "")
    recipe.write_text(RECIPE.format(name=name, drop=drop, sensitive=sensitive, **told))
    return recipe


def rows(random: np.random.Generator, n: int = ROWS, shift: float = 0.0) -> pd.DataFrame:
    """Eight numbers, of which five decide a smooth, noisy outcome; ``shift``: of the first two."""
    x = random.normal(size=(n, 8))
    x[:, :2] += shift
    score = x[:, 0] + x[:, 1] * x[:, 2] + np.sin(2 * x[:, 3]) + 0.5 * x[:, 4]
    frame = pd.DataFrame(x, columns=[f"x{k}" for k in range(8)])
    frame["y"] = np.where(score + 0.3 * random.normal(size=n) > 0, "yes", "no")
    return frame


def parted(frame: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Half to train, a sixth to validation, a third to test, in the order they stand."""
    n = len(frame)
    cut, end = n // 2, n // 2 + n // 6
    return {"train": frame[:cut], "validation": frame[cut:end], "test": frame[end:]}


def clean(folder: Path, seed: int, _planted: bool) -> Path:
    """No trouble at all."""
    return written(folder, "clean", parted(rows(np.random.default_rng([seed, 1]))))


def flipped(share: float, folder: Path, seed: int, planted: bool) -> Path:
    """``share`` of the labels that are learnt from are wrong; those of the test are right."""
    random = np.random.default_rng([seed, 2])
    parts = parted(rows(random))
    if planted:
        for name in ("train", "validation"):
            wrong = random.random(len(parts[name])) < share
            other = np.where(parts[name]["y"] == "yes", "no", "yes")
            parts[name] = parts[name].assign(y=np.where(wrong, other, parts[name]["y"]))
    return written(folder, f"flipped_{share:g}".replace(".", "_"), parts)


def worth(share: float, folder: Path, seed: int) -> Path:
    """As many right labels as the flipped ones are worth. Learning from ``n`` labels of which a
    share is wrong at random errs by 1 ÷ (1 − 2 share) times more than from right ones (Natarajan et
    al. 2013, Learning with noisy labels, NIPS), and errors fall with the root of ``n``: so much as
    (1 − 2 share)² n right ones. The test rows stay whole."""
    parts = parted(rows(np.random.default_rng([seed, 2])))
    for name in ("train", "validation"):
        parts[name] = parts[name][: round((1 - 2 * share) ** 2 * len(parts[name]))]
    return written(folder, f"worth_{share:g}".replace(".", "_"), parts)


def rare(folder: Path, seed: int, planted: bool) -> Path:
    """One class has 2 % of the rows."""
    random = np.random.default_rng([seed, 3])
    frame = rows(random, 6 * ROWS)
    if planted:
        yes = np.flatnonzero(frame["y"] == "yes")
        no = np.flatnonzero(frame["y"] == "no")
        kept = random.choice(yes, round(len(no) * 0.02 / 0.98), replace=False)
        frame = frame.iloc[random.permutation(np.r_[kept, no])[: 2 * ROWS]]
    return written(folder, "rare", parted(frame))


def drifted(folder: Path, seed: int, planted: bool) -> Path:
    """Two columns of the test rows have moved by one standard deviation."""
    random = np.random.default_rng([seed, 4])
    parts = parted(rows(random))
    if planted:
        parts["test"] = rows(random, len(parts["test"]), shift=1.0)
    return written(folder, "drifted", parts)


def proxied(folder: Path, seed: int, planted: bool) -> Path:
    """The outcome was decided against a group; the group is dropped, a proxy of it stays."""
    random = np.random.default_rng([seed, 5])
    frame = rows(random)
    group = random.random(len(frame)) < 0.5
    place = random.integers(0, 6)
    names = [f"x{k}" for k in range(8)]
    names.insert(int(place), "district")
    frame["group"] = np.where(group, "b", "a")
    frame["district"] = group + 0.35 * random.normal(size=len(frame))
    if planted:
        denied = group & (frame["y"] == "yes") & (random.random(len(frame)) < 0.4)
        frame["y"] = np.where(denied, "no", frame["y"])
    return written(folder, "proxied", parted(frame[[*names, "group", "y"]]), "[group]", "[group]")
