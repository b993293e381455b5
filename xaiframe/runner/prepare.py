"""From a fitted model to a subject: reference declared, scorer built, instances chosen."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaiframe.data.face import Split
from xaiframe.explanation import Array, Outcome
from xaiframe.facts import Fact
from xaiframe.model.face import Model
from xaiframe.probe.instances import choose
from xaiframe.probe.reference import declare
from xaiframe.probe.score import Scorer
from xaiframe.runner.subject import Subject, Tools


def prepare(tools: Tools, model: Model, split: Split, count: int, cases: int) -> Subject:
    """The subject that explains ``count`` instances of ``split``, ``cases`` of them informative."""
    recipe = tools.recipe
    model.at_most(recipe.explain.max_batch)
    reference = declare(recipe.reference, tools.data, recipe.seed)
    scorer = Scorer(model, reference, recipe.explain.max_batch)
    instances = choose(tools.data, split, model, reference, scorer, count, cases, recipe.seed)
    return Subject(tools, model, model.digest, reference, scorer, instances)


def reference_outcome(subject: Subject) -> Outcome:
    """Facts and arrays that declare the one reference of both directions."""
    reference, data = subject.reference, subject.data
    target = "predicted" if reference.target is None else data.classes[reference.target]
    outputs = subject.scorer.outputs(reference.background)
    column = outputs[:, 0 if reference.target is None else reference.target]
    facts = [
        Fact("background_rows", len(reference.background), "rows"),
        Fact("output", reference.output if data.task == "classification" else "value"),
        Fact("target", data.target if data.task == "regression" else target),
        Fact("digest", reference.digest),
    ]
    if reference.target is not None or data.task == "regression":
        expected = float(reference.weights @ column)
        facts.append(Fact("expected_score", expected, "score", n=len(column)))
    arrays = {
        "background": reference.background,
        "weights": reference.weights,
        "baseline": reference.baseline,
    }
    return Outcome(facts, arrays={"reference": arrays})


def instances_outcome(subject: Subject) -> Outcome:
    """The explained instances as the report shows them."""
    data, instances = subject.data, subject.instances
    features = pd.DataFrame(
        {
            "feature": list(data.features),
            "unit": [data.units.get(name, "") for name in data.features],
            "kind": [data.encoding.kinds.get(name, "numeric") for name in data.features],
        }
    )
    return Outcome(
        [
            Fact("count", len(instances), "instances", n=len(data.test)),
            Fact("cases", int(instances.table["case"].sum()), "instances", n=len(instances)),
        ],
        tables={
            "instances": instances.table,
            "features": features,
            **data.encoding.tables(instances.split),
        },
        arrays={"inputs": inputs(subject)},
    )


def inputs(subject: Subject) -> dict[str, Array]:
    """x ``(n, *input_shape)``; feature_mask ``input_shape``, or ``(n, *input_shape)`` where each
    instance has its own; values ``(n, features)`` where a feature means the same in all."""
    data, split = subject.data, subject.instances.split
    mask = data.feature_mask if split.mask is None else split.mask
    found = {"x": split.x, "feature_mask": np.asarray(mask)}
    return found | ({"values": data.encoding.values(split.x)} if data.aligned else {})
