"""A scikit-learn estimator read from a file, without running what the file says."""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from xaiframe.errors import ModelError, Problem
from xaiframe.explanation import Array
from xaiframe.model.trusted import check_vouched, content_of, trusts

PICKLES = (".pkl", ".pickle", ".joblib")
HARMLESS = frozenset(
    {
        "collections.OrderedDict",
        "functools.partial",
        "numpy.dtype",
        "numpy.mean",
        "scipy._lib.array_api_compat.numpy._aliases.asarray",
        "scipy.interpolate._bsplines.BSpline",
        "scipy.sparse._csc.csc_matrix",
        "scipy.sparse._csr.csr_matrix",
        "sklearn._loss.loss.HalfTweedieLossIdentity",
        "sklearn.calibration._CalibratedClassifier",
        "sklearn.calibration._SigmoidCalibration",
        "sklearn.cluster._bisect_k_means._BisectingTree",
        "sklearn.cluster._kmeans._kmeans_single_lloyd",
        "sklearn.compose._column_transformer.make_column_selector",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.feature_selection._univariate_selection.chi2",
        "sklearn.feature_selection._univariate_selection.f_classif",
        "sklearn.feature_selection._univariate_selection.f_regression",
        "sklearn.gaussian_process._gpc._BinaryGaussianProcessClassifierLaplace",
        "sklearn.gaussian_process.kernels.ConstantKernel",
        "sklearn.gaussian_process.kernels.Matern",
        "sklearn.gaussian_process.kernels.Product",
        "sklearn.gaussian_process.kernels.RBF",
        "sklearn.gaussian_process.kernels.Sum",
        "sklearn.gaussian_process.kernels.WhiteKernel",
        "sklearn.metrics._dist_metrics.EuclideanDistance64",
        "sklearn.neighbors._ball_tree.BallTree",
        "sklearn.neighbors._kd_tree.KDTree",
        "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
        "sklearn.neural_network._stochastic_optimizers.SGDOptimizer",
        "sklearn.tree._tree.Tree",
        "sklearn.utils.validation.check_array",
    }
)
"""Types that skops leaves to us and that hold or work on numbers only: what fitted estimators of
scikit-learn are made of, and containers, whose content is judged by itself."""


def read_estimator(path: Path) -> tuple[Any, str, tuple[str, ...]]:
    """The estimator, the sha256 of its file, and what was noticed on the way.

    ``.skops`` may hold scikit-learn's estimators and their trees, arrays, functions of numpy and
    scipy that work on arrays (what skops trusts), and types of packages that the user trusts; a
    pickle (``.pkl``, ``.joblib``) has to be vouched for. Raises :class:`ModelError`, before
    anything that the file names is called.
    """
    content = content_of(path)
    if path.suffix in PICKLES:
        check_vouched(path, content, "save it with skops: skops.io.dump(model, 'model.skops')")
        read = _unpickle
    elif path.suffix == ".skops":
        read = unpacked
    else:
        kinds = ", ".join((".skops", *PICKLES))
        raise ModelError(Problem(str(path), f"{path.suffix or 'no ending'} is not read", kinds))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = read(str(path), content)
        except ModelError:
            raise
        except Exception as error:  # a damaged file can fail in any way
            raise ModelError(Problem(str(path), f"cannot be read: {one_line(error)}")) from error
    return found, hashlib.sha256(content).hexdigest(), noticed(caught)


def noticed(caught: list[warnings.WarningMessage]) -> tuple[str, ...]:
    """Each warning once, as one line, e.g. that another version of scikit-learn saved it."""
    return tuple(dict.fromkeys(" ".join(str(one.message).split()) for one in caught))


def one_line(error: BaseException) -> str:
    """What an exception of somebody else's code says, in at most 300 characters."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 300 else text[:299] + "…"


def renamed(place: str, own: Sequence[object], classes: Sequence[str]) -> Sequence[object]:
    """The model's classes under the names the recipe gives them; raises :class:`ModelError`."""
    if classes and len(classes) != len(own):
        message = f"model.classes names {len(classes)} classes, the model has {len(own)}"
        raise ModelError(Problem(place, message, ", ".join(str(one) for one in own)))
    return classes or own


def quietly(answer: Callable[[Any], Array], rows: Any) -> Array:
    """One answer, on one processor, without the warnings that one row after another would give."""
    from joblib import parallel_config

    with warnings.catch_warnings(), parallel_config(backend="sequential"):
        warnings.simplefilter("ignore")
        return answer(rows)


def unpacked(place: str, content: bytes) -> Any:
    """What a ``.skops`` file holds; raises :class:`ModelError` where that is not harmless, and
    before anything it names is called."""
    from skops import io as skops

    wanted = skops.get_untrusted_types(data=content)
    unknown = [name for name in wanted if name not in HARMLESS and not trusts(name)]
    if unknown:
        packages = ", ".join(dict.fromkeys(name.split(".")[0] for name in unknown))
        raise ModelError(
            Problem(
                place,
                f"it holds types beyond scikit-learn's estimators: {', '.join(unknown[:8])}"
                + (f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""),
                f"nothing was loaded; if you trust {packages}, say so with --trust or under trust "
                "in your own settings file",
            )
        )
    return skops.loads(content, trusted=wanted)


def _unpickle(place: str, content: bytes) -> Any:  # noqa: ARG001
    import joblib

    return joblib.load(io.BytesIO(content))
