"""Ceteris-paribus profiles: the formula itself, and turning points in closed form."""

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.data.table import Table
from xaiframe.errors import NotApplicable
from xaiframe.kinds.profiles import Profiles
from xaiframe.model.face import WhiteBox
from xaiframe.perturbation.ceteris_paribus import CeterisParibus, bunches
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer


def curved(x):
    return torch.sin(x[:, 0]) * x[:, 1] + x[:, 2] ** 2


def classified(make_bank, function, x, train, classes):
    """A bank of a classifier whose two or more logits the function gives."""
    bank = make_bank(function, x, np.zeros_like(x[:1]), train=train)
    data = type(bank.data)(**{**vars(bank.data), "task": "classification", "classes": classes})
    model = WhiteBox(bank.scorer.model.module, "classification", classes, ())
    scorer = Scorer(model, bank.reference)
    targets = model.predictions(bank.x)
    return CoalitionBank(scorer, data, bank.x, targets, bank.ids, 0)


def marks(found):
    return found.marks.set_index(["id", "feature"])


def test_a_profile_is_the_model_along_one_feature(make_bank):
    train = np.random.default_rng(0).normal(size=(80, 3))
    x = np.array([[0.5, 2.0, -1.0], [1.0, 0.0, 0.3]])
    found = CeterisParibus(points=9).explain(make_bank(curved, x, train[:1], train=train))
    for one, row in enumerate(x):
        for k in range(3):
            mine = found.profiles[
                (found.profiles["id"] == one) & (found.profiles["feature"] == f"f{k}")
            ]
            rows = np.repeat(row[None], len(mine), axis=0)
            rows[:, k] = mine["x"]
            due = curved(torch.as_tensor(rows, dtype=torch.float32)).numpy()
            np.testing.assert_allclose(mine["y"], due, atol=1e-5)
            assert np.isclose(mine["x"], row[k]).any()  # the own value is one of the points
            assert len(mine) == 10
    own = marks(found)
    np.testing.assert_allclose(own["score"].loc[0], float(curved(torch.tensor(x[:1]))), atol=1e-5)
    assert (own["into"] == "").all()


def test_a_decision_turns_where_the_line_crosses(make_bank):
    """Logits ±(2·f0 + f1 − 1): with f1 = 0.5 the decision turns at f0 = 0.25."""
    train = np.random.default_rng(1).uniform(-2, 2, size=(200, 2))

    def line(x):
        score = 2 * x[:, 0] + x[:, 1] - 1
        return torch.stack([-score, score], dim=1)

    bank = classified(make_bank, line, np.array([[1.0, 0.5], [-9.0, 0.5]]), train, ("no", "yes"))
    own = marks(CeterisParibus(points=7).explain(bank))
    assert own.loc[(0, "f0"), "turn"] == pytest.approx(0.25, abs=1e-5)
    assert own.loc[(0, "f0"), "into"] == "no"
    assert own.loc[(0, "f1"), "turn"] == pytest.approx(-1.0, abs=1e-5)
    assert own.loc[(1, "f0"), "into"] == "yes"
    assert own.loc[(1, "f1"), "into"] == ""
    assert np.isnan(own.loc[(1, "f1"), "turn"])


def test_the_nearer_of_two_turns_is_told(make_bank):
    """Inside between −1 and 1; from 0.4 the nearer edge is 1."""
    train = np.linspace(-2, 2, 400)[:, None]

    def band(x):
        inside = 1 - x[:, 0] ** 2
        return torch.stack([inside, -inside], dim=1)

    bank = classified(make_bank, band, np.array([[0.4]]), train, ("in", "out"))
    own = marks(CeterisParibus(points=101).explain(bank)).loc[(0, "f0")]
    assert own["turn"] == pytest.approx(1, abs=1e-2)
    assert own["into"] == "out"


def test_of_many_classes_the_one_that_wins_is_named(make_bank):
    train = np.linspace(0, 3, 300)[:, None]

    def three(x):
        return torch.cat([-((x - 0.5) ** 2), -((x - 1.5) ** 2), -((x - 2.5) ** 2)], dim=1)

    bank = classified(make_bank, three, np.array([[0.8]]), train, ("a", "b", "c"))
    own = marks(CeterisParibus(points=61).explain(bank)).loc[(0, "f0")]
    assert (own["into"], own["turn"]) == ("b", pytest.approx(1, abs=1e-2))


def test_levels_and_missing_values(tmp_path):
    random, n = np.random.default_rng(0), 120
    frame = pd.DataFrame(
        {
            "size": np.where(random.random(n) < 0.3, np.nan, random.normal(5, 2, n)),
            "colour": random.choice(["red", "green", "blue"], n),
            "y": random.choice(["no", "yes"], n),
        }
    )
    frame.to_csv(tmp_path / "mixed.csv", index=False)
    data = Table(str(tmp_path / "mixed.csv"), "y").load()
    assert data.encoding.levels["colour"] == ("blue", "green", "red")
    linear = torch.nn.Linear(5, 2, bias=False)  # size, its gap, three colours
    linear.weight.data[:] = 0
    linear.weight.data[0, 2:] = torch.tensor([1.0, 2.0, -3.0])
    model = WhiteBox(linear, "classification", data.classes, ())
    scorer = Scorer(model, Reference(data.train.x[:2], np.full(2, 0.5), "logit", None))
    rows = data.test
    targets = model.predictions(rows.x)
    bank = CoalitionBank(scorer, data, rows.x, targets, rows.ids, 0)
    found = CeterisParibus(points=4).explain(bank)
    own = marks(found)
    values = data.encoding.values(rows.x)
    for one, (size, colour) in zip(rows.ids, values, strict=True):
        mark = own.loc[(one, "colour")]
        assert mark["value"] == colour
        # red is decided otherwise than blue and green; from red it is green that goes farthest
        assert (mark["turn"], mark["into"]) == ((1, "no") if colour == 2 else (2, "yes"))
        assert np.isnan(own.loc[(one, "size"), "value"]) == np.isnan(size)
    assert found.profiles.loc[found.profiles["feature"] == "colour", "x"].nunique() == 3


def test_the_batch_and_the_most_rows_at_once_do_not_matter(make_bank):
    train = np.random.default_rng(2).normal(size=(50, 3))
    x = train[:5]
    bank = make_bank(curved, x, train[:1], train=train)
    whole = CeterisParibus(points=6, top=2).explain(bank)
    small = make_bank(curved, x, train[:1], train=train)
    small.scorer.limit = 8
    parts = [CeterisParibus(points=6, top=2).explain(make_bank(curved, x[k], train[:1], ids=k,
             train=train)) for k in (np.array([3, 0]), np.array([4, 2, 1]))]  # fmt: skip
    for other in (CeterisParibus(points=6, top=2).explain(small), Profiles.joined(parts)):
        for name in ("profiles", "marks"):
            keys = ["id", "feature", *(["x"] if name == "profiles" else [])]
            a, b = (
                getattr(one, name).sort_values(keys, ignore_index=True) for one in (whole, other)
            )
            pd.testing.assert_frame_equal(a, b, rtol=1e-4, atol=1e-5)


def test_evaluations_are_those_the_model_counted_and_the_plan_says(make_bank):
    train = np.random.default_rng(3).normal(size=(50, 3))
    bank = make_bank(curved, train[:4] + 0.01, train[:1], train=train)
    found = CeterisParibus(points=5).explain(bank)
    assert found.evaluations == bank.scorer.model.evaluations == 4 * (3 * (5 + 1) + 1)


def test_what_cannot_be_said_is_refused(make_bank):
    bank = make_bank(lambda x: x[:, 0], np.eye(4), np.zeros((1, 4)), mask=np.array([0, 0, 1, 2]))
    with pytest.raises(NotApplicable, match="several columns"):
        CeterisParibus().explain(bank)
    for wrong in ({"points": 1}, {"top": 0}):
        with pytest.raises(ValueError, match="at least"):
            CeterisParibus(**wrong)


def test_bunches_hold_no_more_than_they_may():
    assert list(bunches([3, 3, 9, 2, 2], 6)) == [[0, 1], [2], [3, 4]]
    assert list(bunches([], 6)) == []
