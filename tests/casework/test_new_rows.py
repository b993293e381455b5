"""New rows: the sound ones are read, the others told by their row in the user's file."""

import numpy as np
import pandas as pd
import pytest

from xaiframe.casework.new_rows import read_rows, records, seeded, twins
from xaiframe.data.table import Table
from xaiframe.data.text import Text
from xaiframe.errors import DataError

HEADER = "a,colour,label\n"


@pytest.fixture
def module(tmp_path):
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"a": rng.normal(size=80).round(3), "colour": ["red", "blue"] * 40})
    frame["label"] = np.where(frame["a"] > 0, "yes", "no")
    frame.to_csv(tmp_path / "rows.csv", index=False)
    return Table(str(tmp_path / "rows.csv"), "label")


def written(tmp_path, text, name="new.csv"):
    (tmp_path / name).write_text(text)
    return str(tmp_path / name)


def test_sound_rows_come_in_order_with_their_places(module, tmp_path):
    source = written(tmp_path, HEADER + "0.5,red,yes\n-1.5,blue,no\n")
    found = read_rows(module, source, 10)
    assert found.places == (f"{source}, row 1", f"{source}, row 2")
    assert found.problems == ()
    np.testing.assert_allclose(module.data.encoding.values(found.split.x)[:, 0], [0.5, -1.5])
    assert found.split.y.tolist() == [1, 0]


def test_a_row_that_cannot_be_read_is_told_and_the_others_go_on(module, tmp_path):
    source = written(tmp_path, HEADER + "0.5,red,yes\nabc,blue,no\n1.5\n2.5,blue,\n")
    found = read_rows(module, source, 10)
    assert found.places == (f"{source}, row 1", f"{source}, row 4")
    np.testing.assert_allclose(module.data.encoding.values(found.split.x)[:, 0], [0.5, 2.5])
    first, second = found.problems
    assert first.place == f"{source}, column 'a', row 2"
    assert "'abc' is not a number" in first.message
    assert second.place == f"{source}, row 3"


def test_an_empty_message_is_told_where_it_stands(tmp_path):
    said = ["ham\tsee you at the gate", "spam\twin a prize now", "ham\tok then", "spam\tcall now"]
    (tmp_path / "told.tsv").write_text("".join(f"{said[k % 4]} {k}\n" for k in range(60)))
    module = Text(str(tmp_path / "told.tsv"), text=2, target=1, header=False)
    source = written(tmp_path, "ham\tsee you\nham\t\nspam\ta prize\n", "new.tsv")
    found = read_rows(module, source, 10)
    assert found.places == (f"{source}, row 1", f"{source}, row 3")
    (problem,) = found.problems
    assert problem.place == f"{source}, line 2"
    assert "the message" in problem.message


def test_a_single_ragged_row_among_many_is_not_lost_silently(module, tmp_path):
    source = written(tmp_path, HEADER + "0.5,red,yes\n" * 4 + "1,red,no,extra\n")
    found = read_rows(module, source, 10)
    assert len(found.split) == 4
    assert [problem.place for problem in found.problems] == [f"{source}, row 5"]


def test_a_missing_column_is_named_and_nothing_goes_on(module, tmp_path):
    source = written(tmp_path, "a\n1\n2\n")
    with pytest.raises(DataError, match=r"new\.csv: no column 'colour'"):
        read_rows(module, source, 10)


@pytest.mark.parametrize(("text", "said"), [("", "empty"), (HEADER, "no rows")])
def test_a_file_without_rows_is_refused(module, tmp_path, text, said):
    with pytest.raises(DataError, match=said):
        read_rows(module, written(tmp_path, text), 10)


def test_more_rows_than_the_limit_are_refused_with_the_right_option(module, tmp_path):
    source = written(tmp_path, HEADER + "0.5,red,yes\n" * 4)
    with pytest.raises(DataError, match=r"4 rows are more than 3.*--limit 4"):
        read_rows(module, source, 3)


def test_records_end_at_line_breaks_outside_quotes():
    content = b'a,b\r\n"one\ntwo",1\r\n\r\n"say ""hi""",2'
    assert list(records(content)) == [b"a,b\r\n", b'"one\ntwo",1\r\n', b'"say ""hi""",2\n']
    assert list(records(b'{"a": "\\""}\n{"b": 1}\n', lines=True)) == [
        b'{"a": "\\""}\n', b'{"b": 1}\n',
    ]  # fmt: skip


def test_a_known_row_keeps_the_id_that_seeded_its_explanation(module, tmp_path):
    data = module.data
    known = data.encoding.raw(data.test.x[:1]).assign(label="yes")
    other = known.assign(a=123.456)
    source = str(tmp_path / "new.csv")
    pd.concat([other, known, other]).to_csv(source, index=False)
    split = read_rows(module, source, 10).split
    found = twins(split, data)
    assert [twin and (twin.split, twin.id) for twin in found] == [
        None, ("test", int(data.test.ids[0])), None,
    ]  # fmt: skip
    ids = seeded(split, found).ids
    assert ids[1] == data.test.ids[0]
    assert ids[0] == ids[2], "the same content is explained alike wherever it stands"
    assert ids[0] not in data.test.ids
