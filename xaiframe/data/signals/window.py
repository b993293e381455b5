"""Windows cut from a recording, each with what is to be foretold behind it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from xaiframe.data.signals.labels import absent
from xaiframe.data.signals.samples import Curve
from xaiframe.errors import Problem


@dataclass(frozen=True)
class Windows:
    """window: samples the model sees; stride: between the starts of two windows; horizon: samples
    from a window's last to its target, 0 for the target at the last."""

    window: int
    stride: int = 1
    horizon: int = 0

    @property
    def span(self) -> int:
        """Samples a window and its target take up."""
        return self.window + self.horizon

    @property
    def apart(self) -> int:
        """Windows to leave out between two splits, so that none shares a sample with the other."""
        return -(-self.span // max(self.stride, 1)) - 1

    def problems(self, split: str) -> list[Problem]:
        """What makes these windows impossible or their splits leak."""
        if self.window < 2 or self.stride < 1 or self.horizon < 0:
            said = f"window {self.window}, stride {self.stride}, horizon {self.horizon}"
            hint = "at least 2, 1 and 0 samples"
            return [Problem("data.window, data.stride, data.horizon", said, hint)]
        if split == "random" and self.stride < self.span:
            message = "windows that overlap would lie in two splits"
            hint = f"data.split: time, or data.stride: {self.span}"
            return [Problem("data.split", message, hint)]
        return []

    def of(self, curve: Curve, known: bool, tally: Counter[str]) -> Iterator[Curve]:
        """The windows of a recording without gaps, in order of time.

        known: leave out windows whose target is missing or still to come; otherwise they have no
        label. A window that would reach into another group is left out.
        """
        reach = self.span if known else self.window
        for start in range(0, curve.length - reach + 1, self.stride):
            stop = start + self.window
            aim = stop - 1 + self.horizon
            label = curve.labels[aim] if aim < curve.length else None
            if known and absent(label):
                tally["without_target"] += 1
                continue
            groups = curve.groups[start : min(aim, curve.length - 1) + 1]
            if len({*groups.tolist()}) > 1:
                continue
            own = curve.picked(np.arange(start, stop))
            yield replace(
                own,
                name=_name(own, start),
                labels=np.array([label], dtype=object),
                groups=groups[:1],
            )


def _name(curve: Curve, start: int) -> str:
    """The stretch a window covers, as the user writes times."""
    if curve.stamps is None:
        said = f"samples {start + 1}–{start + curve.length}"
    else:
        said = f"{curve.stamps[0]} to {curve.stamps[-1]}"
    return f"{curve.name}: {said}" if curve.name else said
