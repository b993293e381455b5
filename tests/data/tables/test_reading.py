import numpy as np
import pandas as pd
import pytest

from xaiframe.data.tables.csv import Format
from xaiframe.data.tables.reading import read
from xaiframe.errors import DataError

FRAME = pd.DataFrame({"a": np.arange(40) / 4, "n": range(40), "c": ["x", "y"] * 20})


def problem(*arguments: object) -> str:
    with pytest.raises(DataError) as caught:
        read(*arguments)
    return " | ".join(str(one) for one in caught.value.problems)


def plain(path, form=Format(), wanted=None, as_text=()):  # noqa: B008
    return read(str(path), "", form, wanted, as_text)


def refused(path, form=Format()):  # noqa: B008
    return problem(str(path), "", form, None, ())


@pytest.mark.parametrize("suffix", ["csv", "tsv", "parquet", "feather"])
def test_every_format_gives_the_same_cells(tmp_path, suffix):
    path = tmp_path / f"data.{suffix}"
    if suffix in ("csv", "tsv"):
        FRAME.to_csv(path, index=False, sep="\t" if suffix == "tsv" else ",")
    else:
        getattr(FRAME, f"to_{suffix}")(path)
    pd.testing.assert_frame_equal(plain(path).frame, FRAME, check_dtype=False)
    assert list(plain(path, wanted=["c", "a"]).frame.columns) == ["a", "c"]


def test_a_byte_order_mark_is_no_part_of_the_first_name(tmp_path):
    FRAME.to_csv(tmp_path / "bom.csv", index=False, encoding="utf-8-sig")
    assert list(plain(tmp_path / "bom.csv").frame.columns) == ["a", "n", "c"]


def test_decimal_marks_thousands_and_missing_words_are_read_as_declared(tmp_path):
    path = tmp_path / "german.csv"
    path.write_text("preis;ort\n1.234,5;Köln\nfehlt;Ulm\n-0,25;fehlt\n", encoding="cp1252")
    form = Format("cp1252", ";", ",", ".", ("fehlt",))
    frame = plain(path, form).frame
    np.testing.assert_array_equal(frame["preis"], [1234.5, np.nan, -0.25])
    assert frame["ort"].isna().tolist() == [False, False, True]


def test_columns_kept_as_text_keep_their_zeros(tmp_path):
    (tmp_path / "codes.csv").write_text("zip,y\n01234,1\n99999,2\n")
    assert plain(tmp_path / "codes.csv", as_text=["zip"]).frame["zip"].tolist() == [
        "01234",
        "99999",
    ]


def test_ragged_rows_are_left_out_and_named_and_the_others_keep_their_numbers(tmp_path):
    lines = FRAME.to_csv(index=False).splitlines()
    lines[5] += ",extra"
    lines[9] = "1"
    lines[12] = '2.75,11,"x\ny"'
    (tmp_path / "ragged.csv").write_text("\n".join(lines) + "\n")
    reading = plain(tmp_path / "ragged.csv")
    assert sorted(set(range(40)) - set(reading.frame.index)) == [4, 8]
    assert reading.frame["n"].tolist() == [n for n in range(40) if n not in (4, 8)]
    assert reading.frame.loc[11, "c"] == "x\ny"
    first, second = map(str, reading.damage)
    assert "row 5: the row has 4 cells (3" in first
    assert "row 9: the row has 1 cells" in second


def test_a_file_of_mostly_ragged_rows_is_refused(tmp_path):
    (tmp_path / "odd.csv").write_text("a,b\n" + "1,2,3\n" * 9 + "1,2\n")
    assert "9 of 10 rows have another width" in refused(tmp_path / "odd.csv")


def test_several_files_are_joined_and_rows_know_their_file(tmp_path):
    FRAME.head(15).to_csv(tmp_path / "part1.csv", index=False)
    FRAME.tail(25).to_csv(tmp_path / "part2.csv", index=False)
    reading = plain(tmp_path / "part*.csv")
    assert reading.frame["n"].tolist() == list(range(40))
    assert reading.place("n", 14).endswith("part1.csv, column 'n', row 15")
    assert reading.place("n", 15).endswith("part2.csv, column 'n', row 1")
    FRAME.rename(columns={"a": "b"}).to_csv(tmp_path / "part3.csv", index=False)
    assert "part3.csv: its columns are not those of" in refused(tmp_path / "part*.csv")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("", "is empty"),
        ("a,label\n", "no rows"),
        ("a,a,b\n1,2,3\n", "column 'a' appears twice"),
        ("a;b\n1;2\n", "data.separator: ';'"),
        ('a,b\n1,"2"3\n', "row 1: ',' expected after '\"'"),
        ('a,b\n1,2\n3,"4\n', "row 2: unexpected end of data"),
    ],
)
def test_what_no_row_can_be_read_from_is_told(tmp_path, content, expected):
    (tmp_path / "bad.csv").write_text(content)
    assert expected in refused(tmp_path / "bad.csv")


@pytest.mark.parametrize(("encoding", "text"), [("cp1252", "grün"), ("cp949", "초록")])
def test_another_encoding_is_located_and_guessed(tmp_path, encoding, text):
    path = tmp_path / "other.csv"
    path.write_bytes(f"a,c\n1,x\n2,{text}\n".encode(encoding))
    said = refused(path)
    assert "row 2, byte 10" in said or "row 2, byte 12" in said
    assert "not UTF-8 text" in said
    assert encoding in said
    assert plain(path, Format(encoding)).frame["c"].tolist() == ["x", text]


def test_an_encoding_that_does_not_exist_is_told(tmp_path):
    FRAME.to_csv(tmp_path / "a.csv")
    assert "no encoding is called 'klingon'" in refused(tmp_path / "a.csv", Format("klingon"))


def test_files_that_are_no_tables_are_told(tmp_path):
    (tmp_path / "a.xlsx").write_bytes(b"PK")
    (tmp_path / "a.parquet").write_bytes(b"PAR1 and no more")
    assert ".xlsx is no table" in refused(tmp_path / "a.xlsx")
    assert "cannot be read" in refused(tmp_path / "a.parquet")
    pd.DataFrame({"a": [[1, 2], [3]]}).to_parquet(tmp_path / "nested.parquet")
    assert "column 'a': holds lists" in refused(tmp_path / "nested.parquet")
