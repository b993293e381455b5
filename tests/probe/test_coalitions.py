import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.model.face import WhiteBox
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.reference import Reference
from xaiframe.probe.score import Scorer

WEIGHTS = np.array([0.5, 0.2, 0.2, 0.1])


class Watched(nn.Module):
    """Three outputs of a curved function; remembers the sizes of the batches it was given."""

    def __init__(self, elements):
        super().__init__()
        drawn = np.random.default_rng(5).normal(size=(elements, 3))
        self.mix = nn.Parameter(torch.as_tensor(drawn, dtype=torch.float32))
        self.batches = []

    def forward(self, x):
        self.batches.append(len(x))
        return torch.tanh(x.flatten(1) @ self.mix) * x.flatten(1)[:, :1]


def make(mask, n=3, max_batch=8192, chosen=None, x=None, seed=0):
    """A bank of n instances (or those at ``chosen``) over a background of four weighted rows."""
    rng = np.random.default_rng(1)
    background = rng.normal(size=(4, *mask.shape)).astype(np.float32)
    x = rng.normal(size=(n, *mask.shape)).astype(np.float32) if x is None else x
    part = Split(np.arange(4), background, np.zeros(4, int), pd.DataFrame(index=range(4)))
    modality = "table" if mask.ndim == 1 else "image"
    features = tuple(f"f{i}" for i in range(mask.max() + 1))
    data = Data(modality, "classification", part, part, part, features, mask, ("a", "b", "c"))
    model = WhiteBox(Watched(mask.size), "classification", ("a", "b", "c"), ())
    scorer = Scorer(model, Reference(background, WEIGHTS, "logit", None), max_batch)
    chosen = np.arange(len(x)) if chosen is None else np.asarray(chosen)
    return CoalitionBank(scorer, data, x[chosen], chosen % 2, 100 + chosen, seed)


TABLE = np.arange(5)
IMAGE = np.stack([(np.arange(16) // 4).reshape(4, 4)] * 2)


def masks_of(bank, k, seed=0):
    return np.random.default_rng(seed).random((len(bank), k, bank.features)) < 0.5


@pytest.mark.parametrize("mask", [TABLE, IMAGE], ids=["table", "image"])
def test_a_value_is_the_weighted_score_of_hybrid_inputs(mask):
    bank = make(mask)
    masks = masks_of(bank, 6)
    module, background = bank.scorer.module, bank.reference.background
    for position in range(3):
        for index in range(6):
            expected = 0.0
            for weight, row in zip(WEIGHTS, background, strict=True):
                hybrid = row.copy()
                for feature in np.flatnonzero(masks[position, index]):
                    hybrid[mask == feature] = bank.x[position][mask == feature]
                output = module(torch.as_tensor(hybrid[None]))[0, bank.targets[position]]
                expected += weight * float(output)
            assert bank.values(masks)[position, index] == pytest.approx(expected, abs=1e-6)


def test_the_whole_is_the_score_and_nothing_is_the_background():
    bank = make(TABLE)
    ends = bank.values(np.array([[[True] * 5, [False] * 5]] * 3))
    outputs = bank.scorer.outputs(bank.x)[np.arange(3), bank.targets]
    expected = WEIGHTS @ bank.scorer.outputs(bank.reference.background)
    np.testing.assert_allclose(ends[:, 0], outputs, atol=1e-6)
    np.testing.assert_allclose(ends[:, 1], expected[bank.targets], atol=1e-6)
    np.testing.assert_array_equal(ends, np.stack([bank.full, bank.empty], axis=1))
    assert bank.evaluations == 3 + 4  # each instance and each background row once
    assert ends.dtype == np.float64


def test_no_coalition_is_evaluated_twice():
    bank = make(TABLE)
    masks = masks_of(bank, 20)
    masks[:, 10:] = masks[:, :10]  # asked twice at once
    bank.values(masks)
    between = masks.any(axis=2) & ~masks.all(axis=2)
    unique = sum(
        len(np.unique(own[inside], axis=0)) for own, inside in zip(masks, between, strict=True)
    )
    assert bank.evaluations == unique * 4 + 3 + 4
    before = bank.evaluations
    bank.values(masks[:, ::-1])  # and once more, in another order
    assert bank.evaluations == before == bank.scorer.evaluations


def test_a_feature_equal_to_the_background_costs_nothing():
    x = np.ones((1, *TABLE.shape), dtype=np.float32)
    bank = make(TABLE, x=x)
    bank.reference.background[:, 2] = 1.0
    assert bank.active.tolist() == [[True, True, False, True, True]]
    kept = np.array([[[True, False, True, False, True], [True, False, False, False, True]]])
    values = bank.values(kept)
    assert values[0, 0] == values[0, 1]
    assert bank.evaluations == 4 + 1 + 4  # one coalition, the instance, the background


@pytest.mark.parametrize("max_batch", [1, 7, 50])
def test_batches_are_bounded_and_change_nothing(max_batch):
    bank, free = make(IMAGE, max_batch=max_batch), make(IMAGE)
    masks = masks_of(bank, 30)
    np.testing.assert_allclose(bank.values(masks), free.values(masks), atol=1e-6)
    assert max(bank.scorer.model.module.batches) <= max_batch


def test_values_do_not_depend_on_the_batch_or_its_order():
    whole, part = make(TABLE, n=6), make(TABLE, n=6, chosen=[4, 1])
    masks = masks_of(whole, 12)
    np.testing.assert_allclose(part.values(masks[[4, 1]]), whole.values(masks)[[4, 1]], atol=1e-6)
    np.testing.assert_allclose(part.full, whole.full[[4, 1]], atol=1e-6)


def test_randomness_belongs_to_seed_purpose_and_id():
    whole, part = make(TABLE, n=6), make(TABLE, n=6, chosen=[4, 1])
    drawn = whole.rng(4, "lime").random(3)
    np.testing.assert_array_equal(part.rng(0, "lime").random(3), drawn)
    for other in (
        whole.rng(3, "lime"),
        whole.rng(4, "shap"),
        make(TABLE, n=6, seed=1).rng(4, "lime"),
    ):
        assert not np.array_equal(other.random(3), drawn)


def test_a_sample_is_shared_by_all_who_ask_for_it():
    whole, part = make(np.arange(9), n=6), make(np.arange(9), n=6, chosen=[4, 1])
    first = whole.sample(64)
    before = whole.evaluations
    second = whole.sample(64)
    assert whole.evaluations == before
    for one, other in ((first[4], second[4]), (first[1], part.sample(64)[1])):
        np.testing.assert_array_equal(one[0].masks, other[0].masks)
        np.testing.assert_allclose(one[1], other[1], atol=1e-6)
    assert not np.array_equal(first[0][0].masks, first[1][0].masks)


def test_a_sample_holds_each_coalition_beside_its_complement():
    bank = make(np.arange(9))
    for position, (drawn, values) in enumerate(bank.sample(64)):
        both = np.stack([drawn.masks, ~drawn.masks])
        asked = np.repeat(both.reshape(1, -1, 9), 3, axis=0)
        np.testing.assert_array_equal(values.ravel(), bank.values(asked)[position])


def test_a_sample_too_small_for_what_it_must_determine_is_refused():
    bank = make(np.arange(7))
    with pytest.raises(NotApplicable, match=r"12 coalitions are too few for 7 features.*28"):
        bank.sample(12, least=4)
    assert len(bank.sample(12)[0][0]) == 6
    assert bank.sample(28, least=4)[0][1].shape == (2, 14)
    all_of_three = make(np.arange(3)).sample(6, least=4)  # 12 would be wanted, 6 are there
    assert all_of_three[0][0].exhaustive


def test_what_is_missing_stays_missing_in_hybrids():
    x = np.array([[np.nan, -0.0, 1, 2, 3, 4, 5, 6, np.nan]], np.float32)
    bank, seen = make(np.arange(9), x=x, chosen=[0]), []
    bank.scorer.model.module.register_forward_pre_hook(lambda _, rows: seen.append(rows[0]))
    kept = np.zeros((1, 1, 9), dtype=bool)
    kept[..., [0, 1, 4]] = True
    bank.values(kept)
    expected = np.where(kept[0], x, bank.reference.background)
    assert expected.tobytes() == seen[-1].numpy().tobytes()


def test_a_method_may_score_rows_of_its_own():
    bank = make(IMAGE)
    rows = np.random.default_rng(2).normal(size=(2, 3, *IMAGE.shape)).astype(np.float32)
    found = bank.score(rows, np.array([2, 1]))
    for line, position in enumerate((2, 1)):
        expected = bank.scorer.outputs(rows[line])[:, bank.targets[position]]
        np.testing.assert_allclose(found[line], expected, atol=1e-6)
    np.testing.assert_allclose(bank.score(bank.x[:, None])[:, 0], bank.full, atol=1e-6)


def test_an_empty_batch_has_no_values():
    bank = make(TABLE, x=np.zeros((0, 5), dtype=np.float32))
    assert bank.sample(16) == []
    assert bank.values(np.zeros((0, 3, 5), dtype=bool)).shape == (0, 3)
