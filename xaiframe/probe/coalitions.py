"""The coalition bank: v(S), the score when only features S are kept, asked once per instance."""

from __future__ import annotations

import zlib
from functools import cached_property

import numpy as np

from xaiframe.errors import NotApplicable
from xaiframe.explanation import Array, Attribution
from xaiframe.model.memory import in_batches
from xaiframe.probe.bank import WORD, Bank
from xaiframe.probe.sampling import Draw, draw


class CoalitionBank(Bank):
    """The value of coalitions for one batch of n instances, memoised per instance.

    v(S) = Σ_b w_b · score(x on S, background row b elsewhere): the interventional value function
    of Lundberg & Lee (2017, arXiv:1705.07874) over the reference's weighted background rows,
    the same rows for every coalition. No coalition of an instance is evaluated twice, and not
    many more than ``scorer.max_batch`` rows exist at once.
    """

    @cached_property
    def _background(self) -> Array:
        background = np.asarray(self.reference.background, dtype=np.float32)
        return background.reshape(len(background), -1)

    @cached_property
    def _rows(self) -> Array:
        return self.x.reshape(-1, self.data.feature_mask.size)

    @cached_property
    def full(self) -> Array:
        """``(n,)`` float64: score(x), the value of the coalition of all features."""
        return self._scores(self.x, self.targets)

    @cached_property
    def empty(self) -> Array:
        """``(n,)`` float64: expected score of the background, the value of the empty coalition."""
        self.evaluations += len(self.reference.background)
        expected = self.reference.weights @ self.scorer.outputs(self.reference.background)
        return np.asarray(expected[self.targets])

    @cached_property
    def active(self) -> Array:
        """``(n, features)`` bool: False where an instance's feature equals all background rows.

        Keeping or dropping such a feature gives the same inputs: its contribution is exactly 0.
        """
        differs = np.zeros(self._rows.shape, dtype=bool)
        for row in self._background:
            differs |= self._rows != row
        moves = Attribution(differs.reshape(self.x.shape).astype(np.float64), "element")
        return np.asarray(moves.per_feature(self.feature_mask, self.features) > 0)

    def values(self, masks: Array) -> Array:
        """``(n, k)`` float64: v(S) of ``masks`` ``(n, k, features)`` bool, True = feature kept."""
        masks = np.asarray(masks, dtype=bool) | ~self.active[:, None]
        for drawn, known_of in self._unread:
            for memo, own, found in zip(self._memo, drawn, known_of, strict=True):
                memo.update(zip(_keys(own), found.tolist(), strict=True))
        self._unread.clear()
        keys = [_keys(one) for one in masks]
        fresh = [
            [key for key in dict.fromkeys(own) if key not in memo]
            for memo, own in zip(self._memo, keys, strict=True)
        ]
        owners = np.repeat(np.arange(len(self)), [len(own) for own in fresh])
        if len(owners):
            answers = iter(self._evaluate(owners, self._unkeyed(fresh)).tolist())
            for memo, own in zip(self._memo, fresh, strict=True):
                memo.update(zip(own, answers, strict=False))
        known = [[*map(memo.__getitem__, own)] for memo, own in zip(self._memo, keys, strict=True)]
        return np.array(known, dtype=np.float64).reshape(masks.shape[:2])

    def sample(self, samples: int, least: int = 0) -> list[tuple[Draw, Array]]:
        """Per instance the shared sample of coalitions of its active features, and their values.

        The values are ``(2, pairs)``: v of every S of the draw, and of every complement. Each
        method that asks for the same number gets the same coalitions, so only the first pays.
        Raises NotApplicable where ``samples`` are fewer than ``least`` per active feature of some
        instance and not all coalitions either.
        """
        most = int(self.active.sum(axis=1).max(initial=0))
        needed = min(least * most, 2**most - 2)
        if samples < needed:
            raise NotApplicable(
                f"{samples} coalitions are too few for {most} features; "
                f"set samples to at least {needed}"
            )
        if samples not in self._samples:
            self._samples[samples] = self._drawn(samples)
        return self._samples[samples]

    @cached_property
    def _samples(self) -> dict[int, list[tuple[Draw, Array]]]:
        return {}

    def _drawn(self, samples: int) -> list[tuple[Draw, Array]]:
        draws = [self._draw(i, int(self.active[i].sum()), samples) for i in range(len(self))]
        longest = max((2 * len(one) for one in draws), default=0)
        masks = np.ones((len(self), longest, self.features), dtype=bool)
        for own, active, one in zip(masks, self.active, draws, strict=True):
            own[: 2 * len(one), active] = one.coalitions
        # No coalition is drawn twice: where nothing was asked before, there is none to look up.
        alike = longest > 0 and all(2 * len(one) == longest for one in draws)
        if alike and not self._unread and "_memo" not in vars(self):
            owners = np.repeat(np.arange(len(self)), longest)
            values = self._evaluate(owners, masks.reshape(-1, self.features))
            values = values.reshape(masks.shape[:2])
            self._unread.append((masks, values))
        else:
            values = self.values(masks)
        return [
            (one, own[: 2 * len(one)].reshape(2, -1))
            for one, own in zip(draws, values, strict=True)
        ]

    def _draw(self, position: int, players: int, samples: int) -> Draw:
        """The draw of one instance: in its own random order of the players, the one that all with
        as many share, so that what depends on the draw alone is computed once."""
        kept, key = self.scorer.kept, ("coalitions", self.seed, players, samples)
        if key not in kept:
            seed = [self.seed % WORD, zlib.crc32(b"coalitions"), players]
            kept[key] = draw(players, samples, np.random.default_rng(seed))
        shared: Draw = kept[key]
        return shared.reordered(self.rng(position, "coalitions").permutation(players))

    def score(self, rows: Array, positions: Array | None = None) -> Array:
        """``(p, k)`` float64: score of ``rows`` ``(p, k, *input_shape)`` at their target.

        ``positions`` ``(p,)`` says which instances the rows belong to; by default all n in order.
        For methods that have their own sampling; nothing is memoised.
        """
        owners = np.arange(len(self.x)) if positions is None else np.asarray(positions)
        targets = np.repeat(self.targets[owners], rows.shape[1])
        flat = rows.reshape(-1, *self.x.shape[1:])
        return self._scores(flat, targets).reshape(rows.shape[:2])

    @cached_property
    def _memo(self) -> list[dict[bytes, float]]:
        full, empty = self.full.tolist(), self.empty.tolist()
        everything = _keys(np.ones((1, self.features), dtype=bool))[0]
        nothing = _keys(~self.active)
        return [{nothing[i]: empty[i], everything: full[i]} for i in range(len(self.x))]

    @cached_property
    def _unread(self) -> list[tuple[Array, Array]]:
        """Masks ``(n, k, features)`` and values ``(n, k)`` that the memo has not taken up yet."""
        return []

    def _evaluate(self, owners: Array, masks: Array) -> Array:
        """v of ``masks`` ``(u, features)``, each for the instance at its ``owners`` ``(u,)``."""
        size = len(self._background)
        rows, background = self._rows.view(np.int32), self._background.view(np.int32)

        def answer(part: slice) -> Array:
            # Bits chosen by a mask of ones and zeros: the same as np.where, in half its time.
            kept = -self._elements(masks[part], owners[part]).astype(np.int32)
            hybrid = background & ~kept[:, None]
            hybrid |= (rows[owners[part]] & kept)[:, None]
            asked = hybrid.view(np.float32).reshape(-1, *self.x.shape[1:])
            scores = self._scores(asked, np.repeat(self.targets[owners[part]], size))
            return np.asarray(scores.reshape(-1, size) @ self.reference.weights)

        return np.concatenate(list(in_batches(self.scorer, len(owners), answer, size)))

    def _unkeyed(self, keys: list[list[bytes]]) -> Array:
        """``(u, features)`` bool: the masks that all of ``keys`` stand for, end to end."""
        packed = np.frombuffer(b"".join(key for own in keys for key in own), dtype=np.uint8)
        width = -(-self.features // 8)
        return np.unpackbits(packed.reshape(-1, width), axis=1, count=self.features).view(bool)

    def _elements(self, masks: Array, owners: Array) -> Array:
        """``masks`` ``(u, features)`` of the instances at ``owners``, as ``(u, elements)``."""
        if not self.own_features:
            return masks[:, self.feature_mask.reshape(-1)]
        own = self.feature_mask.reshape(len(self), -1)[owners]
        return np.take_along_axis(masks, own, axis=1)

    def _scores(self, rows: Array, targets: Array) -> Array:
        self.evaluations += len(rows)
        return self.scorer(rows, targets) if len(rows) else np.zeros(0)


def _keys(masks: Array) -> list[bytes]:
    """One compact key per row of ``masks`` ``(k, features)``."""
    packed = np.packbits(masks, axis=-1)
    content, width = packed.tobytes(), packed.shape[-1]
    return [content[i : i + width] for i in range(0, len(content), width)]
