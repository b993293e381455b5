import hashlib
import os

import numpy as np
import pandas as pd
import pytest

from xaiframe.explanation import Outcome
from xaiframe.facts import Fact
from xaiframe.recipe import Fit
from xaiframe.store import Cache, RunFolder, digest, file_digest, load_outcome, to_json


def outcome() -> Outcome:
    return Outcome(
        [Fact("share", 0.25, "share", {"column": "a"}, 8)],
        tables={"columns": pd.DataFrame({"a": [1, 2], "b": ["x", None]})},
        arrays={"values": {"x": np.arange(6.0).reshape(2, 3)}},
        files={"schema.yaml": b"a: 1\n"},
    )


def test_digest_ignores_key_order_and_sees_every_value():
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    distinct = [
        {"a": 1}, {"a": 1.0}, {"a": "1"}, {"a": [1]}, {"a": None}, {"b": 1}, Fit(), Fit(epochs=3),
        np.arange(3), np.arange(3.0), np.arange(3).reshape(3, 1), ["ab"], ["a", "b"], b"ab",
        np.array(["a", None], dtype=object), np.array(["a", "None"], dtype=object),
    ]  # fmt: skip
    assert len({digest(part) for part in distinct}) == len(distinct)


def test_file_digest_is_the_sha256_of_the_bytes(tmp_path):
    file = tmp_path / "f"
    file.write_bytes(b"abc")
    assert file_digest(file) == hashlib.sha256(b"abc").hexdigest()


def test_cache_returns_what_was_put_and_drops_partial_work(tmp_path):
    cache = Cache(tmp_path)
    partial = cache.partial("abcd")
    partial.mkdir(parents=True)
    cache.put("abcd", outcome())
    again = cache.get("abcd")
    assert again is not None
    assert again.facts == outcome().facts
    pd.testing.assert_frame_equal(again.tables["columns"], outcome().tables["columns"])
    np.testing.assert_array_equal(again.arrays["values"]["x"], outcome().arrays["values"]["x"])
    assert again.files == outcome().files
    assert not partial.exists()
    assert cache.get("other") is None


def test_a_failing_put_leaves_nothing_behind(tmp_path):
    broken = Outcome(files={"no/such/folder": b""})
    with pytest.raises(OSError, match="no/such/folder"):
        Cache(tmp_path).put("abcd", broken)
    assert Cache(tmp_path).get("abcd") is None
    assert list((tmp_path / "ab").iterdir()) == []


def test_stored_arrays_that_need_pickle_are_refused(tmp_path):
    np.savez(tmp_path / "x.npz", a=np.array([{}], dtype=object))
    (tmp_path / "facts.json").write_text("[]")
    with pytest.raises(ValueError, match="allow_pickle"):
        load_outcome(tmp_path)


def test_an_unfinished_run_is_invisible_and_latest_points_at_the_newest(tmp_path):
    folder = RunFolder(tmp_path / "home" / "one")
    folder.write("facts.json", "[]")
    assert not (tmp_path / "home" / "one").exists()
    folder.finish()
    second = RunFolder(tmp_path / "home" / "two")
    second.finish()
    assert os.readlink(tmp_path / "home" / "latest") == "two"
    assert sorted(p.name for p in (tmp_path / "home").iterdir()) == ["latest", "one", "two"]


def test_a_discarded_run_leaves_no_folder(tmp_path):
    folder = RunFolder(tmp_path / "home" / "one")
    folder.discard()
    assert list((tmp_path / "home").iterdir()) == []


def test_json_refuses_nan():
    with pytest.raises(ValueError, match="not JSON compliant"):
        to_json({"a": float("nan")})
