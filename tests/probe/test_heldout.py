"""Held-out rows are those of the test split, asked once, and never the instance itself."""

from types import SimpleNamespace

import numpy as np

from xaiframe.probe.heldout import HeldOut


class Asked:
    """A scorer that counts."""

    def __init__(self):
        self.kept, self.rows = {}, 0

    def outputs(self, x):
        self.rows += len(x)
        return x.reshape(len(x), -1)[:, :1]


class Split(SimpleNamespace):
    def __len__(self):
        return len(self.x)


def test_the_model_is_asked_once_about_rows_spread_over_the_split():
    x = np.arange(40.0).reshape(20, 2)
    scorer, data = Asked(), SimpleNamespace(test=Split(x=x))
    held = HeldOut.of(scorer, data, 5)
    assert HeldOut.of(scorer, data, 5) is held
    assert scorer.rows == 5
    np.testing.assert_array_equal(held.x[[0, -1]], x[[0, -1]])
    np.testing.assert_array_equal(held.outputs[:, 0], held.x[:, 0])
    assert len(HeldOut.of(scorer, data, 50).x) == 20
    assert held.others(x[0]).tolist() == [False, True, True, True, True]
    assert held.others(np.array([0.0, 2.0])).all()
