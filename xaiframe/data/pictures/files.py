"""The picture files of a source that can be read, and what reading them does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np
import pandas as pd

from xaiframe.data.face import Split
from xaiframe.data.pictures.listing import Listing
from xaiframe.data.pictures.reading import Header, Shape, headers
from xaiframe.errors import DataError, Problem
from xaiframe.explanation import Array
from xaiframe.facts import Fact

SHOWN = 12


@dataclass(frozen=True)
class Files:
    """The pictures whose headers can be read: ``ids`` number them in the whole listing."""

    ids: Array
    paths: list[Path]
    names: list[str]
    labels: list[str | None]
    headers: list[Header]
    parts: list[str] | None
    table: pd.DataFrame | None
    damage: list[Problem]

    @classmethod
    def of(cls, listing: Listing) -> Files:
        paths = listing.paths()
        answers = headers(paths, listing.names)
        rows = [k for k, answer in enumerate(answers) if isinstance(answer, Header)]
        broken = [answer for answer in answers if isinstance(answer, Problem)]
        damage = [*listing.damage, *broken]
        if not rows:
            message = "no picture can be read"
            raise DataError(
                [Problem(str(listing.root), message, "PNG, JPEG, TIFF, …"), *damage[:SHOWN]]
            )
        parts, table = listing.parts, listing.table
        return cls(
            ids=np.array(rows, dtype=np.int64),
            paths=[paths[k] for k in rows],
            names=[listing.names[k] for k in rows],
            labels=[listing.labels[k] for k in rows],
            headers=[cast(Header, answers[k]) for k in rows],
            parts=None if parts is None else [parts[k] for k in rows],
            table=None if table is None else table.iloc[rows].reset_index(drop=True),
            damage=damage,
        )

    @property
    def original(self) -> Array:
        return np.array([*self.names, None], dtype=object)[:-1]

    def split(self, rows: Array, x: Array, y: Array) -> Split:
        """The rows at these positions; properties and features of their own come later."""
        aside = None if self.table is None else self.table.iloc[rows].reset_index(drop=True)
        frame = pd.DataFrame(index=np.arange(len(rows)))
        return Split(self.ids[rows], x, y[rows], frame, aside, self.original[rows])


def notes(listing: Listing, files: Files, shape: Shape) -> tuple[Fact, ...]:
    """What was done to the pictures on the way in, and how many it was done to."""
    n = len(files.names)
    traits = Counter(trait for one in files.headers for trait in one.traits)
    resized = sum((one.height, one.width) != (shape.height, shape.width) for one in files.headers)
    recoloured = sum(one.channels != shape.channels for one in files.headers)
    counts = {
        "first_frame_of_several": traits["animated"],
        "turned_upright_by_exif": traits["turned"],
        "transparent_put_on_white": traits["transparent"],
        "converted_from_other_colour_models": traits["converted"],
        "grey_made_colour" if shape.channels == 3 else "colour_made_grey": recoloured,
        "resized": resized,
    }
    found = [Fact(name, count, "pictures", n=n) for name, count in counts.items() if count]
    if listing.others:
        found.append(Fact("files_that_are_no_pictures", listing.others, "files"))
    return tuple(found)


def levels(train: Array, found: Sequence[Header]) -> tuple[float, float]:
    """What counts as black and white: all of 8 bits; of deeper levels what the training split
    uses, since 12 bits often come in 16."""
    if all(one.depth == 8 for one in found):
        return 0.0, 255.0
    return float(train.min()), float(train.max())


def sizes(files: Files, ids: Array) -> pd.DataFrame:
    """Height and width before resizing, where they differ: they may give the class away."""
    table = pd.DataFrame(
        {"height": [h.height for h in files.headers], "width": [h.width for h in files.headers]},
        index=files.ids,
    )
    differing = [name for name in table if table[name].nunique() > 1]
    return table.loc[ids, differing].astype(np.float64).reset_index(drop=True)
