import sys

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError
from xaiframe.model import trusted
from xaiframe.model.callable import Function

X = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)
CODE = """
from pathlib import Path
import numpy as np
Path(__file__).with_name("ran").touch()
def second(frame):
    return 1 / (1 + np.exp(-frame["age"].to_numpy()))
def log_odds(frame):
    return frame["age"]
def both(frame):
    p = second(frame)
    return np.stack([1 - p, p], axis=1)
def value(frame):
    return 3 * frame["income"]
def length(messages):
    assert all(isinstance(one, str) for one in messages)
    return np.array([len(one) > 4 for one in messages], dtype=float)
def broken(frame):
    return frame["wage"]
def nan(frame):
    return np.full(len(frame), np.nan)
def wide(frame):
    return np.zeros((len(frame), 5))
constant = 3
"""


def data_of(classes=("no", "yes"), **more) -> Data:
    part = Split(np.arange(30), X, np.arange(30) % 2, pd.DataFrame(X))
    settings = {"features": ("age", "income"), "feature_mask": np.arange(2), "modality": "table"}
    task = "classification" if classes else "regression"
    return Data(
        task=task, train=part, validation=part, test=part, classes=classes, **settings | more
    )


@pytest.fixture
def package(tmp_path, monkeypatch):
    """A package of the user's, ``theirs``, that leaves a file when it is imported."""
    folder = tmp_path / "theirs"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "scores.py").write_text(CODE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(trusted, "allowed", ("theirs",))
    for name in ("theirs", "theirs.scores"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield folder
    for name in ("theirs", "theirs.scores"):
        sys.modules.pop(name, None)


def sigmoid(x):
    return 1 / (1 + np.exp(-x.astype(np.float64)))


def test_two_classes_may_be_answered_by_one_number_or_two(package):
    expected = sigmoid(X[:, 0])
    for name in ("second", "both"):
        model = Function(f"theirs.scores.{name}").load(data_of())
        np.testing.assert_allclose(model.probabilities(X)[:, 1], expected, rtol=1e-6)
    model = Function("theirs.scores.log_odds", gives="logit").load(data_of())
    np.testing.assert_allclose(model.scores(X, "logit")[:, 1], X[:, 0], rtol=1e-6)
    model = Function("theirs.scores.both", classes=("yes", "no")).load(data_of())
    np.testing.assert_allclose(model.probabilities(X)[:, 0], expected, rtol=1e-6)


def test_regression_gives_the_value(package):
    model = Function("theirs.scores.value").load(data_of(()))
    np.testing.assert_allclose(model.predictions(X), 3 * X[:, 1], rtol=1e-6)


def test_text_arrives_as_strings(package):
    class Messages(Identity):
        def raw(self, x):
            return ["long enough" if one > 0 else "hi" for one in x[:, 0]]

    data = data_of(modality="text", encoding=Messages())
    model = Function("theirs.scores.length").load(data)
    np.testing.assert_array_equal(model.predictions(X), X[:, 0] > 0)


def test_a_package_that_is_not_trusted_is_not_even_imported(package, monkeypatch):
    for allowed in ((), ("their",), ("theirs_too",), ("theirs.other",)):
        monkeypatch.setattr(trusted, "allowed", allowed)
        with pytest.raises(ModelError, match=r"theirs\.scores\.second is not trusted.*--trust"):
            Function("theirs.scores.second").load(data_of())
    assert "theirs.scores" not in sys.modules
    assert not (package / "ran").exists()
    monkeypatch.setattr(trusted, "allowed", ("theirs.scores",))
    Function("theirs.scores.second").load(data_of())
    assert (package / "ran").exists(), "the canary can sing"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("theirs.scores.missing", "cannot be imported"),
        ("theirs.nothing.second", "cannot be imported"),
        ("theirs.scores.constant", "of type int and cannot be called"),
        ("theirs.scores.broken", r"cannot answer rows of these data: .*wage"),
        ("theirs.scores.nan", "not a finite number"),
        ("theirs.scores.wide", r"shape \(8, 5\)"),
        ("theirs.scores.value", "is no probability"),
    ],
)
def test_a_function_that_does_not_do_is_refused(package, name, message):
    with pytest.raises(ModelError, match=message):
        Function(name).load(data_of())


def test_what_is_no_name_is_refused():
    with pytest.raises(ValueError, match=r"not package\.module\.name"):
        Function("os; rm")
    with pytest.raises(ValueError, match="gives must be"):
        Function("a.b", gives="score")


def test_the_digest_follows_the_source(package):
    first = Function("theirs.scores.second").load(data_of()).digest
    assert Function("theirs.scores.second").load(data_of()).digest == first
    (package / "scores.py").write_text(CODE + "\nother = 1\n")
    assert Function("theirs.scores.second").load(data_of()).digest != first
