"""A run on messages: the user's own text verbatim, shaded; words over all of them; the explorer."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.face import Split
from xaiframe.data.messages.encoding import TextEncoding
from xaiframe.facts import Fact
from xaiframe.report import executive, explained
from xaiframe.report.build import Medium, Report, render
from xaiframe.report.chapters import assemble
from xaiframe.report.messages import case as attribution_text
from xaiframe.report.messages import words as text_words
from xaiframe.report.messages.explorer import texts
from xaiframe.report.messages.marked import GAP, Message, named, shaded
from xaiframe.report.record import Record
from xaiframe.store import npz_bytes, to_json

MESSAGES = [
    "Win <b>CASH</b> & more!!\n  Call  now",
    "오늘 저녁 어때? 👍🏽",
    " ".join(f"word{k}" for k in range(250)),
    "call me",
    "please call",
    "Call CALL",
]
LENGTH = 200


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    """Kernel SHAP and saliency by a rule: ``call`` in any case 2, ``!!`` 1, ``me`` −1, else 0; a
    sensitivity of 1 everywhere, the empty places included."""
    run = tmp_path_factory.mktemp("text")
    encoding = TextEncoding.of(MESSAGES, LENGTH)
    x, n = encoding.encode(MESSAGES), len(MESSAGES)
    split = Split(np.arange(n), x, np.zeros(n), pd.DataFrame(), None, np.array(MESSAGES, object))
    tables = encoding.tables(split)
    worth = {"call": 2.0, "!!": 1.0, "me": -1.0}
    values = np.zeros((n, LENGTH))
    for row in tables["words"].itertuples():
        place = encoding.features.index(row.feature)
        values[row.position, place] = worth.get(row.word.lower(), 0.0)
    share = values / np.maximum(np.abs(values).sum(axis=1, keepdims=True), 1e-12)
    consensus = pd.DataFrame(
        {
            "position": np.repeat(np.arange(n), LENGTH),
            "feature": list(encoding.features) * n,
            "p_share": share.ravel(),
            "g_share": share.ravel() / 2,
            "consensus": 0.75 * share.ravel(),
            "conflict": (share == share[3].min()).ravel(),
        }
    )
    sign = {"kernel_shap": 1.0, "saliency": np.nan}
    pairs = pd.DataFrame([{"a": m, "b": m, "sign": s} for m, s in sign.items()])
    instances = pd.DataFrame(
        {
            "position": np.arange(n), "id": np.arange(n), "y": "spam", "target": "spam",
            "predicted": "spam", "confidence": 0.9, "score": 1.5, "case": True,
            "kind": "right_and_sure", "reason": "right",
        }
    )  # fmt: skip
    features = pd.DataFrame({"feature": encoding.features, "unit": "", "kind": "numeric"})
    store = {"probe.instances": {**tables, "instances": instances, "features": features},
             "evaluation.agreement": {"consensus": consensus, "pairs": pairs}}  # fmt: skip
    arrays = {
        "probe.instances": ("inputs", {"x": x, "feature_mask": np.arange(LENGTH)}),
        "perturbation.kernel_shap": ("attribution", {"values": values}),
        "gradient.saliency": ("attribution", {"values": np.ones((n, LENGTH))}),
    }
    for unit, frames in store.items():
        (run / "artifacts" / unit).mkdir(parents=True)
        for name, frame in frames.items():
            frame.to_parquet(run / "artifacts" / unit / f"{name}.parquet")
    for unit, (name, content) in arrays.items():
        (run / "artifacts" / unit).mkdir(parents=True, exist_ok=True)
        (run / "artifacts" / unit / f"{name}.npz").write_bytes(npz_bytes(content))
    (run / "facts.json").write_text(to_json([Fact("data.load.modality", "text").to_dict()]))
    return run


@pytest.fixture(scope="module")
def record(run):
    return Record(run)


@pytest.fixture(scope="module")
def page(record):
    chapters = [one for one in assemble(record) if one.key in ("summary", "importance", "cases")]
    drawn = render(record, chapters, Report(), Medium("html"))
    return drawn if isinstance(drawn, str) else drawn.decode()


def shown(block: str) -> str:
    """What a reader sees of a piece of HTML."""
    return html.unescape(re.sub(r"<[^>]*>", "", block))


def test_every_message_stands_on_its_page_verbatim_and_escaped(page):
    found = re.findall(r'<figure class="message.*?<p class="words">(.*?)</p>', page, re.DOTALL)
    assert [shown(one) for one in found] == MESSAGES
    assert "<b>CASH</b>" not in page
    assert "this part failed" not in page


def test_words_are_shaded_by_their_share_on_one_scale(record):
    message = Message.at(record, 0)
    values = message.read(dict(zip([f"word {k}" for k in range(1, 201)], range(200), strict=True)))
    assert list(values) == list(range(len(message.words)))
    most, half, none, against = (
        shaded("w", value, 2.0, conflict=False, signed=True) for value in (2, 1, 0, -2)
    )
    assert most.style == "background:rgb(240,160,48)"
    assert half.style == "background:rgb(248,208,152)"
    assert (none.style, none.side) == ("", "")
    assert (most.side, against.side) == ("for", "against")
    assert shaded("w", -2, 2.0, conflict=False, signed=False).side == "size"


def test_a_sensitivity_is_shared_among_the_words_that_are_there(record):
    own = Message.at(record, 3).shares(record, "saliency", 3)
    np.testing.assert_allclose(own, [0.5, 0.5])
    signed = Message.at(record, 3).shares(record, "kernel_shap", 3)
    np.testing.assert_allclose(signed, [2 / 3, -1 / 3])


def test_of_a_long_message_a_method_shows_what_carries_something(record):
    message = Message.at(record, 2)
    values = np.zeros(LENGTH)
    values[100] = 1.0
    pieces = message.short(values, 1.0)
    assert "".join(piece.text for piece in pieces) == GAP + "word99 word100 word101" + GAP
    assert len(message.pieces(values, 1.0)) > LENGTH
    assert message.unread == 50
    assert message.pieces(values, 1.0)[-1].side == "unread"


def test_conflicts_are_framed_and_counted(page):
    assert len(re.findall(r'class="against disputed"', page)) == 1
    assert "1 word framed: P and G contradict each other" in page


def test_a_word_is_worth_its_mean_over_the_messages_that_hold_it(record):
    table = text_words.by_word(record).set_index(["word", "direction"])
    # shares of call in the four messages: 2/3, 2/3, 1, and two of 1/2
    worth = np.array([2 / 3, 2 / 3, 1.0, 1.0])
    row = table.loc[("call", "P")]
    assert row["n"] == 4
    assert row["mean"] == pytest.approx(worth.mean())
    assert row["total"] == pytest.approx(worth.sum() / 6)
    half = 3.182446 * worth.std(ddof=1) / 2
    assert (row["low"], row["high"]) == pytest.approx((worth.mean() - half, worth.mean() + half))
    assert table.loc[("call", "G"), "mean"] == pytest.approx(worth.mean() / 2)
    assert set(table.index.get_level_values("word")) == {"call"}


def test_the_summary_and_the_chart_name_the_word(record):
    (first,) = executive.uses(record)
    assert first["name"] == "“call” for spam"
    (figure,) = text_words.overall(record)
    assert figure.title == "“call” most for spam"
    assert figure.n == "6 explained messages"


def test_rare_words_stay_out_where_rows_must_not_be_shown(run):
    assert text_words.by_word(Record(run, redact=True)).empty


def test_a_feature_is_called_by_its_word(record):
    assert named(record, 3, "word 2") == "“me” (word 2)"
    assert named(record, 3, "word 77") == "word 77"


def test_the_explorer_gets_every_message_in_pieces(record):
    told = texts(record, range(len(MESSAGES)))
    assert ["".join(gap + word for gap, word, _ in one) for one in told] == MESSAGES
    assert [one[0] for one in told[3]] == ["", " ", ""]
    assert [one[2] for one in told[3]] == [0, 1, -1]
    assert json.dumps(told)


def test_a_case_is_the_message_its_words_and_every_method(record):
    row = pd.Series({"position": 3, "target": "spam"})
    message, leading, methods = attribution_text.draw(record, row, 0)
    assert message.data["title"] == "“call” speaks most for spam"
    assert [row[0] for row in leading.rows] == ["call", "me"]
    lines = [line["method"] for group in methods.data["groups"] for line in group["lines"]]
    assert lines == ["Kernel SHAP", "saliency"]


def test_without_a_gradient_the_message_is_shaded_by_perturbation(run, alone):
    record = Record(alone(run))
    message, leading, methods = attribution_text.draw(record, explained.instances(record).loc[3], 3)
    assert message.data["title"] == "“call” speaks most for spam"
    assert message.data["by"] == "by P alone"
    assert leading.headers == ["word", "place", "P share", "direction"]
    assert [(row[0].text, row[3].text, row[3].status) for row in leading.cells()] == [
        ("call", "for", ""), ("me", "against", ""),
    ]  # fmt: skip
    assert [len(one["lines"]) for one in methods.data["groups"]] == [1, 0]


def test_words_that_could_betray_a_message_are_withheld(run):
    hidden = Record(run, redact=True)
    (note,) = text_words.overall(hidden)
    assert note.text.startswith("withheld: no word occurs in 5 explained messages")
