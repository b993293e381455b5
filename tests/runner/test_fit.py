from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from xaiframe.data.table import Table
from xaiframe.data.text import Text
from xaiframe.errors import ModelError
from xaiframe.model.mlp import MLP
from xaiframe.model.text_cnn import TextCNN
from xaiframe.recipe import Fit
from xaiframe.runner.fit import fit, restore
from xaiframe.runner.learner import Learner
from xaiframe.runner.trainer import Runner


@pytest.fixture(scope="module")
def table() -> Table:
    return Table("builtin:breast_cancer", "diagnosis")


def run(table: Table, folder: Path, seed: int = 0, hidden: tuple[int, ...] = (8,), **config):
    return fit(MLP(hidden=hidden, dropout=0.0), table, Fit(**config), Runner(), folder, seed)


def test_the_same_seed_gives_the_same_weights_and_another_does_not(table, tmp_path):
    one, same = (run(table, tmp_path, epochs=2) for _ in range(2))
    other = run(table, tmp_path, seed=1, epochs=2)
    x = table.data.test.x
    np.testing.assert_array_equal(one.model.raw(x), same.model.raw(x))
    assert np.abs(one.model.raw(x) - other.model.raw(x)).max() > 1e-3


def test_a_linear_network_reaches_logistic_regression(table, tmp_path):
    fitted = run(table, tmp_path, hidden=(), learning_rate=0.02, weight_decay=0.0, epochs=60)
    data = table.data
    scaler = StandardScaler().fit(data.train.x)
    reference = LogisticRegression(C=1.0).fit(scaler.transform(data.train.x), data.train.y)
    agreement = fitted.model.predictions(data.test.x) == reference.predict(
        scaler.transform(data.test.x)
    )
    assert agreement.mean() > 0.95


def test_the_epoch_with_the_lowest_validation_loss_is_kept(table, tmp_path):
    fitted = run(table, tmp_path, learning_rate=0.05, epochs=40, patience=5)
    losses = fitted.history["validation_loss"]
    data = table.data
    logits = torch.as_tensor(fitted.model.raw(data.validation.x))
    kept = float(torch.nn.functional.cross_entropy(logits, torch.as_tensor(data.validation.y)))
    assert kept == pytest.approx(losses.min(), rel=1e-4)
    assert fitted.best_epoch == int(losses.idxmin()) + 1
    assert len(losses) < 40


def test_noise_falls_on_the_vectors_of_words_and_never_on_their_numbers(tmp_path):
    rows = [f"{'ab'[k % 2]},{'win money' if k % 2 else 'see you'} at {k % 7}" for k in range(60)]
    (tmp_path / "m.csv").write_text("\n".join(["label,message", *rows]))
    messages = Text(str(tmp_path / "m.csv"), "message", "label")
    seen = []

    class Watched(TextCNN):
        def build(self, data):
            network = super().build(data)
            network[0].register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
            return network

    fit(Watched(), messages, Fit(epochs=12, input_noise=0.5), Runner(), tmp_path, 0)
    assert all(torch.equal(x, x.round()) for x in seen)
    learner = Learner(
        TextCNN(dropout=0.0).build(messages.data), Fit(input_noise=0.5), messages.data
    )
    x = torch.as_tensor(messages.data.train.x)
    assert not torch.equal(learner._disturbed(x), learner.network(x))
    assert torch.equal(learner._disturbed(0 * x[:1, :]), learner.network(0 * x[:1, :]))


def test_weights_restore_to_the_same_model(table, tmp_path):
    fitted = run(table, tmp_path, epochs=1)
    again = restore(MLP(hidden=(8,), dropout=0.0), fitted.files, table.data)
    x = table.data.test.x
    np.testing.assert_array_equal(again.raw(x), fitted.model.raw(x))


def test_a_diverging_fit_is_named(table, tmp_path):
    with pytest.raises(ModelError, match="not finite"):
        run(table, tmp_path, learning_rate=1e30, epochs=3)


def test_balanced_class_weights_raise_the_rare_class(tmp_path):
    table = Table("builtin:breast_cancer", "diagnosis")
    data = table.data
    keep = np.flatnonzero((data.train.y == 1) | (np.arange(len(data.train)) % 10 == 0))
    table.__dict__["data"] = type(data)(**{**data.__dict__, "train": data.train.take(keep)})
    recall = {}
    for weight in ("none", "balanced"):
        model = run(table, tmp_path, epochs=4, class_weight=weight, learning_rate=1e-3).model
        rare = data.test.y == 0
        recall[weight] = (model.predictions(data.test.x)[rare] == 0).mean()
    assert recall["balanced"] > recall["none"]


def test_a_regression_in_the_users_unit_reaches_least_squares(tmp_path):
    random = np.random.default_rng(0)
    x = random.normal(size=(300, 2))
    y = 20_000 + 5_000 * x[:, 0] - 1_000 * x[:, 1] + 100 * random.normal(size=300)
    rows = "\n".join(f"{a},{b},{c}" for (a, b), c in zip(x, y, strict=True))
    (tmp_path / "rows.csv").write_text("a,b,y\n" + rows)
    table = Table(str(tmp_path / "rows.csv"), "y", task="regression")
    fitted = run(table, tmp_path, hidden=(), learning_rate=0.02, weight_decay=0.0, epochs=60)
    error = fitted.model.predictions(table.data.test.x) - table.data.test.y
    assert np.sqrt((error**2).mean()) == pytest.approx(100, rel=0.5)
