"""Does a method apply: its stated facts against those of the data, the model and the reference."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from xaiframe.catalogue.listing import Description, UnknownTarget, describe

IN_WORDS = {
    "gradient": "gradients",
    "convolution": "a convolutional layer",
    "layers": "its layers one by one",
    "trees": "its trees",
    "attention": "its attention weights (passed on through xaiframe.model.network.Attention; "
    "torch.nn.MultiheadAttention keeps its own to itself)",
}
DECLARED = {
    "sensitive": "strategy.sensitive names no column",
    "fit": "it needs a model that is trained here, this one comes trained",
}
"""What a method may need of the recipe itself, and what is said where it is missing."""


@dataclass(frozen=True)
class Subject:
    """What is to be explained, as far as source and recipe tell: data, task, model, output.

    ``declared`` are those of :data:`DECLARED` that the recipe has; ``doubtful`` is what the model
    may turn out not to provide once it is fitted.
    """

    modality: str
    task: str
    output: str
    provides: tuple[str, ...]
    declared: tuple[str, ...] = ()
    doubtful: tuple[str, ...] = ()

    def with_model(self, provides: Sequence[str]) -> Subject:
        """The same subject, with what the loaded model turned out to offer."""
        return replace(self, provides=tuple(provides))

    @classmethod
    def of(
        cls,
        data: Mapping[str, Any],
        model: Mapping[str, Any],
        output: str,
        sensitive: Sequence[str] = (),
    ) -> Subject:
        """The subject of the composed nodes ``data`` and ``model``; raises UnknownTarget."""
        source, architecture = (describe(str(node.get("_target_", ""))) for node in (data, model))
        declared = source.parameter("task")
        default = declared.default if declared else "classification"
        return cls(
            modality=str(source.facts.get("modality", "table")),
            task=str(data.get("task", default)),
            output=output,
            provides=tuple(architecture.facts.get("provides", ())),
            declared=(
                *(("sensitive",) if sensitive else ()),
                *(() if architecture.facts.get("brought") else ("fit",)),
            ),
            doubtful=tuple(architecture.facts.get("doubtful", ())),
        )


def misfits(
    config: Mapping[str, Any], explicit: Mapping[str, Iterable[str]]
) -> Iterator[tuple[str, str, str]]:
    """(group, choice, reason) of every method asked for by name that does not apply.

    For a recipe whose faults keep it from being planned: what cannot be told yet is left out.
    """
    try:
        output = str((config.get("reference") or {}).get("output", "logit"))
        sensitive = (config.get("strategy") or {}).get("sensitive") or ()
        subject = Subject.of(config["data"], config["model"], output, sensitive)
    except (UnknownTarget, KeyError, AttributeError, TypeError):
        return
    for group, names in explicit.items():
        if group == "repair":
            continue  # the plan says why one does not apply, and goes on
        nodes = config.get(group) or {}
        for name in sorted(names) if isinstance(nodes, Mapping) else ():
            node = nodes.get(name)
            target = node.get("_target_") if isinstance(node, Mapping) else None
            try:
                reason = reason_against(describe(str(target)), subject)
            except UnknownTarget:
                continue
            if reason:
                yield group, name, reason


def reason_against(method: Description, subject: Subject) -> str:
    """Why a method does not apply, in words; empty when it does."""
    return "; ".join(_reasons(method.facts, subject))


def _reasons(facts: Mapping[str, Any], subject: Subject) -> Iterator[str]:
    if subject.modality not in facts.get("modalities", (subject.modality,)):
        yield f"it explains {_listed(facts['modalities'])} data, these are {subject.modality} data"
    if subject.task not in facts.get("tasks", (subject.task,)):
        yield f"it is for {_listed(facts['tasks'])}, the task is {subject.task}"
    needs = facts.get("needs", ())
    yield from (
        DECLARED[need] for need in needs if need in DECLARED and need not in subject.declared
    )
    missing = [need for need in needs if need not in (*subject.provides, *DECLARED)]
    if missing:
        words = _listed([IN_WORDS.get(need, need) for need in missing])
        yield f"it needs {words}, which the model does not offer"
    if subject.output not in facts.get("outputs", (subject.output,)):
        outputs = _listed(facts["outputs"])
        yield f"it explains {outputs} outputs, reference.output is {subject.output}"


def _listed(words: Sequence[str]) -> str:
    return " and ".join(words)


def fitting_models(models: Mapping[str, Path], modality: str) -> list[str]:
    """The models on offer that take data of this modality."""
    return [name for name, path in models.items() if modality in _modalities(path)]


def _modalities(path: Path) -> Sequence[str]:
    node = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    try:
        return describe(str(node.get("_target_"))).facts.get("modalities", ())
    except UnknownTarget:
        return ()
