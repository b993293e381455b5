"""Attributions, and the facts that every method states about itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass
class Attribution:
    """Local attributions of a batch of instances.

    values
        ``(n, *input_shape)`` when ``level`` is ``"element"`` (a gradient per input element),
        ``(n, features)`` when it is ``"feature"`` (a value per interpretable feature).
        In units of the score (logit or probability), for ``unit="score per sd"`` the change
        of the score when the feature rises by one standard deviation.
    error
        ``(n, features)`` standard error per interpretable feature, or None when the method is
        exact; element attributions of one feature vary together, so theirs cannot be added up.
    base
        ``(n,)`` the score that the attributions start from, or None when the method has none.
    evaluations
        model evaluations spent on this batch (a backward pass counts as one).
    """

    values: Array
    level: Literal["element", "feature"]
    error: Array | None = None
    base: Array | None = None
    evaluations: int = 0

    def per_feature(self, feature_mask: Array, features: int) -> Array:
        """``(n, features)``: element attributions summed over each interpretable feature.

        ``feature_mask`` is ``input_shape``, or ``(n, *input_shape)`` where each has its own.
        """
        if self.level == "feature":
            return self.values
        flat = self.values.reshape(len(self.values), int(np.prod(self.values.shape[1:])))
        if feature_mask.ndim < self.values.ndim:
            membership = np.eye(features, dtype=flat.dtype)[feature_mask.reshape(-1)]
            return np.asarray(flat @ membership)
        owner = feature_mask.reshape(flat.shape)
        return np.stack(
            [np.bincount(own, row, features) for own, row in zip(owner, flat, strict=True)]
        )


class Method:
    """What a method states about itself: literals, so that plan and list read them unimported.

    Parameters are annotated fields of the (data)class; facts are plain assignments.
    """

    scope = "local"
    access = "black_box"
    usage = "post_hoc"
    reach = "model_agnostic"
    direction = "none"
    kind = "attribution"
    """What it returns: ``attribution``, or a module of :mod:`xaiframe.kinds`."""
    modalities: tuple[str, ...] = ("table", "image", "text", "series")
    tasks: tuple[str, ...] = ("classification", "regression")
    needs: tuple[str, ...] = ()
    """What the model must provide: gradient, convolution, layers (module by module), attention."""
    signed = True
    """Whether the sign says for or against the target."""
    additive = False
    """Whether attributions claim to sum to score − base (completeness, efficiency)."""
    own_reference = False
    """Whether the method ignores the declared reference: marked not comparable in agreement."""
    stochastic = False
    """Whether another seed gives other numbers."""
    counterpart = ""
    """The library that computes the same, where the parameter ``engine`` is ``library``."""
    cost = "instances"
    """Model evaluations as an arithmetic expression over parameters and
    instances, features, elements, background, rows, test and train (rows of the whole splits),
    classes, gradient (1 where the model offers it, else 0), table and text (1 for such data)."""
    each: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """What a parameter that is a word counts for in ``cost``: ``{"over": {"deep_lift": "2"}}``."""
    reference = ""
    """Where the method is published: DOI or arXiv id."""

    @classmethod
    def attributes(cls) -> bool:
        """Whether it gives each instance a number per feature, so that methods can be compared."""
        return cls.scope == "local" and cls.kind == "attribution"

    @property
    def computed_by(self) -> str:
        """The library that does the arithmetic."""
        if getattr(self, "engine", "own") == "library":
            return self.counterpart
        return getattr(self, "library", "xaiframe")


@dataclass
class Outcome:
    """What a stage yields: facts, tables (pandas frames), named arrays, and files as bytes.

    A value of ``tables`` is a DataFrame, of ``arrays`` a mapping of name to ndarray (one .npz).
    """

    facts: list[Any] = field(default_factory=list)
    tables: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, dict[str, Array]] = field(default_factory=dict)
    files: dict[str, bytes] = field(default_factory=dict)
