"""Messages: one text per row, its words as interpretable features."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.data.messages.encoding import ABSENT, TextEncoding
from xaiframe.data.messages.properties import properties
from xaiframe.data.messages.reading import Format, Quotes, Records
from xaiframe.data.messages.words import words as words_of
from xaiframe.data.module import DataModule, check_rows
from xaiframe.data.source import files
from xaiframe.data.split import Kind, Positions, Splitting, leaking
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array
from xaiframe.facts import Fact

BOUND = 200
"""Most words read of a message unless ``words`` says otherwise."""
COVERED = 0.99
EXACT = 1 << 24
"""Whole numbers up to here are exact in float32."""
SHOWN = 10


class Text(DataModule):
    """A column of messages in any language and one of labels.

    source, sha256
        CSV, TSV, JSON lines or Parquet: a path, a glob, ``shared:…``, or an address with its
        sha256.
    text, target
        names of the two columns, or their numbers from 1 where there is no header. The others
        are set aside: the model never sees them.
    header, encoding, quotes
        how the files are read, see :class:`~xaiframe.data.messages.reading.Format`.
    words
        most words read of a message; 0 takes what 99 of 100 training messages need, at most 200.
    split, split_column, test, validation, split_seed
        see :class:`~xaiframe.data.split.Splitting`; ``group`` by the text column keeps equal
        messages together.

    A row without a message, or without a usable label, is left out and listed. Raises
    :class:`DataError` where nothing sensible is left.
    """

    modality = "text"
    known: ClassVar[Mapping[str, Mapping[str, str]]] = {}

    def __init__(
        self,
        source: str,
        text: str | int,
        target: str | int,
        task: Literal["classification", "regression"] = "classification",
        header: bool = True,
        encoding: str = "utf-8",
        quotes: Quotes = "auto",
        words: int = 0,
        split: Kind = "random",
        split_column: str | int = "",
        test: float = 0.25,
        validation: float = 0.2,
        split_seed: int = 0,
        sha256: str = "",
    ) -> None:
        super().__init__()
        if words < 0:
            raise DataError(Problem("data.words", f"{words} words cannot be read", "0 or more"))
        self.source, self.sha256 = source, sha256
        self.text, self.target, self.task = str(text), str(target), task
        self.format, self.words = Format(header, encoding, quotes), words
        self.splitting = Splitting(split, str(split_column), test, validation, split_seed)

    def load(self) -> Data:
        records = self.format.read(files(self.source, self.sha256))
        self._require(records, self.text, self.target, self.splitting.column)
        ids, damage = self._sound(records, self.target)
        kept = records.frame.iloc[ids].reset_index(drop=True)
        messages, (y, classes) = [*kept[self.text]], self._labels(kept[self.target])
        problems = check_rows(f"{self.source}, column {self.target!r}", y, classes)
        if problems:
            raise DataError(problems)
        positions = self._positions(kept, y)
        lengths = np.array([len(words_of(message)) for message in messages])
        encoding = TextEncoding.of(messages, self._length(lengths[positions["train"]]))
        if encoding.known > EXACT:
            message = f"{encoding.known} different spellings cannot be told apart"
            raise DataError(Problem(self.source, message, f"at most {EXACT}"))
        everything = self._split(ids, messages, y, kept, encoding)
        parts = {name: everything.take(rows) for name, rows in positions.items()}
        return Data(
            modality="text",
            task=self.task,
            train=parts["train"],
            validation=parts["validation"],
            test=parts["test"],
            features=encoding.features,
            feature_mask=np.arange(encoding.length),
            classes=classes,
            target=self.target if self.format.header else "label",
            origin=self.source,
            aligned=False,
            encoding=encoding,
            damage=tuple(damage),
            notes=notes(parts, messages, positions, lengths, encoding),
        )

    def rows(self, source: str) -> Split:
        records = self.format.read(files(source))
        self._require(records, self.text)
        ids, damage = self._sound(records, "")
        if damage:
            raise DataError(damage[:SHOWN])
        encoding: Any = self.data.encoding
        cells = records.frame.get(self.target, pd.Series([None] * len(ids), dtype=object))
        messages = [*records.frame[self.text]]
        return self._split(ids, messages, self._known(cells), records.frame, encoding)

    def _require(self, records: Records, *names: str) -> None:
        known = [str(name) for name in records.frame.columns]
        missing = [name for name in names if name and name not in known]
        hint = "columns are " + ", ".join(known[:12]) + (", …" if len(known) > 12 else "")
        if missing:
            raise DataError([Problem(self.source, f"no column {name!r}", hint) for name in missing])

    def _sound(self, records: Records, target: str) -> tuple[Array, list[Problem]]:
        """Positions of the rows that can be used, and what is wrong with the others."""
        labels = records.frame[target] if target else [None] * len(records.frame)
        faults = [
            _text_fault(message) or (_label_fault(label, self.task) if target else "")
            for message, label in zip(records.frame[self.text], labels, strict=True)
        ]
        damage = [*records.damage]
        damage += [
            Problem(place, fault, "the row is left out")
            for place, fault in zip(records.places, faults, strict=True)
            if fault
        ]
        ids = np.flatnonzero([not fault for fault in faults])
        if len(damage) > len(ids):
            message = f"{len(damage)} of {len(damage) + len(ids)} rows cannot be used"
            raise DataError([Problem(self.source, message, "most rows sound"), *damage[:SHOWN]])
        return ids, damage

    def _labels(self, cells: pd.Series) -> tuple[Array, tuple[str, ...]]:
        if self.task == "regression":
            return cells.astype(float).to_numpy(dtype=np.float32), ()
        codes, names = pd.factorize(cells.map(_plain), sort=True)
        return codes.astype(np.int64), tuple(str(name) for name in names)

    def _known(self, cells: pd.Series) -> Array:
        """Targets of new rows; what is missing, or a class that the data do not have, is −1."""
        if self.task == "regression":
            return pd.to_numeric(cells, errors="coerce").to_numpy(dtype=np.float32)
        codes = {name: code for code, name in enumerate(self.data.classes)}
        return np.array([codes.get(_plain(cell), -1) for cell in cells], dtype=np.int64)

    def _positions(self, kept: pd.DataFrame, y: Array) -> Positions:
        column = self.splitting.column
        by = kept[column] if column else None
        if by is not None and column == self.text:
            by = by.map(_same)
        return self.splitting.positions(y, by, self.task == "classification")

    def _length(self, lengths: Array) -> int:
        covering = int(np.quantile(lengths, COVERED, method="higher"))
        return self.words or min(covering, BOUND)

    def _split(
        self, ids: Array, messages: list[str], y: Array, cells: pd.DataFrame, encoding: TextEncoding
    ) -> Split:
        aside = cells.drop(columns=[self.text, self.target], errors="ignore")
        original = np.empty(len(messages), dtype=object)
        original[:] = messages
        x = encoding.encode(messages)
        return Split(ids.astype(np.int64), x, y, properties(messages), aside, original)


def notes(
    parts: Mapping[str, Split],
    messages: list[str],
    positions: Positions,
    lengths: Array,
    encoding: TextEncoding,
) -> tuple[Fact, ...]:
    """What a reader must know of the reading: how much of the messages was read, which of them
    stand in two splits, how many words the training split never shows."""
    n, cut = len(lengths), int((lengths > encoding.length).sum())
    twice = len(leaking(pd.Series([_same(message) for message in messages]), positions))
    found = [
        Fact("words_read", encoding.length, "words", n=n),
        Fact("truncated", cut, "messages", n=n, better="lower"),
        Fact("spellings", encoding.known - 1, "spellings", n=n),
        Fact("messages_in_two_splits", twice, "messages", n=n, better="lower"),
    ]
    learnt = np.unique(parts["train"].x)
    for name in ("validation", "test"):
        told = parts[name].x[parts[name].x != ABSENT]
        share = float((~np.isin(told, learnt)).mean())
        found.append(
            Fact("new_spellings_share", share, "share", {"split": name}, len(told), better="lower")
        )
    return tuple(found)


def _text_fault(message: Any) -> str:
    if message is None or (isinstance(message, float) and np.isnan(message)):
        return "there is no message"
    if not isinstance(message, str):
        return f"the message is {type(message).__name__} {str(message)[:40]!r}, not text"
    return "" if words_of(message) else "the message holds no word"


def _label_fault(label: Any, task: str) -> str:
    if label is None or (isinstance(label, float) and np.isnan(label)) or not str(label).strip():
        return "the label is missing"
    if isinstance(label, (list, dict)):
        return f"the label is a {type(label).__name__}"
    if task == "classification":
        return ""
    try:
        number = float(label)
    except ValueError:
        return f"the target {str(label)[:40]!r} is not a number"
    return "" if np.isfinite(number) else "the target is not a finite number"


def _plain(label: Any) -> str:
    """A label as text: true and 1 as a file would say them."""
    return str(label).strip()


def _same(message: str) -> str:
    """What two messages share that differ in white space only."""
    return " ".join(message.split())
