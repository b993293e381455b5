"""Values are said as the user knows them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.table import Table
from xaiframe.facts import Fact
from xaiframe.report.curve import _title, dependence
from xaiframe.report.record import Record
from xaiframe.report.tables.levels import Values
from xaiframe.report.tables.swarm import swarm
from xaiframe.store import npz_bytes


@pytest.fixture
def run(tmp_path):
    """The artifacts of a table with a number, a category, an order, a truth value and a date."""
    random, n = np.random.default_rng(0), 60
    frame = pd.DataFrame(
        {
            "temp": random.normal(15, 5, n).round(1),
            "weather": ["clear"] * 40 + ["rain"] * 20,
            "size": random.choice(["small", "large"], n),
            "holiday": random.random(n) > 0.5,
            "day": pd.date_range("2020-02-28", periods=n).strftime("%Y-%m-%d"),
            "count": random.normal(size=n),
        }
    )
    frame.loc[50:, "weather"] = None
    frame.to_csv(tmp_path / "days.csv", index=False)
    kinds = {"size": ["small", "large"]}
    data = Table(str(tmp_path / "days.csv"), "count", task="regression", kinds=kinds).load()
    folder = tmp_path / "run" / "artifacts"
    (folder / "probe.instances").mkdir(parents=True)
    for name, table in data.encoding.tables(data.test).items():
        table.to_parquet(folder / "probe.instances" / f"{name}.parquet")
    features = pd.DataFrame({"feature": data.features, "unit": ["°C", "", "", "", ""]})
    features["kind"] = [data.encoding.kinds[name] for name in data.features]
    features.to_parquet(folder / "probe.instances" / "features.parquet")
    values = data.encoding.values(data.test.x)
    stored = {"x": data.test.x, "values": values, "feature_mask": data.feature_mask}
    (folder / "probe.instances" / "inputs.npz").write_bytes(npz_bytes(stored))
    return tmp_path / "run", data


def test_cells_are_shown_as_they_stand_in_the_source(run):
    folder, data = run
    values = Values(Record(folder))
    for position, row in data.test.frame.iterrows():
        weather = "(missing)" if pd.isna(row["weather"]) else row["weather"]
        assert values.cell("weather", position) == weather
        assert values.cell("size", position) == row["size"]
        assert values.cell("holiday", position) == str(row["holiday"])
        assert values.cell("day", position) == str(row["day"].date())
        assert values.cell("temp", position).replace("−", "-") == f"{row['temp']:g} °C"


def test_a_printed_cell_has_three_digits_but_whole_numbers_stand_as_written(monkeypatch):
    written = ["11.0014", "0.67", "2011", "-40", "120500.25", "0.000123456", "(missing)", "1e3"]
    numbers = [11.0014, 0.67, 2011, -40, 120500.25, 0.000123456, np.nan, 1000]
    own = {
        "shown": pd.DataFrame({"speed": written}),
        "names": ["speed"],
        "kinds": {},
        "levels": {},
        "units": {"speed": "m"},
        "numbers": np.array(numbers)[:, None],
    }
    for name, value in own.items():
        monkeypatch.setattr(Values, name, value)
    found = [Values(None).brief("speed", k) for k in range(len(written))]
    assert found == ["11.0 m", "0.67 m", "2011 m", "−40 m", "120\u00a0500 m", "1.23e−4 m",
                     "(missing)", "1e3 m"]  # fmt: skip


def test_a_number_says_what_its_cell_says(run):
    folder, data = run
    values = Values(Record(folder))
    for name in ("weather", "size", "holiday", "day"):
        at = data.features.index(name)
        for position in range(len(data.test)):
            number = float(values.numbers[position, at])
            assert values.said(name, number) == values.cell(name, position)


def test_what_is_usual_comes_from_the_profile(run):
    folder, _ = run
    values = Values(Record(folder))
    assert values.usual("temp") == "not profiled"
    profile = folder / "artifacts" / "precaution.profile"
    profile.mkdir()
    days = (pd.Timestamp("2020-03-01") - pd.Timestamp(0)).days
    columns = pd.DataFrame(
        {
            "column": ["temp", "weather", "day"],
            "n": [40, 30, 40],
            "missing": [0, 10, 0],
            "q25": [11.5, np.nan, days],
            "q75": [18.0, np.nan, days + 30],
        }
    )
    columns.to_parquet(profile / "columns.parquet")
    counts = {"column": ["weather", "weather"], "value": ["rain", "clear"], "count": [10, 20]}
    pd.DataFrame(counts).to_parquet(profile / "values.parquet")
    values = Values(Record(folder))
    assert values.usual("temp") == "11.5–18"
    assert values.usual("weather") == "clear (50 %)"
    assert values.usual("day") == "2020-03-01 to 2020-03-31"


def spec_rows(figure) -> list[dict]:
    return [row for layer in figure.spec["layer"] for row in layer["data"]["values"]]


def test_curves_name_levels_and_date_days(run):
    folder, data = run
    unit = folder / "artifacts" / "perturbation.pdp"
    unit.mkdir()
    curve = [("weather", k, float(k), [0.0, 5.0, 2.0][k]) for k in range(3)]
    curve += [("day", k, 10.0 * k, float(k)) for k in range(3)]
    frame = pd.DataFrame(curve, columns=["feature", "point", "x", "average"])
    frame.to_parquet(unit / "curve.parquet")
    single = frame.rename(columns={"average": "y"}).assign(row=0)
    single.to_parquet(unit / "individual.parquet")
    _, grid = list(dependence(Record(folder)))
    day, weather = grid.blocks
    levels = data.encoding.levels["weather"]
    named = {row["level"]: row["average"] for row in spec_rows(weather) if "average" in row}
    assert named == dict(zip(levels, [0.0, 5.0, 2.0], strict=True))
    assert weather.title == f"“weather”: {levels[1]} is 5 above {levels[0]}"
    first = data.train.frame["day"].min()
    expected = [str((first + pd.Timedelta(days=d)).date()) for d in (0, 10, 20)]
    assert [row["x"] for row in spec_rows(day) if "average" in row] == expected


def test_the_swarm_gives_levels_without_an_order_no_high_and_low(run):
    folder, data = run
    unit = folder / "artifacts" / "perturbation.kernel_shap"
    unit.mkdir()
    n, names = len(data.test), list(data.features)
    values = np.random.default_rng(0).normal(size=(n, len(names)))
    values[:, 0] = data.test.x[:, 0]
    (unit / "attribution.npz").write_bytes(npz_bytes({"values": values}))
    instances = pd.DataFrame({"position": range(n), "target": "count"})
    instances.to_parquet(folder / "artifacts" / "probe.instances" / "instances.parquet")
    task = Fact("data.load.task", "regression").to_dict()
    (folder / "facts.json").write_text(json.dumps([task]))
    [figure] = swarm(Record(folder))
    rows = pd.DataFrame(figure.spec["data"]["values"])
    assert set(rows.loc[rows["feature"] == "weather", "third"]) == {"no order"}
    assert "no order" not in set(rows.loc[rows["feature"] == "size", "third"])
    assert set(rows.loc[rows["feature"] == "size", "said"]) == {"small", "large"}
    assert figure.title == "High “temp” raises count"
    assert "raises the value" in figure.how


def test_a_curve_that_turns_is_not_said_to_rise():
    def title(*average: float) -> str:
        return _title("hour", pd.DataFrame({"average": average}))

    assert title(0.0, 50.0, 100.0) == "“hour”: score rises by 100"
    assert title(100.0, 60.0, 0.0) == "“hour”: score falls by 100"
    assert title(0.0, 350.0, 100.0) == "“hour”: score moves by 350"
    assert title(2.0, 2.0) == "“hour”: no effect"
