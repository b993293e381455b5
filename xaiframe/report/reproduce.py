"""How to get the same numbers again, and how to follow any number back to its origin."""

from __future__ import annotations

from collections.abc import Iterable

import yaml

from xaiframe.report import trace
from xaiframe.report.block import Block, Chapter, Page, Prose, parts
from xaiframe.report.record import Record


def chapter(record: Record) -> Chapter:
    """How to rerun, and the way from any number to its origin."""
    blocks = parts(record, rerun, environment, trace.trace, artifacts, recipe)
    return Chapter(
        "reproduce", "Reproduce and trace", "How can every number be checked?", blocks, fresh=False
    )


def rerun(record: Record) -> Iterable[Block]:
    """Commands, code revision and seeds."""
    git = record.manifest.get("git")
    revision = (
        f"Code revision "
        f"{git.get('revision')}{' with uncommitted changes' if git.get('dirty') else ''}."
        if git
        else "The code revision is not recorded: the run was not made from a git checkout."
    )
    yield Page(
        "rerun",
        "_rerun.html",
        {
            "name": str(record.recipe.get("name", "recipe")),
            "revision": revision,
            "seeds": ", ".join(f"{k} {v}" for k, v in (record.manifest.get("seeds") or {}).items())
            or "not recorded",
        },
    )


def environment(record: Record) -> Iterable[Block]:
    """Versions and the policy with its digest."""
    manifest = record.manifest
    versions = dict(manifest.get("versions") or {})
    names = ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
    policy = dict(manifest.get("policy") or {})
    yield Prose(
        [
            f"Python {manifest.get('python') or 'not recorded'} on "
            f"{manifest.get('platform') or 'not recorded'}. "
            f"{names or 'Package versions not recorded'}.",
            f"Policy {policy.get('name', 'not recorded')} "
            f"({' ← '.join(map(str, policy.get('chain') or []))}), digest "
            f"{policy.get('digest', 'not recorded')}.",
        ],
        title="Environment and policy",
    )


def artifacts(record: Record) -> Iterable[Block]:
    """Every artifact with its digest; the report cannot hold its own."""
    stored = dict(record.manifest.get("artifacts") or {})
    listed = [
        {"name": name.removeprefix("artifacts/"), "digest": str(value)[:12]}
        for name, value in sorted(stored.items())
        if not name.startswith("report.")
    ]
    if listed:
        yield Page("digests", "_digests.html", {"files": listed})


def recipe(record: Record) -> Iterable[Block]:
    """Every value in force, defaults included.

    To save paper, the strategy (a chapter of its own) is left out, and the rules of prescriptions
    stand by name; recipe.yaml is attached in full.
    """
    if not record.recipe:
        return
    shown = {key: value for key, value in record.recipe.items() if key != "strategy"}
    shown["prescription"] = list(record.recipe.get("prescription") or [])
    text = yaml.safe_dump(
        shown, sort_keys=False, allow_unicode=True, default_flow_style=None, width=64
    )
    yield Page("recipe", "_recipe.html", {"text": text})
