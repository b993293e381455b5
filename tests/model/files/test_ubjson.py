import numpy as np
import pytest
import xgboost

from xaiframe.errors import ModelError
from xaiframe.model.files.ubjson import check_whole


@pytest.fixture(scope="module", params=["reg:squarederror", "multi:softprob"])
def content(request) -> bytes:
    x = np.random.default_rng(0).normal(size=(40, 3))
    rows = xgboost.DMatrix(x, np.arange(40) % 3, feature_names=["a", "é", "c"], nthread=1)
    classes = {"num_class": 3} if request.param.startswith("multi") else {}
    booster = xgboost.train({"objective": request.param, "nthread": 1, **classes}, rows, 2)
    booster.set_attr(note="x" * 300)
    return bytes(booster.save_raw("ubj"))


def test_what_xgboost_writes_is_whole(content):
    check_whole("model.ubj", content)


def test_no_beginning_of_it_is(content):
    for kept in range(0, len(content), 7):
        with pytest.raises(ModelError, match=r"model\.ubj: .*no whole UBJSON"):
            check_whole("model.ubj", content[:kept])


def test_nor_is_anything_with_more_behind_it_or_nested_without_end(content):
    for wrong in (
        content + b"Z",
        b"{" * 10**5,
        b"[" * 10**5,
        b"hello",
        b"{U\x01a[$U#L" + b"\xff" * 8,
    ):
        with pytest.raises(ModelError):
            check_whole("model.ubj", wrong)
