"""Which rows train, which validate, which test: at random, by group, in time, or as given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from sklearn.model_selection import GroupShuffleSplit, train_test_split

from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array

Kind = Literal["random", "group", "time", "given"]
NAMES = ("train", "validation", "test")
WORDS: Mapping[str, str] = {
    **dict.fromkeys(("train", "training"), "train"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
    **dict.fromkeys(("test", "testing", "holdout"), "test"),
}
"""What a column of given splits may say."""


@dataclass(frozen=True)
class Splitting:
    """How rows are shared out.

    kind
        ``random``; ``group``: rows of one group (a patient, a customer) stay together; ``time``:
        the latest rows test, those before them validate; ``given``: a column says train,
        validation or test.
    column
        the column that holds group, time or split; unused for ``random``.
    test, validation
        shares of all rows, each in (0, 1) with sum below 1; of the groups for ``group``.
    seed
        of the draw.
    gap
        rows left out between two splits in time, so that no window straddles.
    """

    kind: Kind = "random"
    column: str = ""
    test: float = 0.25
    validation: float = 0.2
    seed: int = 0
    gap: int = 0

    def __post_init__(self) -> None:
        if self.kind not in ("random", "group", "time", "given"):
            message = f"{self.kind!r} is no way to split"
            raise DataError(Problem("data.split", message, "random, group, time or given"))
        if self.kind in ("group", "given") and not self.column:
            hint = "data.split_column"
            raise DataError(Problem("data.split", f"{self.kind} needs a column", hint))
        shares = (self.test, self.validation)
        if not (min(shares) > 0 and sum(shares) < 1):
            raise DataError(
                Problem(
                    "data.test, data.validation",
                    f"the shares {self.test} and {self.validation} leave a split empty",
                    "each above 0, together below 1",
                )
            )

    def positions(self, y: Array, by: pd.Series | None = None, stratify: bool = True) -> Positions:
        """Row positions of each split, sorted (in time: by time).

        ``y`` ``(n,)`` are classes or values, ``by`` ``(n,)`` the column's cells. ``stratify``:
        a random draw keeps the classes' shares. Raises :class:`DataError` where a split stays
        empty or the column cannot say.
        """
        if self.kind == "random":
            return self._random(y, stratify)
        if by is None:
            by = pd.Series(np.arange(len(y)))  # in time, as the rows stand
        column = by.reset_index(drop=True)
        empty = np.flatnonzero(column.isna())
        if len(empty):
            message = f"no {self.kind} in row {empty[0] + 1}"
            raise DataError(Problem(f"column {self.column!r}", message, "a value in every row"))
        made = {"group": self._group, "time": self._time, "given": self._given}[self.kind](column)
        hollow = [name for name, rows in made.items() if not len(rows)]
        if hollow:
            message = f"the split by {self.kind} leaves {' and '.join(hollow)} empty"
            raise DataError(Problem(f"column {self.column!r}", message, "rows in all three"))
        return made

    def _random(self, y: Array, stratify: bool) -> Positions:
        rest, test = train_test_split(
            *[np.arange(len(y))],
            test_size=self.test,
            random_state=self.seed,
            stratify=y if stratify else None,
        )
        train, validation = train_test_split(
            rest,
            test_size=self.validation / (1 - self.test),
            random_state=self.seed,
            stratify=y[rest] if stratify else None,
        )
        return {
            "train": np.sort(train), "validation": np.sort(validation), "test": np.sort(test)
        }  # fmt: skip

    def _group(self, column: pd.Series) -> Positions:
        groups, everything = pd.factorize(column)[0], np.arange(len(column))
        if len(np.unique(groups)) < len(NAMES):
            message = f"{len(np.unique(groups))} groups cannot fill three splits"
            raise DataError(Problem(f"column {self.column!r}", message, "at least 3 groups"))
        draw = GroupShuffleSplit(1, test_size=self.test, random_state=self.seed)
        rest, test = next(draw.split(everything, groups=groups))
        share = self.validation / (1 - self.test)
        again = GroupShuffleSplit(1, test_size=share, random_state=self.seed)
        train, validation = next(again.split(rest, groups=groups[rest]))
        return {"train": rest[train], "validation": rest[validation], "test": test}

    def _time(self, column: pd.Series) -> Positions:
        order = np.argsort(column.to_numpy(), kind="stable")
        first = round(len(order) * (1 - self.test - self.validation))
        second = round(len(order) * (1 - self.test))
        return {
            "train": order[:first],
            "validation": order[first + self.gap : second],
            "test": order[second + self.gap :],
        }

    def _given(self, column: pd.Series) -> Positions:
        said = column.astype(str).str.strip().str.lower()
        unknown = np.flatnonzero(~said.isin(list(WORDS)))
        if len(unknown):
            place = f"column {self.column!r}, row {unknown[0] + 1}"
            message = f"{column.iloc[unknown[0]]!r} names no split"
            raise DataError(Problem(place, message, "train, validation or test"))
        named = said.map(WORDS).to_numpy()
        made = {name: np.flatnonzero(named == name) for name in NAMES}
        if not len(made["validation"]) and len(made["train"]) > 1:
            made["train"], made["validation"] = self._validation_of(made["train"])
        return made

    def _validation_of(self, train: Array) -> tuple[Array, Array]:
        """Where only train and test are given, validation is drawn from train."""
        fit, held = train_test_split(train, test_size=self.validation, random_state=self.seed)
        return np.sort(fit), np.sort(held)


Positions = dict[str, Array]
"""Split name → row positions."""


def leaking(ids: pd.Series, positions: Mapping[str, Array]) -> list[tuple[str, str, str]]:
    """``(id, split, other split)`` of every id whose rows lie in two splits, in order."""
    where = pd.Series("", index=np.arange(len(ids)), dtype=object)
    for name, rows in positions.items():
        where.iloc[rows] = name
    found = pd.DataFrame({"id": ids.astype(str).to_numpy(), "split": where.to_numpy()})
    found = found[found["split"] != ""].drop_duplicates()
    several = found[found["id"].duplicated(keep=False)]
    return [
        (str(name), *(list(part["split"])[:2])) for name, part in several.groupby("id", sort=False)
    ]
