"""What a budget of evaluations leaves of a plan."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from xaiframe.composition.compose import compose
from xaiframe.planning.budget import Cut, Demand, Share, allot
from xaiframe.planning.plan import plan
from xaiframe.planning.unit import Stage, Unit


def each(price: float, again: int = 0) -> Demand:
    return Demand(lambda instances: price * instances, again)


def test_methods_take_turns_and_the_dear_one_stops_first():
    shares = allot({"dear": each(10), "cheap": each(1)}, instances=10, batch=4, left=60)
    # 40 + 4, then 40 no longer fits into 16, and the cheap one goes on: 4, 2.
    assert shares == {"dear": Share(4, 40), "cheap": Share(10, 10)}


def test_instances_explained_twice_cost_twice():
    shares = allot({"drawn": each(1, again=3)}, instances=8, batch=2, left=8)
    # 2 + 2, then 2 + 1, then 2 no longer fits
    assert shares == {"drawn": Share(4, 7)}


def test_a_first_batch_that_does_not_fit_leaves_none():
    assert allot({"dear": each(100)}, 10, 4, 399) == {"dear": Share(0, 0)}


@given(
    prices=some.lists(some.integers(0, 50), min_size=1, max_size=5),
    again=some.integers(0, 12),
    instances=some.integers(1, 40),
    batch=some.integers(1, 16),
    left=some.integers(0, 3000),
)
def test_never_more_than_there_is_and_no_batch_more_would_fit(
    prices, again, instances, batch, left
):
    demands = {str(at): each(price, again) for at, price in enumerate(prices)}
    shares = allot(demands, instances, batch, left)
    spent = sum(share.evaluations for share in shares.values())
    assert spent <= left
    for name, share in shares.items():
        whole = share.instances == instances
        assert whole or share.instances % batch == 0
        counted = demands[name].price(share.instances + min(share.instances, again))
        assert share.evaluations == counted
        if not whole:
            stop = min(share.instances + batch, instances)
            assert spent + demands[name].batch(share.instances, stop) > left


STAGES = [
    Stage("model", (Unit("network", evaluations=10_000),)),
    Stage("perturbation", (Unit("whole", evaluations=50), Unit("local", evaluations=100))),
    Stage("gradient", (Unit("slope", evaluations=10), Unit("odd", applies=False))),
    Stage("evaluation", (Unit("free", evaluations=0), Unit("dear", evaluations=500))),
    Stage("tuning", (Unit("search", evaluations=2_000),)),
]
DEMANDS = {("perturbation", "local"): each(10), ("gradient", "slope"): each(1)}


def cut(bound):
    stages = Cut(bound, DEMANDS, instances=10, batch=2).stages(STAGES)
    return {unit.choice: unit for stage in stages for unit in stage.units}


def test_what_fits_stays_as_it_is():
    assert all(unit.kept is None and not unit.cut for unit in cut(10**6).values())


def test_local_methods_go_first_and_the_other_direction_keeps_its_part():
    found = cut(100)
    assert (found["local"].kept, found["local"].evaluations) == (8, 80)
    assert found["whole"].kept == 0
    assert found["slope"].kept is None
    assert found["dear"].kept == found["search"].kept == 0
    assert found["free"].kept is None
    assert found["network"].kept is None
    assert found["odd"].kept is None


def test_the_other_direction_keeps_at_most_half():
    found = cut(12)
    assert found["local"].kept == 0
    assert found["slope"].kept is None
    found = cut(8)
    assert (found["slope"].kept, found["slope"].evaluations) == (8, 8)


def test_the_reason_says_what_would_fit():
    found = cut(100)
    told = "budget: 8 of 10 instances; all would take 100 evaluations, 100 are allowed together"
    assert found["local"].cut == told
    told = "budget: it would take 500 evaluations, 10 of 100 are left"
    assert found["dear"].cut == told


def test_the_plan_says_what_the_budget_cuts(breast_cancer, small):
    bound = ("budget.evaluations=6000", "tuning=none", "explain.batch=2")
    free, tight = (plan(compose(breast_cancer, (*small, *more))) for more in ((), bound))
    asked = [
        unit.evaluations
        for name in ("perturbation", "gradient", "evaluation")
        for unit in tight.units(name)
        if unit.applies
    ]
    assert 0 < sum(asked) <= 6000
    assert sum(unit.evaluations for unit in free.units("perturbation")) > 15000
    assert 0 < tight.unit("perturbation", "kernel_shap").kept < 10
    (notice,) = [one for one in tight.notices if one.startswith("budget.evaluations")]
    assert notice.startswith(f"budget.evaluations is 6,000, planned are {sum(asked):,}; not asked")
    assert "only in part: kernel_shap" in notice
    assert tight.to_dict()["stages"]
    assert not [one for one in free.notices if "budget" in one]
