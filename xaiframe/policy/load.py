"""Find a policy, follow what it extends, put the floor beneath it, and build the merged whole."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from xaiframe.errors import Problem, RecipeError
from xaiframe.policy.check import check
from xaiframe.policy.merge import Merged
from xaiframe.policy.reading import Document, Key, near, read
from xaiframe.policy.schema import (
    COMPARATORS,
    Clause,
    Comparison,
    Limit,
    Policy,
    Requirement,
    Rule,
    Waiver,
)

NO_RULE = re.compile(r"require\.[a-z]+(\.\w+)?|[a-z]+\.\w+\.error")
"""What a waiver may name besides a rule: a requirement, or a method that raised."""


def load_policy(name_or_path: str, search: Sequence[Path], floor: Path | None = None) -> Policy:
    """The policy ``name_or_path`` with everything it extends, above the floor.

    A name is looked for as ``<folder>/policy/<name>.yaml`` and ``<folder>/<name>.yaml`` in the
    folders of ``search``; the first wins. A path is relative to the working directory or to a
    folder of ``search``; an ``extends`` path first to the file that says it. ``floor`` is a
    policy file that every other may only tighten.

    Raises RecipeError with every fault: file not found, unreadable or malformed, an unknown key,
    a wrong type, a circle of ``extends``, a loosened or locked rule (naming both files).
    """
    documents = _lineage(str(floor), search, "the floor") if floor else []
    known = {document.path.resolve() for document in documents}
    wanted = _lineage(name_or_path, search, "policy")
    documents += [one for one in wanted if one.path.resolve() not in known]
    problems = [problem for document in documents for problem in check(document)]
    if problems:
        raise RecipeError(problems)
    merged = Merged()
    for document in documents:
        merged.apply(document)
    problems = [*merged.problems, *_incomplete(merged)]
    if problems:
        raise RecipeError(problems)
    return _built(wanted[-1].path.stem, merged, documents)


def _lineage(start: str, search: Sequence[Path], place: str) -> list[Document]:
    """The policy and all it extends, the oldest ancestor first."""
    lineage: list[Document] = []
    path = _find(start, search, place)
    while True:
        document = read(path)
        if any(path.resolve() == one.path.resolve() for one in lineage):
            raise RecipeError(lineage[0].problem(("extends",), "the policies extend each other"))
        lineage.insert(0, document)
        parent = document.data.get("extends")
        if not isinstance(parent, str):  # none, or a wrong type that check() will name
            return lineage
        path = _find(parent, [path.parent, *search], document.place("extends"))


def _find(name: str, search: Sequence[Path], place: str) -> Path:
    if not name:
        raise RecipeError(Problem(place, "no policy is named", near("", _names(search))))
    if name.endswith((".yaml", ".yml")) or "/" in name:
        candidates = [Path(name).expanduser(), *(folder / name for folder in search)]
        if len(search) and place not in ("policy", "the floor"):
            candidates = candidates[1:] + candidates[:1]  # extends: beside the file that says it
    else:
        candidates = [folder / sub / f"{name}.yaml" for folder in search for sub in ("policy", ".")]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    hint = near(Path(name).stem, _names(search))
    raise RecipeError(Problem(place, f"there is no policy {name}", hint))


def _names(search: Sequence[Path]) -> set[str]:
    return {file.stem for folder in search for file in (folder / "policy").glob("*.yaml")}


def _incomplete(merged: Merged) -> Iterable[Problem]:
    """What a rule must have once everything is merged, and waivers for rules that are not there."""
    for name, rule in merged.rules.items():
        document, place = merged.origin[("rules", name)]
        if "fact" not in rule:
            hint = near(name, set(merged.rules) - {name})
            yield document.problem(place, f"rules.{name} names no fact", hint)
        clauses = [key for key in ("warn", "fail") if rule.get(key)]
        if not clauses:
            yield document.problem(place, f"rules.{name} neither warns nor fails")
        for key in clauses:
            if not any(comparator in rule[key] for comparator in COMPARATORS):
                yield document.problem((*place, key), f"rules.{name}.{key} compares with nothing")
    for position, waiver in enumerate(merged.waivers):
        if waiver["rule"] not in merged.rules and not NO_RULE.fullmatch(waiver["rule"]):
            document, place = merged.origin[("waivers", position)]
            hint = near(waiver["rule"], merged.rules)
            yield document.problem(place, f"there is no rule {waiver['rule']} to waive", hint)


def _built(name: str, merged: Merged, documents: Sequence[Document]) -> Policy:
    return Policy(
        name=name,
        rules={key: _rule(key, raw) for key, raw in merged.rules.items()},
        require=tuple(
            Requirement(group, tuple(sorted(names)), count)
            for group, (names, count) in merged.require.items()
        ),
        waivers=tuple(
            Waiver(**{**waiver, "expires": date.fromisoformat(waiver["expires"])})
            for waiver in merged.waivers
        ),
        errors="warn" if merged.errors == "warn" else "fail",
        chain=tuple(f"{one.path.parent.name}/{one.path.name}" for one in documents),
        set_by={
            _dotted(key): document.label(*place) for key, (document, place) in merged.origin.items()
        },
    )


def _dotted(key: Key) -> str:
    return ".".join(str(part) for part in key)


def _rule(name: str, raw: Mapping[str, Any]) -> Rule:
    given = {key: value for key, value in raw.items() if value is not None}
    for key in ("warn", "fail"):
        if key in given:
            given[key] = _clause(given[key])
    if "only_if" in given:
        given["only_if"] = _test(given["only_if"])
    return Rule(id=name, **given)


def _clause(raw: Mapping[str, Any]) -> Clause:
    also = raw.get("and") or []
    return Clause(
        _test(raw), tuple(_test(one) for one in ([also] if isinstance(also, dict) else also))
    )


def _test(raw: Mapping[str, Any]) -> Comparison:
    comparator = next(one for one in COMPARATORS if one in raw)
    value = raw[comparator]
    limit: Limit = tuple(value) if isinstance(value, list) else value
    return Comparison(
        comparator,
        limit,
        str(raw.get("fact", "")),
        dict(raw.get("labels") or {}),
        bool(raw.get("whole_interval", False)),
    )
