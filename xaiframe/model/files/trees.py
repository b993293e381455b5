"""Tree ensembles read from files of XGBoost, LightGBM and scikit-learn, all in the same terms."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.files.estimator import one_line, read_estimator
from xaiframe.model.files.ubjson import check_whole
from xaiframe.model.trusted import content_of

CATEGORICAL = "TreeSHAP cannot read splits on categories"
SKLEARN_TREES = (
    "sklearn.ensemble._forest",
    "sklearn.ensemble._gb",
    "sklearn.tree._classes",
    "sklearn.ensemble._hist_gradient_boosting.gradient_boosting",
)
"""Where scikit-learn keeps its trees, forests and boosted trees."""


@dataclass(frozen=True)
class Ensemble:
    """Trees whose values are added up.

    model
        what :class:`shap.TreeExplainer` takes.
    total
        ``(n, width)`` → ``(n, outputs)`` float64, the sum of the trees.
    mixing
        ``(outputs, k)``: ``total @ mixing`` is what the model gives, k = 2 for two classes.
    gives
        ``logit`` where the sum is boosted, ``probability`` where it is a share of votes, ``value``.
    classes
        the model's own names of its outputs in their order, None where it keeps none.
    names, width
        the columns it was fitted on, None where they had no names, and their number.
    obstacle
        why TreeSHAP does not apply to it; empty where it does.
    """

    model: Any
    total: Callable[[Array], Array]
    mixing: Array
    gives: Literal["logit", "probability", "value"]
    classes: Sequence[object] | None
    names: tuple[str, ...] | None
    width: int
    obstacle: str = ""

    def answer(self, columns: Array) -> Array:
        """``(n, k)`` outputs for ``columns`` ``(n, width)``."""
        found = self.total(columns)
        return np.asarray(found.reshape(len(columns), -1).astype(np.float64) @ self.mixing)


def read_trees(path: Path, task: str) -> tuple[Ensemble, str, tuple[str, ...]]:
    """The ensemble, the sha256 of its file, and what was noticed on the way.

    ``.json`` and ``.ubj`` are XGBoost's, ``.txt`` LightGBM's, ``.skops`` scikit-learn's. Raises
    :class:`ModelError`.
    """
    if path.suffix == ".skops":
        estimator, sha256, notices = read_estimator(path)
        return ensemble_of(str(path), estimator, task), sha256, notices
    readers = {".json": _xgboost, ".ubj": _xgboost, ".txt": _lightgbm}
    if path.suffix not in readers:
        kinds = ".json or .ubj (XGBoost), .txt (LightGBM), .skops (scikit-learn)"
        raise ModelError(Problem(str(path), f"{path.suffix or 'no ending'} is not read", kinds))
    content = content_of(path)
    try:
        found, notices = readers[path.suffix](str(path), content, task)
    except ModelError:
        raise
    except ImportError as error:
        message = f"the library that made it is missing: {one_line(error)}"
        raise ModelError(Problem(str(path), message, "pip install 'xaiframe[trees]'")) from error
    except Exception as error:  # a damaged file can fail in any way
        raise ModelError(Problem(str(path), f"cannot be read: {one_line(error)}")) from error
    return found, hashlib.sha256(content).hexdigest(), notices


def two_classes(scale: float = 1.0) -> Array:
    """The mixing that turns one log-odds, up to ``scale``, into the logits 0 and log-odds."""
    return np.array([[0.0, scale]])


def _xgboost(place: str, content: bytes, task: str) -> tuple[Ensemble, tuple[str, ...]]:
    import xgboost

    if place.endswith(".ubj"):
        check_whole(place, content)
    booster = xgboost.Booster({"nthread": 1})
    booster.load_model(place)  # from memory, a truncated file ends the process
    booster.set_param({"nthread": 1})
    learner = json.loads(booster.save_config())["learner"]
    kind, objective = learner["gradient_booster"]["name"], learner["objective"]["name"]
    if kind == "gblinear":
        raise ModelError(Problem(place, "it is a linear booster, there are no trees"))
    notices: tuple[str, ...] = ()
    best = booster.attr("best_iteration")
    if best is not None and int(best) + 1 < booster.num_boosted_rounds():
        notices = (f"The training stopped early: the first {int(best) + 1} rounds answer",)
        booster = booster[: int(best) + 1]
    names, types = booster.feature_names, booster.feature_types
    categorical = "c" in (types or ())

    def ask(columns: Array, margin: bool = True) -> Array:
        rows = xgboost.DMatrix(
            np.asarray(columns, dtype=np.float32),
            feature_names=names,
            feature_types=types,
            enable_categorical=categorical,
            nthread=1,
        )
        return booster.predict(rows, output_margin=margin)

    obstacle = CATEGORICAL if categorical else ""
    if kind == "dart":
        obstacle = "shap leaves the weights of DART's trees out"
    width = booster.num_features()
    outputs = max(int(learner["learner_model_param"]["num_class"]), 1)
    linked = not _same(ask, width) if task == "regression" else False
    if task == "regression" and objective.startswith(("binary:", "multi:")):
        raise ModelError(Problem(place, f"its objective is {objective}", "the task is regression"))
    known = {"binary:logistic", "binary:logitraw", "reg:logistic", "multi:softprob",
             "multi:softmax"}  # fmt: skip
    if task == "classification" and objective not in known:
        raise ModelError(
            Problem(place, f"its objective {objective} gives no logits", ", ".join(sorted(known)))
        )
    return _boosted(task, booster, ask, outputs, linked, names, width, obstacle), notices


def _lightgbm(place: str, content: bytes, task: str) -> tuple[Ensemble, tuple[str, ...]]:
    import lightgbm

    text = content.decode("utf-8")
    if not text.startswith("tree\n") or "\nend of parameters" not in text:
        raise ModelError(Problem(place, "it is no whole LightGBM model", "Booster.save_model"))
    booster = lightgbm.Booster(model_str=text)
    dump = booster.dump_model()
    objective, *options = str(dump.get("objective", "")).split()
    scale = next((float(one[8:]) for one in options if one.startswith("sigmoid:")), 1.0)
    outputs, width = int(dump["num_class"]), booster.num_feature()

    def ask(columns: Array, margin: bool = True) -> Array:
        return np.asarray(booster.predict(columns, raw_score=margin, num_threads=1))

    known = {"binary", "cross_entropy", "multiclass"}
    if task == "classification" and objective not in known:
        raise ModelError(
            Problem(place, f"its objective {objective} gives no logits", ", ".join(sorted(known)))
        )
    if task == "regression" and objective in {*known, "multiclassova"}:
        raise ModelError(Problem(place, f"its objective is {objective}", "the task is regression"))
    linked = task == "regression" and not _same(ask, width)
    obstacle = CATEGORICAL if '"decision_type": "=="' in json.dumps(dump["tree_info"]) else ""
    own = booster.feature_name()
    names = None if own == [f"Column_{k}" for k in range(width)] else own
    model = _stacked(booster, outputs) if outputs > 1 else booster
    return _boosted(task, model, ask, outputs, linked, names, width, obstacle, scale), ()


def _boosted(
    task: str,
    model: Any,
    ask: Callable[..., Array],
    outputs: int,
    linked: bool,
    names: Sequence[str] | None,
    width: int,
    obstacle: str,
    scale: float = 1.0,
) -> Ensemble:
    """Boosted trees: logits for classes; for regression the prediction, behind its link if any."""
    named = tuple(names) if names else None
    if task == "classification":
        mixing = two_classes(scale) if outputs == 1 else np.eye(outputs)
        return Ensemble(model, ask, mixing, "logit", None, named, width, obstacle)
    if linked:
        obstacle = "the prediction is not the sum of the trees, but a function of it"
    total = (lambda columns: ask(columns, margin=False)) if linked else ask
    return Ensemble(model, total, np.eye(outputs), "value", None, named, width, obstacle)


def _same(ask: Callable[..., Array], width: int) -> bool:
    """Whether the prediction is the very sum of the trees, on a few rows."""
    rows = np.random.default_rng(0).normal(size=(16, width))
    return bool(np.allclose(ask(rows), ask(rows, margin=False), rtol=1e-4, atol=1e-6))


def _stacked(booster: Any, outputs: int) -> Any:
    """A LightGBM model of several classes as shap knows it: shap takes a bare booster for one of a
    single output, and adds all classes up."""
    import lightgbm

    class Classifier(lightgbm.LGBMClassifier):
        booster_, n_classes_ = booster, outputs

    return Classifier(objective="multiclass")


def ensemble_of(place: str, estimator: Any, task: str) -> Ensemble:
    """A fitted tree, forest or gradient boosting of scikit-learn; raises :class:`ModelError`."""
    kind = type(estimator)
    if kind.__module__ not in SKLEARN_TREES:
        hint = "a tree, a forest or gradient boosting; a pipeline goes to model: sklearn"
        raise ModelError(Problem(place, f"{kind.__name__} is no tree ensemble", hint))
    classes = getattr(estimator, "classes_", None)
    if (classes is None) != (task == "regression"):
        raise ModelError(Problem(place, f"it is a {kind.__name__}", f"the task is {task}"))
    names = getattr(estimator, "feature_names_in_", None)
    named = None if names is None else tuple(str(name) for name in names)
    width = int(estimator.n_features_in_)
    categories = getattr(estimator, "is_categorical_", None)
    obstacle = CATEGORICAL if categories is not None and bool(np.any(categories)) else ""
    if task == "regression":
        if getattr(estimator, "loss", "") in ("poisson", "gamma"):
            obstacle = "the prediction is not the sum of the trees, but a function of it"
        mixing = np.eye(getattr(estimator, "n_outputs_", 1))
        return Ensemble(estimator, estimator.predict, mixing, "value", None, named, width, obstacle)
    count = len(np.asarray(classes))
    if not hasattr(estimator, "decision_function"):
        total, mixing = estimator.predict_proba, np.eye(count)
        return Ensemble(estimator, total, mixing, "probability", classes, named, width, obstacle)
    if kind.__name__ == "GradientBoostingClassifier" and count > 2:
        obstacle = "shap reads scikit-learn's gradient boosting for two classes only"
    # the exponential loss makes half the log-odds
    scale = 2.0 if getattr(estimator, "loss", "") == "exponential" else 1.0
    mixing = two_classes(scale) if count == 2 else np.eye(count)
    total = estimator.decision_function
    return Ensemble(estimator, total, mixing, "logit", classes, named, width, obstacle)
