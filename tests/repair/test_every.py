"""What holds of every repair in the folder, on every kind of data."""

from contextlib import suppress
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from xaiframe.catalogue.listing import choices, describe, house
from xaiframe.catalogue.reader import read
from xaiframe.composition.compose import instantiate
from xaiframe.errors import NotApplicable
from xaiframe.repair.changes import outcome

REPAIRS = sorted(choices("repair", [house()]))
MODALITIES = ("table", "image", "series", "text")


def tables(data):
    """What the checks would have stored: the first two training rows are suspects."""
    other = [data.classes[1 - int(label)] for label in data.train.y[:2]]
    suspects = pd.DataFrame({"id": data.train.ids[:2], "suggested": other, "quality": [0.1, 0.2]})
    return {"purity.suspects": suspects}


def node(name):
    return read(choices("repair", [house()])[name]).content[name]


@pytest.mark.parametrize("name", REPAIRS)
@pytest.mark.parametrize("modality", MODALITIES)
def test_validation_test_and_the_training_rows_as_read_stay_what_they_were(name, modality, every):
    data, repair = every[modality], instantiate(node(name))
    before, after = data.digest, None
    with suppress(NotApplicable):
        after = repair(data.train, data, tables(data), 0)
    assert replace(data).digest == before
    if after is None:
        return
    train = after.train
    others = np.concatenate([data.validation.ids, data.test.ids])
    assert len(np.unique(train.ids)) == len(train) > 0
    assert not np.isin(train.ids, others).any()
    assert len(train.frame) == len(train.x) == len(train.y) == len(train)
    assert train.x.dtype == data.train.x.dtype
    assert train.y.dtype == data.train.y.dtype
    assert np.isfinite(train.x).all()
    for values in (train.weight, train.draw):
        assert values is None or values.mean() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("name", REPAIRS)
@pytest.mark.parametrize("modality", MODALITIES)
def test_the_same_seed_repairs_the_same_way_and_every_fact_has_a_value(name, modality, every):
    data, repair = every[modality], instantiate(node(name))
    if modality not in describe(node(name)["_target_"]).facts["modalities"]:
        pytest.skip(f"{name} is not for {modality}")
    try:
        one, same = (repair(data.train, data, tables(data), 3) for _ in range(2))
    except NotApplicable:
        return
    facts = outcome(data.train, one).facts
    assert [f.value for f in facts] == [f.value for f in outcome(data.train, same).facts]
    assert all(fact.value is not None or fact.reason for fact in facts)
    assert len({fact.name for fact in facts if not fact.labels}) == len(
        [fact for fact in facts if not fact.labels]
    )


@pytest.mark.parametrize("name", REPAIRS)
def test_a_repair_states_what_it_is_for(name):
    facts = describe(node(name)["_target_"]).facts
    assert set(facts["modalities"]) <= set(MODALITIES)
    assert all(one.count(".") == 1 for one in facts.get("reads", ()))
