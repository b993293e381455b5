"""First layer of the networks on text trained here: words as vectors, the vocabulary inside."""

from __future__ import annotations

from collections import Counter

import numpy as np
import torch
from torch import Tensor, nn

from xaiframe.data.face import Data
from xaiframe.data.messages.encoding import ABSENT, TextEncoding
from xaiframe.data.messages.words import key
from xaiframe.errors import ModelError, Problem
from xaiframe.model.network import Embedding

UNKNOWN = 1


class Words(Embedding):
    """``(n, length)`` numbers of spellings to ``(n, dimensions, length)``, zero for none.

    The buffer ``own`` ``(spellings + 1,)`` takes each spelling, whatever its case, to a row of
    ``table``: 0 no word, 1 every word not known; its last entry stands for spellings that came
    after it was made.
    """

    own: Tensor

    def __init__(self, own: Tensor, dimensions: int) -> None:
        super().__init__()
        self.register_buffer("own", own)
        self.table = nn.Embedding(int(own.max()) + 1, dimensions, padding_idx=ABSENT)

    @classmethod
    def of(cls, data: Data, dimensions: int, minimum: int) -> Words:
        """Knows the words that occur ``minimum`` times in the training split.

        Raises :class:`ModelError` when the data are no messages.
        """
        encoding = data.encoding
        if not isinstance(encoding, TextEncoding):
            place = f"data of modality {data.modality}"
            raise ModelError(Problem("model", f"a network on text cannot read {place}", "text"))
        keys = [key(surface) for surface in encoding.surfaces[: encoding.known]]
        known = vocabulary(data, keys, minimum)
        numbers = [ABSENT, *(known.get(one, UNKNOWN) for one in keys[1:]), UNKNOWN]
        return cls(torch.tensor(numbers), dimensions)

    def forward(self, x: Tensor) -> Tensor:
        number = x.long().clamp(0, len(self.own) - 1)
        vectors = self.table(self.own[number]) * (number != ABSENT)[..., None]
        return vectors.movedim(-1, 1)


def vocabulary(data: Data, keys: list[str], minimum: int) -> dict[str, int]:
    """Word → row of the table, from 2 on, the most frequent first, equal ones by name."""
    numbers, counts = np.unique(data.train.x.astype(np.int64), return_counts=True)
    total: Counter[str] = Counter()
    for number, count in zip(numbers.tolist(), counts.tolist(), strict=True):
        if number != ABSENT:
            total[keys[number]] += count
    ranked = sorted(total.items(), key=lambda item: (-item[1], item[0]))
    kept = [word for word, count in ranked if count >= minimum]
    return {word: row for row, word in enumerate(kept, start=UNKNOWN + 1)}
