"""An estimator of scikit-learn, or of a package that the user trusts, fitted here."""

from __future__ import annotations

import inspect
import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from sklearn.base import is_classifier, is_regressor
from sklearn.compose import TransformedTargetRegressor
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn

from xaiframe.data.face import Data
from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.estimators.making import HOUSE, inside, made, maker, seeded
from xaiframe.model.estimators.weighing import drawn, weight_key
from xaiframe.model.face import BlackBox
from xaiframe.model.files.content import content_digest
from xaiframe.model.files.estimator import one_line, quietly, unpacked
from xaiframe.model.files.trees import SKLEARN_TREES, ensemble_of
from xaiframe.model.network import Standardize
from xaiframe.model.preparation import Prepared, stored_preparations
from xaiframe.model.sklearn_pipeline import frame_of, outputs
from xaiframe.model.trees import Columns, TreeModel
from xaiframe.store import digest

FILE, PREPARATION = "estimator.skops", "preparation.pt"
ESTIMATOR = "estimator"
"""Name of the last step of the stored pipeline."""


@dataclass(frozen=True)
class Learnt:
    """A fitted estimator: the model, the files that :meth:`Estimator.restore` reads, and what was
    noticed while it was fitted."""

    model: BlackBox
    files: dict[str, bytes]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class Estimator:
    """``package.module.Class``, made with ``params`` and fitted by itself.

    estimator: a class of ``sklearn``; or a class, or a function that returns an estimator, of a
    package named by ``--trust`` or in the user's own settings file.
    params: of its constructor, each can be tuned (``tuning.space.model.params.<name>``); a mapping
    ``{estimator: …, params: …}`` among them is an estimator inside, ``a__b`` a parameter of one.
    before: transformers in front of it, each ``{estimator: …, params: …}``.
    raw: whether it gets the user's own columns as a pandas table, for a pipeline that encodes them
    itself; else the encoded table, categories as indicators and gaps filled.
    standardize: whether encoded inputs, and the target of a regression, are brought to mean 0 and
    deviation 1; not for trees, which do not mind.

    Texts arrive as strings and are counted by ``TfidfVectorizer`` where nothing is put ``before``;
    pictures and series are one row of numbers each. Of the settings ``fit`` only ``class_weight``
    is read; weights of rows go to the estimator where it takes ``sample_weight``, else rows are
    drawn by weight. What is not set of ``random_state`` is the recipe's seed.
    """

    estimator: str
    params: Mapping[str, Any] = field(default_factory=dict)
    before: Sequence[Mapping[str, Any]] = field(default=())
    raw: bool = False
    standardize: bool = True

    modalities = ("table", "text", "image", "series")
    provides = ("trees",)
    doubtful = ("trees",)
    """Of what it provides, what only the fitted estimator tells."""
    reads: ClassVar[Sequence[str]] = ("class_weight",)
    """The settings of ``fit`` that are read."""
    arguments: ClassVar[Mapping[str, str]] = {"params": "estimator"}
    """Parameters that are arguments of another parameter's class, so that they can be tuned."""

    def __post_init__(self) -> None:
        if not all(part.isidentifier() for part in self.estimator.split(".")):
            raise ValueError(f"estimator {self.estimator!r} is not package.module.Class")
        for one in self.before:
            if not isinstance(one, Mapping) or not isinstance(one.get("estimator"), str):
                raise ValueError(f"before has {one!r}, not {{estimator: package.module.Class}}")

    @property
    def code(self) -> str:
        """Digest of the files that the user's own classes are written in, wherever they stand;
        empty where all are scikit-learn's."""
        names = [self.estimator, *inside([*self.params.values(), *self.before])]
        own = [name for name in dict.fromkeys(names) if not name.startswith(f"{HOUSE}.")]
        files = [inspect.getsourcefile(maker("model.estimator", name)) for name in own]
        return digest(*(Path(one).read_bytes() for one in files if one)) if own else ""

    def unfitted(self, data: Data, seed: int = 0) -> Pipeline:
        """The steps before they are fitted; raises :class:`ModelError` where one is not right."""
        place = "model.estimator"
        last = seeded(made(place, self.estimator, self.params), seed)
        if self.raw and data.modality != "table":
            message = f"raw columns are of tables, these are {data.modality} data"
            raise ModelError(Problem("model.raw", message, "raw: false"))
        wrong, kind = (
            (is_classifier(last), "classifier")
            if data.task == "regression"
            else (is_regressor(last), "regressor")
        )
        if wrong:
            message = f"{self.estimator} is a {kind}, the task is {data.task}"
            raise ModelError(Problem(place, message))
        before = [
            seeded(made(f"model.before.{at}", one["estimator"], one.get("params") or {}), seed)
            for at, one in enumerate(self.before, start=1)
        ]
        scaled = self.standardize and not self.raw and type(last).__module__ not in SKLEARN_TREES
        if data.modality == "text":
            own = isinstance(last, Pipeline) or before
            before = before if own else [TfidfVectorizer()]
        elif scaled:
            before = [StandardScaler(), *before]
        if scaled and data.task == "regression":
            last = TransformedTargetRegressor(last, transformer=StandardScaler())
        named = [(f"step_{at}", one) for at, one in enumerate(before, start=1)]
        return Pipeline([*named, (ESTIMATOR, last)])

    def learn(
        self,
        data: Data,
        weight: Array | None,
        preparations: Sequence[nn.Module],
        seed: int,
        units: Data,
    ) -> Learnt:
        """The estimator fitted on the training rows of ``data``, each as heavy as ``weight``
        ``(n,)`` says (mean 1, None: all alike).

        preparations: layers that repairs put before it; units: the data as read. Raises
        :class:`ModelError` where it cannot be fitted, or not be stored without a pickle.
        """
        pipeline = self.unfitted(units, seed)
        front = nn.Sequential(*preparations)
        x, y = self._inputs(units, front, data.train.x), data.train.y
        given: dict[str, Array] = {}
        told: tuple[str, ...] = ()
        if weight is not None and (key := weight_key(pipeline)):
            given = {key: weight}
        elif weight is not None:
            chosen = drawn(weight, seed)
            x, y = x.iloc[chosen] if hasattr(x, "iloc") else _taken(x, chosen), y[chosen]
            told = ("It takes no weights: the rows it learnt from were drawn by weight",)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            try:
                pipeline.fit(x, y, **given)
            except Exception as error:  # whatever an estimator has against the data
                message = f"{self.estimator} cannot be fitted on these data: {one_line(error)}"
                hint = "model.params, or model.raw=false"
                raise ModelError(Problem("model.estimator", message, hint)) from error
        files = {FILE: _packed(pipeline)}
        if preparations:
            state = Prepared(Standardize.of(units), preparations).state_dict(prefix="standardize.")
            buffer = io.BytesIO()
            torch.save(state, buffer)
            files[PREPARATION] = buffer.getvalue()
        return Learnt(self.restore(files, units), files, (*told, *_warned(caught)))

    def restore(self, files: Mapping[str, bytes], data: Data) -> BlackBox:
        """The model whose files these are; nothing they name is run. Raises ModelError."""
        pipeline = unpacked(FILE, files[FILE])
        state = (
            torch.load(io.BytesIO(files[PREPARATION]), weights_only=True)
            if PREPARATION in files
            else {}
        )
        front = nn.Sequential(*stored_preparations(state))
        identity = (content_digest(files[FILE]), digest(_arrays(state)), self.raw)
        if self.offers(pipeline):
            return self._trees(pipeline.named_steps[ESTIMATOR], data, front, identity)
        own = getattr(pipeline, "classes_", ())
        names = [data.classes[int(one)] for one in own] if data.task == "classification" else ()
        gives, answer, more = outputs("model.estimator", pipeline, data, names)
        model = BlackBox(
            lambda x: quietly(answer, self._inputs(data, front, x)),
            data.task,
            data.classes,
            gives=gives,  # type: ignore[arg-type]
            place=self.estimator,
            identity=identity,
        )
        model.notices = more
        return model

    def offers(self, pipeline: Pipeline) -> tuple[str, ...]:
        """What methods may ask of it beyond answers: trees, where nothing stands before them."""
        kind = type(pipeline.named_steps[ESTIMATOR]).__module__
        bare = len(pipeline.steps) == 1 and not self.raw and kind in SKLEARN_TREES
        return ("trees",) if bare else ()

    def _trees(self, last: Any, data: Data, front: nn.Sequential, identity: object) -> TreeModel:
        """The forest or boosted trees with their trees to be read."""
        ensemble = ensemble_of(self.estimator, last, data.task)
        owner = data.feature_mask.reshape(-1)
        read = partial(self._inputs, data, front)
        columns = Columns(read, np.arange(len(owner)), owner)
        return TreeModel(ensemble, columns, data, self.estimator, identity)

    def _inputs(self, data: Data, front: nn.Sequential, x: Array) -> Any:
        """From ``x`` ``(n, *input_shape)`` to what the pipeline takes."""
        if len(front):
            with torch.no_grad():
                x = front(torch.from_numpy(np.array(x, dtype=np.float32))).numpy()
        if data.modality == "text":
            return data.encoding.raw(x)
        return frame_of(data, x) if self.raw else _flat(x)


def _flat(x: Array) -> Array:
    return x.reshape(len(x), -1).astype(np.float64)


def _taken(x: Any, chosen: Array) -> Any:
    return x[chosen] if isinstance(x, np.ndarray) else [x[at] for at in chosen]


def _packed(pipeline: Pipeline) -> bytes:
    from skops import io as skops

    return bytes(skops.dumps(pipeline))


def _arrays(state: Mapping[str, Any]) -> dict[str, Array]:
    return {name: value.numpy() for name, value in state.items()}


def _warned(caught: Sequence[warnings.WarningMessage]) -> tuple[str, ...]:
    """What the estimator said of its fit, e.g. that it has not converged; each once."""
    passing = (FutureWarning, DeprecationWarning, PendingDeprecationWarning)
    said = (one for one in caught if not issubclass(one.category, passing))
    return tuple(dict.fromkeys(" ".join(str(one.message).split()) for one in said))
