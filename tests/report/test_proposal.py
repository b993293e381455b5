"""What the report says of methods that were proposed, and of what a budget left out."""

import json

import pytest

from xaiframe.report import limits, strategy
from xaiframe.report.block import Prose, Table
from xaiframe.report.record import Record

LIME = {"group": "perturbation", "method": "lime", "taken": True, "reason": "fits a line"}
REST = [
    {"group": "perturbation", "method": "rise", "taken": False, "reason": "too dear"},
    {"group": "gradient", "method": "vargrad", "taken": False, "reason": "too dear"},
]


def fact(name, value, n=None, reason="", **labels):
    source = {"method": "", "library": "xaiframe", "version": ""}
    return {
        "name": name, "value": value, "unit": "", "labels": labels, "n": n, "interval": None,
        "better": "none", "source": source, "evidence": [], "reason": reason,
    }  # fmt: skip


@pytest.fixture
def record(tmp_path):
    def written(plan, facts=()):
        recipe = {"strategy": {"audience": "end_user"}, "explain": {"instances": 24}}
        (tmp_path / "plan.json").write_text(json.dumps({"recipe": recipe, "stages": [], **plan}))
        (tmp_path / "facts.json").write_text(json.dumps(list(facts)))
        return Record(tmp_path)

    return written


def test_the_strategy_says_what_was_proposed_and_why_and_what_not(record):
    taken, left_out = strategy.proposed(record({"proposal": [LIME, *REST]}))
    assert isinstance(taken, Table)
    assert taken.title == "1 method proposed, for the recipe names none"
    assert list(taken.rows[0]) == ["LIME", "perturbation", "Fits a line"]
    assert "end user" in taken.how
    assert list(left_out.rows[0]) == ["RISE over features and VarGrad", "Too dear"]


def test_a_recipe_with_lists_has_nothing_proposed(record):
    assert list(strategy.proposed(record({"proposal": []}))) == []
    assert list(strategy.proposed(record({}))) == []


def test_the_scope_names_what_the_budget_cut_and_does_not_list_it_as_done(record):
    unit = {"choice": "lime", "applies": True, "kept": 0, "cut": "budget: it would take 9"}
    stage = {"name": "perturbation", "phase": "", "units": [unit]}
    (page,) = strategy.scope(record({"stages": [stage]}))
    told = next(one for one in page.data["stages"] if one["name"] == "perturbation")
    assert told["applies"] == []
    assert told["cut"] == ["LIME (it would take 9)"]


def test_the_limits_say_that_the_budget_was_met_and_for_how_many_instances(record):
    facts = [
        fact("budget.round.minutes", 0.5),
        fact("budget.round.evaluations", 3000),
        fact("budget.round.met", True),
        fact("budget.round.not_assessed_choices", 1),
        fact("budget.round.methods_cut_short", 1),
        fact("budget.round.shared_instances", 8, n=24),
        fact("probe.instances.count", 24),
        fact("perturbation.lime.explained", 8, n=8, reason="budget: 8 of 24", of="24"),
        fact("evaluation.trust.not_assessed", "budget: too dear"),
    ]
    notices = {"notices": ["budget.evaluations is 3,000; …", "mind the gap"]}
    record = record(notices, facts)
    prose, table = limits.budget(record)
    (said,) = prose.paragraphs
    assert said.startswith(
        "The run met its budget of 0.5 minutes and 3000 model evaluations: 1 choice was not asked "
        "and 1 method was cut short. A larger budget goes on from here."
    )
    assert "the first 8 of 24 instances" in said
    assert list(table.rows[0]) == ["LIME", "8 of 24", "budget: 8 of 24"]
    (absent,) = limits.missing(record)
    assert list(absent.rows[0])[1:] == ["trust", "not assessed, budget: too dear"]
    (general,) = limits.limits(record)
    assert isinstance(general, Prose)
    assert "mind the gap" in general.paragraphs
    assert not any("budget.evaluations" in one for one in general.paragraphs)
    assert any("rest on 8 explained test rows" in one for one in general.paragraphs)


def test_a_budget_that_was_not_met_is_no_limit(record):
    facts = [fact("budget.round.evaluations", 3000), fact("budget.round.met", False)]
    assert list(limits.budget(record({}, facts))) == []
    assert list(limits.budget(record({}))) == []
