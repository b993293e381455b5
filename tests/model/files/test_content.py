"""One estimator has one digest, however often it is saved; another has another."""

import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from skops import io

from xaiframe.model.files.content import content_digest

X = np.random.default_rng(0).normal(size=(60, 3))
Y = (X[:, 0] > 0).astype(int)


@pytest.mark.parametrize(
    "make",
    [
        lambda: RandomForestClassifier(5, random_state=0).fit(X, Y),
        lambda: KNeighborsClassifier().fit(X, Y),
        lambda: make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["aa bb", "cc dd"] * 9,
                                                                           [0, 1] * 9),
    ],
)  # fmt: skip
def test_the_same_fit_has_the_same_digest_and_not_the_same_bytes(make):
    one, two = io.dumps(make()), io.dumps(make())
    assert one != two
    assert content_digest(one) == content_digest(two)


def test_words_that_the_file_itself_uses_are_words_like_others():
    texts = ["file content __id__ type", "other words __loader__ is"] * 9
    digests = set()
    for texts_ in (texts, texts, [one.replace("file", "pile") for one in texts]):
        model = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(texts_, [0, 1] * 9)
        digests.add(content_digest(io.dumps(model)))
    assert len(digests) == 2


def test_one_number_more_is_another_digest():
    model = LogisticRegression().fit(X, Y)
    before = content_digest(io.dumps(model))
    model.coef_[0, 0] += 1e-12
    assert content_digest(io.dumps(model)) != before
    model.coef_[0, 0] -= 1e-12
    model.C = 2.0
    assert content_digest(io.dumps(model)) != before


def test_another_threshold_of_a_tree_is_another_digest():
    near, far = X, X + 1e-3
    fits = [RandomForestClassifier(3, random_state=0).fit(x, Y) for x in (near, far)]
    assert len({content_digest(io.dumps(one)) for one in fits}) == 2
