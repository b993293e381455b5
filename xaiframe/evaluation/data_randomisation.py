"""Sanity: attributions must change when each feature is dealt out anew among the rows."""

from __future__ import annotations

from dataclasses import dataclass

from xaiframe.evaluation.evidence import Evidence
from xaiframe.evaluation.learnt_nothing import after, checked
from xaiframe.explanation import Outcome


@dataclass(frozen=True)
class DataRandomisation:
    """Similarity of the attributions to those of the same fit on values dealt out anew.

    Every feature is shuffled for itself, so that no value belongs to its row or its label.

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

    def __post_init__(self) -> None:
        checked(self.instances, self.draws, self.permutations)

    def __call__(self, evidence: Evidence) -> Outcome:
        """Facts similarity, control and above_control per method, and fits.

        Raises NotApplicable when nothing was explained or the model was not trained here.
        """
        return after(evidence, "inputs", self.instances, self.draws, self.permutations)
