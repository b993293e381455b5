"""Which outputs DeepFool looks at; the pushes themselves in the test of adversarial examples."""

import numpy as np

from xaiframe.probe.push import candidates
from xaiframe.probe.wanted import Wanted

NOW = np.array([[3.0, 1.0, 2.0, 0.0], [0.0, 1.0, 2.0, 5.0]])
CLASSES = ("a", "b", "c", "d")


def test_the_own_class_and_the_rivals_with_the_highest_scores():
    assert candidates(NOW, Wanted(CLASSES), 2).tolist() == [[0, 2, 1], [3, 2, 1]]
    assert candidates(NOW, Wanted(CLASSES, into=1), 9).tolist() == [[1, 0, 2, 3], [1, 3, 2, 0]]
    assert candidates(NOW[:, :1], Wanted(gap=1.0), 9).tolist() == [[0], [0]]
