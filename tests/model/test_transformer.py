"""A transformer in which absent words take no part, and that is continuous down to none."""

import numpy as np
import pandas as pd
import pytest
import torch

from xaiframe.data.text import Text
from xaiframe.model.transformer import Block, Encoder, Transformer, sinusoids


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rows = [f"{'win money' if k % 2 else 'see you'} at home {k % 7}" for k in range(60)]
    frame = pd.DataFrame({"message": rows, "label": ["ham", "spam"] * 30})
    path = tmp_path_factory.mktemp("transformer") / "m.csv"
    frame.to_csv(path, index=False)
    return Text(str(path), "message", "label").data


@pytest.fixture
def encoder():
    torch.manual_seed(0)
    return Encoder(Transformer(dimensions=8, heads=2, hidden=8), 6).eval()


def test_an_absent_word_takes_no_part(encoder):
    """Cut the message at its end, and the rest is read as if there had been room for no more."""
    torch.manual_seed(1)
    vectors = torch.randn(3, 8, 6)
    vectors[:, :, 4:] = 0
    short = Encoder(Transformer(dimensions=8, heads=2, hidden=8), 4).eval()
    short.load_state_dict({**encoder.state_dict(), "places": encoder.places[:4]})
    torch.testing.assert_close(encoder(vectors), short(vectors[:, :, :4]))
    assert (encoder(torch.zeros(1, 8, 6)) == 0).all()


def test_the_answer_moves_without_a_jump_from_no_word_to_all(encoder):
    torch.manual_seed(1)
    vectors = torch.randn(1, 8, 6)
    with torch.no_grad():
        steps = encoder(vectors * torch.linspace(0, 1, 2001)[:, None, None])
    largest = torch.diff(steps, dim=0).norm(dim=1).max()
    assert float(largest) < 0.02 * float(steps.norm(dim=1).max())


def test_with_all_words_there_it_is_torch_attention_beside_a_nothing():
    torch.manual_seed(0)
    block = Block(Transformer(dimensions=8, heads=2, hidden=8)).eval()
    theirs = torch.nn.MultiheadAttention(8, 2, batch_first=True, add_zero_attn=True)
    with torch.no_grad():
        theirs.in_proj_weight.copy_(block.ask.weight)
        theirs.in_proj_bias.copy_(block.ask.bias)
        theirs.out_proj.weight.copy_(torch.eye(8))
        theirs.out_proj.bias.zero_()
    state = torch.randn(2, 5, 8)
    seen = []
    block.weights.register_forward_hook(lambda _, __, weights: seen.append(weights))
    expected, weights = theirs(state, state, state, average_attn_weights=False)
    torch.testing.assert_close(block.attend(state, torch.ones(2, 5)), expected)
    torch.testing.assert_close(seen, [weights[..., :-1]])


def test_places_are_told_apart():
    places = sinusoids(50, 8)
    assert places.shape == (50, 8)
    assert float(torch.cdist(places, places).fill_diagonal_(1).min()) > 0.1
    np.testing.assert_allclose(places[0], np.tile([0.0, 1.0], 4))


def test_it_learns_two_words_within_a_few_steps(data):
    torch.manual_seed(0)
    network = Transformer(dropout=0.0).build(data)
    x, y = torch.tensor(data.train.x), torch.tensor(data.train.y)
    step = torch.optim.Adam(network.parameters(), lr=0.01)
    for _ in range(20):
        step.zero_grad()
        torch.nn.functional.cross_entropy(network(x), y).backward()
        step.step()
    told = network.eval()(torch.tensor(data.test.x)).argmax(dim=1).numpy()
    np.testing.assert_array_equal(told, data.test.y)


@pytest.mark.parametrize(
    ("options", "said"),
    [({"dimensions": 10, "heads": 4}, "multiple of heads"), ({"blocks": 0}, "at least 1")],
)
def test_what_cannot_be_built_is_refused(options, said):
    with pytest.raises(ValueError, match=said):
        Transformer(**options)
