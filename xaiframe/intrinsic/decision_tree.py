"""A decision tree of the true target: every answer with the questions that lead to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xaiframe.explanation import Method
from xaiframe.intrinsic.beside import Lesson, comparison
from xaiframe.kinds.transparent import Transparent
from xaiframe.probe.likeness import headline
from xaiframe.probe.questions import grown, nodes
from xaiframe.probe.score import Population


@dataclass(frozen=True)
class DecisionTree(Method):
    """CART, fitted to the training split, beside the audited model.

    depth: questions asked at most, at least 1. leaves: answers at most, at least 2; how many there
    are is chosen on the validation split, the fewest that score best. class_weight: ``balanced``
    lets every class weigh the same.

    Breiman, Friedman, Olshen & Stone 1984 (doi:10.1201/9781315139470), by scikit-learn; that a
    transparent model should be tried before a black box is explained, Rudin 2019
    (arXiv:1811.10154). It learns from the training rows as they were read, without repairs. What
    is asked is a column or its level, or whether a message has a word.
    """

    depth: int = 5
    leaves: int = 16
    class_weight: Literal["none", "balanced"] = "none"

    scope = "global"
    access = "white_box"
    usage = "intrinsic"
    reach = "model_specific"
    library = "scikit-learn"
    kind = "transparent"
    modalities = ("table", "text")
    own_reference = True
    cost = "test"
    reference = "doi:10.1201/9781315139470; arXiv:1811.10154"

    def __post_init__(self) -> None:
        if self.depth < 1 or self.leaves < 2:
            raise ValueError("depth must be at least 1 and leaves at least 2")

    def explain(self, population: Population) -> Transparent:
        """The tree and its test score beside the audited model's; raises NotApplicable where there
        is one class only or nothing to ask."""
        data, before = population.data, population.scorer.evaluations
        lesson = Lesson(data, self.class_weight == "balanced")
        tree = self._chosen(lesson)
        drawn = nodes(tree, lesson.sheet.columns, data.classes)
        answers = tree.predict(lesson.sheet(data.test.x).astype(np.float32))
        return Transparent(
            size=int((drawn["kind"] == "").sum()),
            parts="leaves",
            comparison=comparison(population, answers),
            tree=drawn,
            n=len(data.test),
            evaluations=population.scorer.evaluations - before,
        )

    def _chosen(self, lesson: Lesson) -> Any:
        """The smallest of the trees that score best on the validation split."""
        data, columns = lesson.data, lesson.sheet.columns
        asked = lesson.validation.astype(np.float32)
        sizes = sorted({*range(2, min(self.leaves, 8)), *range(8, self.leaves, 4), self.leaves})
        trees = [
            grown(lesson.train, data.train.y, columns, data.task, self.depth, size, lesson.weight)
            for size in sizes
        ]
        scores = [headline(lesson.judged, tree.predict(asked), data.task) for tree in trees]
        return trees[int(np.argmax(np.round(scores, 6)))]
