import math

import pytest

from xaiframe.facts import Fact, Facts, Finding, Prescription, Verdict
from xaiframe.store import plain


def test_a_value_that_is_not_finite_becomes_undetermined_with_a_reason():
    fact = Fact("share", math.nan, interval=(0.0, math.inf))
    assert fact.value is None
    assert "nan" in fact.reason
    assert fact.interval is None


def test_a_given_reason_is_kept():
    assert Fact("share", math.inf, reason="constant column").reason == "constant column"


def test_within_prefixes_the_quantity_and_names_the_method():
    fact = Fact("share", 0.5, labels={"column": "age"}).within(
        "precaution.missing", "precaution.missing", ["artifacts/x.parquet"]
    )
    assert fact.name == "precaution.missing.share"
    assert (fact.stage, fact.choice, fact.quantity) == ("precaution", "missing", "share")
    assert fact.source.method == "precaution.missing"
    assert fact.evidence == ("artifacts/x.parquet",)


@pytest.mark.parametrize(
    "noun",
    [
        Fact("a.b.c", 1.5, "s", {"k": "v"}, 3, (1.0, 2.0), "lower", evidence=("x",)),
        Finding("rule", "warn", "a.b.c", "m", 1.0, labels={"k": "v"}, interval=(0.0, 1.0)),
        Prescription("k", "a → b", {"fit.weight_decay": 0.1}, "why", True, fired_by=("f",)),
    ],
)
def test_nouns_survive_storage(noun):
    assert type(noun).from_dict(plain(noun.to_dict())) == noun


def test_facts_are_asked_by_name_and_label():
    facts = Facts([Fact("a.b.c", 1, labels={"x": "1"}), Fact("a.b.c", 2, labels={"x": "2"})])
    assert facts.value("a.b.c", x="2") == 2
    assert facts.value("a.b.missing", default=7) == 7
    assert len(facts.where("a.b.c")) == len(facts.within("a.b")) == 2


@pytest.mark.parametrize(
    ("status", "strict", "code"),
    [("pass", True, 0), ("warn", False, 0), ("warn", True, 1), ("fail", False, 2)],
)
def test_exit_codes_follow_the_verdict(status, strict, code):
    assert Verdict(status, "default", "", {}).exit_code(strict) == code
