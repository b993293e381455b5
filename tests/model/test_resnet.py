import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from xaiframe.data.image import Images
from xaiframe.errors import NotApplicable
from xaiframe.model.resnet import Block, ResNet
from xaiframe.probe.reach import last_feature_map, layer_chain
from xaiframe.probe.rewrite import simplify, take_out_standardize, verify


@pytest.fixture(scope="module")
def digits():
    return Images("builtin:digits").load()


def test_a_block_is_the_published_formula():
    torch.manual_seed(0)
    block = Block(3, 5, 2).eval()
    for norm in (block.norm1, block.norm2, block.skip[1]):
        nn.init.uniform_(norm.running_mean)
        nn.init.uniform_(norm.running_var, 0.5, 2)
    x = torch.randn(2, 3, 7, 6)

    def norm(layer, z):
        mean, var = layer.running_mean[:, None, None], layer.running_var[:, None, None]
        return (z - mean) / torch.sqrt(var + layer.eps) * layer.weight[:, None, None]

    inner = functional.conv2d(x, block.convolution1.weight, stride=2, padding=1)
    inner = functional.conv2d(
        norm(block.norm1, inner).clamp(min=0), block.convolution2.weight, padding=1
    )
    short = norm(block.skip[1], functional.conv2d(x, block.skip[0].weight, stride=2))
    want = (short + norm(block.norm2, inner)).clamp(min=0)
    torch.testing.assert_close(block(x), want)
    assert block(x).shape == (2, 5, 4, 3)


@pytest.mark.parametrize(("channels", "blocks"), [((4,), 1), ((4, 8), 2), ((4, 8, 8, 8, 8), 1)])
def test_it_fits_the_picture_at_every_depth(digits, channels, blocks):
    network = ResNet(channels=channels, blocks=blocks).build(digits).eval()
    assert network(torch.as_tensor(digits.test.x[:3])).shape == (3, 10)
    found = [layer for layer in network if isinstance(layer, Block)]
    assert len(found) == len(channels) * blocks
    assert [type(one.skip) for one in found].count(nn.Identity) == len(found) - len(channels) + 1


@pytest.mark.parametrize("options", [{"channels": ()}, {"blocks": 0}, {"channels": (0,)}])
def test_no_stage_or_block_is_refused(options):
    with pytest.raises(ValueError, match=r"at least"):
        ResNet(**options)


def test_lrp_refuses_the_skip_connection_by_name(digits):
    network = simplify(ResNet(channels=(4, 8)).build(digits).eval())
    take_out_standardize(network)
    with pytest.raises(NotApplicable, match="skip connection"):
        layer_chain(network)


def test_grad_cam_takes_the_last_convolution_of_the_branch(digits):
    network = ResNet(channels=(4, 8)).build(digits).eval()
    simple = simplify(network)
    verify(simple, network, torch.as_tensor(digits.test.x[:2]))
    layer = last_feature_map(simple)
    assert isinstance(layer, nn.Conv2d)
    np.testing.assert_array_equal(layer.weight.shape, (8, 8, 3, 3))


def test_it_learns_which_half_is_bright(digits):
    torch.manual_seed(0)
    x = torch.rand(64, 1, 8, 8) * 8
    y = torch.arange(64) % 2
    x[y == 1, :, :, 4:] += 8
    x[y == 0, :, :, :4] += 8
    network = ResNet(channels=(4, 8), dropout=0.0).build(digits)
    optimiser = torch.optim.Adam(network.parameters(), 0.02)
    for _ in range(30):
        optimiser.zero_grad()
        functional.cross_entropy(network(x), y).backward()
        optimiser.step()
    assert (network.eval()(x).argmax(1) == y).float().mean() > 0.95
