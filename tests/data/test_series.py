"""Series as people have them: rows, samples, recordings, and what can be wrong with each."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.series import Series
from xaiframe.errors import DataError

N, T = 40, 12


@pytest.fixture
def values() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(N, T)).round(3)


@pytest.fixture
def wide(values) -> pd.DataFrame:
    frame = pd.DataFrame(values, columns=[f"v{k}" for k in range(T)])
    return frame.assign(kind=["up", "down"] * (N // 2), who=[f"p{k // 2}" for k in range(N)])


@pytest.fixture
def samples(values) -> pd.DataFrame:
    """The same values, a row per sample, with a second channel that is the first one doubled."""
    rows = [
        (f"s{i}", t / 2, values[i, t], 2 * values[i, t], ["up", "down"][i % 2])
        for i in range(N)
        for t in range(T)
    ]
    return pd.DataFrame(rows, columns=["series", "time", "a", "b", "kind"])


@pytest.fixture
def recording() -> pd.DataFrame:
    days = pd.date_range("2020-01-01", periods=120, freq="D").strftime("%Y-%m-%d")
    return pd.DataFrame({"day": days, "load": np.arange(120.0), "heat": np.arange(120.0) % 7})


def load(frame, tmp_path, **options):
    path = tmp_path / "s.csv"
    frame.to_csv(path, index=False)
    return Series(str(path), **options).data


def load_wide(frame, tmp_path, **options):
    return load(frame, tmp_path, **{"target": "kind", "channels": {"v": "v"}, **options})


def load_long(frame, tmp_path, **options):
    given = {"target": "kind", "layout": "long", "id": "series", "time": "time", "time_unit": "s"}
    return load(frame, tmp_path, **{**given, "channels": ["a", "b"], **options})


def load_recording(frame, tmp_path, **options):
    given = {"target": "load", "layout": "recording", "task": "regression", "time": "day"}
    given |= {"time_unit": "d", "window": 7, "horizon": 2, "channels": ["load", "heat"]}
    return load(frame, tmp_path, **{**given, **options})


def problems(loader, frame, tmp_path, **options):
    with pytest.raises(DataError) as caught:
        loader(frame, tmp_path, **options)
    return " | ".join(str(problem) for problem in caught.value.problems)


def every(data):
    """Series of all splits by name."""
    parts = data.splits.values()
    return {name: x for part in parts for name, x in zip(part.original, part.x, strict=True)}


def note(data, name):
    return next((fact.value for fact in data.notes if fact.name == name), None)


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "feather", "npz"])
def test_every_kind_of_file_gives_the_same_series(wide, values, tmp_path, suffix):
    path = tmp_path / f"s.{suffix}"
    if suffix == "npz":
        np.savez(path, v=values, kind=wide["kind"].to_numpy(dtype=str))
    elif suffix in ("parquet", "feather"):
        getattr(wide, f"to_{suffix}")(path)
    else:
        wide.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    data = Series(str(path), "kind", channels={"v": "v"}).data
    assert data.classes == ("down", "up")
    assert data.input_shape == (1, T)
    for split in data.splits.values():
        np.testing.assert_allclose(split.x[:, 0], values[split.ids], rtol=1e-6)
        assert [data.classes[k] for k in split.y] == list(wide["kind"].iloc[split.ids])


def test_long_series_are_those_of_the_wide_table(samples, values, tmp_path):
    data = load_long(samples.sample(frac=1, random_state=1), tmp_path)
    assert data.input_shape == (2, T)
    assert note(data, "unsorted") > 0
    for split in data.splits.values():
        own = [int(name[1:]) for name in split.original]
        np.testing.assert_allclose(split.x[:, 0], values[own], rtol=1e-6)
        np.testing.assert_allclose(split.x[:, 1], 2 * values[own], rtol=1e-6)
    assert note(data, "step") == 0.5


def test_columns_of_a_prefix_are_ordered_by_number_not_by_letter(wide, values, tmp_path):
    frame = wide[[*sorted(wide.columns)]]
    assert list(frame.columns)[:3] == ["kind", "v0", "v1"]
    assert list(frame.columns)[3] == "v10"
    data = load_wide(frame, tmp_path)
    np.testing.assert_allclose(data.test.x[:, 0], values[data.test.ids], rtol=1e-6)


def test_a_forecast_looks_at_its_window_and_aims_behind_it(recording, tmp_path):
    data = load_recording(recording, tmp_path)
    for split in data.splits.values():
        np.testing.assert_array_equal(split.y, split.x[:, 0, -1] + 2)
        np.testing.assert_array_equal(np.diff(split.x[:, 0], axis=1), 1.0)
    assert data.train.original[0] == "2020-01-01 to 2020-01-07"


@pytest.mark.parametrize("stride", [1, 2, 5, 20])
def test_no_sample_lies_in_two_splits_nor_a_target_in_another_splits_window(
    recording, tmp_path, stride
):
    long = pd.concat([recording] * 6, ignore_index=True)
    long["load"] = np.arange(len(long), dtype=float)
    long = long.drop(columns="day")
    data = load_recording(long, tmp_path, time="", time_unit="d", stride=stride)
    seen = {
        name: {*split.x[:, 0].reshape(-1).tolist(), *split.y.tolist()}
        for name, split in data.splits.items()
    }
    assert not seen["train"] & seen["validation"]
    assert not seen["validation"] & seen["test"]
    assert max(seen["train"]) < min(seen["validation"]) < min(seen["test"])


def test_overlapping_windows_are_not_split_at_random(recording, tmp_path):
    said = problems(load_recording, recording, tmp_path, split="random")
    assert "overlap" in said
    assert "data.stride: 9" in said


def test_a_target_of_the_same_time_is_no_forecast(recording, tmp_path):
    assert "data.horizon" in problems(load_recording, recording, tmp_path, horizon=0)


def test_short_gaps_are_interpolated_and_counted_long_ones_leave_the_series_out(wide, tmp_path):
    wide.loc[0, "v3"] = np.nan
    wide.loc[0, ["v2", "v4"]] = [1.0, 2.0]
    wide.loc[1, [f"v{k}" for k in range(2, 9)]] = np.nan
    data = load_wide(wide, tmp_path)
    everything = {name: x[0] for name, x in every(data).items()}
    assert everything["row 1"][3] == pytest.approx(1.5)
    assert note(data, "interpolated") == 1
    assert "row 2" not in everything
    assert len(data.damage) == 1
    assert "row 2" in data.damage[0].place


def test_missing_days_split_a_recording_and_no_window_spans_them(recording, tmp_path):
    gap = recording.drop(index=range(50, 60))
    one = recording.drop(index=80)
    data = load_recording(gap, tmp_path)
    for split in data.splits.values():
        np.testing.assert_array_equal(np.diff(split.x[:, 0], axis=1), 1.0)
    assert len(data.damage) == 1
    filled = load_recording(one, tmp_path)
    assert filled.damage == ()
    assert note(filled, "interpolated") == 2
    assert note(filled, "without_target") == 1
    targets = np.concatenate([split.y for split in filled.splits.values()])
    assert 80.0 not in targets


def test_unequal_lengths_are_refused_until_a_length_is_declared(wide, tmp_path):
    wide.loc[3, [f"v{k}" for k in range(5, T)]] = np.nan
    said = problems(load_wide, wide, tmp_path, max_gap=2)
    assert "row 4" in said
    assert "data.length: 5" in said
    padded = load_wide(wide, tmp_path, max_gap=2, length=T)
    row = every(padded)["row 4"][0]
    np.testing.assert_array_equal(row[5:], row[4])
    assert note(padded, "padded") == 1
    assert note(load_wide(wide, tmp_path, length=5), "cropped") == N - 1


def test_a_time_that_appears_twice_is_an_error_or_the_mean(samples, tmp_path):
    extra = samples.iloc[[3]].assign(a=samples["a"].iloc[3] + 2)
    frame = pd.concat([samples, extra])
    said = problems(load_long, frame, tmp_path)
    assert "s0" in said
    assert "1.5" in said
    assert "data.duplicates: mean" in said
    data = load_long(frame, tmp_path, duplicates="mean")
    row = every(data)["s0"]
    assert row[0, 3] == pytest.approx(samples["a"].iloc[3] + 1, abs=1e-5)


def test_irregular_spacing_and_constant_series_are_said(samples, tmp_path):
    samples.loc[2, "time"] = 1.13
    samples.loc[samples["series"] == "s5", "a"] = 4.0
    data = load_long(samples, tmp_path)
    assert note(data, "irregular") == 1
    assert note(data, "constant") == 1


@pytest.mark.parametrize("cell", ["broken", "inf", "-inf"])
def test_a_cell_that_is_no_finite_number_leaves_its_series_out(wide, tmp_path, cell):
    frame = wide.astype(object)
    frame.loc[7, "v4"] = cell
    data = load_wide(frame, tmp_path)
    assert [("'v4'" in one.place, "row 8" in one.place, cell.strip("-") in one.message)
            for one in data.damage] == [(True, True, True)]  # fmt: skip


def test_a_missing_label_leaves_its_series_out(wide, tmp_path):
    wide.loc[2, "kind"] = None
    (damage,) = load_wide(wide, tmp_path).damage
    assert "row 3" in damage.place
    assert "label is missing" in damage.message


def test_a_series_with_two_labels_is_left_out(samples, tmp_path):
    samples.loc[0, "kind"] = "down"
    (damage,) = load_long(samples, tmp_path).damage
    assert "s0" in damage.place
    assert "down and up" in damage.message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"target": "sort"}, "no column 'sort'"),
        ({"channels": {"v": "w"}}, "channel 'v' has 0 columns"),
        ({"channels": {"v": ["v0", "nine"]}}, "no column 'nine'"),
        ({"channels": {"v": ["v0", "v1"], "w": ["v2", "v3", "v4"]}}, "differ in length"),
        ({"layout": "tall"}, "no layout"),
        ({"layout": "long"}, "data.id"),
        ({"layout": "recording", "window": 1}, "window 1"),
        ({"duplicates": "first"}, "error or mean"),
        ({"id": "who"}, "data.split_column: who"),
        ({"channels": {"v": ["who", "kind"]}}, "no numbers"),
    ],
)
def test_what_does_not_fit_is_named(wide, tmp_path, change, said):
    assert said in problems(load_wide, wide, tmp_path, **change)


def test_ids_stay_together_when_split_by_group(wide, tmp_path):
    data = load_wide(wide, tmp_path, id="who", split="group", split_column="who")
    seen = [set(split.aside["who"]) for split in data.splits.values()]
    assert not (seen[0] & seen[1])
    assert not (seen[1] & seen[2])
    assert not (seen[0] & seen[2])


def test_a_header_alone_and_an_empty_file_are_said(wide, tmp_path):
    assert "no rows" in problems(load_wide, wide.head(0), tmp_path)
    (tmp_path / "empty.csv").write_text("")
    with pytest.raises(DataError, match="empty"):
        Series(str(tmp_path / "empty.csv"), "kind").load()


def test_an_archive_with_objects_is_refused(tmp_path):
    np.savez(tmp_path / "o.npz", v=np.array([{}, {}], dtype=object))
    with pytest.raises(DataError, match="cannot be read"):
        Series(str(tmp_path / "o.npz"), "kind").load()


def test_times_that_are_no_dates_are_said(recording, tmp_path):
    recording["day"] = recording["day"].str.replace("2020", "day ")
    assert "does not parse" in problems(load_recording, recording, tmp_path)


def test_dates_need_a_unit_they_can_be_counted_in(recording, tmp_path):
    said = problems(load_recording, recording, tmp_path, time_unit="sample")
    assert "data.time_unit" in said


def test_new_series_are_read_alike(wide, values, tmp_path):
    wide.to_csv(tmp_path / "s.csv", index=False)
    wide.drop(columns="kind").head(3).to_csv(tmp_path / "new.csv", index=False)
    module = Series(str(tmp_path / "s.csv"), "kind", channels={"v": "v"})
    found = module.rows(str(tmp_path / "new.csv"))
    np.testing.assert_allclose(found.x[:, 0], values[:3], rtol=1e-6)
    assert found.y.tolist() == [-1, -1, -1]
    assert list(found.frame.columns) == list(module.data.train.frame.columns)
    wide.head(3).drop(columns="v11").to_csv(tmp_path / "short.csv", index=False)
    strict = Series(str(tmp_path / "s.csv"), "kind", channels={"v": "v"}, max_gap=0)
    with pytest.raises(DataError, match="12"):
        strict.rows(str(tmp_path / "short.csv"))


def test_a_new_recording_gives_its_last_window_whose_target_is_still_to_come(recording, tmp_path):
    recording.to_csv(tmp_path / "s.csv", index=False)
    module = Series(
        str(tmp_path / "s.csv"), "load", "recording", "regression", ["load", "heat"],
        time="day", time_unit="d", window=7, horizon=2,
    )  # fmt: skip
    recording.tail(10).to_csv(tmp_path / "new.csv", index=False)
    found = module.rows(str(tmp_path / "new.csv"))
    assert found.x.shape == (4, 2, 7)
    assert found.y[:2].tolist() == [118.0, 119.0]
    assert np.isnan(found.y[2:]).all()


def test_several_recordings_are_cut_one_by_one_and_split_by_group(recording, tmp_path):
    parts = [recording.assign(machine=f"m{k}") for k in range(6)]
    frame = pd.concat(parts)
    said = problems(load_recording, frame, tmp_path, id="machine")
    assert "data.split: group" in said
    data = load_recording(frame, tmp_path, id="machine", split="group", split_column="machine")
    for split in data.splits.values():
        np.testing.assert_array_equal(np.diff(split.x[:, 0], axis=1), 1.0)
    names = [{name.split(":")[0] for name in split.original} for split in data.splits.values()]
    assert sum(map(len, names)) == len(set().union(*names)) == 6
