"""Pictures of any format: a folder per class or a table of paths, patches or superpixels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, cast

import numpy as np
import pandas as pd
from sklearn.datasets import load_digits

from xaiframe.data.face import Data, Split
from xaiframe.data.module import DataModule, check_rows, split_rows
from xaiframe.data.pictures.decoys import decoyed
from xaiframe.data.pictures.features import (
    Pictures,
    Superpixels,
    finest,
    patches,
    placeholder,
    properties,
    recut,
)
from xaiframe.data.pictures.files import SHOWN, Files, levels, notes, sizes
from xaiframe.data.pictures.listing import Columns, listed
from xaiframe.data.pictures.reading import Header, Shape, pixels
from xaiframe.data.source import files
from xaiframe.data.split import Kind, Positions, Splitting
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array
from xaiframe.facts import Fact

Mode = Literal["auto", "grey", "rgb"]
FOLDER = "folder"
"""What stands for a column where the folders above the classes name the splits."""


class Images(DataModule):
    """Pictures as ``(n, channels, height, width)`` float32 in their own levels (0–255, 0–65535).

    source, sha256
        a folder with a folder per class; a ``.csv`` or ``.tsv`` of paths and labels; a ``.zip`` or
        ``.tar.gz`` of either; a glob; ``shared:…``; an address with its sha256; or
        ``builtin:digits``: scikit-learn's 1797 handwritten digits, 8×8 pixels, levels 0–16, and
        ``builtin:decoy_digits``: the same with a class-coded square in what is learnt from.
    paths, target
        columns of a table: paths relative to it, labels. Its others are set aside.
    mode
        ``auto``: colour as soon as one file is; ``grey``, ``rgb``: all are converted.
    size
        ``[height, width]`` to which all are resized; empty: all must have one size.
    features, patch, superpixels
        what explanations speak of: square ``patches`` with a side in pixels, or at most so many
        ``superpixels``, which are each picture's own.
    split, split_column, test, validation, split_seed
        see :class:`~xaiframe.data.split.Splitting`; ``given`` without a column: folders train,
        validation and test above the classes.

    Turned upright by EXIF, of several frames the first, transparent ones on white. A file that
    cannot be decoded is left out and listed. Raises :class:`DataError` where nothing sensible is
    left, classes are empty, or sizes or depths differ.
    """

    modality = "image"
    known: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "builtin:digits": {
            "rows": "-(-1797 * test // 1)",
            "train": "1797 * (1 - test - validation)",
            "features": "(-(-8 // patch)) ** 2",
            "elements": "64",
            "classes": "10",
        },
        "builtin:decoy_digits": {
            "rows": "-(-1797 * test // 1)",
            "train": "1797 * (1 - test - validation)",
            "features": "(-(-8 // patch)) ** 2",
            "elements": "64",
            "classes": "10",
        },
    }
    """Sizes of the built-in sources, so that a plan can count without loading them."""
    interpretable: ClassVar[Mapping[str, Mapping[str, str]]] = {
        "features": {},
        "patch": {"features": "patches"},
        "superpixels": {"features": "superpixels"},
    }

    def __init__(
        self,
        source: str,
        paths: str = "path",
        target: str = "class",
        mode: Mode = "auto",
        size: Sequence[int] = (),
        features: Literal["patches", "superpixels"] = "patches",
        patch: int = 2,
        superpixels: int = 24,
        split: Kind = "random",
        split_column: str = "",
        test: float = 0.25,
        validation: float = 0.2,
        split_seed: int = 0,
        sha256: str = "",
    ) -> None:
        super().__init__()
        problems = _faults(mode, size, features)
        if problems:
            raise DataError(problems)
        self.source, self.sha256, self.columns = source, sha256, Columns(paths, target)
        self.mode, self.size, self.features = mode, tuple(size), features
        self.patch, self.superpixels = patch, superpixels
        self.folders = split == "given" and not split_column
        column = FOLDER if self.folders else split_column
        self.splitting = Splitting(split, column, test, validation, split_seed)

    def load(self) -> Data:
        if self.source.startswith("builtin:"):
            return self._digits()
        listing = listed(files(self.source, self.sha256), self.columns, self.folders)
        sound = Files.of(listing)
        y, classes = _labels(sound.labels)
        problems = [*self._disagreeing(sound), *check_rows(self.source, y, classes)]
        if problems:
            raise DataError(problems)
        positions = self.splitting.positions(y, self._column(sound))
        shape = self._shape(sound.headers)
        parts, damage = self._decode(sound, y, positions, shape)
        low, high = levels(parts["train"].x, sound.headers)
        for name, part in parts.items():
            frame = properties(part.x, (low, high)).join(sizes(sound, part.ids))
            parts[name] = _with(part, frame=frame)
        return self._data(
            parts, classes, (low, high), (*sound.damage, *damage),
            notes(listing, sound, shape), self.columns.target,
        )  # fmt: skip

    def rows(self, source: str) -> Split:
        """New pictures, as the source was read: the same channels, resized to the same size."""
        data = self.data
        listing = listed(files(source), self.columns, labelled=False)
        sound = Files.of(listing)
        shape = Shape(*data.input_shape)
        differing = [] if self.size else self._disagreeing(sound, shape)
        x, broken = pixels(sound.paths, sound.names, sound.headers, shape)
        problems = [*sound.damage, *broken.values(), *differing]
        if problems:
            raise DataError(problems[:SHOWN])
        codes = {name: code for code, name in enumerate(data.classes)}
        y = np.array([codes.get(label or "", -1) for label in sound.labels], dtype=np.int64)
        encoding: Any = data.encoding
        ends = (min(encoding.black, encoding.white), max(encoding.black, encoding.white))
        frame = properties(x, ends).join(sizes(sound, sound.ids))
        frame = frame.reindex(columns=data.train.frame.columns, fill_value=np.nan)
        rows = self._masked(Split(sound.ids, x, y, frame, sound.table, sound.original))
        return rows.take(np.arange(len(x)))  # new rows are explained: find their superpixels now

    def recut(self, settings: Mapping[str, Any]) -> Data:
        known = {"features": self.features, "patch": self.patch, "superpixels": self.superpixels}
        wanted = {**known, **settings}
        return recut(self.data, wanted["features"], wanted["patch"], wanted["superpixels"])

    def cells(self, most: int) -> Data:
        side = finest(self.data.input_shape, most)
        return self.recut({"features": "patches", "patch": side})

    def _digits(self) -> Data:
        if self.source not in self.known:
            hint = " or ".join(self.known)
            raise DataError(Problem("data.source", f"no images at {self.source!r}", hint))
        loaded = load_digits()
        x, y = loaded.images[:, None].astype(np.float32), loaded.target.astype(np.int64)
        positions = self.splitting.positions(y)
        parts: Any = split_rows(positions, x, y, properties(x))
        if self.source == "builtin:decoy_digits":
            parts = decoyed(parts, len(loaded.target_names), 16.0, self.splitting.seed)
        classes = tuple(str(name) for name in loaded.target_names)
        # the levels are ink on white paper
        return self._data(parts, classes, (16.0, 0.0), (), (), "class")

    def _data(
        self,
        parts: Mapping[str, Split],
        classes: tuple[str, ...],
        ends: tuple[float, float],
        damage: tuple[Problem, ...],
        facts: tuple[Fact, ...],
        target: str,
    ) -> Data:
        shape = parts["train"].x.shape[1:]
        own = self.features == "superpixels"
        mask, names = placeholder(shape, self.superpixels) if own else patches(shape, self.patch)
        return Data(
            modality="image",
            task="classification",
            train=self._masked(parts["train"]),
            validation=self._masked(parts["validation"]),
            test=self._masked(parts["test"]),
            features=names,
            feature_mask=mask,
            classes=classes,
            target=target,
            origin=self.source,
            aligned=not own,
            encoding=Pictures(mask, *ends),
            damage=damage,
            notes=facts,
        )

    def _masked(self, part: Split) -> Split:
        if self.features != "superpixels":
            return part
        return _with(part, mask=cast(Array, Superpixels(part.x, self.superpixels)))

    def _column(self, sound: Files) -> pd.Series | None:
        """What the split goes by, row for row; None at random."""
        if self.splitting.kind == "random" or not self.splitting.column:
            return None
        if self.folders:
            return pd.Series(sound.parts)
        if sound.table is None or self.splitting.column not in sound.table:
            columns = [] if sound.table is None else [str(name) for name in sound.table]
            hint = "columns are " + ", ".join(columns) if columns else "a table of paths has them"
            message = f"no column {self.splitting.column!r} to split by"
            raise DataError(Problem(self.source, message, hint))
        return sound.table[self.splitting.column]

    def _disagreeing(self, sound: Files, shape: Shape | None = None) -> list[Problem]:
        """The first picture that differs in size from what most have, and the first in depth."""
        problems = []
        depths = [one.depth for one in sound.headers]
        usual = Counter(depths).most_common(1)[0][0] if depths else 8
        other = next((k for k, depth in enumerate(depths) if depth != usual), None)
        if other is not None:
            message = f"{depths[other]} bits per channel, {depths.count(usual)} others have {usual}"
            problems.append(Problem(sound.names[other], message, "pictures of one depth"))
        sizes = [(one.height, one.width) for one in sound.headers]
        want = (shape.height, shape.width) if shape else Counter(sizes).most_common(1)[0][0]
        odd = next((k for k, size in enumerate(sizes) if size != want), None)
        if odd is not None and not self.size:
            message = "{}×{} pixels".format(*sizes[odd]) + ", {} have {}×{}".format(
                "the model's" if shape else f"{sizes.count(want)} others", *want
            )
            problems.append(Problem(sound.names[odd], message, f"set size: {list(want)} to resize"))
        return problems

    def _shape(self, found: Sequence[Header]) -> Shape:
        colour = any(one.channels == 3 for one in found) if self.mode == "auto" else None
        channels = 3 if colour or self.mode == "rgb" else 1
        return Shape(channels, *(self.size or (found[0].height, found[0].width)))

    def _decode(
        self, sound: Files, y: Array, positions: Positions, shape: Shape
    ) -> tuple[dict[str, Split], list[Problem]]:
        """The splits, each a stretch of one array so that a large set is never copied, without the
        pictures that turned out broken."""
        order = np.concatenate([positions[name] for name in positions])
        x, broken = pixels(
            [sound.paths[k] for k in order],
            [sound.names[k] for k in order],
            [sound.headers[k] for k in order],
            shape,
        )
        parts, start = {}, 0
        for name, rows in positions.items():
            places = np.arange(start, start + len(rows))
            whole = np.array([place not in broken for place in places], dtype=bool)
            kept = closed_up(x[start : start + len(rows)], whole)
            parts[name] = sound.split(rows[whole], kept, y)
            start += len(rows)
        damage = [*broken.values()]
        lost = len(damage) + len(sound.damage)
        if 2 * lost > len(sound.names) + len(sound.damage) or not all(map(len, parts.values())):
            message = f"{lost} of {len(sound.names) + len(sound.damage)} pictures cannot be read"
            faults = [*sound.damage, *damage][:SHOWN]
            raise DataError([Problem(self.source, message, "most pictures sound"), *faults])
        return parts, damage


def closed_up(x: Array, kept: Array) -> Array:
    """The ``kept`` ``(n,)`` rows of ``x``, moved together in place: a view, never a copy."""
    rows = np.flatnonzero(kept)
    for place, row in enumerate(rows):
        if place != row:
            x[place] = x[row]
    return x[: len(rows)]


def _faults(mode: str, size: Sequence[int], features: str) -> list[Problem]:
    problems = []
    if mode not in ("auto", "grey", "rgb"):
        problems.append(Problem("data.mode", f"{mode!r} is no mode", "auto, grey or rgb"))
    if len(size) not in (0, 2) or any(side < 1 for side in size):
        problems.append(Problem("data.size", f"{list(size)} is no size", "[height, width]"))
    if features not in ("patches", "superpixels"):
        hint = "patches or superpixels"
        problems.append(Problem("data.features", f"{features!r} are no features", hint))
    return problems


def _labels(labels: Sequence[str | None]) -> tuple[Array, tuple[str, ...]]:
    codes, names = pd.factorize(np.array([*labels, None], dtype=object)[:-1], sort=True)
    return codes.astype(np.int64), tuple(str(name) for name in names)


def _with(part: Split, **fields: Any) -> Split:
    return Split(**{**vars(part), **fields})
