"""What the banks of both directions share: one batch of instances, and randomness by their ids."""

from __future__ import annotations

import zlib

import numpy as np

from xaiframe.data.face import Data
from xaiframe.explanation import Array
from xaiframe.probe.score import Scorer

WORD = 2**64
"""Seeds and ids are taken modulo this, so that negative numbers seed as well."""


class Bank:
    """One batch of n instances and the model that is asked about them.

    Attributes: ``scorer``, ``data``, ``reference``, ``modality``, ``features`` (their number),
    ``feature_mask`` (``input_shape``, or ``(n, *input_shape)`` where each instance has features
    of its own), ``x`` ``(n, *input_shape)`` float32, ``targets`` and ``ids`` ``(n,)``, ``seed``,
    and ``evaluations``, the rows sent through the model so far.
    """

    def __init__(
        self,
        scorer: Scorer,
        data: Data,
        x: Array,
        targets: Array,
        ids: Array,
        seed: int,
        mask: Array | None = None,
    ) -> None:
        self.scorer = scorer
        self.data = data
        self.reference = scorer.reference
        self.modality = data.modality
        self.features = len(data.features)
        self.feature_mask = data.feature_mask if mask is None else np.asarray(mask)
        self.x = np.asarray(x, dtype=np.float32)
        self.targets = np.asarray(targets)
        self.ids = np.asarray(ids)
        self.seed = seed
        self.evaluations = 0

    def __len__(self) -> int:
        return len(self.x)

    @property
    def own_features(self) -> bool:
        """Whether each instance has interpretable features of its own."""
        return self.feature_mask.ndim == self.x.ndim

    def rng(self, position: int, purpose: str) -> np.random.Generator:
        """A generator seeded by (seed, purpose, the instance's id): the same in every batch."""
        identity = int(self.ids[position]) % WORD
        return np.random.default_rng([self.seed % WORD, zlib.crc32(purpose.encode()), identity])
