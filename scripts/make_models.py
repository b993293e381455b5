"""The models that recipes bring along: `scripts/make_models.py NAME…`, all without a name.

They go to recipes/models/, which git ignores.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xaiframe.data.face import Data

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


def sklearn_pipeline(folder: Path) -> Path:
    """Encoder, scaler and gradient boosting on the raw columns of conf/data/compas.yaml.

    It learns from that choice's training split, and is saved with skops.
    """
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler
    from skops import io as skops

    data = data_of("compas")
    rows = data.encoding.raw(data.train.x)
    texts = ["c_charge_degree"]
    columns = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore", sparse_output=False), texts),
        (StandardScaler(), [name for name in rows if name not in texts]),
    )
    boosting = HistGradientBoostingClassifier(max_iter=60, max_depth=3, random_state=0)
    labels = [data.classes[k] for k in data.train.y]
    path = folder / "compas.skops"
    skops.dump(make_pipeline(columns, boosting).fit(rows, labels), path)
    return path


def xgboost_trees(folder: Path) -> Path:
    """Boosted trees on the columns of conf/data/bike_sharing.yaml, a code for each level.

    They learn from that choice's training split, and stop where its validation split says so.
    """
    import xgboost

    data = data_of("bike_sharing")
    train, validation = (
        xgboost.DMatrix(
            data.encoding.values(part.x), part.y, feature_names=list(data.features), nthread=1
        )
        for part in (data.train, data.validation)
    )
    settings = {"max_depth": 6, "eta": 0.1, "subsample": 0.8, "seed": 0, "nthread": 1}
    booster = xgboost.train(
        settings, train, 400, evals=[(validation, "validation")], early_stopping_rounds=20,
        verbose_eval=False,
    )  # fmt: skip
    path = folder / "bike_sharing.json"
    booster.save_model(path)
    return path


def data_of(choice: str) -> Data:
    """The data of conf/data/CHOICE.yaml, split as an audit splits them."""
    import yaml

    from xaiframe.composition.trust import instantiate

    file = FOLDER.parent.parent / "conf" / "data" / f"{choice}.yaml"
    data: Data = instantiate(yaml.safe_load(file.read_text(encoding="utf-8"))).load()
    return data


MODELS: Mapping[str, Callable[[Path], Path]] = {
    "onnx_model": onnx_model,
    "sklearn_pipeline": sklearn_pipeline,
    "xgboost_trees": xgboost_trees,
}
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
