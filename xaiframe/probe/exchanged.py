"""Parts of pictures and series taken from elsewhere, words left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from xaiframe.explanation import Array
from xaiframe.probe.alternatives import Search
from xaiframe.probe.nearby import distances
from xaiframe.probe.swaps import OWN, Lead, Parts, Swaps, searched


class Regions(Search):
    """Parts of pictures and series taken from elsewhere, words left out."""

    def __init__(self, *given: object) -> None:
        super().__init__(*given)  # type: ignore[arg-type]
        self.unit = "share of the words" if self.bank.modality == "text" else "sd"

    def found(
        self, position: int, lead: Lead, pool: Array
    ) -> Iterator[tuple[Array, dict[int, tuple[float, float, float]], float]]:
        bank = self.bank
        x = bank.x[position]
        mask = bank.feature_mask[position] if bank.own_features else bank.feature_mask
        swaps = self._swaps(x, mask, pool)
        choices = searched(swaps, lead, self.method.alternatives, self.method.most)
        for altered, choice in zip(swaps.inputs(choices), choices, strict=True):
            far = float(distances(altered[None], x[None], bank.data)[0, 0])
            changed = np.flatnonzero(choice != OWN).tolist()
            if bank.modality == "text":
                far = len(changed) / int((x != 0).sum())
            yield altered, {f: (np.nan, np.nan, 1.0) for f in changed}, far

    def _swaps(self, x: Array, mask: Array, pool: Array) -> Swaps:
        donors = np.zeros((1, *x.shape), dtype=np.float32)
        if self.bank.modality != "text":
            donors = np.concatenate(
                [self.nearby.rows.x[pool], self.bank.reference.baseline[None]]
            ).astype(np.float32)
        flat = mask.reshape(-1)
        open_ = np.stack(
            [np.bincount(flat, (one != x).reshape(-1), self.bank.features) > 0 for one in donors],
            axis=1,
        )
        return Parts(open_ & self.free[:, None], True, x, donors, mask)
