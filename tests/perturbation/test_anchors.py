"""Anchors: models that are rules, enumeration, and what may not be told."""

from dataclasses import replace
from itertools import product

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.catalogue.values import cost
from xaiframe.data.face import Split
from xaiframe.data.table import Table
from xaiframe.data.text import Text
from xaiframe.errors import NotApplicable
from xaiframe.kinds.rules import ALIKE, Rules
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.perturbation.anchors import Anchors
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

QUICK = Anchors(check=400, max_evaluations=6000)


def yes_where(condition):
    """Logits of "no" and "yes" by a function of the inputs that gives a bool."""

    def logits(x):
        score = condition(x).float() - 0.5
        return torch.stack([-score, score], dim=1)

    return logits


@pytest.fixture
def bank_of(make_bank):
    """``bank_of(function, x, train, …)``: a bank of a classifier that says no or yes."""

    def make(function, x, train, ids=None, mask=None, background=None, **kept):
        x, train = (np.asarray(one, dtype=np.float32) for one in (x, train))
        background = train[:1] * 0 if background is None else background
        bank = make_bank(function, x, background, train=train, mask=mask)
        model = WhiteBox(bank.scorer.model.module, "classification", ("no", "yes"), ())
        y = model.predictions(train)
        part = Split(np.arange(len(train)), train, y, pd.DataFrame(index=range(len(train))))
        data = replace(bank.data, task="classification", classes=model.classes, train=part,
                       test=part, **kept)  # fmt: skip
        ids = np.arange(len(x)) if ids is None else ids
        scorer = Scorer(model, bank.reference)
        return CoalitionBank(scorer, data, x, model.predictions(x), ids, 0)

    return make


@pytest.fixture
def rows():
    return np.random.default_rng(0).normal(size=(500, 6)).astype(np.float32)


def conditions(found, identity):
    own = found.conditions[found.conditions["id"] == identity]
    return {(one.feature, one.sign): one.limit for one in own.itertuples()}


def test_a_model_that_is_a_rule_is_found(bank_of, rows):
    """yes where x0 > 0.3 and x1 > −0.4: yes needs both, no only what fails."""
    rule = yes_where(lambda x: (x[:, 0] > 0.3) & (x[:, 1] > -0.4))
    x = np.array([[1.2, 0.8, 0, 0, 0, 0], [-1.2, 0.8, 0, 0, 0, 0], [1.2, -1.5, 0, 0, 0, 0]])
    found = QUICK.explain(bank_of(rule, x, rows))
    assert found.rules["state"].tolist() == ["reached"] * 3
    assert found.rules["answer"].tolist() == ["yes", "no", "no"]
    yes = conditions(found, 0)
    assert set(yes) == {("f0", ">"), ("f1", ">")}
    # No threshold that training rows have no bin for: the nearest edges are a 20th apart.
    edges = [np.quantile(rows[:, k], np.arange(1, 20) / 20) for k in (0, 1)]
    assert abs(yes["f0", ">"] - 0.3) < 2 * np.diff(edges[0]).max()
    assert abs(yes["f1", ">"] + 0.4) < 2 * np.diff(edges[1]).max()
    assert set(conditions(found, 1)) == {("f0", "≤")}
    assert set(conditions(found, 2)) == {("f1", "≤")}


def test_an_interval_takes_two_conditions_of_one_column(bank_of, rows):
    rule = yes_where(lambda x: (x[:, 2] > -0.5) & (x[:, 2] <= 0.7))
    found = QUICK.explain(bank_of(rule, np.full((1, 6), 0.1), rows))
    told = conditions(found, 0)
    assert set(told) == {("f2", ">"), ("f2", "≤")}
    assert told["f2", ">"] == pytest.approx(-0.5, abs=0.2)
    assert told["f2", "≤"] == pytest.approx(0.7, abs=0.2)


def test_what_is_redundant_is_left_out_and_coverage_is_counted(bank_of, rows):
    """x3 copies x0: one of the two is enough."""
    rows[:, 3] = rows[:, 0]
    rule = yes_where(lambda x: x[:, 0] > 0)
    x = rows[rows[:, 0] > 0.2][:4] + 1e-4
    found = replace(QUICK, rest="any").explain(bank_of(rule, x, rows))
    assert (found.rules["size"] == 1).all()
    for one in found.rules.itertuples():
        ((name, sign), limit), = conditions(found, one.id).items()  # fmt: skip
        assert (name, sign) == ("f0", ">")
        covered = rows[:, 0] > limit
        assert one.rows == covered.sum()
        assert one.coverage == pytest.approx(covered.mean())
        assert one.alike == pytest.approx((rows[covered, 0] > 0).mean())
        np.testing.assert_array_equal(found.met[one.id] > 0, covered)


def test_the_instance_itself_is_no_held_out_row(bank_of, rows):
    found = QUICK.explain(bank_of(yes_where(lambda x: x[:, 0] > 0), rows[:3], rows))
    assert (found.met[np.arange(3), np.arange(3)] == 0).all()
    assert (found.rules["coverage"] * (len(rows) - 1) - found.rules["rows"]).abs().max() < 1e-6


def any_row(train, fits):
    """All draws under a rule with their chances: a training row's own value where it fits its
    column's conditions ``fits`` ``(rows, columns)``, else that of any row that does."""
    for row, fit in zip(train, fits, strict=True):
        cells = [
            [(value, 1.0)] if good else [(one, 1 / own.sum()) for one in column[own]]
            for value, good, column, own in zip(row, fit, train.T, fits.T, strict=True)
        ]
        for cell in product(*cells):
            yield [value for value, _ in cell], np.prod([c for _, c in cell]) / len(train)


def fitting_rows(train, fits):
    """Half of the draws: a row that meets the rule; half: each column from one of two of them."""
    able = train[fits.all(axis=1)]
    for one, other in product(able, able):
        yield one, 0.5 / len(able) ** 2
        for taken in product((0, 1), repeat=3):
            yield np.where(taken, other, one), 0.5 / len(able) ** 2 / 8


@pytest.mark.parametrize(("rest", "drawn"), [("any", any_row), ("fitting", fitting_rows)])
def test_precision_is_that_of_enumeration(bank_of, rest, drawn):
    """Three columns of few values: every draw under a rule can be listed with its chance."""
    random = np.random.default_rng(1)
    train = np.column_stack([random.integers(0, 4, 60), random.integers(0, 3, 60),
                             random.integers(0, 2, 60)]).astype(np.float32)  # fmt: skip

    def model(x):
        return (x[:, 0] + 2 * x[:, 1] + 3 * x[:, 2]) > 4.5

    method = Anchors(precision=0.75, rest=rest, check=4000, max_evaluations=20000)
    x = np.array([[3, 2, 1], [0, 0, 0], [2, 2, 0], [0, 2, 1]], dtype=np.float32)
    found = method.explain(bank_of(yes_where(model), x, train))
    assert "reached" in set(found.rules["state"])
    for one in found.rules.itertuples():
        fits = np.ones(train.shape, dtype=bool)
        for (name, sign), limit in conditions(found, one.id).items():
            own = train[:, int(name[1:])]
            fits[:, int(name[1:])] &= own > limit if sign == ">" else own <= limit
        rows, chance = zip(*drawn(train, fits), strict=True)
        right = model(np.array(rows)) == (one.answer == "yes")
        exact = float(np.array(chance)[right].sum())
        assert sum(chance) == pytest.approx(1)
        assert one.low <= exact <= one.high
        assert one.precision == pytest.approx(exact, abs=4 * (exact * (1 - exact) / 4000) ** 0.5)
        assert (one.low >= 0.75) == (one.state in ("reached", "empty", "refuted"))


def test_a_constant_model_needs_no_condition(bank_of, rows):
    found = QUICK.explain(bank_of(yes_where(lambda x: x[:, 0] > -99), rows[:2], rows))
    assert found.rules["state"].tolist() == ["empty"] * 2
    assert (found.rules["size"] == 0).all()
    assert (found.rules["precision"] == 1).all()
    assert found.conditions.empty


def test_a_rule_that_is_not_precise_enough_is_told_so(bank_of, rows):
    """The answer is a coin of all columns' last digits: no rule keeps it."""
    noise = yes_where(lambda x: torch.sin(1e4 * x.sum(dim=1)) > 0)
    found = QUICK.explain(bank_of(noise, rows[:3], rows))
    assert (found.rules["state"] == "short").all()
    assert (found.rules["low"] < 0.95).all()
    assert (found.rules["precision"] < found.rules["searched"] + 0.1).all()
    assert (found.rules["evaluations"] <= 6000).all()


def test_what_the_search_saw_flatters_and_is_not_what_is_told(bank_of, rows):
    """On noise the chosen rule's own draws look better than fresh ones, on average."""
    noise = yes_where(lambda x: torch.sin(1e4 * x.sum(dim=1)) > 0)
    method = Anchors(check=400, max_evaluations=2400, most=2)
    found = method.explain(bank_of(noise, rows[:24], rows))
    assert found.rules["searched"].mean() > found.rules["precision"].mean() + 0.03
    assert found.rules["precision"].mean() == pytest.approx(0.5, abs=0.05)


def test_a_rule_that_real_rows_contradict_is_told_so(bank_of, rows):
    """Test rows that lie elsewhere than the training rows: there the other answer is given."""
    rule = yes_where(lambda x: (x[:, 0] > 0) & (x[:, 1] < 3))
    bank = bank_of(rule, np.array([[1.0, 0, 0, 0, 0, 0]]), rows)
    far = bank.data.train.x + np.array([0, 9, 0, 0, 0, 0], dtype=np.float32)
    data = replace(bank.data, test=replace(bank.data.test, x=far))
    bank = CoalitionBank(bank.scorer, data, bank.x, bank.targets, bank.ids, 0)
    told = QUICK.explain(bank).rules.iloc[0]
    assert (told["state"], told["alike"]) == ("refuted", 0)
    assert told["low"] >= 0.95


def test_words_that_are_enough(tmp_path):
    """spam where a message has win and money, or call."""
    random = np.random.default_rng(0)
    words = ["win", "money", "call", "home", "lunch", "you", "now", "ok"]
    rows = [" ".join(random.choice(words, random.integers(3, 7), replace=False))
            for _ in range(200)]  # fmt: skip
    rows[-1] = "call you now ok"
    pd.DataFrame({"m": rows, "y": ["ham", "spam"] * 100}).to_csv(tmp_path / "m.csv", index=False)
    data = Text(str(tmp_path / "m.csv"), "m", "y").data

    def answer(x):
        held = [set(one.split()) for one in data.encoding.raw(x)]
        return np.array([[0, 1] if "call" in one or {"win", "money"} <= one else [1, 0]
                         for one in held], dtype=float)  # fmt: skip

    model = BlackBox(answer, data.task, data.classes)
    nothing = np.zeros((1, *data.input_shape), dtype=np.float32)
    scorer = Scorer(model, Reference(nothing, np.ones(1), "probability", None))
    x = data.encoding.encode(["win money home lunch", "call you now ok", "win you now ok"])
    bank = CoalitionBank(scorer, data, x, model.predictions(x), np.arange(3), 0)
    found = QUICK.explain(bank)
    told = found.conditions.groupby("id")["word"].agg(set).to_dict()
    assert told == {0: {"win", "money"}, 1: {"call"}}
    assert found.rules["state"].tolist() == ["reached", "reached", "empty"]
    held = [set(one.split()) for one in data.encoding.raw(data.test.x)]
    both = np.array([{"win", "money"} <= one for one in held])
    assert found.rules["rows"][0] == both.sum()
    assert found.rules["alike"][0] == 1


def test_parts_of_a_picture_are_kept_and_put_into_others(bank_of):
    """yes where the first and the last patch are bright: enumeration says both are needed."""
    mask = np.repeat(np.repeat(np.arange(9).reshape(3, 3), 2, 0), 2, 1)[None]
    random = np.random.default_rng(2)
    train = random.uniform(0, 0.6, size=(40, 1, 6, 6)).astype(np.float32)

    def bright(x):
        return (x[:, 0, :2, :2].mean(dim=(1, 2)) > 0.7) & (x[:, 0, 4:, 4:].mean(dim=(1, 2)) > 0.7)

    x = np.full((1, 1, 6, 6), 0.9, dtype=np.float32)
    bank = bank_of(yes_where(bright), x, train, mask=mask)
    found = QUICK.explain(bank)
    assert set(found.conditions["feature"]) == {"f0", "f8"}
    assert found.rules["precision"].item() == 1
    assert np.isnan(found.rules["coverage"].item())
    assert (found.met == ALIKE).all()  # pasted into any picture, the two are enough
    dim = QUICK.explain(bank_of(yes_where(bright), x * 0.1, train, mask=mask))
    assert dim.rules["state"].item() == "empty"


def test_half_of_what_is_not_kept_gives_way(bank_of):
    """One patch alone decides nothing: with k needed patches unnamed 2^-k of the draws stay."""
    mask = np.arange(4).reshape(1, 2, 2)
    train = np.zeros((10, 1, 2, 2), dtype=np.float32)
    every = yes_where(lambda x: x.flatten(1).min(dim=1).values > 0.5)
    method = Anchors(most=2, check=4000, max_evaluations=16000)
    found = method.explain(bank_of(every, np.ones((1, 1, 2, 2)), train, mask=mask))
    assert found.rules["state"].item() == "short"
    assert found.rules["size"].item() == 2
    assert found.rules["precision"].item() == pytest.approx(0.25, abs=0.03)


def test_levels_and_gaps_are_conditions(tmp_path):
    random, n = np.random.default_rng(0), 500
    frame = pd.DataFrame(
        {
            "size": np.where(random.random(n) < 0.4, np.nan, random.normal(5, 2, n)),
            "colour": random.choice(["red", "green", "blue"], n),
            "y": random.choice(["no", "yes"], n),
        }
    )
    frame.to_csv(tmp_path / "mixed.csv", index=False)
    data = Table(str(tmp_path / "mixed.csv"), "y").load()

    def logits(x):  # size, its gap, three colours: yes where red and not measured
        score = (x[:, 1] > 0.5).float() + (x[:, 4] > 0.5).float() - 1.5
        return torch.stack([-score, score], dim=1)

    model = WhiteBox(Module(logits), "classification", data.classes, ())
    scorer = Scorer(model, Reference(data.train.x[:1], np.ones(1), "logit", None))
    values = np.array([[np.nan, 2.0], [5.0, 0.0]])
    x = data.encoding.elements(values)
    assert (x[:, 4] > 0.5).tolist() == [True, False]
    bank = CoalitionBank(scorer, data, x, model.predictions(x), np.arange(2), 0)
    found = QUICK.explain(bank)
    told = conditions(found, 0)
    assert set(told) == {("size", "missing"), ("colour", "=")}
    assert told["colour", "="] == 2
    assert found.rules["size"][1] == 1


class Module(torch.nn.Module):
    def __init__(self, function):
        super().__init__()
        self.function, self.anchor = function, torch.nn.Parameter(torch.zeros(1))

    def forward(self, x):
        return self.function(x)


def test_a_quantity_stays_within_its_tolerance(make_bank, rows):
    y = 3 * rows[:, 0]
    bank = make_bank(lambda x: 3 * x[:, 0], rows[:6] + 1e-3, rows[:1], train=rows)
    data = replace(bank.data, train=replace(bank.data.train, y=y))
    bank = CoalitionBank(bank.scorer, data, bank.x, bank.targets, bank.ids, 0)
    found = replace(QUICK, rest="any").explain(bank)
    assert found.tolerance == pytest.approx(0.5 * y.std())
    assert (found.rules["answer"] == "").all()
    reached = found.rules[found.rules["state"] == "reached"]
    assert len(reached) >= 3
    alone = found.conditions.groupby("id")["feature"].agg(set) == {"f0"}
    assert alone[reached["id"]].sum() >= 3
    for one in reached.itertuples():
        told = conditions(found, one.id)
        assert "f0" in {name for name, _ in told}
        ends = [told.get(("f0", ">"), rows[:, 0].min()), told.get(("f0", "≤"), rows[:, 0].max())]
        kept = rows[(rows[:, 0] > ends[0]) & (rows[:, 0] <= ends[1]), 0]
        assert (np.abs(3 * kept - one.score) <= found.tolerance).mean() > 0.9
    alike = replace(bank.data, train=replace(bank.data.train, y=np.ones(len(y))))
    with pytest.raises(NotApplicable, match="all training targets are alike"):
        QUICK.explain(CoalitionBank(bank.scorer, alike, bank.x, bank.targets, bank.ids, 0))


def test_batches_and_the_most_rows_at_once_do_not_matter(bank_of, rows):
    rule = yes_where(lambda x: (x[:, 0] > 0.3) & (x[:, 1] > -0.4))
    x = rows[:6] + 1e-3
    whole = QUICK.explain(bank_of(rule, x, rows))
    small = bank_of(rule, x, rows)
    small.scorer.limit = 50
    parts = [QUICK.explain(bank_of(rule, x[k], rows, ids=k))
             for k in (np.array([3, 0]), np.array([5, 4, 2, 1]))]  # fmt: skip
    for other in (QUICK.explain(small), Rules.joined(parts)):
        for name, keys in (("rules", ["id"]), ("conditions", ["id", "feature", "sign"])):
            a, b = (getattr(k, name).sort_values(keys, ignore_index=True) for k in (whole, other))
            pd.testing.assert_frame_equal(a, b)
    again = Rules.unpacked(whole.packed())
    pd.testing.assert_frame_equal(again.rules, whole.rules)
    np.testing.assert_array_equal(again.met, whole.met)


def test_evaluations_are_counted_and_within_what_the_plan_says(bank_of, rows):
    bank = bank_of(yes_where(lambda x: x[:, 0] * x[:, 1] > 0), rows[:5] + 1e-3, rows)
    before = bank.scorer.model.evaluations
    found = QUICK.explain(bank)
    assert found.evaluations == bank.scorer.model.evaluations - before
    assert (found.rules["evaluations"] <= QUICK.max_evaluations).all()
    most = cost(QUICK.cost, {**vars(QUICK), "instances": 5, "table": 1, "text": 0})
    assert found.evaluations <= most


def test_what_makes_no_sense_is_refused(make_bank):
    for wrong in ({"precision": 0.4}, {"delta": 0}, {"tolerance": 0}, {"rest": "all"}, {"bins": 1},
                  {"most": 0}, {"check": 50}, {"max_evaluations": 3000}):  # fmt: skip
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Anchors(**wrong)
    train = np.eye(4)
    windowed = make_bank(
        lambda x: x[:, 0], train, np.zeros((1, 4)), mask=np.array([0, 0, 1, 2]), train=train
    )
    data = replace(windowed.data, train=replace(windowed.data.train, y=np.arange(4.0)))
    bank = CoalitionBank(windowed.scorer, data, windowed.x, windowed.targets, windowed.ids, 0)
    with pytest.raises(NotApplicable, match="several columns"):
        Anchors().explain(bank)
