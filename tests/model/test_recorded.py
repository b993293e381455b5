import numpy as np
import pandas as pd
import pytest

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Data, Split
from xaiframe.errors import ModelError
from xaiframe.model.recorded import Recorded

DECILES = np.array([1, 4, 5, 10, 5, 2], dtype=np.float32)


class Columns(Identity):
    """A table of its own columns: the model's numbers stand for rows of it."""

    def __init__(self, frame) -> None:
        super().__init__()
        self.frame = frame

    def raw(self, x):
        return self.frame.iloc[x[:, 0].astype(int)].reset_index(drop=True)


def data_of(column, classes=("0", "1")) -> Data:
    x = np.arange(6, dtype=np.float32)[:, None]
    frame = pd.DataFrame({"decile": column})
    part = Split(np.arange(6), x, np.arange(6) % 2, frame)
    task = "classification" if classes else "regression"
    return Data(
        "table", task, part, part, part, ("decile",), np.arange(1), classes,
        encoding=Columns(frame),
    )  # fmt: skip


def test_scores_from_the_threshold_on_stand_for_the_second_class():
    data = data_of(DECILES)
    model = Recorded("decile", threshold=5).load(data)
    assert model.predictions(data.test.x).tolist() == [0, 0, 1, 1, 1, 0]
    assert model.probabilities(data.test.x).sum() == 6
    assert "recorded in decile" in model.notices[0]
    assert model.digest != Recorded("decile", threshold=6).load(data).digest


def test_a_column_may_hold_the_class_itself():
    data = data_of(["no", "yes", "maybe", "no", "yes", "yes"], ("no", "maybe", "yes"))
    assert Recorded("decile").load(data).predictions(data.test.x).tolist() == [0, 2, 1, 0, 2, 2]
    numbered = data_of([0.0, 1.0, 1.0, 0.0, 0.0, 1.0])
    assert Recorded("decile").load(numbered).predictions(numbered.test.x).tolist() == [
        0, 1, 1, 0, 0, 1,
    ]  # fmt: skip


def test_a_column_may_hold_the_predicted_value():
    data = data_of(DECILES, classes=())
    np.testing.assert_array_equal(Recorded("decile").load(data).predictions(data.test.x), DECILES)


@pytest.mark.parametrize(
    ("column", "classes", "settings", "expected"),
    [
        (DECILES, ("0", "1"), {"column": "score"}, "'score' is no feature"),
        (DECILES, ("a", "b", "c"), {"threshold": 5}, "two classes, the data have 3"),
        (DECILES, ("0", "1"), {}, "'4.0', which is no class"),
        (["low", *"123456"[1:]], ("0", "1"), {"threshold": 5}, "no numbers, e.g. 'low'"),
    ],
)
def test_a_column_that_cannot_be_read_is_refused(column, classes, settings, expected):
    with pytest.raises(ModelError, match=expected):
        Recorded(**{"column": "decile"} | settings).load(data_of(column, classes))
