"""Messages as people have them: files of four kinds, any language, and what can be wrong."""

import json

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.messages.properties import properties
from xaiframe.data.text import Text
from xaiframe.errors import DataError

WORDS = ["free", "prize", "call", "now", "home", "lunch", "you", "later", "see", "ok"]


@pytest.fixture
def frame() -> pd.DataFrame:
    random = np.random.default_rng(0)
    texts = [" ".join(random.choice(WORDS, random.integers(2, 8))) for _ in range(60)]
    return pd.DataFrame(
        {
            "label": ["spam" if "free" in one else "ham" for one in texts],
            "message": [f"{one} {k}" for k, one in enumerate(texts)],
            "sender": [f"s{k % 12}" for k in range(60)],
        }
    )


def store(frame, path):
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True, force_ascii=False)
    else:
        frame.to_csv(path, index=False, sep="\t" if path.suffix == ".tsv" else ",")
    return str(path)


def load(source, **options):
    return Text(str(source), **{"text": "message", "target": "label", **options}).data


def problems(source, **options):
    with pytest.raises(DataError) as caught:
        load(source, **options)
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".jsonl", ".parquet"])
def test_every_kind_of_file_gives_the_same_messages(frame, tmp_path, suffix):
    data = load(store(frame, tmp_path / f"m{suffix}"))
    assert data.classes == ("ham", "spam")
    assert data.damage == ()
    for split in data.splits.values():
        expected = frame.iloc[split.ids]
        assert list(split.original) == list(expected["message"])
        assert data.encoding.raw(split.x) == list(expected["message"])
        assert [data.classes[k] for k in split.y] == list(expected["label"])
        assert list(split.column("sender")) == list(expected["sender"])
    assert not data.aligned
    assert data.features[:2] == ("word 1", "word 2")


def test_without_a_header_columns_go_by_number_and_quotes_are_plain_signs(tmp_path):
    lines = [f'{"ab"[k % 2]}\t"say {k} it' for k in range(40)]
    (tmp_path / "m.tsv").write_text("\n".join(lines), encoding="utf-8")
    data = load(tmp_path / "m.tsv", text=2, target=1, header=False)
    assert data.classes == ("a", "b")
    assert data.train.original[0].startswith('"say ')


def test_a_cell_of_a_csv_may_hold_commas_and_line_breaks(frame, tmp_path):
    frame["message"] = "one, two\nthree " + frame["message"]
    data = load(store(frame, tmp_path / "m.csv"))
    assert data.train.original[0].startswith("one, two\nthree ")
    assert data.encoding.raw(data.train.x[:1])[0] == data.train.original[0]


def test_korean_in_its_old_encoding_is_read_when_told_and_hinted_at_when_not(tmp_path):
    lines = ["label,message", *(f"{'ab'[k % 2]},안녕하세요 여러분 {k}" for k in range(40))]
    (tmp_path / "m.csv").write_bytes("\n".join(lines).encode("cp949"))
    data = load(tmp_path / "m.csv", encoding="cp949")
    assert "안녕하세요" in data.encoding.raw(data.test.x[:1])[0]
    (told,) = problems(tmp_path / "m.csv")
    assert "m.csv, line 2" in told
    assert "set data.encoding: cp949" in told


def test_a_byte_order_mark_is_no_part_of_the_first_name(frame, tmp_path):
    frame.to_csv(tmp_path / "m.csv", index=False, encoding="utf-8-sig")
    assert load(tmp_path / "m.csv").classes == ("ham", "spam")


def test_damaged_rows_are_left_out_and_listed_with_their_line(frame, tmp_path):
    rows = [json.dumps(row) for row in frame.to_dict("records")]
    rows[3] = "{broken"
    rows[5] = '["a list"]'
    rows[7] = '{"label": "ham", "message": 12}'
    rows[9] = '{"label": "ham", "message": "  "}'
    rows[11] = '{"message": "no label here"}'
    rows[13] = '{"label": "ham"}'
    (tmp_path / "m.jsonl").write_text("\n".join(rows), encoding="utf-8")
    data = load(tmp_path / "m.jsonl")
    told = {problem.place: problem.message for problem in data.damage}
    assert told.pop("m.jsonl, line 4").startswith("not JSON")
    assert told == {
        "m.jsonl, line 6": "a list, no object",
        "m.jsonl, line 8": "the message is int '12', not text",
        "m.jsonl, line 10": "the message holds no word",
        "m.jsonl, line 12": "the label is missing",
        "m.jsonl, line 14": "there is no message",
    }
    assert sum(len(split) for split in data.splits.values()) == 54


def test_a_ragged_row_is_damage_and_most_rows_ragged_are_an_error(tmp_path):
    lines = ["label,message", *(f"{'ab'[k % 2]},hello {k}" for k in range(40)), "a,b,c"]
    (tmp_path / "m.csv").write_text("\n".join(lines))
    (damage,) = load(tmp_path / "m.csv").damage
    assert str(damage) == "m.csv, line 42: it has 3 cells (2 expected)"
    (tmp_path / "n.csv").write_text("\n".join(["label,message", *["a,b,c"] * 30, "a,b"]))
    assert "30 of 31 rows cannot be used" in problems(tmp_path / "n.csv")[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "the file is empty"),
        ("label,message\n", "the file has no rows"),
        ("label,label\na,b\n", "column 'label' appears twice"),
        ("label,body\n" + "a,b\n" * 30, "no column 'message'"),
        ("label,message\n" + "a,hello\n" * 30, "the target has a single class"),
        ('label,message\na,"open\n' + "a,hello\n" * 30, "rows"),
    ],
)
def test_what_makes_the_audit_meaningless_is_refused(tmp_path, content, said):
    (tmp_path / "m.csv").write_text(content)
    assert said in " ".join(problems(tmp_path / "m.csv"))


def test_a_number_as_target_must_be_one(frame, tmp_path):
    frame["label"] = np.arange(60.0)
    frame.loc[[4, 5], "label"] = [np.inf, np.nan]
    data = load(store(frame, tmp_path / "m.csv"), task="regression")
    assert [problem.message for problem in data.damage] == [
        "the target is not a finite number", "the label is missing"
    ]  # fmt: skip
    assert data.train.y.dtype == np.float32
    frame["label"] = "good"
    told = problems(store(frame, tmp_path / "n.csv"), task="regression")
    assert "60 of 60 rows cannot be used" in told[0]
    assert "the target 'good' is not a number" in told[1]


def test_messages_in_two_splits_are_told_and_a_split_by_message_keeps_them_together(
    frame, tmp_path
):
    frame["message"] = [WORDS[k % 10] + " again" for k in range(60)]
    frame["label"] = ["ham", "spam"] * 30
    path = store(frame, tmp_path / "m.csv")
    twice = {fact.name: fact.value for fact in load(path).notes}["messages_in_two_splits"]
    assert twice > 0
    apart = load(path, split="group", split_column="message")
    assert {fact.name: fact.value for fact in apart.notes}["messages_in_two_splits"] == 0
    assert not set(apart.train.original) & set(apart.test.original)


def test_long_messages_are_cut_and_counted(frame, tmp_path):
    frame.loc[:2, "message"] = "word " * 300
    data = load(store(frame, tmp_path / "m.csv"), words=20)
    facts = {fact.name: fact.value for fact in data.notes}
    assert facts["truncated"] == 3
    assert data.input_shape == (20,)
    assert load(store(frame, tmp_path / "m.csv")).input_shape[0] <= 200


def test_new_rows_are_read_like_the_old_ones(frame, tmp_path):
    module = Text(store(frame, tmp_path / "m.csv"), "message", "label")
    rows = module.rows(store(frame[["message"]].iloc[:3], tmp_path / "new.csv"))
    assert list(rows.y) == [-1, -1, -1]
    assert module.data.encoding.raw(rows.x) == list(frame["message"][:3])
    told = frame.iloc[:4].assign(label=["spam", "ham", "other", None])
    assert list(module.rows(store(told, tmp_path / "b.csv")).y) == [1, 0, -1, -1]
    numbers = store(frame.assign(label=np.arange(60.0)), tmp_path / "n.csv")
    valued = Text(numbers, "message", "label", "regression")
    told = told.assign(label=[1.5, None, 2, 3])
    np.testing.assert_array_equal(
        valued.rows(store(told, tmp_path / "v.csv")).y, np.float32([1.5, np.nan, 2, 3])
    )
    with pytest.raises(DataError, match="the message holds no word"):
        module.rows(store(pd.DataFrame({"message": ["fine", " "]}), tmp_path / "c.csv"))


def test_properties_are_what_a_reader_would_count():
    table = properties(["CALL 07123456789 now!", "hi", "see www.a.com"])
    assert list(table["words"]) == [4, 1, 2]
    assert list(table["characters"]) == [21, 2, 13]
    assert table["capitals"][0] == pytest.approx(4 / 7)
    assert table["digits"][0] == pytest.approx(11 / 19)
    assert table["signs"][0] == pytest.approx(1 / 19)
    assert list(table["addresses"]) == [0, 0, 1]
    assert list(table["longest number"]) == [11, 0, 0]
