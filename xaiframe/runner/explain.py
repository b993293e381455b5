"""Explaining inside ``Trainer.predict``: batches in, explanations with sample ids on disk."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import takewhile
from pathlib import Path
from threading import Event, Thread
from typing import Any, Protocol

import numpy as np
import torch
from pytorch_lightning import LightningModule
from pytorch_lightning.callbacks import BasePredictionWriter
from torch import nn
from torch.utils.data import DataLoader, Dataset

from xaiframe.data.face import Data
from xaiframe.explanation import Array, Attribution
from xaiframe.kinds.answer import Answer, kind
from xaiframe.model.face import WhiteBox
from xaiframe.probe.bank import Bank
from xaiframe.probe.score import Scorer
from xaiframe.runner.apart import predict_apart, sendable, share
from xaiframe.runner.trainer import Runner, quiet, to_cpu
from xaiframe.store import npz_bytes, write_atomically

Progress = Callable[[int, int], None]
"""Told ``(batches done, batches in all)``."""


def silent(done: int, total: int) -> None:
    """Tells nobody."""


class Points(Dataset[dict[str, Any]]):
    """The explained instances as a torch data set; ``mask`` where each has features of its own."""

    def __init__(self, ids: Array, x: Array, targets: Array, mask: Array | None = None) -> None:
        self.ids, self.x, self.targets, self.mask = ids, x, targets, mask

    def first(self, count: int) -> Points:
        """The first ``count`` of them."""
        mask = None if self.mask is None else self.mask[:count]
        return Points(self.ids[:count], self.x[:count], self.targets[:count], mask)

    def __len__(self) -> int:
        return len(self.ids)

    def __getitem__(self, position: int) -> dict[str, Any]:
        item = {"id": self.ids[position], "x": self.x[position], "target": self.targets[position]}
        return item if self.mask is None else {**item, "mask": self.mask[position]}


class Explaining(LightningModule):
    """The scored model; each predict step asks every method about one batch.

    A method that raises is left out of the following batches; ``failures`` keeps its exception.
    ``batches``: how many of them each method is asked of; none is begun that would end after
    ``until`` (seconds since the epoch). Several processes take turns: ``number`` counts the batches
    of all of them.
    """

    def __init__(
        self,
        methods: Mapping[str, Any],
        bank: type[Bank],
        scorer: Scorer,
        data: Data,
        points: Points,
        batch: int,
        seed: int,
        have: Have,
        batches: Mapping[str, int],
        until: float = math.inf,
    ) -> None:
        super().__init__()
        # Registered, so that Lightning moves it to the runner's device.
        self.scored = scorer.module if isinstance(scorer.model, WhiteBox) else nn.Identity()
        self.methods, self.bank, self.scorer, self.data_face = methods, bank, scorer, data
        self.points, self.batch, self.explain_seed, self.have = points, batch, seed, have
        self.batches, self.until = batches, until
        self.failures: dict[str, Exception] = {}
        self.took: dict[str, float] = {}

    def predict_dataloader(self) -> DataLoader[dict[str, Any]]:
        turn = (self.trainer.global_rank, self.trainer.world_size)
        own = share(len(self.points), self.batch, *turn)
        return DataLoader(dataset=self.points, batch_size=self.batch, sampler=own)

    def predict_step(self, batch: dict[str, Any], number: int) -> dict[str, Any]:
        number = number * self.trainer.world_size + self.trainer.global_rank
        x, targets, ids = (to_cpu(batch[key]) for key in ("x", "target", "id"))
        bank = None
        answers: dict[str, tuple[Attribution | Answer, float]] = {}
        for name, method in self.methods.items():
            if name in self.failures or self.have(name, number) or not self.may(name, number):
                continue
            bank = bank or self.bank(
                *(self.scorer, self.data_face, x, targets, ids, self.explain_seed),
                to_cpu(batch.get("mask")),
            )
            start = time.perf_counter()
            try:
                with torch.enable_grad():
                    answer = method.explain(bank)
            except Exception as error:
                self.failures[name] = error
                continue
            self.took[name] = time.perf_counter() - start
            answers[name] = (answer, self.took[name])
        return {"number": number, "ids": ids, "answers": answers}

    def may(self, name: str, number: int) -> bool:
        """Whether a method is asked of that batch: there are bounds to number and time, and a batch
        takes about as long as the one before."""
        ends = time.time() + self.took.get(name, 0.0)
        return number < self.batches[name] and ends < self.until


class Have(Protocol):
    """Whether a method's batch is already on disk."""

    def __call__(self, method: str, number: int) -> bool: ...


class Writer(BasePredictionWriter):
    """One file per method and batch, written atomically, so that a killed run goes on there."""

    def __init__(self, folders: Mapping[str, Path], batches: int, progress: Progress) -> None:
        super().__init__("batch")
        self.folders, self.batches, self.progress = folders, batches, progress

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "progress": silent}  # only the process that began it tells

    def path(self, method: str, number: int) -> Path:
        return self.folders[method] / f"batch-{number:06d}.npz"

    def have(self, method: str, number: int) -> bool:
        return self.path(method, number).exists()

    def write_on_batch_end(self, *call: Any) -> None:
        # Lightning's order: trainer, module, prediction, indices, batch, number, loader.
        prediction = call[2]
        number = prediction["number"]
        for method, (answer, seconds) in prediction["answers"].items():
            arrays = answer.packed() if isinstance(answer, Answer) else _arrays(answer)
            arrays |= {"ids": prediction["ids"], "seconds": np.array(seconds)}
            arrays["evaluations"] = np.array(answer.evaluations)
            write_atomically(self.path(method, number), npz_bytes(arrays))
        self.progress(number + 1, self.batches)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Tells of the files that other processes write."""
        over = Event()

        def look() -> None:
            while not over.wait(1.0):
                self.progress(self.done(), self.batches)

        watcher = Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield
        finally:
            over.set()
            watcher.join()
        self.progress(self.done(), self.batches)

    def done(self) -> int:
        """Batches that some method has on disk."""
        return max(len(list(folder.glob("batch-*.npz"))) for folder in self.folders.values())


def _arrays(answer: Attribution) -> dict[str, Array]:
    arrays = {"values": np.asarray(answer.values), "level": np.array(answer.level)}
    return arrays | {
        name: np.asarray(value)
        for name in ("error", "base")
        if (value := getattr(answer, name)) is not None
    }


class Stored(dict[str, Array]):
    """All batches of one method together: ids, evaluations, seconds, and of attributions values,
    level, error and base; of any other kind the joined ``answer``."""

    answer: Answer | None = None


def explain(
    methods: Mapping[str, Any],
    bank: type[Bank],
    scorer: Scorer,
    data: Data,
    points: Points,
    batch: int,
    seed: int,
    runner: Runner,
    folders: Mapping[str, Path],
    progress: Progress,
    instances: Mapping[str, int] | None = None,
    until: float = math.inf,
) -> tuple[dict[str, Stored], dict[str, Exception]]:
    """What every method says of every point, and what went wrong instead.

    ``folders`` (one per method) receive the batches; a batch that is there is not asked again.
    ``instances``: of how many points a method is asked where not of all; after ``until`` (seconds
    since the epoch) none is asked any more. What is returned of a method that was cut short are the
    first points, and nothing of one that had no time at all.
    """
    asked = {name: (instances or {}).get(name, len(points)) for name in methods}
    points = points.first(max(asked.values()))
    own = {name: -(-count // batch) for name, count in asked.items()}
    batches = max(own.values())
    writer = Writer(folders, batches, progress)
    module = Explaining(methods, bank, scorer, data, points, batch, seed, writer.have, own, until)
    folder, size = next(iter(folders.values())).parent, min(runner.processes, batches)
    payload = sendable(module) if size > 1 else None
    with quiet():
        if payload is None:
            trainer = runner.trainer(folder, [writer])
            trainer.predict(module, return_predictions=False)
        else:
            with writer.watched():
                predict_apart(module, payload, runner, size, folder, [writer])
    stored = {}
    for name, method in methods.items():
        paths = [writer.path(name, number) for number in range(own[name])]
        if until < math.inf:
            paths = list(takewhile(Path.exists, paths))
        if paths and name not in module.failures:
            stored[name] = collect(paths, method.kind)
    return stored, module.failures


def collect(paths: Sequence[Path], kind_: str = "attribution") -> Stored:
    """The batches of one method, joined in order."""
    if kind_ == "attribution":
        return Stored(joined(paths))
    answers = kind(kind_)
    stored = Stored(joined(paths, ("ids", "evaluations", "seconds")))
    stored.answer = answers.joined([answers.unpacked(part) for part in read(paths)])
    return stored


def read(paths: Sequence[Path], names: Sequence[str] = ()) -> Iterator[dict[str, Array]]:
    """The arrays of each file, one after the other; all of them, or those of these ``names``."""
    for path in paths:
        with np.load(io.BytesIO(path.read_bytes()), allow_pickle=False) as batch:
            yield {name: batch[name] for name in names or batch.files}


def joined(paths: Sequence[Path], names: Sequence[str] = ()) -> dict[str, Array]:
    """The arrays of all files end to end, numbers added up; one file in memory at a time."""
    n = sum(len(part["ids"]) for part in read(paths, ("ids",)))
    found: dict[str, Array] = {}
    at = 0
    for part in read(paths, names):
        for name, column in part.items():
            if name == "level":
                found[name] = column
            elif column.ndim == 0:
                found[name] = found.get(name, np.array(0, column.dtype)) + column
            else:
                whole = found.setdefault(name, np.empty((n, *column.shape[1:]), column.dtype))
                whole[at : at + len(column)] = column
        at += len(part["ids"])
    return found
