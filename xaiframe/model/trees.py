"""Boosted trees and forests, for which Shapley values can be read off the trees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.face import BlackBox
from xaiframe.model.files.estimator import quietly, renamed
from xaiframe.model.files.trees import Ensemble, read_trees
from xaiframe.model.outputs import class_order, expect_outputs


@dataclass(frozen=True)
class Columns:
    """Which numbers of an instance the trees read.

    ``read`` gives the user's values, one per feature and a code for a level, or the elements of
    ``x``, a category's indicators one by one. ``chosen`` ``(width,)`` are positions among those,
    ``owner`` ``(width,)`` the interpretable feature of each.
    """

    read: Callable[[Array], Array]
    chosen: Array
    owner: Array

    def __call__(self, x: Array) -> Array:
        """``(n, width)`` float64 from ``x`` ``(n, *input_shape)``."""
        return np.asarray(self.read(x), dtype=np.float64)[:, self.chosen]


class TreeModel(BlackBox):
    """A model that answers, and whose :attr:`ensemble` can be read through :attr:`columns`."""

    def __init__(
        self, ensemble: Ensemble, columns: Columns, data: Data, place: str, identity: object
    ) -> None:
        super().__init__(
            lambda x: quietly(ensemble.answer, columns(x)),
            data.task,
            data.classes,
            gives=ensemble.gives,
            provides=() if ensemble.obstacle else ("trees",),
            place=place,
            identity=identity,
        )
        self.ensemble, self.columns = ensemble, columns


@dataclass(frozen=True)
class Trees:
    """A gradient-boosted ensemble, a forest or a single tree.

    path: ``.json`` or ``.ubj`` of XGBoost, ``.txt`` of LightGBM, ``.skops`` of scikit-learn.
    classes: names of the model's outputs in their order, for a model that knows numbers only;
    empty: the data's classes in their order.

    Boosted ensembles give logits (one log-odds m as 0 and m), forests and trees probabilities.
    Columns are found by name; a model without names is taken by its width to read the values of
    the features or, as wide as the encoded table, the elements one by one.
    """

    path: str
    classes: Sequence[str] = field(default=())

    modalities = ("table",)
    provides = ("trees",)
    brought = True

    def load(self, data: Data) -> TreeModel:
        """The model; raises :class:`ModelError` when it cannot be read or does not fit."""
        ensemble, sha256, notices = read_trees(Path(self.path), data.task)
        columns, told = columns_of(self.path, ensemble, data)
        expect_outputs(self.path, ensemble.mixing.shape[1], data)
        if data.task == "classification":
            own = data.classes if ensemble.classes is None else ensemble.classes
            order = class_order(self.path, renamed(self.path, own, self.classes), data)
            ensemble = replace(ensemble, mixing=ensemble.mixing[:, order])
        identity = (sha256, *self.classes)
        model = TreeModel(ensemble, columns, data, Path(self.path).name, identity)
        hindered = (f"No TreeSHAP: {ensemble.obstacle}",) if ensemble.obstacle else ()
        model.notices = (*notices, *told, *hindered)
        return model


def columns_of(place: str, ensemble: Ensemble, data: Data) -> tuple[Columns, tuple[str, ...]]:
    """The columns that the trees read, and what is to be said of the choice.

    Raises :class:`ModelError` naming every column that the data lack, or the widths that differ.
    """
    features, width = list(data.features), ensemble.width
    values = partial(Columns, data.encoding.values)
    names = ensemble.names
    if names is not None and set(names) <= set(features):
        chosen = np.array([features.index(name) for name in names])
        return values(chosen, chosen), _told(data, chosen)
    every = np.arange(width)
    if names is None and width == len(features):
        told = "The trees know no column names: they get the features in their order"
        return values(every, every), (told, *_told(data, every))
    if width == data.feature_mask.size:
        told = "The trees get the encoded table's columns in their order, whatever their names"
        return Columns(_flat, every, data.feature_mask.reshape(-1)), (told,)
    listed = ", ".join(features[:12]) + (", …" if len(features) > 12 else "")
    if names is None:
        message = f"its trees read {width} columns without names"
        hint = f"the data have {len(features)} features, {data.feature_mask.size} encoded columns"
        raise ModelError(Problem(place, message, f"{hint}: {listed}"))
    raise ModelError(
        Problem(place, f"its trees read {name!r}, which the data do not have", listed)
        for name in names
        if name not in features
    )


def _flat(x: Array) -> Array:
    return x.reshape(len(x), -1)


def _told(data: Data, chosen: Array) -> tuple[str, ...]:
    """How the levels of the chosen features reach the trees, and which features do not."""
    told = []
    for name in (data.features[k] for k in chosen):
        levels = data.encoding.levels.get(name, ())
        if any(level != str(k) for k, level in enumerate(levels)):
            codes = ", ".join(f"{k} {level}" for k, level in enumerate(levels[:8]))
            told.append(f"Codes of {name} in the trees: {codes}{', …' * (len(levels) > 8)}")
    unused = [name for k, name in enumerate(data.features) if k not in chosen]
    return (*told, *([f"The trees do not read {', '.join(unused)}"] if unused else []))
