"""What the house, its choices, the recipe and the overrides say, merged, with who said what."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any, Literal

from xaiframe.catalogue.reader import Document, Keys

Origin = Literal["house", "recipe", "override"]


@dataclass(frozen=True)
class Place:
    """``file:line`` or ``override '…'``, and whose word it is."""

    text: str
    origin: Origin


@dataclass
class Layers:
    """A plain mapping; later layers win: mappings merge, everything else replaces."""

    values: dict[str, Any] = field(default_factory=dict)
    places: dict[Keys, Place] = field(default_factory=dict)

    def lay(
        self, content: Mapping[str, Any], place: Callable[[Keys], Place], at: Keys = ()
    ) -> None:
        """Lay ``content`` over what is there, at ``at``."""
        for key in reversed(at):
            content = {key: content}  # type: ignore[dict-item]
        _merge(self.values, content)
        for keys, _ in walk(content):
            self.places[keys] = place(keys[len(at) :])

    def document(self, document: Document, origin: Origin, content: Any, at: Keys = ()) -> None:
        """Lay a part of a file whose keys stand at the same depth in the file."""
        self.lay(content, lambda keys: Place(document.place(keys), origin), at)

    def copy(self) -> Layers:
        return Layers(deepcopy(self.values), dict(self.places))

    def place(self, keys: Keys) -> Place:
        """Who set ``keys``, or its nearest ancestor."""
        while keys and keys not in self.places:
            keys = keys[:-1]
        return self.places.get(keys, Place("the recipe", "recipe"))

    def get(self, *keys: str | int) -> Any:
        value: Any = self.values
        for key in keys:
            if not isinstance(value, Mapping) or key not in value:
                return None
            value = value[key]
        return value


def _merge(below: dict[str, Any], above: Mapping[str, Any]) -> None:
    for key, value in above.items():
        if isinstance(value, Mapping):
            if not isinstance(below.get(key), dict):
                below[key] = {}
            _merge(below[key], value)
        else:
            below[key] = list(value) if isinstance(value, list) else value


def walk(value: Any, keys: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Every key path below ``value`` with what stands there, mappings and lists included."""
    items: Any = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list):
        items = enumerate(value)
    for key, child in items:
        yield (*keys, key), child
        yield from walk(child, (*keys, key))


def dotted(keys: Keys) -> str:
    """``("gradient", "lrp", "rule")`` → ``gradient.lrp.rule``."""
    return ".".join(str(key) for key in keys)
