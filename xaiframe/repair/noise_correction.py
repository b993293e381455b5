"""Noise correction: the fit learns the true class, and its loss knows that labels are wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from torch import Tensor, logaddexp, nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.repair.repaired import Conduct, Repaired
from xaiframe.repair.suspects import TABLE

HIGHEST = 0.95
"""Of the share at which labels say nothing of the class, (classes − 1) ÷ classes."""
OTHERS = 0.5
"""Of the rows outside the commonest class, most that may be called wrong: where all of them are, to
answer that class always explains the labels too, and a rare class is lost."""


@dataclass(frozen=True)
class Wrong:
    """A share of the labels is wrong, each of the other classes as likely as the next.

    start: that share in the first ``hold`` epochs; later it is what the validation rows say, at
    most ``most``. gone: share of the training rows whose wrong labels a repair has treated before.
    """

    start: float
    hold: int
    gone: float = 0.0
    most: float = 1.0

    def left(self, share: float) -> float:
        """What is wrong among the training rows, where ``share`` of the labels as read is."""
        return max(0.0, (share - self.gone) / (1 - self.gone))

    def __call__(self, outputs: Tensor, share: float) -> Tensor:
        """``(n, classes)`` log-probabilities of the labels as they are given, from logits of the
        true class: log((1 − ε) p + ε (1 − p) ÷ (classes − 1))."""
        logs = nn.functional.log_softmax(outputs, 1)
        others = share / (outputs.shape[1] - 1)
        kept = 1 - share - others  # (1 − ε) p + ε (1 − p) ÷ (k − 1) = kept · p + others
        if others <= 0:
            return logs
        return logaddexp(logs + np.log(kept), logs.new_full((), np.log(others)))

    def share(self, probability: Array, y: Array) -> float:
        """The share under which given labels ``y`` ``(n,)`` are likeliest, for ``(n, classes)``
        probabilities of the true class; the likelihood is concave in it."""
        k = probability.shape[1]
        own = probability[np.arange(len(y)), y].astype(np.float64)
        others = (1 - own) / (k - 1)

        def surprise(share: float) -> float:
            return float(-np.log((1 - share) * own + share * others + 1e-12).mean())

        most = min(highest(k), self.most)
        found = float(minimize_scalar(surprise, bounds=(0, most), method="bounded").x)
        return 0.0 if surprise(0.0) <= surprise(found) else found


def highest(classes: int) -> float:
    """The largest share that is considered."""
    return HIGHEST * (classes - 1) / classes


@dataclass(frozen=True)
class NoiseCorrection:
    """Forward correction (Patrini et al. 2017, arXiv:1609.03683) with one share of wrong labels.

    The network's answers are taken for the true class; what the loss sees are the answers after
    labels were turned over by chance. So nothing is gained by learning wrong labels by heart, and
    what the network answers stays a probability of the true class. Early stopping goes by the same
    loss: validation labels are as wrong as those of training, which is also why their likeliest
    share is taken after every epoch. Where labels are right, it goes to 0, and the fit is what it
    was. What a repair before has left out or relabelled of purity's suspects is taken off the share
    that training rows are held to. Labels that are wrong for some classes more than for others are
    met on average only.

    start
        share of wrong labels that the fit begins with, above 0 and below (classes − 1) ÷ classes;
        no more, then and later, than half of the rows outside the commonest class.
    hold
        epochs with that share: a network that has learnt little yet can tell no label wrong.
    """

    modalities = ("table", "image", "text", "series")
    tasks = ("classification",)
    needs = ("gradient",)
    reads = (TABLE,)

    start: float = 0.15
    hold: int = 15

    def __post_init__(self) -> None:
        if not 0 < self.start < 1:
            raise ValueError(f"noise_correction: start must lie between 0 and 1, not {self.start}")
        if self.hold < 0:
            raise ValueError(f"noise_correction: hold must be at least 0, not {self.hold}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """The rows as they are, with a loss that expects wrong labels; facts start, most, hold and
        treated_before, the share of wrong labels that is gone. Raises NotApplicable for
        regression, or where so many wrong labels would say nothing."""
        if data.task != "classification":
            raise NotApplicable("numbers are not turned over by chance, classes are")
        most = highest(len(data.classes))
        if self.start > most:
            reason = f"of {len(data.classes)} classes at most {most:.2f} may be wrong, not "
            raise NotApplicable(f"{reason}{self.start}")
        gone = treated(train, data, tables[TABLE]) / len(data.train)
        counts = np.bincount(data.train.y, minlength=len(data.classes))
        most = min(most, OTHERS * (1 - float(counts.max()) / len(data.train)))
        start = min(self.start, most)
        facts = [
            Fact("start", start, "share", n=len(train)),
            Fact("most", most, "share", n=len(train)),
            Fact("hold", self.hold, "epochs", n=len(train)),
            Fact("treated_before", gone, "share", n=len(data.train)),
        ]
        return Repaired(train, facts, conduct=Conduct(wrong=Wrong(start, self.hold, gone, most)))


def treated(train: Split, data: Data, suspects: pd.DataFrame) -> int:
    """How many of the listed training rows are no longer there, or have another label by now."""
    read = pd.Series(data.train.y, data.train.ids)
    read = read[read.index.isin(suspects["id"])]
    now = pd.Series(train.y, train.ids)
    return int((now.reindex(read.index) != read).sum())
