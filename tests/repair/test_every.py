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
from xaiframe.repair.repaired import Repaired

REPAIRS = sorted(choices("repair", [house()]))
MODALITIES = ("table", "image", "series", "text")
SETTINGS = {"window": {"column": "when"}}


def node(name, data=None):
    settings = SETTINGS.get(name, {})
    if name in ("mask", "right_reasons") and data is not None:
        settings = {"features": [data.features[len(data.features) // 2]]}
    return read(choices("repair", [house()])[name]).content[name] | settings


def kinds(name):
    return describe(node(name)["_target_"]).facts["modalities"]


FITTING = [(name, one) for name in REPAIRS for one in MODALITIES if one in kinds(name)]
OTHERS = [(name, one) for name in REPAIRS for one in MODALITIES if one not in kinds(name)]


def tables(data):
    """What the checks would have stored: the first two training rows are suspects."""
    other = [data.classes[1 - int(label)] for label in data.train.y[:2]]
    suspects = pd.DataFrame({"id": data.train.ids[:2], "suggested": other, "wrong": [0.95, 0.9]})
    return {"purity.suspects": suspects}


@pytest.mark.parametrize(("name", "modality"), FITTING)
def test_validation_test_and_the_training_rows_as_read_stay_what_they_were(name, modality, every):
    data = every[modality]
    repair = instantiate(node(name, data))
    before = data.digest
    after = repair(data.train, data, tables(data), 0)
    assert replace(data).digest == before
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


@pytest.mark.parametrize(("name", "modality"), FITTING)
def test_the_same_seed_repairs_the_same_way_and_every_fact_has_a_value(name, modality, every):
    data = every[modality]
    repair = instantiate(node(name, data))
    one, same = (repair(data.train, data, tables(data), 3) for _ in range(2))
    facts = outcome(data.train, one).facts
    assert [f.value for f in facts] == [f.value for f in outcome(data.train, same).facts]
    assert all(fact.value is not None or fact.reason for fact in facts)
    names = [fact.name for fact in facts if not fact.labels]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(("name", "modality"), FITTING)
def test_a_repair_changes_something_that_the_fit_sees(name, modality, every):
    data = every[modality]
    repair = instantiate(node(name, data))
    plain = {fact.name: fact.value for fact in outcome(data.train, Repaired(data.train)).facts}
    if name == "class_balance":  # two classes of 60 rows each
        data = replace(data, train=data.train.take(np.arange(0, 120)[np.arange(120) % 4 != 1]))
    made = repair(data.train, data, tables(data), 0)
    found = {fact.name: fact.value for fact in outcome(data.train, made).facts}
    assert found["digest"] != plain["digest"]


@pytest.mark.parametrize(("name", "modality"), FITTING)
def test_repairs_follow_each_other_in_any_order(name, modality, every):
    data = every[modality]
    for other in [one for one, kind in FITTING if kind == modality]:
        with suppress(NotApplicable):
            first = instantiate(node(other))(data.train, data, tables(data), 0)
            second = instantiate(node(name))(first.train, data, tables(data), 0)
            assert len(np.unique(second.train.ids)) == len(second.train)
            assert np.isfinite(second.train.x).all()


@pytest.mark.parametrize(("name", "modality"), OTHERS)
def test_on_other_data_it_says_that_it_does_not_apply(name, modality, every):
    with pytest.raises(NotApplicable):
        instantiate(node(name))(every[modality].train, every[modality], {}, 0)
