"""Tables: a CSV, TSV or Parquet file, or a data set that comes with scikit-learn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import pandas as pd
from sklearn.datasets import load_breast_cancer

from xaiframe.data.face import Data
from xaiframe.data.module import DataModule, check_rows, split_rows
from xaiframe.data.split import Splitting
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array

BUILTIN = {"breast_cancer": load_breast_cancer}


class Table(DataModule):
    """Numeric columns and one target column.

    source
        path of a ``.csv``, ``.tsv`` or ``.parquet`` file, or ``builtin:breast_cancer``.
    target
        name of the target column; drop: columns left out; units: unit per column.
    test, validation
        shares of the rows held out, stratified by class for classification.

    Missing cells are filled with the training split's median before the model sees them; the
    precaution checks still see them missing. Raises :class:`DataError` listing every problem.
    """

    modality = "table"
    known: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "builtin:breast_cancer": {
            "rows": "-(-569 * test // 1)",
            "train": "569 * (1 - test - validation)",
            "features": "30 - drop",
            "elements": "30 - drop",
            "classes": "2",
        }
    }
    """Sizes of the built-in sources, so that a plan can count without loading them."""

    def __init__(
        self,
        source: str,
        target: str,
        task: Literal["classification", "regression"] = "classification",
        drop: Sequence[str] = (),
        units: Mapping[str, str] | None = None,
        test: float = 0.25,
        validation: float = 0.2,
        split_seed: int = 0,
    ) -> None:
        super().__init__()
        self.source, self.target, self.task = source, target, task
        self.drop, self.units = tuple(drop), dict(units or {})
        self.splitting = Splitting("random", "", test, validation, split_seed)

    def load(self) -> Data:
        frame = read(self.source, self.target)
        features, labels = self._separate(frame)
        problems = column_problems(self.source, features)
        y, classes = self._encode(labels)
        problems += check_rows(f"{self.source}, column {self.target!r}", y, classes)
        if problems:
            raise DataError(problems)
        positions = self.splitting.positions(y, stratify=self.task == "classification")
        fill = features.iloc[positions["train"]].median().fillna(0.0)
        x = features.fillna(fill).to_numpy(dtype=np.float32)
        return Data(
            modality="table",
            task=self.task,
            **split_rows(positions, x, y, features),
            features=tuple(str(name) for name in features.columns),
            feature_mask=np.arange(features.shape[1]),
            classes=classes,
            target=self.target,
            units=self.units,
            dropped=self.drop,
            origin=self.source,
        )

    def _separate(self, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series]:
        known = [str(name) for name in frame.columns]
        missing = [name for name in (self.target, *self.drop) if name not in known]
        if missing:
            hint = "columns are " + ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
            raise DataError([Problem(self.source, f"no column {name!r}", hint) for name in missing])
        features = frame.drop(columns=[self.target, *self.drop])
        return features.rename(columns=str), frame[self.target]

    def _encode(self, labels: pd.Series) -> tuple[Array, tuple[str, ...]]:
        empty = np.flatnonzero(labels.isna())
        place = f"{self.source}, column {self.target!r}, row {empty[0] + 1 if len(empty) else ''}"
        if len(empty):
            raise DataError(Problem(place, "the target is missing", "a value in every row"))
        if self.task == "regression":
            return _numbers(labels, self.source).to_numpy(dtype=np.float32), ()
        if isinstance(labels.dtype, pd.CategoricalDtype):
            codes, names = labels.cat.codes.to_numpy(), labels.cat.categories
        else:
            codes, names = pd.factorize(labels, sort=True)
        return codes.astype(np.int64), tuple(str(name) for name in names)


def read(source: str, target: str) -> pd.DataFrame:
    """The whole table as pandas reads it; :class:`DataError` if it cannot be read."""
    if source.startswith("builtin:"):
        return _builtin(source.removeprefix("builtin:"), target)
    path = Path(source)
    try:
        if path.suffix == ".parquet":
            frame = pd.read_parquet(path)
        else:
            frame = pd.read_csv(path, sep="\t" if path.suffix == ".tsv" else ",", encoding="utf-8")
    except FileNotFoundError:
        raise DataError(Problem(source, "the file does not exist", "a readable file")) from None
    except pd.errors.EmptyDataError:
        raise DataError(Problem(source, "the file is empty", "a header and rows")) from None
    except UnicodeDecodeError as error:
        raise DataError(
            Problem(f"{source}, byte {error.start}", "not UTF-8 text", "save the file as UTF-8")
        ) from None
    except (OSError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise DataError(
            Problem(source, f"cannot be read: {reason}", "CSV, TSV or Parquet")
        ) from None
    if frame.empty:
        raise DataError(Problem(source, "the file has no rows", "a header and rows"))
    return frame


def _builtin(name: str, target: str) -> pd.DataFrame:
    if name not in BUILTIN:
        known = ", ".join(f"builtin:{key}" for key in BUILTIN)
        raise DataError(Problem("data.source", f"no built-in table {name!r}", known))
    loaded = BUILTIN[name](as_frame=True)
    names = [str(label) for label in loaded.target_names]
    labels = pd.Categorical.from_codes(loaded.target.to_numpy(), categories=pd.Index(names))
    return pd.DataFrame(loaded.data).assign(**{target: labels})


def _numbers(values: pd.Series, source: str) -> pd.Series:
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = np.flatnonzero(numbers.isna() & values.notna())
    if len(wrong):
        place = f"{source}, column {values.name!r}, row {wrong[0] + 1}"
        raise DataError(Problem(place, f"{values.iloc[wrong[0]]!r} is not a number", "a number"))
    return numbers


def column_problems(source: str, features: pd.DataFrame) -> list[Problem]:
    """Columns that no model here can take: duplicated, not numeric, all missing, infinite."""
    repeated = features.columns[features.columns.duplicated()].unique()
    if len(repeated):
        return [
            Problem(source, f"column {name!r} appears twice", "unique names") for name in repeated
        ]
    if features.shape[1] == 0:
        return [Problem(source, "there is no column beside the target", "at least one feature")]
    return [
        problem
        for name in features.columns
        if (problem := _column_problem(f"{source}, column {name!r}", features[name])) is not None
    ]


def _column_problem(place: str, column: pd.Series) -> Problem | None:
    if column.isna().all():
        return Problem(place, "every cell is missing", "drop it with data.drop")
    if not pd.api.types.is_numeric_dtype(column):
        position = int(
            np.flatnonzero(pd.to_numeric(column, errors="coerce").isna() & column.notna())[:1].sum()
        )
        return Problem(
            f"{place}, row {position + 1}",
            f"{column.iloc[position]!r} is not a number",
            "a numeric column; leave this one out with data.drop",
        )
    infinite = np.flatnonzero(np.isinf(column.to_numpy(dtype=float, na_value=np.nan)))
    if len(infinite):
        return Problem(
            f"{place}, row {infinite[0] + 1}", "the value is infinite", "a finite number"
        )
    return None
