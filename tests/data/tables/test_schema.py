import pandas as pd
import pytest

from xaiframe.data.tables.reading import Reading
from xaiframe.data.tables.schema import enforce
from xaiframe.errors import DataError

FRAME = pd.DataFrame({"age": [30, 41, 200, -4], "sex": ["f", "m", "x", "f"]})
SOUND = {
    "columns": {
        "age": {"dtype": "int64", "checks": {"in_range": {"min_value": -10, "max_value": 300}}},
        "sex": {"dtype": "str", "checks": {"isin": ["f", "m", "x"]}},
    }
}


def problems(schema) -> list[str]:
    with pytest.raises(DataError) as caught:
        enforce(schema, Reading(FRAME, names=["people.csv"]))
    return [str(one) for one in caught.value.problems]


def test_rows_that_fit_pass():
    enforce(SOUND, Reading(FRAME, names=["people.csv"]))


def test_a_cell_that_breaks_a_check_is_named_by_column_row_and_check():
    schema = {"columns": {**SOUND["columns"], "age": {"dtype": "int64", "checks": {"in_range": {"min_value": 0, "max_value": 120}}}}}  # noqa: E501 # fmt: skip
    first, second = problems(schema)
    assert first.startswith("people.csv, column 'age', row 3: 200 breaks in_range")
    assert second.startswith("people.csv, column 'age', row 4: -4 breaks in_range")


def test_the_yaml_that_pandera_writes_is_read(tmp_path):
    import pandera.pandas as pa

    written = pa.DataFrameSchema({"age": pa.Column("int64", [pa.Check.ge(0)], nullable=False)})
    path = tmp_path / "schema.yaml"
    path.write_text(written.to_yaml())
    [problem] = problems(str(path))
    assert "row 4: -4 breaks greater_than_or_equal_to(0)" in problem


def test_another_type_or_an_absent_column_is_told():
    found = problems({"columns": {"age": {"dtype": "str"}, "height": {"dtype": "float64"}}})
    assert any("no column 'height'" in one for one in found)
    assert any("column 'age', row 1: 30 breaks dtype" in one for one in found)


@pytest.mark.parametrize(
    "part",
    [
        {"checks": {"my_lambda": 3}},
        {"checks": [{"options": {"check_name": "<lambda>"}}]},
        {"my_lambda": 3},
    ],
)
def test_a_check_that_pandera_would_not_enforce_is_refused(part):
    [problem] = problems({"columns": {"age": {"dtype": "int64", **part}}})
    assert "no check is called" in problem
    assert "age" in problem


def test_what_is_no_schema_is_told(tmp_path):
    (tmp_path / "broken.yaml").write_text("columns: [")
    assert "cannot be read" in problems(str(tmp_path / "broken.yaml"))[0]
    assert "no columns" in problems({"strict": True})[0]
    assert "cannot be read" in problems(str(tmp_path / "absent.yaml"))[0]
