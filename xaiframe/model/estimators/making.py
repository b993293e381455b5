"""Estimators made from a recipe: their class, their parameters, estimators among those."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sklearn.base import BaseEstimator

from xaiframe.errors import ModelError, Problem
from xaiframe.model.files.estimator import one_line
from xaiframe.model.trusted import trusts

HOUSE = "sklearn"
NOT_FOR_RECIPES = frozenset({"tests", "conftest", "externals", "datasets"})
"""Parts of scikit-learn that hold no estimators, or fetch files."""
OUTSIDE = {
    "memory": "it would read pickles from a folder",
    "input": "it would read the files that a text names",
}
"""Parameters of scikit-learn that reach beyond the data, and what they would do."""
HARMLESS = {"memory": (None,), "input": ("content",)}


def made(place: str, name: str, params: Mapping[str, Any]) -> Any:
    """``package.module.Class`` (or a function that returns an estimator) with ``params``.

    A mapping ``{estimator: …, params: …}`` anywhere among them is made in the same way; a key with
    ``__`` in it is a parameter of an estimator inside, as scikit-learn's ``set_params`` takes it.
    Raises :class:`ModelError` for what is neither scikit-learn's nor of a trusted package, and
    where its constructor refuses.
    """
    make = maker(place, name)
    problems = [
        Problem(f"{place}.params.{key}", f"{shown!r} is refused: {OUTSIDE[last]}", "leave it out")
        for key, shown in params.items()
        if (last := key.rpartition("__")[2]) in OUTSIDE and shown not in HARMLESS[last]
    ]
    if problems:
        raise ModelError(problems)
    values = {key: _value(f"{place}.params.{key}", one) for key, one in params.items()}
    inner = {key: one for key, one in values.items() if "__" in key}
    own = {key: one for key, one in values.items() if key not in inner}
    try:
        found = make(**_tuples(make, own))
        if inner:
            found.set_params(**inner)
    except Exception as error:  # somebody else's constructor
        given = ", ".join(params) or "no parameters"
        message = f"{name} cannot be made with {given}: {one_line(error)}"
        raise ModelError(Problem(f"{place}.params", message)) from error
    if not callable(getattr(found, "fit", None)):
        message = f"{name} makes a {type(found).__name__}, which cannot be fitted"
        raise ModelError(Problem(place, message, "an estimator with fit"))
    return found


def seeded(estimator: Any, seed: int) -> Any:
    """The estimator with every ``random_state`` that is not set yet, its own or inside, at
    ``seed``."""
    if not hasattr(estimator, "get_params"):
        return estimator
    open_ = {
        key: seed
        for key, value in estimator.get_params(deep=True).items()
        if key.rpartition("__")[2] == "random_state" and value is None
    }
    return estimator.set_params(**open_)


def inside(value: Any) -> Iterator[str]:
    """The names of all estimators that a parameter, or a list of them, holds."""
    if isinstance(value, Mapping):
        if isinstance(value.get("estimator"), str):
            yield value["estimator"]
        for one in value.values():
            yield from inside(one)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for one in value:
            yield from inside(one)


def maker(place: str, name: str) -> Any:
    """The class or function of that name; raises :class:`ModelError` where it may not be used."""
    module, _, last = name.rpartition(".")
    parts = module.split(".")
    ours = parts[0] == HOUSE and not any(
        one in NOT_FOR_RECIPES or one.startswith("_") for one in parts
    )
    if not ours and not trusts(name):
        hint = "a class of sklearn, or a package named by --trust or under trust in your own "
        message = f"{name} is not trusted, nor imported"
        raise ModelError(Problem(place, message, f"{hint}settings file"))
    try:
        found = getattr(importlib.import_module(module), last)
    except Exception as error:  # importing runs the package's own code
        message = f"{name} cannot be imported: {one_line(error)}"
        raise ModelError(Problem(place, message, "package.module.Class")) from error
    if ours and not (inspect.isclass(found) and issubclass(found, BaseEstimator)):
        raise ModelError(Problem(place, f"{name} is no estimator", "a class of scikit-learn"))
    return found


def _value(place: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        if isinstance(value.get("estimator"), str) and set(value) <= {"estimator", "params"}:
            return made(place, value["estimator"], value.get("params") or {})
        for key in value:  # a grid of settings, say, that a search among parameters tries
            if (last := str(key).rpartition("__")[2]) in OUTSIDE:
                message = f"{key} is refused: {OUTSIDE[last]}"
                raise ModelError(Problem(place, message, "leave it out"))
        return {key: _value(place, one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_value(place, one) for one in value]
    return value


def _tuples(make: Any, params: Mapping[str, Any]) -> dict[str, Any]:
    """``params`` with a list as a tuple where the default is one: YAML knows lists only."""
    try:
        known = inspect.signature(make).parameters
    except (TypeError, ValueError):
        return dict(params)
    return {
        key: tuple(value)
        if isinstance(value, list) and key in known and isinstance(known[key].default, tuple)
        else value
        for key, value in params.items()
    }
