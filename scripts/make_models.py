"""The models that recipes bring along: `scripts/make_models.py NAME…`, all without a name.

They go to recipes/models/, which git ignores.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "recipes" / "models"


def onnx_model(folder: Path) -> Path:
    """A small residual network for scikit-learn's digits, exported by torch with its softmax.

    It learns from the training split of conf/data/digits.yaml, so that the audit's test split is
    new to it; the same seed gives the same file.
    """
    import torch
    from torch import nn
    from torch.nn import functional

    from xaiframe.data.image import Images

    class Reader(nn.Module):
        """Levels 0–16 in, probabilities of the digits out."""

        def __init__(self) -> None:
            super().__init__()
            self.conv1, self.norm1 = nn.Conv2d(1, 16, 3, padding=1), nn.BatchNorm2d(16)
            self.conv2, self.norm2 = nn.Conv2d(16, 32, 3, padding=1), nn.BatchNorm2d(32)
            self.output = nn.Linear(32 * 4 * 4, 10)

        def logits(self, x: torch.Tensor) -> torch.Tensor:
            x = functional.relu(self.norm1(self.conv1(x / 16)))
            x = functional.relu(self.norm2(self.conv2(functional.max_pool2d(x, 2))))
            return self.output(torch.flatten(x, 1))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.softmax(self.logits(x), dim=1)

    torch.manual_seed(0)
    train = Images("builtin:digits").load().train
    x, y = torch.tensor(train.x), torch.tensor(train.y)
    net = Reader()
    optimizer = torch.optim.AdamW(net.parameters(), lr=3e-3)
    for _ in range(12):
        for part in torch.randperm(len(x)).split(64):
            optimizer.zero_grad()
            functional.cross_entropy(net.logits(x[part]), y[part]).backward()
            optimizer.step()
    path = folder / "digits.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's own deprecations while exporting
        torch.onnx.export(
            net.eval(), (x[:2],), str(path), input_names=["pixels"], output_names=["digits"],
            dynamic_axes={"pixels": {0: "rows"}, "digits": {0: "rows"}}, dynamo=False,
        )  # fmt: skip
    return path


MODELS: Mapping[str, Callable[[Path], Path]] = {"onnx_model": onnx_model}
"""Name of a recipe → what writes its model into a folder and returns the file."""


def main(names: list[str], folder: Path = FOLDER) -> int:
    """Make the models of these names; 3 where one is unknown."""
    unknown = [name for name in names if name not in MODELS]
    if unknown:
        print(f"unknown: {', '.join(unknown)}; there are {', '.join(MODELS)}", file=sys.stderr)
        return 3
    folder.mkdir(parents=True, exist_ok=True)
    for name in names or MODELS:
        print(MODELS[name](folder))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
