"""What became of prescriptions, counted on courses whose outcome is known."""

from __future__ import annotations

from xaiframe.facts import Facts
from xaiframe.prescription.effects import Effect
from xaiframe.prescription.outcomes import outcomes

SCORE = ("model.validation.score", "higher")


def effect(key: str, verdict: str, number: int = 2, **more: object) -> Effect:
    return Effect(key, *SCORE, verdict, "because", round=number, **more)  # type: ignore[arg-type]


def outcome(*effects: Effect) -> dict[str, object]:
    return {fact.labels["prescription"]: fact.value for fact in outcomes(effects)
            if fact.name == "outcome"}  # fmt: skip


def test_nothing_applied_leaves_no_fact() -> None:
    assert outcomes([]) == []
    assert outcomes([effect("a", "undecided", applied=False)]) == []


def test_what_shares_a_gain_and_what_shares_a_blame_say_so() -> None:
    told = [
        effect("alone", "kept"),
        effect("one", "kept", shared=("two",)),
        effect("bad", "harmful", taken_back=True),
        effect("unsure", "harmful", shared=("other",), taken_back=True),
        effect("unmeasured", "undecided", taken_back=True),
    ]
    assert outcome(*told) == {
        "alone": "in force",
        "one": "in force, credit shared",
        "bad": "taken back",
        "unsure": "taken back, not told apart",
        "unmeasured": "taken back, not told apart",
    }
    facts = Facts(outcomes(told))
    assert (facts.value("taken_back"), facts.value("not_told_apart")) == (3, 2)
    assert facts.one("taken_back").n == 5


def test_what_harmed_together_is_on_trial_until_it_is_known() -> None:
    assert outcome(effect("a", "harmful", shared=("b",))) == {"a": "on trial"}
    mixed = [effect("a", verdict, shared=("b",)) for verdict in ("harmful", "kept")]
    assert outcome(*mixed) == {"a": "in force, credit shared"}


def test_what_is_told_last_counts_and_one_column_of_several_is_enough() -> None:
    first = effect("a", "harmful", shared=("b",), superseded=True)
    assert outcome(first, effect("a", "no effect", 3)) == {"a": "in force"}
    columns = [effect("a", verdict, shared=("b",)) for verdict in ("kept", "no effect")]
    assert outcome(*columns) == {"a": "in force, credit shared"}
