"""What every kind of explanation but attribution can do: be joined, stored and put into facts."""

from __future__ import annotations

import importlib
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Self, cast

import numpy as np
import pandas as pd

from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Source


@dataclass
class Answer:
    """An explanation by a method, of one batch of instances or of a whole population.

    n
        instances or rows behind it.
    evaluations
        model evaluations spent (a backward pass counts as one).

    A kind is a dataclass with further fields. Of a *local* one every DataFrame has a column
    ``id`` and every array a first dimension over the batch's instances, so that the answers to
    batches can be joined; what is neither (a unit) is the same in all of them.
    """

    n: int
    evaluations: int

    def outcome(self, origin: Source) -> Outcome:
        """Facts and artifacts; the table or arrays that the report draws bear the kind's name.

        ``origin`` is who did the arithmetic. The runner adds evaluations and seconds.
        """
        raise NotImplementedError

    @classmethod
    def read(cls, _stored: Outcome) -> Self | None:
        """A stored answer again, for the evaluations; None where no evaluation reads the kind."""
        return None

    @classmethod
    def joined(cls, parts: Sequence[Self]) -> Self:
        """The answers to several batches as one, in their order."""
        whole: dict[str, Any] = {}
        for name in (field.name for field in fields(cls)):
            values = [getattr(part, name) for part in parts]
            if isinstance(values[0], pd.DataFrame):
                whole[name] = pd.concat(values, ignore_index=True)
            elif isinstance(values[0], np.ndarray):
                whole[name] = np.concatenate(values)
            else:
                whole[name] = sum(values) if name in ("n", "evaluations") else values[0]
        return cls(**whole)

    def packed(self) -> dict[str, Array]:
        """As arrays for one file; a DataFrame becomes the bytes of its Parquet."""
        content: dict[str, Array] = {}
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if isinstance(value, pd.DataFrame):
                stream = io.BytesIO()
                value.to_parquet(stream, index=False)
                content[f"table/{name}"] = np.frombuffer(stream.getvalue(), dtype=np.uint8)
            else:
                content[f"value/{name}"] = np.asarray(value)
        return content

    @classmethod
    def unpacked(cls, content: Mapping[str, Array]) -> Self:
        """What :meth:`packed` wrote."""
        made: dict[str, Any] = {}
        for name in (field.name for field in fields(cls)):
            if f"table/{name}" in content:
                made[name] = pd.read_parquet(io.BytesIO(content[f"table/{name}"].tobytes()))
            else:
                stored = content[f"value/{name}"]
                made[name] = stored.item() if stored.ndim == 0 else stored
        return cls(**made)


def kind(name: str) -> type[Answer]:
    """The class of a kind by its name: ``curve`` is :class:`xaiframe.kinds.curve.Curve`."""
    module = importlib.import_module(f"xaiframe.kinds.{name}")
    return cast(type[Answer], getattr(module, name.capitalize()))
