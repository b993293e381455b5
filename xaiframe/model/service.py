"""A model that is asked over HTTP: rows in as JSON, numbers out as JSON."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Any, Literal

import numpy as np
import pandas as pd

from xaiframe.data.face import Data
from xaiframe.errors import ModelError
from xaiframe.explanation import Array
from xaiframe.model.face import BlackBox
from xaiframe.model.files.estimator import renamed
from xaiframe.model.outputs import both_sides, class_order
from xaiframe.model.service_client import Client, address_problem, plain, secrets, unencrypted
from xaiframe.model.sklearn_pipeline import TRIED, frame_of, two_sided
from xaiframe.model.trusted import check_service

REMEMBERED = 2**16
"""Rows whose answers are kept."""
SAME = 1e-6
"""Two answers to one row that differ by more are different answers."""


@dataclass(frozen=True)
class Service:
    """``POST url`` with ``{"rows": [...]}``, answered by ``{"outputs": [[...], …]}``.

    url, version: where it answers, and which state of it, where the service has a name for that.
    gives: ``probability`` or ``logit``; for regression it is the value.
    classes: of the numbers in their order; empty: ``classes`` of the answer, or the data's.
    batch, per_second: rows in one request, requests in one second (0: any number).
    timeout, attempts: seconds, and how often a request is made before it is given up.
    headers_from_env: header → name of the environment variable that holds its value. Rows leave
    this machine, and variables this process, only for hosts that the user's own settings name.
    rows, outputs: the two names above; ``probabilities`` is understood too.

    A row is a record of a table's own columns (null where there is no value, dates in ISO 8601),
    a string for text, otherwise nested lists ``input_shape``. Two classes may be answered by one
    number, the probability or log-odds of the second. A row that was asked before is not asked
    again: methods that combine rows repeat themselves.
    """

    url: str
    version: str = ""
    gives: Literal["probability", "logit"] = "probability"
    classes: Sequence[str] = field(default=())
    batch: int = 64
    timeout: float = 30.0
    attempts: int = 8
    per_second: float = 0.0
    headers_from_env: Mapping[str, str] = field(default_factory=dict)
    rows: str = "rows"
    outputs: str = "outputs"

    modalities = ("table", "text", "image", "series")
    provides = ()
    brought = True

    def __post_init__(self) -> None:
        problem = address_problem(self.url)
        if problem:
            raise ValueError(f"url {problem}")
        if self.gives not in ("logit", "probability"):
            raise ValueError(f"gives must be logit or probability, not {self.gives!r}")
        if min(self.batch, self.attempts) < 1 or self.timeout <= 0 or self.per_second < 0:
            raise ValueError("batch and attempts start at 1, timeout above 0, per_second at 0")

    def load(self, data: Data) -> Remote:
        """The service behind the face, asked twice about eight training rows.

        Raises :class:`ModelError` where it cannot be reached or its answers cannot be used.
        """
        check_service(self.url, self.headers_from_env.values())
        headers = secrets(self.headers_from_env)
        client = Client(self.url, self.timeout, self.attempts, self.per_second, headers)
        asking = Asking(client, data, self)
        tried = data.train.x[:TRIED]
        first, second = asking.fresh(tried), asking.fresh(tried)
        difference = float(np.abs(first - second).max())
        identity = (self.url, self.version, list(self.classes), np.round(first, 6))
        model = Remote(asking, self.url, identity, difference)
        model.check(first)
        model.notices = tuple(self._notices(client, difference))
        return model

    def _notices(self, client: Client, difference: float) -> list[str]:
        told = []
        if difference > SAME:
            told.append(
                f"the service changes its answers: asked twice about the same {TRIED} rows, they "
                f"differ by up to {difference:.3g}; the first answer to each row is kept"
            )
        if client.retries:
            told.append(
                f"the service failed {client.retries} times on its first requests and was asked "
                "again"
            )
        if unencrypted(self.url):
            told.append(f"rows {'and secrets ' * bool(client.headers)}travel unencrypted")
        return told


class Remote(BlackBox):
    """A service that answers; ``repeat_difference`` is the largest difference between its two
    answers to the same rows when it was loaded."""

    def __init__(self, asking: Asking, url: str, identity: object, difference: float) -> None:
        data, gives = asking.data, asking.service.gives
        super().__init__(asking, data.task, data.classes, gives=gives, place=url, identity=identity)
        self.asking, self.repeat_difference = asking, difference

    def check(self, found: Array) -> None:
        """Raise :class:`ModelError` unless ``found`` is what the service says that it gives."""
        problem = self._fault(found, len(found))
        if problem:
            raise ModelError(problem)

    @property
    def retries(self) -> int:
        """Requests that had to be made again so far."""
        return self.asking.client.retries


class Asking:
    """``(n, *input_shape)`` → ``(n, outputs)``: each different row once, in batches."""

    def __init__(self, client: Client, data: Data, service: Service) -> None:
        self.client, self.data, self.service = client, data, service
        self.known: OrderedDict[bytes, Array] = OrderedDict()
        self.names: Sequence[object] | None = None

    def __call__(self, x: Array) -> Array:
        keys = [blake2b(row.tobytes(), digest_size=16).digest() for row in x]
        places = dict(zip(reversed(keys), range(len(keys) - 1, -1, -1), strict=True))
        answers = {key: self.known[key] for key in places if key in self.known}
        missing = sorted(place for key, place in places.items() if key not in answers)
        for start in range(0, len(missing), self.service.batch):
            part = missing[start : start + self.service.batch]
            for place, answer in zip(part, self.fresh(x[part]), strict=True):
                answers[keys[place]] = self.known[keys[place]] = answer
        while len(self.known) > REMEMBERED:
            self.known.popitem(last=False)
        return np.stack([answers[key] for key in keys])

    def fresh(self, x: Array) -> Array:
        """``(n, outputs)`` what the service answers now to at most one batch of rows."""
        parts = [
            self._numbers(self._request(x[start : start + self.service.batch]))
            for start in range(0, len(x), self.service.batch)
        ]
        return np.concatenate(parts)

    def _request(self, x: Array) -> tuple[Any, int]:
        return self.client.ask({self.service.rows: records(self.data, x)}), len(x)

    def _numbers(self, asked: tuple[Any, int]) -> Array:
        """The numbers of an answer, in the order of the data's classes, or :class:`ModelError`."""
        answer, rows = asked
        found = self._array(answer)
        if not found.ndim or len(found) != rows:
            given = len(found) if found.ndim else "no"
            raise self.client.error(f"it answered {given} rows where {rows} were asked")
        broken = np.flatnonzero(~np.isfinite(found.reshape(rows, -1)).all(axis=1))
        if len(broken):
            message = f"its answer to row {broken[0] + 1} of {rows} is not a finite number"
            like = f"{len(broken)} of {rows} rows are like that"
            raise self.client.error(message, like)
        return self._in_order(found, answer)

    def _array(self, answer: Any) -> Array:
        key = self.service.outputs
        if isinstance(answer, dict) and key not in answer and self.service.gives == "probability":
            key = "probabilities"
        if not isinstance(answer, dict) or key not in answer:
            kind = f"an object of {', '.join(map(str, answer))}" if answer else "an empty object"
            told = kind if isinstance(answer, dict) else f"a JSON {type(answer).__name__}"
            raise self.client.error(
                f"it answered {self.client.shown(told.encode())}",
                f'{{"{self.service.outputs}": …}}; name it with model.outputs',
            )
        try:
            listed = np.array(answer[key], dtype=object)
            if any(isinstance(one, str) for one in listed.ravel()):
                raise TypeError
            return listed.astype(np.float64)
        except (TypeError, ValueError, OverflowError):
            hint = "a list of rows, each a list of as many numbers"
            raise self.client.error(f"{key} of its answer are no numbers", hint) from None

    def _in_order(self, found: Array, answer: dict[str, Any]) -> Array:
        wanted = max(len(self.data.classes), 1)
        if found.ndim == 1 and wanted == 1:
            found = found[:, None]
        elif wanted == 2 and (found.ndim == 1 or found.shape[1:] == (1,)):
            flat = found.reshape(-1)
            found = both_sides(flat) if self.service.gives == "probability" else two_sided(flat)
        if found.shape[1:] != (wanted,):
            shape = " × ".join(map(str, found.shape[1:])) or "1"
            raise self.client.error(f"it answered {shape} numbers per row", f"{wanted} expected")
        if wanted == 1:
            return found
        names = answer.get("classes") or list(self.data.classes)
        if not isinstance(names, list):
            raise self.client.error("classes of its answer is no list")
        if self.names is None:
            self.names = names
        if names != self.names:
            raise self.client.error("it changed the order or the names of its classes")
        own = renamed(self.client.url, names, self.service.classes)
        return found[:, class_order(self.client.url, own, self.data)]


def records(data: Data, x: Array) -> list[Any]:
    """``(n, *input_shape)`` as the rows of a request."""
    if data.modality == "table":
        frame: pd.DataFrame = frame_of(data, x)
        columns = [plain(frame[name].tolist()) for name in frame]
        names = [str(name) for name in frame]
        return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
    if data.modality == "text":
        return [str(one) for one in data.encoding.raw(x)]
    rows: list[Any] = np.asarray(data.encoding.raw(x)).tolist()
    return rows
