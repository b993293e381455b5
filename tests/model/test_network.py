import numpy as np
import pytest
import torch

from xaiframe.data.image import Images
from xaiframe.data.table import Table
from xaiframe.model.cnn import CNN
from xaiframe.model.mlp import MLP
from xaiframe.model.network import Standardize


def test_a_table_is_standardised_with_the_training_moments():
    data = Table("builtin:breast_cancer", "diagnosis").load()
    z = Standardize.of(data)(torch.as_tensor(data.train.x)).numpy()
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=1e-4)


def test_a_black_image_stays_zero():
    data = Images("builtin:digits").load()
    assert float(Standardize.of(data)(torch.zeros(1, 1, 8, 8)).abs().max()) == 0


@pytest.mark.parametrize("hidden", [(), (5,), (7, 3)])
def test_an_mlp_has_the_layers_it_was_asked_for(hidden):
    data = Table("builtin:breast_cancer", "diagnosis").load()
    network = MLP(hidden=hidden).build(data)
    widths = [m.out_features for m in network if isinstance(m, torch.nn.Linear)]
    assert widths == [*hidden, 2]
    assert network(torch.as_tensor(data.test.x)).shape == (len(data.test), 2)


@pytest.mark.parametrize("channels", [(4,), (4, 8), (4, 8, 8)])
def test_a_cnn_fits_the_picture_at_every_depth(channels):
    data = Images("builtin:digits").load()
    network = CNN(channels=channels).build(data)
    assert network(torch.as_tensor(data.test.x[:3])).shape == (3, 10)


@pytest.mark.parametrize(
    ("architecture", "options"),
    [(MLP, {"dropout": 1.0}), (MLP, {"hidden": (0,)}), (CNN, {"channels": (8, -1)})],
)
def test_widths_and_dropout_out_of_range_are_refused(architecture, options):
    with pytest.raises(ValueError, match="must be"):
        architecture(**options)


def test_an_unfitted_regression_starts_at_the_mean_of_a_target_in_the_thousands(tmp_path):
    random = np.random.default_rng(0)
    x = random.normal(size=(80, 2))
    y = 20_000 + 5_000 * x[:, 0]
    rows = "\n".join(f"{a},{b},{c}" for (a, b), c in zip(x, y, strict=True))
    (tmp_path / "rows.csv").write_text("a,b,y\n" + rows)
    data = Table(str(tmp_path / "rows.csv"), "y", task="regression").load()
    network = MLP(hidden=(4,)).build(data).eval()
    guess = network(torch.as_tensor(data.train.x)).detach().numpy()[:, 0]
    assert abs(guess.mean() - data.train.y.mean()) < 2 * data.train.y.std()
    assert [name for name, p in network.named_parameters() if not p.requires_grad] == [
        "unit.weight",
        "unit.bias",
    ]
