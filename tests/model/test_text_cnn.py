import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.data.text import Text
from xaiframe.model.network import Embedding
from xaiframe.model.text_cnn import TextCNN


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rows = [f"{'win money' if k % 2 else 'see you'} at home {k % 7}" for k in range(60)]
    frame = pd.DataFrame({"message": rows, "label": ["ham", "spam"] * 30})
    path = tmp_path_factory.mktemp("cnn") / "m.csv"
    frame.to_csv(path, index=False)
    return Text(str(path), "message", "label").data


@pytest.mark.parametrize("channels", [(4,), (4, 6), (4, 6, 8)])
@pytest.mark.parametrize("width", [1, 3, 5])
def test_it_has_the_convolutions_it_was_asked_for(data, channels, width):
    network = TextCNN(channels=channels, width=width).build(data)
    found = [one for one in network if isinstance(one, torch.nn.Conv1d)]
    assert [one.out_channels for one in found] == [*channels]
    assert isinstance(network[0], Embedding)
    assert network(torch.tensor(data.test.x)).shape == (len(data.test), 2)


def test_it_learns_two_words_within_a_few_steps(data):
    torch.manual_seed(0)
    network = TextCNN(dropout=0.0).build(data)
    x, y = torch.tensor(data.train.x), torch.tensor(data.train.y)
    step = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(30):
        step.zero_grad()
        torch.nn.functional.cross_entropy(network(x), y).backward()
        step.step()
    told = network.eval()(torch.tensor(data.test.x)).argmax(dim=1).numpy()
    np.testing.assert_array_equal(told, data.test.y)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"width": 2}, "odd"), ({"channels": ()}, "at least one"), ({"dropout": 1.0}, "dropout"),
     ({"minimum": 0}, "at least 1")],
)  # fmt: skip
def test_what_cannot_be_built_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        TextCNN(**options)
