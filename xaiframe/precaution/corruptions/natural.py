"""Natural robustness: scores and changed predictions under every corruption."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.facts import Fact
from xaiframe.model.face import Model
from xaiframe.precaution.corruptions.flips import Part, score_fact, score_row
from xaiframe.precaution.corruptions.trial import Trial, trials
from xaiframe.precaution.measure import share_fact


def natural(data: Data, model: Model, rows: Split, before: Array, seed: int, listed: int) -> Part:
    """Facts score and flipped_share per corruption and severity, flipped_by_small_noise per
    corruption that the policy may judge, the worst first; of each of those, examples."""
    part, judged = Part(), []
    for one in trials(data, model, rows, before, seed):
        labels = {"corruption": one.corruption.name, "severity": one.severity}
        score = score_fact("score", data, rows.y, one.after, seed, labels)
        if one.reason:
            score = replace(score, value=None, interval=None, reason=one.reason)
        flipped = flipped_fact("flipped_share", one, labels)
        part.facts += [score, flipped]
        part.scores.append(
            score_row("corruption", one.corruption.name, one.severity, one.amount,
                      one.corruption.said(one.amount), score, flipped)
        )  # fmt: skip
        if one.judged:
            judged.append(one)
    judged.sort(key=lambda one: -one.flipped.sum())
    small = [
        flipped_fact("flipped_by_small_noise", one, {"corruption": one.corruption.name})
        for one in judged
    ]
    for one in judged:
        how = ("corruption", one.corruption.name, one.corruption.said(one.amount))
        for at in np.flatnonzero(one.flipped)[: max(0, listed - len(part.examples))]:
            part.example(data, rows, int(at), how, one.x[at], before[at], one.after[at])
    part.facts = [*small, *part.facts]
    return part


def held_back(data: Data, model: Model, rows: Split, seed: int) -> Fact:
    """flipped_by_small_noise_validation: the worst share on validation rows, which decide."""
    name = "flipped_by_small_noise_validation"
    if not len(rows):
        why = "there are no validation rows"
        return Fact(name, None, "share", n=0, better="lower", reason=why)
    tried = trials(data, model, rows, model.predictions(rows.x), seed, mild=True)
    found = [one for one in tried if one.judged and not one.reason]
    if not found:
        why = "no small noise applies"
        return Fact(name, None, "share", n=len(rows), better="lower", reason=why)
    worst = max(found, key=lambda one: one.flipped.sum())
    return flipped_fact(name, worst, {"corruption": worst.corruption.name})


def flipped_fact(name: str, one: Trial, labels: dict[str, str]) -> Fact:
    """Share of the rows whose prediction is another one; a row that the corruption leaves as it is
    counts too, for so many stay as they are."""
    if one.reason:
        return Fact(name, None, "share", labels, n=0, better="lower", reason=one.reason)
    return share_fact(name, int(one.flipped.sum()), len(one.flipped), labels)
