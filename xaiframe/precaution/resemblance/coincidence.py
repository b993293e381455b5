"""Coincidence: how many equal rows chance alone makes in a table of few columns or few levels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import breadth_first_order, minimum_spanning_tree
from sklearn.metrics import mutual_info_score

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.precaution.columns import kind, numbers, sample, texts

BINS = 8
"""Ranges (or commonest levels) of a column between which dependence is read."""
ENOUGH = 10
"""Rows beyond its own copies that make a value common."""
READ = 5000
"""Most rows that choose the tree."""
DRAWN = 400_000
"""Rows drawn over all repetitions, which are 5 to 20."""
MARGIN = 1.25
"""What a tree leaves out, dependence among three columns and more, makes equal rows commoner."""

NAMES = ("duplicate_share", "conflicting_share", "leakage_share", "validation_leakage_share")


@dataclass(frozen=True)
class Column:
    """One column of the law: ``bins`` ``(n,)`` of its rows; values per bin with their cumulative
    weight, −1 the value that nothing else has."""

    bins: Array
    values: tuple[Array, ...]
    weights: tuple[Array, ...]


def null_shares(data: Data, keys: dict[str, Array], seed: int) -> dict[str, float]:
    """Shares duplicate_share, conflicting_share, leakage_share, validation_leakage_share that
    independent rows of the table's law stay below in 19 of 20 data sets.

    The law is a Chow-Liu tree (1968, doi:10.1109/TIT.1968.1054142) over ranges of the columns and
    the target, the value within its range drawn by itself. A value counts without the largest set
    of copies that holds it, so that copies do not explain themselves: what no other row shows never
    repeats, and pictures, messages and series never do. The bound is the mean over repetitions and
    1.645 standard deviations, times 1.25.
    """
    if data.modality != "table" or not data.train.frame.shape[1] or not len(data.train):
        return dict.fromkeys(NAMES, 0.0)
    joined = np.concatenate([keys[name] for name in keys])
    frame = pd.concat([split.frame for split in data.splits.values()], ignore_index=True)
    copies = pd.Series(joined).groupby(joined).transform("size").to_numpy()
    target = pd.Series(np.concatenate([split.y for split in data.splits.values()]))
    columns = [
        column_law(pd.factorize(texts(one))[0], order(one), copies) for _, one in frame.items()
    ]
    if data.task == "classification":
        columns.append(column_law(target.to_numpy(), target.to_numpy(), np.zeros(len(target))))
    sizes = {name: len(split) for name, split in data.splits.items()}
    tree, repeats = chow_liu(columns, seed), int(np.clip(DRAWN // max(len(frame), 1), 5, 20))
    random = np.random.default_rng([seed, 43])
    draws = [drawn(columns, tree, sizes, data.task, random) for _ in range(repeats)]
    found = pd.DataFrame(draws)
    bound = MARGIN * (found.mean() + 1.645 * found.std())
    return {str(name): float(min(one, 1.0)) for name, one in bound.items()}


def order(column: pd.Series) -> Array:
    """``(n,)`` what a column is cut into ranges by: its own order, or how common its levels are."""
    if kind(column) == "numeric":
        return np.nan_to_num(numbers(column), nan=np.finfo(np.float64).max)
    codes = pd.Series(pd.factorize(texts(column))[0])
    return -codes.groupby(codes).transform("size").to_numpy(dtype=np.float64) + codes / 1e9


def column_law(values: Array, by: Array, copies: Array) -> Column:
    """The law of one column from its values ``(n,)``, what orders them, and each row's copies."""
    cuts = np.unique(np.quantile(by, np.arange(1, BINS) / BINS, method="inverted_cdf"))
    bins = np.searchsorted(cuts, by)
    counts = pd.DataFrame({"bin": bins, "value": values, "copies": copies})
    told = counts.groupby(["bin", "value"], as_index=False).agg(
        rows=("copies", "size"), own=("copies", "max")
    )
    left = told["rows"] - told["own"]
    told["left"] = np.where(left >= ENOUGH, told["rows"], np.maximum(left, 0))
    kept, weights = [], []
    for number in range(len(cuts) + 1):
        part = told[told["bin"] == number]
        lost = part["rows"].sum() - part["left"].sum()
        kept.append(np.append(part["value"].to_numpy(dtype=np.int64), -1))
        weights.append(np.cumsum(np.append(part["left"].to_numpy(dtype=np.float64), lost)))
    return Column(bins, tuple(kept), tuple(weights))


def chow_liu(columns: list[Column], seed: int) -> list[tuple[int, int]]:
    """Column and the column it hangs from (−1 for the first), so that parents come first."""
    rows, k = sample(len(columns[0].bins), READ, seed), len(columns)
    near = np.zeros((k, k))
    for i in range(k):
        for j in range(i):
            known = mutual_info_score(columns[i].bins[rows], columns[j].bins[rows])
            near[i, j] = near[j, i] = -known - 1e-9
    span = minimum_spanning_tree(csr_matrix(near))
    first, parents = breadth_first_order(span + span.T, 0, directed=False)
    return [(int(one), int(max(parents[one], -1))) for one in first]


def drawn(
    columns: list[Column],
    tree: list[tuple[int, int]],
    sizes: dict[str, int],
    task: str,
    random: np.random.Generator,
) -> dict[str, float]:
    """The shares of one data set of independent rows."""
    n = sum(sizes.values())
    bins: dict[int, Array] = {}
    key, fresh = np.zeros(n, dtype=np.uint64), np.zeros(n, dtype=bool)
    label = np.zeros(n, dtype=np.int64)
    for at, parent in tree:
        own = columns[at].bins
        bins[at] = own[random.integers(0, n, n)] if parent < 0 else given(
            own, columns[parent].bins, bins[parent], random
        )  # fmt: skip
        value = np.zeros(n, dtype=np.int64)
        for number, (values, weights) in enumerate(
            zip(columns[at].values, columns[at].weights, strict=True)
        ):
            here = np.flatnonzero(bins[at] == number)
            picked = np.searchsorted(weights, random.random(len(here)) * weights[-1], "right")
            value[here] = values[picked]
        if task == "classification" and at == len(columns) - 1:
            label = value
            continue
        fresh |= value < 0
        # an odd multiplier mixes the columns into one number, 64 bits wide
        key = (key ^ value.astype(np.uint64)) * np.uint64(0x9E3779B97F4A7C15)
        key ^= key >> np.uint64(29)
    key[fresh] = random.integers(0, 2**63, fresh.sum()).astype(np.uint64)
    return shares(key, label, sizes)


def given(own: Array, parent: Array, drawn_parent: Array, random: np.random.Generator) -> Array:
    """``(n,)`` the bin of a row drawn among those whose parent's bin is the drawn one."""
    found = np.empty(len(drawn_parent), dtype=np.int64)
    for number in np.unique(drawn_parent):
        pool, here = own[parent == number], drawn_parent == number
        found[here] = pool[random.integers(0, len(pool), int(here.sum()))]
    return found


def shares(key: Array, label: Array, sizes: dict[str, int]) -> dict[str, float]:
    """The four shares of rows ``(n,)`` in the order of the splits."""
    ends = np.cumsum(list(sizes.values()))
    parts = dict(zip(sizes, np.split(key, ends[:-1]), strict=True))
    train = pd.Series(parts["train"])
    labels = pd.Series(label[: sizes["train"]]).groupby(train.to_numpy()).transform("nunique")
    seen = {name: np.isin(parts[name], parts["train"]) for name in ("test", "validation")}
    return {
        "duplicate_share": float(train.duplicated().mean()),
        "conflicting_share": float((labels > 1).mean()),
        "leakage_share": float(seen["test"].mean()) if len(parts["test"]) else 0.0,
        "validation_leakage_share": (
            float(seen["validation"].mean()) if len(parts["validation"]) else 0.0
        ),
    }
