"""Fitting the model of a recipe: a network with Lightning, an estimator by itself."""

from __future__ import annotations

import io
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from pytorch_lightning import seed_everything
from pytorch_lightning.callbacks import EMAWeightAveraging, ModelCheckpoint
from torch import nn

from xaiframe.data.face import Data
from xaiframe.data.module import DataModule, Ready
from xaiframe.errors import ModelError, Problem
from xaiframe.facts import Fact
from xaiframe.model.face import Model, WhiteBox
from xaiframe.model.preparation import prepared, stored_preparations
from xaiframe.model.trail import packed
from xaiframe.recipe import Fit
from xaiframe.repair.changes import parts_of
from xaiframe.repair.repaired import PLAIN, Conduct
from xaiframe.runner.fit_estimator import fit_estimator
from xaiframe.runner.fitted import Fitted, provided, reading
from xaiframe.runner.keeping import Keeping
from xaiframe.runner.learner import Learner
from xaiframe.runner.own_learner import OwnLearner
from xaiframe.runner.reporting import Reporting
from xaiframe.runner.stopping import Stopping
from xaiframe.runner.trainer import Runner, quiet

WEIGHTS, STEPS = "network.pt", "checkpoints.pt"


def fit(
    architecture: Any,
    module: DataModule,
    config: Fit,
    runner: Runner,
    folder: Path,
    seed: int,
    conduct: Conduct = PLAIN,
    built_on: Data | None = None,
    checkpoints: int = 0,
    callbacks: Sequence[Reporting] = (),
) -> Fitted:
    """Train the network that ``architecture`` builds and keep the epoch of lowest validation loss;
    or have the estimator that it makes fitted.

    ``conduct`` is what repairs ask of the fit beyond the rows of ``module``; ``built_on`` the data
    as read, where those rows are repaired: what stored weights are restored into has to have its
    words and units. ``checkpoints``: how many steps on the way are kept at most;
    ``callbacks``: who is told, epoch by epoch, or of the whole where there are none.

    Raises :class:`ModelError` when the loss is not finite.
    """
    units = built_on or module.data
    if hasattr(architecture, "learn"):
        whole = fit_estimator(architecture, module.data, units, config, conduct, seed)
        for one in callbacks:
            one.whole(whole.rows)
        return whole
    own = getattr(architecture, "own_steps", False)
    if own:
        module = drawn(module)
    seed_everything(seed, workers=True, verbose=False)
    module.batch_size, module.seed = config.batch_size, seed
    network = prepared(architecture.build(units), conduct.preparations)
    learner = (OwnLearner if own else Learner)(network, config, module.data, conduct)
    # Only a whole checkpoint holds averaged weights.
    checkpoint = ModelCheckpoint(
        folder, monitor="validation_loss", save_weights_only=not config.averaging
    )
    stopping = Stopping(config, conduct)
    keeping = Keeping(checkpoints)
    with quiet():
        told = [*averaging(config), checkpoint, stopping, keeping, *callbacks]
        trainer = runner.trainer(folder, told, config.epochs)
        trainer.fit(learner, datamodule=module)
    history = pd.DataFrame(learner.history)
    if not np.isfinite(history["validation_loss"]).all():
        raise ModelError(
            Problem("fit", "the loss is not finite", "a lower fit.learning_rate, or scaled inputs")
        )
    best = torch.load(checkpoint.best_model_path, map_location="cpu", weights_only=True)
    learner.load_state_dict(best["state_dict"], strict=False)
    for file in folder.glob("*.ckpt"):
        file.unlink()
    best_epoch = int(history["validation_loss"].to_numpy().argmin()) + 1
    steps = keeping.steps(best_epoch, learner.network, config.learning_rate) if checkpoints else ()
    files = {WEIGHTS: weights(learner.network)}
    if steps:
        files[STEPS] = packed(steps)
    model = face(architecture, learner.network, module.data)
    rows = len(history) * (len(module.data.train) + len(module.data.validation))
    facts = facts_of(model, history, best_epoch, config.epochs)
    facts += reading(architecture)
    return Fitted(model, files, facts, rows, history, best_epoch, steps)


def drawn(module: DataModule) -> DataModule:
    """Rows drawn by weight instead of weighed, for a loss that knows no weights."""
    train = module.data.train
    if train.weight is None:
        return module
    part = parts_of(train).astype(np.float32)
    return Ready(replace(module.data, train=replace(train, draw=part, weight=None)))


def averaging(config: Fit) -> list[EMAWeightAveraging]:
    """What judges and keeps the weights averaged over the last 1 ÷ (1 − averaging) steps, in place
    of the last ones (Polyak & Juditsky 1992, doi:10.1137/0330046), where that is asked for."""
    return [EMAWeightAveraging(decay=config.averaging)] if config.averaging else []


def facts_of(model: WhiteBox, history: pd.DataFrame, best_epoch: int, epochs: int) -> list[Fact]:
    """How long the fit took, which epoch was kept, and what the network is."""
    best = history.iloc[best_epoch - 1]
    noise = best.get("label_noise")
    return [
        *([] if noise is None else [Fact("label_noise", float(noise), "share", better="lower")]),
        Fact("epochs", len(history), "epochs"),
        Fact("best_epoch", best_epoch, "epochs"),
        Fact("stopped_early", len(history) < epochs),
        Fact("parameters", sum(p.numel() for p in model.module.parameters()), "parameters"),
        Fact("train_loss", float(best["train_loss"]), "loss", better="lower"),
        Fact("digest", model.digest),
        provided(model),
        Fact("validation_loss", float(best["validation_loss"]), "loss", better="lower"),
    ]


def face(architecture: Any, network: nn.Module, data: Data) -> WhiteBox:
    """The network behind the one face that probes know."""
    return WhiteBox(network.cpu(), data.task, data.classes, tuple(architecture.provides))


def weights(network: nn.Module) -> bytes:
    """The state dict, as bytes that :func:`restore` reads without running code."""
    buffer = io.BytesIO()
    torch.save({name: value.cpu() for name, value in network.state_dict().items()}, buffer)
    return buffer.getvalue()


def restore(architecture: Any, files: Mapping[str, bytes], data: Data) -> Model:
    """The model whose files were stored; only tensors and harmless types are read, never pickled
    code. Raises KeyError where a file is missing."""
    if hasattr(architecture, "learn"):
        found: Model = architecture.restore(files, data)
        return found
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        state = torch.load(io.BytesIO(files[WEIGHTS]), weights_only=True)
        network = prepared(architecture.build(data), stored_preparations(state))
        network.load_state_dict(state)
    return face(architecture, network, data)
