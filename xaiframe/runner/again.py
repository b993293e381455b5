"""Asking once more, outside of predict: under another model, of other instances, of a library."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from xaiframe.evaluation.evidence import Asked, Engine, Explained, Recompute, Reexplain
from xaiframe.explanation import Array, Outcome
from xaiframe.model.face import Model
from xaiframe.probe.banks import BANKS
from xaiframe.probe.score import Scorer
from xaiframe.runner.ledger import one_line
from xaiframe.runner.outcomes import explained
from xaiframe.runner.subject import Subject

log = logging.getLogger("xaiframe")


def attribute(
    subject: Subject,
    names: Sequence[str],
    asked: Asked | None = None,
    spent: dict[str, int] | None = None,
    left: dict[str, str] | None = None,
    seed: int | None = None,
) -> dict[str, Explained]:
    """Attributions of the subject's instances (or of others) at once, outside of predict.

    For small questions inside an evaluation or a tuning trial; nothing is stored, and a method
    that raises is left out. ``spent`` takes the rows that each method sent through the model,
    ``left`` why a method was left out; ``seed``: of the draws, the recipe's if None.
    """
    if asked is None:
        rows = subject.instances.split
        asked = Asked(rows.x, subject.instances.targets, rows.ids, rows.mask)
    features = len(subject.data.features)
    own = subject.data.feature_mask if asked.mask is None else asked.mask
    answers: dict[str, Explained] = {}
    for direction, bank in BANKS.items():
        shared = bank(
            *(subject.scorer, subject.data, asked.x, asked.targets, asked.ids),
            subject.recipe.seed if seed is None else seed,
            asked.mask,
        )
        for name, method in subject.tools.methods[direction].items():
            if name not in names:
                continue
            try:
                answer = method.explain(shared)
            except Exception as error:
                log.info("%s left out: %s", name, one_line(error))
                if left is not None:
                    left[name] = one_line(error)
                continue
            if spent is not None:
                spent[name] = answer.evaluations
            values = answer.per_feature(own, features)
            arrays = {"values": values.astype(np.float64), "base": answer.base}
            known = {key: value for key, value in arrays.items() if value is not None}
            answers[name] = explained(name, method, Outcome(arrays={"attribution": known}))
    return answers


def reexplainer(subject: Subject) -> Reexplain:
    """``(model, asked, methods)`` → attributions of those instances under a model."""

    def reexplain(model: Model, asked: Asked, names: Sequence[str]) -> dict[str, Array]:
        scorer = Scorer(model, subject.reference, subject.scorer.max_batch)
        other = replace(subject, model=model, scorer=scorer)
        answers = attribute(other, names, asked)
        return {name: answer.values for name, answer in answers.items()}

    return reexplain


def recomputer(subject: Subject) -> Recompute:
    """``(method, asked, engine, seed)`` → attributions of those instances, here or by a library."""
    methods = {**subject.tools.methods["perturbation"], **subject.tools.methods["gradient"]}

    def recompute(name: str, asked: Asked, engine: Engine, seed: int) -> Array:
        method = replace(methods[name], engine=engine)
        bank = BANKS[method.direction](
            *(subject.scorer, subject.data, asked.x, asked.targets, asked.ids), seed, asked.mask
        )
        own = subject.data.feature_mask if asked.mask is None else asked.mask
        values = method.explain(bank).per_feature(own, len(subject.data.features))
        return np.asarray(values, dtype=np.float64)

    return recompute
