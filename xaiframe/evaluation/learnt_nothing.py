"""Models that could learn nothing: the same fit on rows whose relation is destroyed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from xaiframe.data.spread import evenly
from xaiframe.errors import NotApplicable
from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.similarity import Repeats, likeness
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact
from xaiframe.probe.holding import Shuffled


@dataclass(frozen=True)
class LearntNothing:
    """Similarity of the attributions to those of the same fit on ``shuffled`` rows.

    instances: most instances explained again, spread evenly; draws: fits, averaged per instance;
    permutations: random relabellings of the features that give the chance level.

    Adebayo et al. 2018 (arXiv:1810.03292). A method whose pictures look the same for a model that
    had nothing to learn shows the input, not what was learnt. Similarity and its chance level are
    those of ParameterRandomisation.
    """

    instances: int = 12
    draws: int = 1
    permutations: int = 200

    modalities = ("table", "image", "text", "series")
    tasks = ("classification", "regression")
    needs = ("fit",)
    cost = "instances * draws * explanation"
    fits = "draws"
    reference = "arXiv:1810.03292"
    shuffled: ClassVar[Shuffled] = ""

    def __post_init__(self) -> None:
        for name, least in (("instances", 2), ("draws", 1), ("permutations", 20)):
            if getattr(self, name) < least:
                raise ValueError(f"{name} must be at least {least}, not {getattr(self, name)}")

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts similarity, control and above_control per method, and fits.

        Raises NotApplicable when nothing was explained or the model was not trained here.
        """
        if not evidence.local:
            raise NotApplicable("no local attribution was explained")
        if evidence.refit is None:
            raise NotApplicable("it needs a model that is trained here, to train it again")
        positions = evenly(len(evidence.ids), self.instances)
        asked, names = evidence.asked(positions), list(evidence.local)
        repeats: Repeats = [
            evidence.reexplain(
                evidence.refit((), evidence.seed + 701 + draw, self.shuffled)[0], asked, names
            )
            for draw in range(self.draws)
        ]
        outcome = Outcome([Fact("fits", self.draws, "fits")])
        for name in names:
            outcome.facts += likeness(evidence, positions, name, repeats, self.permutations)
        return outcome
