"""The real check and the real policy on one arm: which of the check's rules warn or fail."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from benchmarks.planting.clean import ROOT
from benchmarks.planting.fault import Arm
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Outcome
from xaiframe.facts import Facts, Finding
from xaiframe.policy.judge import judge
from xaiframe.policy.load import load_policy
from xaiframe.policy.schema import Policy
from xaiframe.runner.loading import loading_outcome

TODAY = date(2030, 1, 1)


@dataclass(frozen=True)
class Verdict:
    """Rules that warn or fail, those undecided, and the check's tables; ``reason``: why none."""

    alarms: dict[str, str] = field(default_factory=dict)
    undecided: tuple[str, ...] = ()
    tables: dict[str, pd.DataFrame] = field(default_factory=dict)
    reason: str = ""


@cache
def check_of(stem: str) -> Any | None:
    """The check as ``conf/precaution`` configures it; None while there is none."""
    path = Path(ROOT / "conf" / "precaution" / f"{stem}.yaml")
    if not path.is_file():
        return None
    node = dict(yaml.safe_load(path.read_text())[stem])
    module, _, made = node.pop("_target_").rpartition(".")
    return getattr(importlib.import_module(module), made)(**node)


@cache
def policy_of(stem: str) -> Policy:
    """The default policy, only its rules about facts of this check."""
    whole = load_policy("default", [ROOT / "conf"])
    prefix = f"precaution.{stem}."
    rules = {name: rule for name, rule in whole.rules.items() if rule.fact.startswith(prefix)}
    return replace(whole, rules=rules, require=())


def verdict(stem: str, arm: Arm, seed: int) -> Verdict:
    """Runs the check and judges its facts, beside those of loading, by its own rules."""
    check = check_of(stem)
    if arm.data.modality not in check.modalities:
        return Verdict(reason=f"{stem} does not apply to {arm.data.modality}")
    extra = () if check.phase == "data" else (arm.model,)
    try:
        found: Outcome = check(arm.data, *extra, seed)
    except NotApplicable as error:
        return Verdict(reason=str(error))
    facts = [one.within("data.load", "data.load") for one in loading_outcome(arm.data).facts]
    facts += [one.within(f"precaution.{stem}", f"precaution.{stem}") for one in found.facts]
    findings, _ = judge(Facts(facts), policy_of(stem), TODAY)
    return Verdict(
        {one.rule: one.status for one in findings if one.status in ("warn", "fail")},
        tuple(one.rule for one in findings if one.status == "undecided"),
        dict(found.tables),
        reasons(findings),
    )


def reasons(findings: list[Finding]) -> str:
    """Why rules are undecided or had nothing to judge, in words."""
    told = {one.reason for one in findings if one.status in ("undecided", "not_assessed")}
    return "; ".join(sorted(one for one in told if one))
