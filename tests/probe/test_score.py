import numpy as np
import torch
from torch import nn

from xaiframe.data.table import Table
from xaiframe.model.face import WhiteBox
from xaiframe.probe.reference import declare
from xaiframe.probe.score import Scorer
from xaiframe.recipe import ReferenceConfig


def test_scores_are_the_targets_log_odds_counted_and_independent_of_batches():
    data = Table("builtin:breast_cancer", "diagnosis").data
    torch.manual_seed(0)
    network = nn.Sequential(nn.LayerNorm(30), nn.Linear(30, 2))
    model = WhiteBox(network, "classification", data.classes, ())
    reference = declare(ReferenceConfig(), data, 0)
    x, targets = data.test.x[:9], np.arange(9) % 2
    scorer = Scorer(model, reference)
    p = model.probabilities(x)[np.arange(9), targets]
    np.testing.assert_allclose(scorer(x, targets), np.log(p / (1 - p)), rtol=1e-4, atol=1e-5)
    assert scorer.evaluations == 9
    np.testing.assert_allclose(
        Scorer(model, reference, 2)(x, targets), scorer(x, targets), rtol=1e-6
    )
