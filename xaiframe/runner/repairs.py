"""The training split on its way through the repairs, made only when a fit asks for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pandas as pd

from xaiframe.data.face import Data, Split, hashed
from xaiframe.data.module import DataModule, Ready
from xaiframe.errors import NotApplicable
from xaiframe.explanation import Outcome
from xaiframe.recipe import Recipe
from xaiframe.repair.changes import outcome
from xaiframe.repair.repaired import PLAIN, Conduct, Repaired
from xaiframe.runner.ledger import Ledger, room_digest

ROOMS = (
    "data",
    "repair",
    "precaution",
    "probe/telling.py",
    "probe/likeness.py",
    "model/preparation.py",
)
"""What a repair's rows depend on beside its own file."""
Step = Callable[[Split], Repaired]


@dataclass
class Repairs:
    """Repairs in the recipe's order, each on what the one before left.

    ``digests`` are those of what each one kept left behind: what a fit depends on. A repair may
    come from the cache, and is then only computed again when something later needs the rows.
    """

    module: DataModule
    digests: list[str] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)
    _made: list[Repaired] = field(default_factory=list)
    _new: Repaired | None = None

    def run(
        self,
        ledger: Ledger,
        repairs: Mapping[str, Any],
        recipe: Recipe,
        stored: Mapping[str, pd.DataFrame],
    ) -> None:
        """Every repair as a unit ``repair.<key>``; one that raises leaves the rows as they were.
        ``stored``: tables ``check.table`` of this run's checks."""
        sensitive = tuple(recipe.strategy.sensitive)
        data = replace(self.module.data, sensitive=sensitive)
        for name, repair in repairs.items():
            node, wanted = recipe.repair[name], tuple(getattr(repair, "reads", ()))
            decides = {
                "node": node,
                "source": room_digest(node, *ROOMS),
                "data": data.digest,
                "sensitive": sensitive,
                "seed": recipe.seed,
                "after": self.digests,
                "read": {key: hashed(stored.get(key)) for key in wanted},
            }

            def step(train: Split, repair: Any = repair, wanted: Any = wanted) -> Repaired:
                made: Repaired = repair(train, data, read(wanted, stored), recipe.seed)
                return made

            found = ledger.unit("repair", name, decides, partial(self.outcome, step))
            if found is not None:
                self.keep(step, found)

    def outcome(self, step: Step) -> Outcome:
        """What a further repair did; it is not one of the chain before :meth:`keep`."""
        self._new, before = None, self.train
        made = step(before)
        found = outcome(before, made, self.module.data.classes)
        self._new = made
        return found

    def keep(self, step: Step, found: Outcome) -> None:
        """The repair with that outcome is part of the chain."""
        self._steps.append(step)
        self.digests += [str(fact.value) for fact in found.facts if fact.name == "digest"]
        if self._new is not None:
            self._made.append(self._new)
        self._new = None

    @property
    def train(self) -> Split:
        """The training split as the repairs leave it."""
        while len(self._made) < len(self._steps):
            self._made.append(self._steps[len(self._made)](self._last()))
        return self._last()

    def _last(self) -> Split:
        return self._made[-1].train if self._made else self.module.data.train

    def lesson(self) -> tuple[DataModule, Conduct]:
        """What a fit learns from: the data with this training split, and what is done meanwhile."""
        if not self._steps:
            return self.module, PLAIN
        data: Data = replace(self.module.data, train=self.train)
        conduct = PLAIN
        for one in self._made:
            conduct = conduct.then(one.conduct)
        return Ready(data), conduct


def read(wanted: tuple[str, ...], stored: Mapping[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The tables ``check.table`` that a repair reads, of those that the checks of this run stored.

    Raises NotApplicable where one is missing: its check raised, or did not apply.
    """
    missing = [name for name in wanted if name not in stored]
    if missing:
        check, _, table = missing[0].partition(".")
        raise NotApplicable(f"precaution.{check} gave no table {table} in this run")
    return {name: stored[name] for name in wanted}
