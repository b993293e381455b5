"""Decoys stand in what is learnt from, name the class, and leave the test alone."""

import numpy as np

from xaiframe.data.image import Images


def test_one_square_names_the_class_in_training_and_validation_only():
    plain, marked = (Images(f"builtin:{name}", patch=2).data for name in ("digits", "decoy_digits"))
    np.testing.assert_array_equal(marked.test.x, plain.test.x)
    for name in ("train", "validation"):
        before, after = plain.splits[name], marked.splits[name]
        np.testing.assert_array_equal(after.ids, before.ids)
        changed = (before.x != after.x).any(axis=(0, 1))
        rows, columns = np.nonzero(changed)
        assert 1 <= changed.sum() <= 4
        assert {*rows, *columns} <= {0, 1, 6, 7}
        levels = after.x[:, 0, rows[0], columns[0]]
        assert all(len(set(levels[after.y == digit])) == 1 for digit in range(10))
        assert len(set(levels.tolist())) == 10
        assert not after.frame.equals(before.frame)


def test_place_and_code_are_drawn_by_the_seed():
    marked = [Images("builtin:decoy_digits", patch=2, split_seed=seed).data for seed in range(6)]
    places = {tuple(np.flatnonzero((one.train.x > 0).all(axis=0))) for one in marked}
    assert len(places) > 1
