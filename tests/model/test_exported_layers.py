import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from xaiframe.model.exported_layers import with_layers
from xaiframe.probe.rewrite import simplify


class Residual(nn.Module):
    """A skip connection, functional and in-place activations, two poolings."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.norm = nn.Conv2d(2, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.two = nn.Conv2d(4, 4, 3, padding="same", groups=2, dilation=2)
        self.pool, self.dropout = nn.MaxPool2d(2, padding=1), nn.Dropout(0.3)
        self.out = nn.Linear(16, 3)

    def forward(self, x):
        x = functional.relu(self.norm(self.one(x)))
        x = self.pool(x + self.two(x).relu_())
        x = functional.adaptive_avg_pool2d(functional.silu(x), 2)
        return self.out(self.dropout(x.view(x.size(0), -1)))


class Constant(nn.Module):
    """Tensors that belong to no layer."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(3, 2))
        self.register_buffer("shift", torch.randn(2))

    def forward(self, x):
        return torch.tanh(x) @ self.table - self.shift


CASES = {
    "residual": (Residual(), (2, 8, 8)),
    "series": (
        nn.Sequential(
            nn.Conv1d(2, 3, 3, stride=2), nn.BatchNorm1d(3), nn.GELU(), nn.AvgPool1d(2),
            nn.Flatten(), nn.LayerNorm(9), nn.ELU(0.5), nn.Linear(9, 2),
        ),
        (2, 14),
    ),
    "table": (
        nn.Sequential(nn.Linear(3, 4, bias=False), nn.BatchNorm1d(4), nn.LeakyReLU(0.2),
                      nn.Linear(4, 2), nn.Softmax(dim=1)),
        (3,),
    ),
    "constants": (Constant(), (3,)),
}  # fmt: skip


@pytest.fixture(params=CASES)
def case(request):
    """(network, exported program's operators, rows), its norms no longer as they begin."""
    torch.manual_seed(0)
    network, shape = CASES[request.param]
    with torch.no_grad():
        network.train()(torch.randn(16, *shape) * 2 + 1)
    network.eval()
    rows = ({0: torch.export.Dim("n")},)
    program = torch.export.export(network, (torch.zeros(2, *shape),), dynamic_shapes=rows)
    return network, program.module(), torch.randn(7, *shape)


def test_the_layers_answer_as_the_network_did(case):
    network, operators, rows = case
    layered = with_layers(operators)
    with torch.no_grad():
        np.testing.assert_allclose(layered(rows), network(rows), rtol=1e-5, atol=1e-6)


def test_they_are_the_networks_layers_with_its_weights(case):
    network, operators, _ = case
    kinds = (nn.Linear, nn.Conv1d, nn.Conv2d, nn.BatchNorm1d, nn.BatchNorm2d, nn.LayerNorm)
    own = [one for one in network.modules() if isinstance(one, kinds)]
    found = [one for one in with_layers(operators).modules() if isinstance(one, kinds)]
    assert sorted(type(one).__name__ for one in found) == sorted(type(one).__name__ for one in own)
    assert {one.weight.sum().item() for one in found} == {one.weight.sum().item() for one in own}


def test_methods_can_go_through_them_and_copies_stand_alone(case):
    network, operators, rows = case
    simple = simplify(with_layers(operators))
    with torch.no_grad():
        np.testing.assert_allclose(simple(rows), network(rows), rtol=1e-4, atol=1e-5)
