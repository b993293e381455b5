"""Which parameters of the explanation may be searched, and why others may not."""

from __future__ import annotations

from collections.abc import Mapping

from xaiframe.catalogue.listing import Parameter, describe
from xaiframe.policy.reading import near
from xaiframe.recipe import Recipe

DIRECTED = ("perturbation", "gradient")


def explaining(recipe: Recipe) -> dict[str, Parameter]:
    """The parameters of the explanation that may be searched: of selected methods, and of the
    reference what absence is, not what is asked."""
    found = {
        f"reference.{one.name}": one
        for one in describe("xaiframe.recipe.ReferenceConfig").parameters
        if one.name in ("background", "rows")
    }
    for group in DIRECTED:
        for method, node in getattr(recipe, group).items():
            parameters = describe(str(node["_target_"])).parameters
            found |= {f"{group}.{method}.{one.name}": one for one in parameters}
    return found


def untunable(recipe: Recipe, name: str, tunable: Mapping[str, Parameter]) -> tuple[str, str]:
    """Why a key cannot be searched, and what would be right."""
    section, _, rest = name.partition(".")
    if section == "explain":
        why = "says which instances are shown, not how they are explained"
        return f"cannot be tuned: {why}", "a parameter of a method, such as its samples"
    if section == "reference":
        return "cannot be tuned: it is what is asked, not how", "reference.rows or .background"
    method = rest.partition(".")[0]
    if section in DIRECTED and method not in getattr(recipe, section):
        chosen = ", ".join(getattr(recipe, section))
        return f"is of {method}, which is not selected", f"{section}=[{chosen},{method}]"
    return "there is no such key to tune", near(name, tunable)
