"""Run folders, digests, the content-addressed cache and the manifest."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from xaiframe.explanation import Outcome
from xaiframe.facts import Fact

PACKAGE = Path(__file__).parent


def digest(*parts: Any) -> str:
    """A sha256 over plain values, data classes, bytes and arrays; key order does not matter."""
    state = hashlib.sha256()
    for part in parts:
        _feed(state, part)
    return state.hexdigest()


def _feed(state: Any, part: Any) -> None:
    if isinstance(part, bytes):
        state.update(b"b" + part)
    elif isinstance(part, np.ndarray):
        state.update(f"a{part.dtype}{part.shape}".encode())
        if part.dtype == object:
            state.update(repr(part.tolist()).encode())
        else:  # read where it lies: a copy of a million rows would not be free
            state.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    elif is_dataclass(part) and not isinstance(part, type):
        _feed(state, asdict(part))
    elif isinstance(part, Mapping):
        for key in sorted(part, key=str):
            state.update(f"k{key}=".encode())
            _feed(state, part[key])
    elif isinstance(part, (list, tuple)):
        state.update(f"l{len(part)}".encode())
        for item in part:
            _feed(state, item)
    else:
        state.update(f"v{type(part).__name__}{part!r}".encode())


def source_digest(*rooms: str) -> str:
    """Digest of the source of files and folders of the package, e.g. ``"gradient/lrp.py"``."""
    state = hashlib.sha256()
    for room in rooms:
        path = PACKAGE / room
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            state.update(file.relative_to(PACKAGE).as_posix().encode())
            state.update(file.read_bytes())
    return state.hexdigest()


def file_digest(path: Path) -> str:
    """sha256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def write_atomically(path: Path, content: bytes | str) -> None:
    """Write beside ``path`` and rename, so that a reader never sees half a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as stream:
        stream.write(content.encode() if isinstance(content, str) else content)
    os.chmod(name, 0o644)
    os.replace(name, path)


def plain(value: Any) -> Any:
    """``value`` with numpy values, tuples, mappings and paths turned into what JSON knows."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    return value


def to_json(value: Any) -> str:
    """Readable JSON, one newline at the end; NaN is refused, facts never hold one."""
    return json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def save_outcome(outcome: Outcome, folder: Path) -> None:
    """Store facts as JSON, tables as Parquet, arrays as npz, files as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, frame in outcome.tables.items():
        frame.to_parquet(folder / f"{name}.parquet")
    for name, arrays in outcome.arrays.items():
        (folder / f"{name}.npz").write_bytes(npz_bytes(arrays))
    for name, content in outcome.files.items():
        (folder / name).write_bytes(content)
    facts = [fact.to_dict() for fact in outcome.facts]
    (folder / "facts.json").write_text(to_json(facts), encoding="utf-8")


def npz_bytes(arrays: Mapping[str, np.ndarray]) -> bytes:
    """The same arrays always give the same bytes (numpy writes no time stamps into an npz)."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def load_outcome(folder: Path) -> Outcome:
    """What :func:`save_outcome` stored; object arrays are refused."""
    outcome = Outcome(
        facts=[Fact.from_dict(item) for item in json.loads((folder / "facts.json").read_text())]
    )
    for path in sorted(folder.iterdir()):
        if path.suffix == ".parquet":
            outcome.tables[path.stem] = pd.read_parquet(path)
        elif path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as stored:
                outcome.arrays[path.stem] = {key: stored[key] for key in stored.files}
        elif path.name != "facts.json":
            outcome.files[path.name] = path.read_bytes()
    return outcome


class Cache:
    """Outcomes under the digest of everything that decides them; written atomically."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, key: str) -> Path:
        return self.folder / key[:2] / key

    def get(self, key: str) -> Outcome | None:
        path = self.path(key)
        return load_outcome(path) if path.is_dir() else None

    def put(self, key: str, outcome: Outcome) -> Outcome:
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix="."))
        try:
            save_outcome(outcome, temporary)
            if path.is_dir():
                shutil.rmtree(path)
            os.replace(temporary, path)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
        shutil.rmtree(self.partial(key), ignore_errors=True)
        return outcome

    def partial(self, key: str) -> Path:
        """A folder for the batches of an unfinished stage; gone once the stage is put."""
        return self.folder / "partial" / key


class RunFolder:
    """``outputs/<recipe>/<time>/``: invisible under a dot name until :meth:`finish` renames it."""

    def __init__(self, final: Path) -> None:
        self.final = final
        self.path = final.with_name(f".unfinished-{final.name}")
        self.path.mkdir(parents=True)
        (self.path / ".pid").write_text(str(os.getpid()))

    def artifacts(self, stage: str, choice: str, origin: Path, into: str = "") -> list[str]:
        """Copy a stage's stored files into the run; returns their names relative to the run."""
        target = self.path / into / "artifacts" / f"{stage}.{choice}"
        target.mkdir(parents=True, exist_ok=True)
        names = []
        for file in sorted(origin.iterdir()):
            if file.name != "facts.json":
                shutil.copyfile(file, target / file.name)
                names.append(f"artifacts/{stage}.{choice}/{file.name}")
        return names

    def write(self, name: str, content: bytes | str) -> Path:
        write_atomically(self.path / name, content)
        return self.path / name

    def finish(self) -> Path:
        """Give the run its name and point ``latest`` at it."""
        (self.path / ".pid").unlink()
        os.replace(self.path, self.final)
        self.path = self.final
        link = self.final.parent / "latest"
        temporary = self.final.parent / f".latest-{os.getpid()}"
        temporary.unlink(missing_ok=True)
        temporary.symlink_to(self.final.name, target_is_directory=True)
        os.replace(temporary, link)
        return self.final

    def discard(self) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def digests(folder: Path, names: Iterable[str]) -> dict[str, str]:
    """sha256 per file of a folder."""
    return {name: file_digest(folder / name) for name in names}
