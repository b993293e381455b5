"""Segments of channels: where they lie, what they are called, and their means."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xaiframe.data.face import Split
from xaiframe.data.signals.encoding import Axis, SeriesEncoding, bounds
from xaiframe.data.signals.properties import properties

DAYS = Axis(("cnt", "temp"), start=-5.0, step=1.0, unit="d", units={"cnt": "bikes"})


@given(st.integers(1, 400), st.integers(1, 50))
def test_segments_cover_every_sample_once_and_differ_by_one_at_most(length, segments):
    found = bounds(length, segments)
    assert [k for low, high in found for k in range(low, high + 1)] == list(range(length))
    sizes = [high - low + 1 for low, high in found]
    assert len(found) == min(length, segments)
    assert max(sizes) - min(sizes) <= 1


@example(2, 2, 0.01, 0.005)  # both ends round to 0.01
@given(st.integers(2, 60), st.integers(1, 20), st.floats(0.01, 50), st.floats(-100, 100))
def test_no_two_features_share_a_name(length, segments, step, start):
    names = SeriesEncoding(Axis(("a", "b"), start, step, "s"), length, segments).features
    assert len(set(names)) == len(names) == 2 * min(length, segments)


def test_features_are_named_by_channel_and_time():
    assert SeriesEncoding(DAYS, 6, 2).features == (
        "cnt, −5 to −3 d", "cnt, −2 to 0 d", "temp, −5 to −3 d", "temp, −2 to 0 d",
    )  # fmt: skip
    assert SeriesEncoding(Axis(("v",)), 250, 10).features[0] == "t 0–24"


def test_a_features_value_is_its_segments_mean_and_comes_back_as_a_step():
    encoding = SeriesEncoding(DAYS, 6, 2)
    x = np.random.default_rng(0).normal(size=(3, 2, 6)).astype(np.float32)
    values = encoding.values(x)
    np.testing.assert_allclose(values, x.reshape(3, 4, 3).mean(axis=2), rtol=1e-6)
    np.testing.assert_allclose(encoding.values(encoding.elements(values)), values, rtol=1e-6)
    assert encoding.elements(values).shape == x.shape
    assert encoding.raw(x) is x


def test_a_report_finds_every_segment_in_time():
    encoding = SeriesEncoding(DAYS, 6, 2)
    x = np.zeros((1, 2, 6), dtype=np.float32)
    names = np.array(["2012-01-01 to 2012-01-06"], dtype=object)
    split = Split(np.arange(1), x, np.zeros(1), pd.DataFrame(index=[0]), original=names)
    found = encoding.tables(split)
    segments = found["segments"]
    assert list(segments["feature"]) == list(encoding.features)
    assert segments[["start", "end"]].to_numpy().tolist() == [[-5, -3], [-2, 0]] * 2
    assert list(segments["channel_unit"]) == ["bikes", "bikes", "", ""]
    assert list(found["originals"]["name"]) == list(names)
    assert encoding.units == {one: "bikes" for one in encoding.features[:2]}


def test_properties_of_a_known_wave():
    """Eight cycles of a sine of amplitude 2 around 5 in 160 samples of 0.1 s: 0.5 per second."""
    time = np.arange(160) * 0.1
    x = (5 + 2 * np.sin(2 * np.pi * 0.5 * time))[None, None].astype(np.float32)
    found = properties(x, Axis(("v",), step=0.1, unit="s")).iloc[0]
    assert found["mean"] == pytest.approx(5, abs=1e-5)
    assert found["sd"] == pytest.approx(np.sqrt(2), rel=1e-5)
    assert found["rhythm"] == pytest.approx(0.5)
    assert found["memory"] == pytest.approx(np.cos(np.pi / 10), abs=0.01)
    assert found["largest"] == pytest.approx(7, abs=1e-5)


def test_properties_of_a_line_and_of_a_constant():
    x = np.stack([np.arange(20) * 0.6, np.full(20, 3.0)])[:, None].astype(np.float32)
    found = properties(x, Axis(("v",), step=0.2))
    assert found["trend"].tolist() == pytest.approx([3.0, 0.0], abs=1e-5)
    assert found.iloc[1][["sd", "roughness", "memory", "rhythm"]].tolist() == [0, 0, 0, 0]
    slope = np.polyfit(np.arange(20) * 0.2, x[0, 0], 1)[0]
    assert found["trend"].iloc[0] == pytest.approx(slope, rel=1e-4)


def test_properties_of_several_channels_say_whose_they_are():
    found = properties(np.zeros((2, 2, 6), dtype=np.float32), DAYS)
    assert {"cnt mean", "temp rhythm"} <= set(found.columns)
    assert found.shape == (2, 16)
