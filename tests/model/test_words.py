"""The first layer of networks on text: which words it knows, and that absent ones are nothing."""

import pandas as pd
import pytest
import torch

from xaiframe.data.table import Table
from xaiframe.data.text import Text
from xaiframe.errors import ModelError
from xaiframe.model.words import Words, vocabulary


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """``common`` is in every training message in two spellings, ``rare…`` in one message each."""
    rows = [
        f"{'Common' if k % 2 else 'common'} rare{'xyz'[k % 3] * (k + 1)} end" for k in range(30)
    ]
    frame = pd.DataFrame({"message": rows, "label": ["a", "b"] * 15})
    path = tmp_path_factory.mktemp("words") / "m.csv"
    frame.to_csv(path, index=False)
    return Text(str(path), "message", "label").data


def test_spellings_of_one_word_share_a_vector_and_rare_words_another(data):
    torch.manual_seed(0)
    layer = Words.of(data, dimensions=4, minimum=2)
    x = data.encoding.encode(["Common rarex end", "common raryyy end", "common zzz END"])
    found = layer(torch.tensor(x)).detach()
    assert found.shape == (3, 4, data.input_shape[0])
    torch.testing.assert_close(found[0], found[1])
    torch.testing.assert_close(found[1], found[2])
    assert not torch.equal(found[0, :, 0], found[0, :, 1])


def test_an_absent_word_is_zero_even_when_the_table_says_otherwise(data):
    layer = Words.of(data, dimensions=4, minimum=1)
    with torch.no_grad():
        layer.table.weight.fill_(1.0)
    x = data.encoding.encode(["common"])
    assert (layer(torch.tensor(x))[0, :, 1:] == 0).all()


def test_only_the_training_split_decides_what_is_known(data):
    encoding = data.encoding
    keys = [surface.strip().lower() for surface in encoding.surfaces]
    known = vocabulary(data, keys, minimum=1)
    told = set(" ".join(data.train.original).lower().split())
    assert set(known) == told
    assert list(known)[:2] == ["common", "end"]
    assert set(vocabulary(data, keys, minimum=2)) == {"common", "end"}


def test_new_spellings_leave_the_layer_as_it_is(data):
    before = Words.of(data, 4, 2).own
    data.encoding.encode(["never seen before"])
    after = Words.of(data, 4, 2)
    assert torch.equal(before, after.own)
    assert bool(after(torch.tensor(data.encoding.encode(["never seen"]))).isfinite().all())


def test_a_table_is_no_text():
    with pytest.raises(ModelError, match="a network on text cannot read data of modality table"):
        Words.of(Table("builtin:breast_cancer", "diagnosis").data, 4, 1)
