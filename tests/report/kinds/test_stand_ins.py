"""What is drawn of surrogates and transparent models: greyed where it must be, in users' words."""

from __future__ import annotations

import json
import runpy
import shutil
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.facts import source
from xaiframe.kinds.surrogate import Surrogate
from xaiframe.kinds.transparent import Transparent
from xaiframe.probe.questions import COLUMNS
from xaiframe.report import otherwise
from xaiframe.report.block import Figure, Grid, Heading, Note, Table
from xaiframe.report.kinds import surrogate, transparent
from xaiframe.report.record import Record
from xaiframe.report.stand_in import phrases
from xaiframe.report.stand_in.tree import Drawing
from xaiframe.store import to_json

SYNTHETIC = Path(__file__).parent.with_name("synthetic.py")


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> Path:
    make_run = runpy.run_path(str(SYNTHETIC))["make_run"]
    return make_run(tmp_path_factory.mktemp("stand") / "run", "table")


@pytest.fixture
def record_of(run, tmp_path):
    """A copy of a run with one method's answer stored."""

    def made(answer, stage: str, method: str, kind: str) -> Record:
        to = tmp_path / "run"
        shutil.copytree(run, to, ignore=shutil.ignore_patterns("report*"))
        outcome = answer.outcome(source())
        folder = to / "artifacts" / f"{stage}.{method}"
        folder.mkdir()
        for name, frame in outcome.tables.items():
            frame.to_parquet(folder / f"{name}.parquet")
        plan = json.loads((to / "plan.json").read_text())
        stages = [one for one in plan["stages"] if one["name"] == stage]
        if not stages:
            stages = [{"name": stage, "phase": "", "units": []}]
            plan["stages"] += stages
        stages[0]["units"].append({"choice": method, "applies": True, "kind": kind})
        (to / "plan.json").write_text(json.dumps(plan))
        facts = json.loads((to / "facts.json").read_text())
        facts += [one.within(f"{stage}.{method}", method).to_dict() for one in outcome.facts]
        (to / "facts.json").write_bytes(
            text if isinstance(text := to_json(facts), bytes) else text.encode()
        )
        return Record(to)

    return made


def node(at, parent, branch, **told):
    blank = dict.fromkeys(COLUMNS, "") | {
        "threshold": np.nan, "share": np.nan, "value": np.nan, "spread": np.nan
    }  # fmt: skip
    return blank | {"node": at, "parent": parent, "branch": branch} | told


def tree() -> pd.DataFrame:
    asked = {"kind": "number", "feature": "mean radius", "threshold": 14.75}
    held = {"kind": "level", "feature": "colour", "level": "<i>red</i>"}
    return pd.DataFrame(
        [
            node(0, -1, "", n=100, answer="benign", share=0.6, **asked),
            node(1, 0, "yes", n=60, answer="benign", share=0.9, **held),
            node(2, 1, "yes", n=10, answer="malignant", share=0.8),
            node(3, 1, "no", n=50, answer="benign", share=1.0),
            node(4, 0, "no", n=40, answer="malignant", share=0.95),
        ],
        columns=list(COLUMNS),
    )


def deep(leaves: int) -> pd.DataFrame:
    rows = []
    for at in range(leaves - 1):
        parent, branch = (2 * at - 2, "no") if at else (-1, "")
        rows.append(node(2 * at, parent, branch, n=leaves - at, answer="a", share=0.5,
                         kind="number", feature="f", threshold=float(at)))  # fmt: skip
        rows.append(node(2 * at + 1, 2 * at, "yes", n=1, answer="a", share=1.0))
    rows.append(node(2 * leaves - 2, 2 * leaves - 4, "no", n=1, answer="b", share=1.0))
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values("node")


def terms(features=3, outputs=("malignant", "benign"), **more) -> pd.DataFrame:
    rows = [
        {"kind": "number", "feature": f"f{at}", "level": "", "mean": 0.0, "unit": 2.0,
         "output": output, "value": (at + 1.0) * (-1) ** which, **more}
        for at in range(features)
        for which, output in enumerate(outputs)
    ]  # fmt: skip
    return pd.DataFrame(rows)


def stand_ins(stands: bool, nodes=None) -> Surrogate:
    fit = {"size": 3, "fidelity": 0.81, "low": 0.7, "high": 0.9, "constant": 0.6, "skill": 0.5,
           "skill_low": 0.3, "skill_high": 0.7, "stands": stands}  # fmt: skip
    fits = pd.DataFrame([{"form": "tree", **fit}, {"form": "linear", **fit}])
    return Surrogate(n=90, evaluations=290, measure="share of rows", learnt=200, fits=fits,
                     tree=tree() if nodes is None else nodes, terms=terms())  # fmt: skip


def drawn(record, kind=surrogate, unit=("perturbation", "surrogate")):
    return list(kind.overall(record, unit))


def test_a_stand_in_that_does_not_stand_is_greyed_and_says_so(record_of):
    blocks = drawn(record_of(stand_ins(False), "perturbation", "surrogate", "surrogate"))
    _, table, tree_, sum_ = blocks
    assert table.title == "Nothing so simple stands for the model"
    for one, form in ((tree_, "tree"), (sum_, "weighted sum")):
        assert isinstance(one, Figure)
        assert one.grey
        assert one.title.startswith(f"This {form} does not stand for the model: alike in 81 of 100")
        assert one.title.endswith("held-out rows (0.700–0.900), a constant in 60 of 100")


def test_a_stand_in_that_stands_is_drawn_in_full(record_of):
    blocks = drawn(record_of(stand_ins(True), "perturbation", "surrogate", "surrogate"))
    _, table, tree_, sum_ = blocks
    assert table.title == "The tree and weighted sum may stand for the model"
    assert not tree_.grey
    assert not sum_.grey
    picture = tree_.image.decode()
    for said in ("mean radius ≤", "14.75", "yes", "no", "10 rows · 80 of 100"):
        assert said in picture
    assert "<i>" not in picture  # a level that tries to break out is escaped
    assert "change of the score of malignant" in sum_.image.decode()  # the rarer class


def test_a_tree_too_large_for_a_page_is_listed_with_its_conditions(record_of):
    answer = stand_ins(True, deep(8))
    listed = drawn(record_of(answer, "perturbation", "surrogate", "surrogate"))[2]
    assert isinstance(listed, Table)
    assert len(listed.rows) == 8
    assert listed.rows[2][0].startswith("not: f ≤")
    assert listed.rows[2][0].count(";") == 2


def test_the_report_finds_it_and_says_why_where_it_is_not(record_of):
    record = record_of(stand_ins(True), "perturbation", "surrogate", "surrogate")
    heads = [one for one in otherwise.chapter(record).blocks if isinstance(one, Heading)]
    assert heads[0].text == "Surrogate"
    (record.run / "artifacts" / "perturbation.surrogate" / "surrogate.parquet").unlink()
    assert any(isinstance(one, Note) for one in otherwise.chapter(Record(record.run)).blocks)


def comparison(difference) -> pd.DataFrame:
    rows = [("score", 0.9, 0.85, 0.95), ("audited", 0.95, 0.9, 1.0), ("difference", *difference),
            ("agreement", 0.93, 0.9, 0.96)]  # fmt: skip
    found = pd.DataFrame(rows, columns=["quantity", "value", "low", "high"])
    return found.assign(unit="balanced accuracy")


@pytest.mark.parametrize(
    ("difference", "said"),
    [
        ((0.05, 0.01, 0.09), "The audited model gains 0.050 (0.010–0.090) over 3 leaves"),
        ((0.01, -0.02, 0.04), "The audited model is not clearly better than 3 leaves: 0.010"),
        ((-0.05, -0.09, -0.01), "3 leaves beat the audited model by 0.050 (0.010–0.090)"),
    ],
)
def test_what_the_audited_model_buys_is_the_title(record_of, difference, said):
    answer = Transparent(n=114, evaluations=114, size=3, parts="leaves",
                         comparison=comparison(difference), tree=tree())  # fmt: skip
    unit = ("intrinsic", "decision_tree")
    blocks = drawn(record_of(answer, *unit, "transparent"), transparent, unit)
    assert blocks[1].title.startswith(said)
    assert blocks[1].n == "114 test rows"
    assert isinstance(blocks[2], Figure)


def test_weights_have_intervals_odds_and_the_audited_models_own(record_of):
    own = terms(low=0.5, high=1.5, audited=1.1)
    answer = Transparent(n=114, evaluations=114, size=3, parts="terms",
                         comparison=comparison((0.0, -0.1, 0.1)), terms=own)  # fmt: skip
    unit = ("intrinsic", "linear")
    _, _, figure, table = drawn(record_of(answer, *unit, "transparent"), transparent, unit)
    assert figure.title == "“f2” weighs most: it raises the score of malignant by 3 per +2"
    assert "Diamonds" in figure.how
    assert table.headers == ["term", "one more is", "weight", "odds times", "audited model's own"]
    assert table.rows[0][3].text == "20.1"  # exp(3)


def test_many_outputs_are_a_map(record_of):
    own = terms(outputs=("a", "b", "c"), low=0.0, high=1.0, audited=np.nan)
    answer = Transparent(n=9, evaluations=9, size=3, parts="terms",
                         comparison=comparison((0.0, -0.1, 0.1)), terms=own)  # fmt: skip
    unit = ("intrinsic", "linear")
    blocks = drawn(record_of(answer, *unit, "transparent"), transparent, unit)
    assert [type(one) for one in blocks] == [Heading, Table, Figure]
    assert "Diamonds" not in blocks[2].how


def test_curves_say_where_they_lead_and_what_a_gap_adds(record_of):
    shape = pd.DataFrame(
        {"feature": "mean radius", "output": "malignant", "x": [10.0, 15.0, 20.0, np.nan],
         "value": [-1.0, 0.0, 1.0, 0.4], "low": -1.5, "high": 1.5, "importance": 0.7}
    )  # fmt: skip
    answer = Transparent(n=9, evaluations=9, size=1, parts="curves",
                         comparison=comparison((0.0, -0.1, 0.1)), shapes=shape)  # fmt: skip
    unit = ("intrinsic", "ebm")
    blocks = drawn(record_of(answer, *unit, "transparent"), transparent, unit)
    assert blocks[-2].text.endswith("what each adds to the score of malignant")
    [small] = blocks[-1].blocks if isinstance(blocks[-1], Grid) else []
    assert small.title == "“mean radius” raises it by 2; missing adds 0.40"


def test_questions_are_in_the_users_words(record_of):
    record = record_of(stand_ins(True), "perturbation", "surrogate", "surrogate")
    said = [
        phrases.question(record, {"feature": "x", "level": level, "kind": kind, "threshold": limit})
        for kind, level, limit in (("level", "red", np.nan), ("word", "", np.nan),
                                   ("gap", "", np.nan), ("number", "", -0.5))
    ]  # fmt: skip
    assert said == ["x is red", "has “x”", "x is missing", "x ≤\u00a0−0.5"]


def test_answers_stand_in_one_column_and_no_two_overlap(record_of):
    record = record_of(stand_ins(True), "perturbation", "surrogate", "surrogate")
    answers = list(Drawing(record, tree()).answers())
    assert len({one["x"] for one in answers}) == 1
    for a, b in pairwise(answers):
        assert a["bottom"] < b["top"]
