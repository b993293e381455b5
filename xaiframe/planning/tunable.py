"""Which parameters of the explanation may be searched, and why others may not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from xaiframe.catalogue.listing import Parameter, describe
from xaiframe.policy.reading import near
from xaiframe.recipe import Recipe

DIRECTED = ("perturbation", "gradient")
COMPARABLE = (
    "evaluation.faithfulness.",
    "evaluation.faithfulness_correlation.",
    "evaluation.infidelity.",
    "evaluation.stability.",
    "explanation.cost.",
)
"""What can be measured alike of explanations that speak of different features."""


def explaining(recipe: Recipe) -> dict[str, Parameter]:
    """The parameters of the explanation that may be searched: of selected methods, of the
    reference what absence is, not what is asked, and of the data the features that are spoken of.
    """
    found = {
        f"reference.{one.name}": one
        for one in describe("xaiframe.recipe.ReferenceConfig").parameters
        if one.name in ("background", "rows")
    }
    data = describe(str(recipe.data["_target_"]))
    cut = cutting(recipe)
    found |= {f"data.{one.name}": one for one in data.parameters if one.name in cut}
    for group in DIRECTED:
        for method, node in getattr(recipe, group).items():
            parameters = describe(str(node["_target_"])).parameters
            found |= {f"{group}.{method}.{one.name}": one for one in parameters}
    return found


def cutting(recipe: Recipe) -> Mapping[str, Mapping[str, str]]:
    """The parameters of the data that only decide which features explanations speak of, and what
    each needs of others to decide anything."""
    found: Mapping[str, Mapping[str, str]] = describe(str(recipe.data["_target_"])).facts.get(
        "interpretable", {}
    )
    return found


def cut_faults(recipe: Recipe, keys: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Why the features that explanations speak of cannot be searched so: dotted key, message,
    hint."""
    named, known = set(keys), cutting(recipe)
    cut = [one for one in sorted(named) if one.partition(".")[2] in known and one[:5] == "data."]
    for key in cut:
        name = key.removeprefix("data.")
        needs = {
            other: value
            for other, value in known[name].items()
            if f"data.{other}" not in named and recipe.data.get(other) != value
        }
        for other, value in needs.items():
            yield f"tuning.space.{key}", f"decides nothing: data.{other} is not {value}", (
                f"data.{other}={value}, or search data.{other} too"
            )  # fmt: skip
        if name not in recipe.data:
            yield f"tuning.space.{key}", "has no value to start from", f"data.{name}: what it is"
    fitted = sorted(one for one in named if one.startswith(("fit.", "model.")))
    if cut and fitted:
        why = "asks for a model that stays as it is"
        yield f"tuning.space.{cut[0]}", why, f"a search of its own, without {fitted[0]}"
    tuning: Mapping[str, Any] = recipe.tuning
    for group in ("objectives", "constraints") if cut else ():
        for fact in tuning.get(group) or {}:
            if not str(fact).startswith(COMPARABLE):
                why = f"says nothing of which {cut[0]} is better"
                yield f"tuning.{group}.{fact}", why, f"one of {'…, '.join(COMPARABLE)}…"


def untunable(recipe: Recipe, name: str, tunable: Mapping[str, Parameter]) -> tuple[str, str]:
    """Why a key cannot be searched, and what would be right."""
    section, _, rest = name.partition(".")
    if section == "explain":
        why = "says which instances are shown, not how they are explained"
        return f"cannot be tuned: {why}", "a parameter of a method, such as its samples"
    if section == "data":
        known = ", ".join(f"data.{one}" for one in cutting(recipe))
        return "cannot be tuned: it decides what the model sees", known
    if section == "reference":
        return "cannot be tuned: it is what is asked, not how", "reference.rows or .background"
    method = rest.partition(".")[0]
    if section in DIRECTED and method not in getattr(recipe, section):
        chosen = ", ".join(getattr(recipe, section))
        return f"is of {method}, which is not selected", f"{section}=[{chosen},{method}]"
    return "there is no such key to tune", near(name, tunable)
