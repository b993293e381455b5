"""What a .skops file holds, as one digest: the same for two files of the same estimator."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import numpy as np

from xaiframe.store import digest

ENVIRONMENT = ("_skops_version", "protocol")


def content_digest(content: bytes) -> str:
    """Digest of an estimator's parameters and arrays.

    The file itself differs from one saving to the next: it names its parts by their place in
    memory, and trees keep unused bytes between their numbers.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        schema = json.loads(archive.read("schema.json"))
        for key in ENVIRONMENT:
            schema.pop(key, None)
        order: dict[int, int] = {}
        return digest(json.dumps(_plain(schema, archive, order), sort_keys=True))


def _plain(node: Any, archive: zipfile.ZipFile, order: dict[int, int]) -> Any:
    if isinstance(node, list):
        return [_plain(one, archive, order) for one in node]
    if not isinstance(node, dict):
        return node
    if not isinstance(node.get("__loader__"), str):  # the keys are the user's own, "file" as well
        return {key: _plain(value, archive, order) for key, value in node.items()}
    found: dict[str, Any] = {}
    for key, value in node.items():
        if key == "__id__":  # small numbers and words share a place by chance
            if node["__loader__"] != "JsonNode":
                found[key] = order.setdefault(value, len(order))
        elif key == "file":
            found[key] = _array(str(value), archive.read(str(value)))
        else:
            found[key] = _plain(value, archive, order)
    return found


def _array(name: str, content: bytes) -> str:
    if not name.endswith(".npy"):
        return digest(_parts(content)) if name.endswith(".npz") else digest(content)
    return digest(_fields(np.load(io.BytesIO(content), allow_pickle=False)))


def _parts(content: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: _fields(arrays[name]) for name in sorted(arrays.files)}


def _fields(array: Any) -> Any:
    """An array of records field by field, without what lies between the fields."""
    names = array.dtype.names
    return array if names is None else {name: np.ascontiguousarray(array[name]) for name in names}
