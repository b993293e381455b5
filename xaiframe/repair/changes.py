"""The training split before and after a repair, compared row by row."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaiframe.data.face import Split, hashed
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact
from xaiframe.repair.repaired import Repaired, effective
from xaiframe.store import digest

LISTED = 2000
"""Most rows of the table of changes."""


def outcome(before: Split, after: Repaired, classes: tuple[str, ...] = ()) -> Outcome:
    """Facts rows_before, rows_after, dropped_rows, added_rows, changed_rows, relabelled_rows,
    digest and, where rows weigh or are drawn unequally, least, largest and effective_rows; tables
    changes (id, change, before, after) and weights (id, weight, draw). Targets are named by their
    ``classes``, where there are any."""
    train, table = after.train, changes(before, after.train, classes)
    count = table["change"].value_counts()
    facts = [
        Fact("rows_before", len(before), "rows"),
        Fact("rows_after", len(train), "rows"),
        *(
            Fact(f"{kind}_rows", int(count.get(kind, 0)), "rows", n=len(before))
            for kind in ("dropped", "added", "relabelled", "changed")
        ),
        *(weights_facts(train) if _weighs(before, train) else []),
        *after.facts,
        Fact("digest", digest(*_parts(train), preparation_digest(after))),
    ]
    tables = {**after.tables, "changes": table.head(LISTED)}
    if _weighs(before, train):
        tables["weights"] = weights_table(train)
    return Outcome(facts=facts, tables=tables)


def changes(before: Split, after: Split, classes: tuple[str, ...] = ()) -> pd.DataFrame:
    """One row per training row dropped, added, relabelled or changed, in that order; before and
    after are the targets in words, empty where the row was not there."""
    old, new = pd.Index(before.ids), pd.Index(after.ids)
    gone, come = ~old.isin(new), ~new.isin(old)
    at, here = old.get_indexer(new[~come]), np.flatnonzero(~come)
    label = before.y[at] != after.y[here]
    inputs = (before.x[at] != after.x[here]).reshape(len(here), -1).any(axis=1) & ~label
    old_y, new_y = told(before.y, classes), told(after.y, classes)
    parts = [
        listed("dropped", before.ids[gone], old_y[gone], None),
        listed("added", after.ids[come], None, new_y[come]),
        listed("relabelled", after.ids[here[label]], old_y[at[label]], new_y[here[label]]),
        listed("changed", after.ids[here[inputs]], old_y[at[inputs]], new_y[here[inputs]]),
    ]
    return pd.concat(parts, ignore_index=True)


def told(y: Array, classes: tuple[str, ...]) -> Array:
    """``(n,)`` text: the name of each class, or the number."""
    said = [classes[int(one)] for one in y] if classes else [f"{one:.6g}" for one in y]
    return np.array(said, dtype=object)


def listed(kind: str, ids: Array, before: Array | None, after: Array | None) -> pd.DataFrame:
    """Rows of the table of changes."""
    none = np.full(len(ids), "", dtype=object)
    return pd.DataFrame(
        {
            "id": ids.astype(np.int64),
            "change": np.full(len(ids), kind, dtype=object),
            "before": none if before is None else before,
            "after": none if after is None else after,
        }
    )


def weights_facts(train: Split) -> list[Fact]:
    """How unequal the rows' parts in the fit are: weight times frequency, mean 1."""
    part = parts_of(train)
    return [
        Fact("least_weight", float(part.min()), "of the mean", n=len(train)),
        Fact("largest_weight", float(part.max()), "of the mean", n=len(train)),
        Fact("effective_rows", effective(part), "rows", n=len(train), better="higher"),
    ]


def parts_of(train: Split) -> Array:
    """``(n,)`` what each row counts in a fit, mean 1: its weight times its share of draws."""
    part = np.ones(len(train))
    for values in (train.weight, train.draw):
        part = part if values is None else part * values
    return np.asarray(part / part.mean())


def weights_table(train: Split) -> pd.DataFrame:
    """What each row weighs in the loss and how often it is drawn, relatively."""
    one = np.ones(len(train), dtype=np.float32)
    return pd.DataFrame(
        {
            "id": train.ids,
            "weight": one if train.weight is None else train.weight,
            "draw": one if train.draw is None else train.draw,
        }
    )


def preparation_digest(after: Repaired) -> list[object]:
    """What an attack, penalties and noise are set to, and the numbers of every layer put before the
    network."""
    layers = [
        {name: value.numpy() for name, value in one.state_dict().items()}
        for one in after.conduct.preparations
    ]
    asked = (after.conduct.attack, *after.conduct.penalties, after.conduct.wrong)
    return [*map(repr, asked), *layers]


def _weighs(before: Split, after: Split) -> bool:
    pairs = ((before.weight, after.weight), (before.draw, after.draw))
    return any(new is not None and new is not old for old, new in pairs)


def _parts(split: Split) -> list[object]:
    frames = (hashed(split.frame), hashed(split.aside))
    return [split.ids, split.x, split.y, *frames, split.original, split.mask, split.weight,
            split.draw]  # fmt: skip
