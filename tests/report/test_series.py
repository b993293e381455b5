"""Pictures of series: segments where they lie in time, shades and bars that say what was stored."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Split
from xaiframe.data.signals.encoding import Axis, SeriesEncoding
from xaiframe.report import explained
from xaiframe.report.block import Figure, Grid
from xaiframe.report.record import Record
from xaiframe.report.signals import case as attribution_series
from xaiframe.report.signals import segments as series_segments
from xaiframe.report.signals.explorer import series, thinned
from xaiframe.report.signals.lanes import Lanes
from xaiframe.store import npz_bytes

VALUES = np.array([[4.0, -1.0, 0.0, 3.0], [2.0, 2.0, 0.0, -4.0]])


def make(folder, channels=("flow",)):
    """Two explained series of eight samples in four features, with known attributions."""
    encoding = SeriesEncoding(Axis(channels, -7.0, 1.0, "d", {"flow": "m³"}), 8, 4 // len(channels))
    x = np.random.default_rng(0).normal(size=(2, len(channels), 8)).astype(np.float32)
    split = Split(np.arange(2), x, np.zeros(2), pd.DataFrame(index=[0, 1]),
                  original=np.array(["first", "second"], dtype=object))  # fmt: skip
    tables = encoding.tables(split)
    tables["features"] = pd.DataFrame({"feature": encoding.features})
    tables["instances"] = pd.DataFrame(
        {"position": [0, 1], "y": ["a", "b"], "predicted": ["a", "b"], "target": ["a", "b"]}
    )
    shares = (VALUES / np.abs(VALUES).sum(axis=1, keepdims=True)).reshape(-1)
    consensus = pd.DataFrame(
        {"position": np.repeat([0, 1], 4), "feature": [*encoding.features] * 2,
         "p_share": shares, "g_share": shares / 2, "consensus": shares / 2,
         "conflict": [False] * 7 + [True]}
    )  # fmt: skip
    probe = folder / "artifacts" / "probe.instances"
    probe.mkdir(parents=True)
    for name, table in tables.items():
        table.to_parquet(probe / f"{name}.parquet")
    (probe / "inputs.npz").write_bytes(npz_bytes({"x": x, "feature_mask": encoding.feature_mask}))
    agreement = folder / "artifacts" / "evaluation.agreement"
    agreement.mkdir()
    consensus.to_parquet(agreement / "consensus.parquet")
    for method in ("perturbation.kernel_shap", "gradient.lrp"):
        own = folder / "artifacts" / method
        own.mkdir()
        (own / "attribution.npz").write_bytes(npz_bytes({"values": VALUES}))
    return Record(folder), x


@pytest.fixture
def univariate(tmp_path):
    return make(tmp_path)


def row(record, position=0):
    return record.table("probe.instances", "instances").iloc[position]


def values(spec, key):
    """All rows of inline data that have a key, each once."""
    found = []
    for data in spec.get("datasets", {}).values():
        found += data
    stack = [spec]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            found += one["values"] if isinstance(one.get("values"), list) else []
            stack += one.values()
        elif isinstance(one, list):
            stack += one
    rows = [one for one in found if isinstance(one, dict) and key in one]
    return [json.loads(text) for text in dict.fromkeys(json.dumps(one) for one in rows)]


def test_the_curve_is_the_users_own_in_its_own_time(univariate):
    record, x = univariate
    figure = attribution_series.draw(record, row(record), 0)[0]
    points = [one for one in values(figure.spec, "time") if "value" in one]
    assert [one["time"] for one in points] == [*range(-7, 1)]
    np.testing.assert_allclose([one["value"] for one in points], x[0, 0], rtol=1e-4)
    text = json.dumps(figure.spec, ensure_ascii=False)
    assert "flow (m³)" in text
    assert "time (d)" in text


def test_a_segment_is_shaded_by_what_both_directions_agree_on(univariate):
    record, _ = univariate
    figure = attribution_series.draw(record, row(record), 0)[0]
    spans = sorted(values(figure.spec, "conflict"), key=lambda one: (one["channel"], one["low"]))
    assert [(one["low"], one["high"]) for one in spans] == [
        (-7.5, -5.5), (-5.5, -3.5), (-3.5, -1.5), (-1.5, 0.5),
    ]  # fmt: skip
    np.testing.assert_allclose([one["value"] for one in spans], VALUES[0] / 16, rtol=1e-4)
    assert figure.title == "The stretch t −7 to −6 d speaks most for a"
    assert figure.n == "first"


def test_bars_below_say_the_sign_without_colour(univariate):
    record, _ = univariate
    figure = attribution_series.draw(record, row(record, 1), 0)[0]
    bars = [one for one in values(figure.spec, "left")]
    np.testing.assert_allclose(
        [one["value"] for one in bars if one["direction"] == "P"], VALUES[1] / 8, rtol=1e-4
    )
    assert all(one["left"] < one["right"] for one in bars)
    assert "against b" in figure.title
    assert "1 segment framed" in figure.how


def test_every_method_has_its_picture_perturbation_first(univariate):
    record, _ = univariate
    grids = [
        one for one in attribution_series.draw(record, row(record), 0) if isinstance(one, Grid)
    ]
    titles = [figure.title for grid in grids for figure in grid.blocks]
    assert titles == ["P · Kernel SHAP", "G · LRP"]
    assert all(figure.image.startswith(b"<svg") for grid in grids for figure in grid.blocks)


def test_what_counts_on_average_is_the_mean_share_of_each_segment(univariate):
    record, x = univariate
    (figure,) = series_segments.overall(record)
    assert isinstance(figure, Figure)
    own = [one for one in values(figure.spec, "share") if one["method"] == "G · LRP"]
    wanted = (np.abs(VALUES) / np.abs(VALUES).sum(axis=1, keepdims=True)).mean(axis=0)
    np.testing.assert_allclose([one["share"] for one in own], wanted, rtol=1e-4)
    assert figure.title == "The stretch t −1 to 0 d carries most on average"
    curves = [one for one in values(figure.spec, "mean") if one["class"] == "b (n 1)"]
    np.testing.assert_allclose([one["mean"] for one in curves], x[1, 0], rtol=1e-4)


def test_several_channels_have_a_lane_each(tmp_path):
    record, x = make(tmp_path, ("flow", "rain"))
    figure = attribution_series.draw(record, row(record), 0)[0]
    points = [one for one in values(figure.spec, "time") if "value" in one]
    assert len(points) == x[0].size
    assert Lanes.of(record).channels == ["flow", "rain"]
    spans = sorted(values(figure.spec, "conflict"), key=lambda one: (one["channel"], one["low"]))
    assert [one["channel"] for one in spans] == ["flow", "flow", "rain", "rain"]
    assert list(series_segments.overall(record))


def test_without_a_gradient_the_curve_says_what_perturbation_says(univariate, alone):
    record = Record(alone(univariate[0].run))
    first, *rest = attribution_series.draw(record, row(record), 0)
    spans = sorted(values(first.spec, "conflict"), key=lambda one: one["low"])
    np.testing.assert_allclose([one["value"] for one in spans], VALUES[0] / 8, rtol=1e-4)
    assert "P gives alone" in first.how
    assert not values(first.spec, "left"), "no bars beside the shades: they would say the same"
    assert [len(one.blocks) for one in rest if isinstance(one, Grid)] == [1]


def test_the_explorer_holds_the_recorded_curves_and_where_their_segments_lie(tmp_path, monkeypatch):
    record, x = make(tmp_path, ("flow", "rain"))
    monkeypatch.setattr(explained, "modality", lambda _: "series")
    given = json.loads(json.dumps(series(record, np.array([1, 0]))))
    assert given["axis"] == "time (d)"
    assert given["ends"] == [-7.5, 0.5]
    flow, rain = given["lanes"]
    assert (flow["title"], rain["title"]) == ("flow (m³)", "rain")
    assert flow["segments"] == [[0, -7.5, -3.5], [1, -3.5, 0.5]]
    assert [feature for feature, *_ in rain["segments"]] == [2, 3]
    np.testing.assert_allclose(rain["curves"], x[[1, 0], 1], rtol=1e-3)


def test_a_thinned_curve_keeps_its_peaks_in_their_places():
    curve = np.sin(np.arange(10_000) / 900)
    curve[[7000, 7003]] = 9, -9
    kept = thinned(curve, 100)
    assert len(kept) == 200
    assert np.flatnonzero(np.abs(kept) == 9).tolist() == [140, 141]
    assert kept[140] == 9
    np.testing.assert_array_equal(thinned(curve[:200], 100), curve[:200])
