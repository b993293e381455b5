"""The shape a recipe must fit: typed, frozen, and free of heavy imports."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Node = Mapping[str, Any]
"""A composed choice: ``_target_`` and its parameters."""
RANGE_KEYS = frozenset({"low", "high", "choices", "log", "step"})
"""What tells a range of the search space from a mapping of ranges."""


@dataclass(frozen=True)
class Knowledge:
    """What a domain expert already believes about one feature, and why.

    effect: rises, falls (the score of the target class), matters, does_not_matter.
    class_name: the class the belief is about; empty means the reference's target.
    """

    feature: str
    effect: Literal["rises", "falls", "matters", "does_not_matter"]
    because: str = ""
    class_name: str = ""


@dataclass(frozen=True)
class Strategy:
    """The soft data that hard data cannot give (METHOD §2).

    select: axis of the taxonomy (scope, access, usage, reach, direction) → value or values; stands
    for the lists of intrinsic, perturbation and gradient methods where a recipe names none.
    """

    purpose: str = ""
    owner: str = ""
    audience: Literal["developer", "domain_expert", "end_user", "regulator"] = "developer"
    risk: Literal["minimal", "limited", "high"] = "limited"
    intended_use: str = ""
    out_of_scope: str = ""
    mitigation: str = ""
    fallback: str = ""
    sensitive: Sequence[str] = ()
    knowledge: Sequence[Knowledge] = ()
    select: Mapping[str, Any] = field(default_factory=dict)
    signatories: Mapping[str, str] = field(default_factory=dict)
    """Role → name, for the sign-off page; an empty name leaves a line to be filled in by hand."""


@dataclass(frozen=True)
class ReferenceConfig:
    """One reference for both directions (DESIGN §3).

    background: rows (a sample of the training split), mean (its mean row), zeros (one row of
    zeros: black, or no word); auto takes zeros for text, where another message's words in place of
    a missing one would be another message, and rows otherwise.
    """

    background: Literal["auto", "rows", "mean", "zeros"] = "auto"
    rows: int = 24
    target: str = "predicted"
    output: Literal["logit", "probability"] = "logit"

    def kind(self, modality: str) -> str:
        """What the background is for these data: rows, mean or zeros."""
        if self.background != "auto":
            return self.background
        return "zeros" if modality == "text" else "rows"


@dataclass(frozen=True)
class Fit:
    """How a network is trained here."""

    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    batch_size: int = 32
    epochs: int = 100
    patience: int = 12
    class_weight: Literal["none", "balanced"] = "none"
    label_smoothing: float = 0.0
    input_noise: float = 0.0
    """Gaussian noise added to training inputs, in standard deviations of each feature."""
    averaging: float = 0.0
    """What a step leaves of the weights' mean before it, in [0, 1); 0: the last weights count."""


@dataclass(frozen=True)
class Explain:
    """Which instances are explained, and how the work is cut.

    instances: rows of the test split explained; cases: those given a page each in the report;
    batch: instances per prediction batch; repeats: instances explained again under another seed;
    sample: rows a global method reads; max_batch: most rows sent to the model at once.
    """

    instances: int = 48
    cases: int = 6
    batch: int = 24
    repeats: int = 12
    sample: int = 200
    max_batch: int = 8192


@dataclass(frozen=True)
class Budget:
    """What a round may take; null sets no bound.

    minutes: from the start of a round to the last question, the report comes on top; evaluations:
    rows the model is asked for explanations, by the measures that test them and in tuning. Where a
    bound is met, the methods keep what they have and say of how many instances.
    """

    minutes: float | None = None
    evaluations: int | None = None


@dataclass(frozen=True)
class Recipe:
    """A whole audit, composed and checked."""

    name: str
    data: Node
    model: Node
    precaution: Mapping[str, Node]
    repair: Mapping[str, Node]
    intrinsic: Mapping[str, Node]
    perturbation: Mapping[str, Node]
    gradient: Mapping[str, Node]
    evaluation: Mapping[str, Node]
    prescription: Mapping[str, Node]
    tuning: Node
    report: Node
    runner: Node
    pruner: Node = field(default_factory=dict)
    strategy: Strategy = field(default_factory=Strategy)
    reference: ReferenceConfig = field(default_factory=ReferenceConfig)
    fit: Fit = field(default_factory=Fit)
    explain: Explain = field(default_factory=Explain)
    budget: Budget = field(default_factory=Budget)
    policy: str = "default"
    seed: int = 0
    rounds: int = 1
    accept: Sequence[str] = ()
    """Prescriptions that wait for a person and that the recipe's owner accepts, by key."""
