"""Right for the right reasons: a penalty on what the network's answers owe to named features."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import torch
from torch import Tensor, nn

from xaiframe.data.face import Data, Split
from xaiframe.errors import NotApplicable
from xaiframe.facts import Fact
from xaiframe.repair.repaired import Conduct, Repaired


@dataclass(frozen=True)
class Slopes:
    """``strength`` · mean over the rows of Σ (slope · reach)².

    The slope is that of Σ log p of all classes, as in the paper, or of the predicted value in units
    of ``spread``; reach ``input_shape``: one standard deviation of each penalised element, 0
    elsewhere, so that units do not matter.
    """

    strength: float
    features: tuple[str, ...]
    classes: bool
    spread: float
    reach: Tensor = field(repr=False)

    def __call__(self, network: nn.Module, x: Tensor) -> Tensor:
        """The penalty on rows ``x`` ``(n, *input_shape)``, with a gradient for the weights."""
        training = network.training
        network.eval()  # dropout and batch statistics are the fit's
        leaf = x.detach().clone().requires_grad_()
        outputs = network(leaf)
        told = nn.functional.log_softmax(outputs, 1) if self.classes else outputs / self.spread
        [slope] = torch.autograd.grad(told.sum(), leaf, create_graph=True)
        network.train(training)
        owed = (slope * self.reach.to(x.device)).flatten(1)
        return self.strength * owed.square().sum(dim=1).mean()


@dataclass(frozen=True)
class RightReasons:
    """The fit pays for every slope of its answer towards the named features (Ross, Hughes &
    Doshi-Velez 2017, arXiv:1703.03717, the annotation matrix the same for every row).

    Unlike a mask, the network still sees them: it learns to answer without leaning on them, as far
    as slopes at the training rows can tell. A network that is flat there and steep elsewhere
    escapes, so what it leans on afterwards is measured as for any other.

    features
        names of the interpretable features that must not count: patches, columns, segments.
    strength
        of the penalty beside the loss, above 0; the paper's λ₁, for inputs in standard deviations.
    """

    modalities = ("table", "image", "series")
    needs = ("gradient",)

    features: Sequence[str] = ()
    strength: float = 100.0

    def __post_init__(self) -> None:
        if not (self.strength > 0 and np.isfinite(self.strength)):
            raise ValueError(f"right_reasons: strength must be above 0, not {self.strength}")

    def __call__(
        self, train: Split, data: Data, tables: Mapping[str, pd.DataFrame], seed: int
    ) -> Repaired:
        """The rows as they are, with a penalty on every batch; facts penalised_features,
        penalised_elements, strength; table penalised (feature). Raises NotApplicable where a
        feature is not there or differs from instance to instance, or all are named."""
        if data.modality == "text":
            raise NotApplicable("the number of a word has no slope")
        if not data.aligned:
            raise NotApplicable("no feature is the same in two instances, so none can be named")
        unknown = [name for name in self.features if name not in data.features]
        if unknown:
            listed = ", ".join(data.features[:8])
            raise NotApplicable(f"the data have no feature {unknown[0]!r}; some are {listed}")
        if not self.features:
            raise NotApplicable("no feature is named that must not count")
        named = np.isin(data.features, list(self.features))
        if named.all():
            raise NotApplicable("all features are named, nothing would be left to learn from")
        where = named[data.feature_mask]
        reach = np.where(where, data.scale, 0.0).astype(np.float32)
        penalty = Slopes(
            self.strength,
            tuple(name for name in data.features if name in self.features),
            bool(data.classes),
            1.0 if data.classes else float(train.y.std()) or 1.0,
            torch.as_tensor(reach),
        )
        facts = [
            Fact("penalised_features", int(named.sum()), "features", n=len(train)),
            Fact("penalised_elements", int(where.sum()), "elements", n=len(train)),
            Fact("strength", self.strength, "of the penalty"),
        ]
        table = pd.DataFrame({"feature": list(penalty.features)})
        return Repaired(train, facts, {"penalised": table}, Conduct(penalties=(penalty,)))
