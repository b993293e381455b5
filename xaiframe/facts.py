"""The nouns that travel between stages: facts, findings, prescriptions and the verdict."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

Value = float | int | str | bool | None
Better = Literal["lower", "higher", "none"]
Status = Literal["pass", "warn", "fail", "error", "undecided", "not_assessed", "waived"]

ORDER: tuple[Status, ...] = ("error", "fail", "warn", "undecided", "waived", "pass", "not_assessed")
"""Statuses from the one that matters most to the one that matters least."""


@dataclass(frozen=True)
class Source:
    """Who computed a fact: the method, and the library with its version that did the arithmetic."""

    method: str = ""
    library: str = "xaiframe"
    version: str = ""


def source(library: str = "xaiframe") -> Source:
    """The source of a fact computed by ``library``; the runner adds the method's name."""
    try:
        return Source(library=library, version=version(library))
    except PackageNotFoundError:
        return Source(library=library)


def setting_text(value: Any) -> str:
    """A setting as text: a word as it is, all else (a list, null, a number) as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


@dataclass(frozen=True)
class Fact:
    """One typed, measured value.

    ``name`` is ``stage.choice.quantity``. Inside a stage only the quantity is given
    (``Fact("share", 0.02)``); the runner prefixes it with :meth:`within`.

    ``value`` is None when the quantity could not be determined; ``reason`` then says why.
    ``interval`` is a 95 % interval unless ``unit`` says otherwise. ``evidence`` names artifacts.
    """

    name: str
    value: Value
    unit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    n: int | None = None
    interval: tuple[float, float] | None = None
    better: Better = "none"
    source: Source = field(default_factory=source)
    evidence: tuple[str, ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.value, float) and not math.isfinite(self.value):
            reason = self.reason or f"the computation gave {self.value}"
            object.__setattr__(self, "value", None)
            object.__setattr__(self, "reason", reason)
        if self.interval is not None and not all(math.isfinite(end) for end in self.interval):
            object.__setattr__(self, "interval", None)

    @property
    def stage(self) -> str:
        return self.name.split(".")[0]

    @property
    def choice(self) -> str:
        return self.name.split(".")[1]

    @property
    def quantity(self) -> str:
        return self.name.split(".", 2)[2]

    def within(self, prefix: str, method: str, evidence: Iterable[str] = ()) -> Fact:
        """This fact under its full name, with the method that computed it and its artifacts."""
        return replace(
            self,
            name=f"{prefix}.{self.name}",
            source=replace(self.source, method=self.source.method or method),
            evidence=self.evidence or tuple(evidence),
        )

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Fact:
        known = dict(stored)
        known["source"] = Source(**known["source"])
        known["interval"] = tuple(known["interval"]) if known["interval"] else None
        known["evidence"] = tuple(known["evidence"])
        return cls(**known)


@dataclass(frozen=True)
class Finding:
    """A fact judged by a rule of the policy.

    ``threshold`` is the limit in words (``"above 0.25"``), ``source`` where the limit comes
    from, ``set_by`` which policy file set it. ``value`` and ``labels`` are the worst judged fact's.
    """

    rule: str
    status: Status
    fact: str
    message: str
    value: Value = None
    unit: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    n: int | None = None
    interval: tuple[float, float] | None = None
    threshold: str = ""
    source: str = ""
    set_by: str = ""
    reason: str = ""
    judged: int = 0
    evidence: tuple[str, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Finding:
        known = dict(stored)
        known["interval"] = tuple(known["interval"]) if known["interval"] else None
        known["evidence"] = tuple(known["evidence"])
        return cls(**known)


@dataclass(frozen=True)
class Prescription:
    """A set of config overrides with a reason, the relation it serves and what it should improve.

    ``because`` is the rule's reason; ``fired_by`` the facts, in words, that made it fire;
    ``expect`` is ``{"fact": name, "direction": "higher" | "lower"}``; ``costs`` what it may make
    worse by how much at most, fact name → amount. ``automatic``: the rule needs nobody's consent;
    ``accepted``: the recipe's owner gave it.
    """

    key: str
    relation: str
    overrides: Mapping[str, Any]
    because: str
    automatic: bool
    expect: Mapping[str, str] = field(default_factory=dict)
    fired_by: tuple[str, ...] = ()
    accepted: bool = False
    costs: Mapping[str, float] = field(default_factory=dict)

    @property
    def applies(self) -> bool:
        """Whether a further round puts it into force."""
        return self.automatic or self.accepted

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Prescription:
        return cls(**{**stored, "fired_by": tuple(stored["fired_by"])})


@dataclass(frozen=True)
class Verdict:
    """The policy's last word on a run: ``pass``, ``warn`` or ``fail``, with a count per status."""

    status: Literal["pass", "warn", "fail"]
    policy: str
    policy_digest: str
    counts: Mapping[str, int]
    summary: str = ""

    def exit_code(self, fail_on_warn: bool = False) -> int:
        """0 pass, 1 warnings when ``fail_on_warn``, 2 policy failed (DESIGN §5)."""
        if self.status == "fail":
            return 2
        return 1 if self.status == "warn" and fail_on_warn else 0


class Facts(tuple[Fact, ...]):
    """An immutable collection of facts that can be asked by name and label."""

    def where(self, name: str, **labels: str) -> Facts:
        """All facts of that full name whose labels include ``labels``."""
        return Facts(
            fact
            for fact in self
            if fact.name == name and all(fact.labels.get(k) == v for k, v in labels.items())
        )

    def within(self, prefix: str) -> Facts:
        """All facts whose name starts with ``prefix`` followed by a dot."""
        return Facts(fact for fact in self if fact.name.startswith(prefix + "."))

    def one(self, name: str, **labels: str) -> Fact | None:
        """The first such fact, or None."""
        return next(iter(self.where(name, **labels)), None)

    def value(self, name: str, default: Value = None, **labels: str) -> Value:
        """The value of the first such fact, or ``default``."""
        fact = self.one(name, **labels)
        return default if fact is None or fact.value is None else fact.value
