"""What trials measured, by their settings: asked once, whoever asks, killed or not."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaiframe.facts import Fact, Facts
from xaiframe.store import digest


@dataclass(frozen=True)
class Tried:
    """A folder with one file of facts per setting; a later search that comes to a setting again
    (random search draws what TPE began with) reads what is there."""

    folder: Path

    def facts(self, parameters: Mapping[str, Any]) -> Facts | None:
        """What these settings came to; None where nobody has tried them."""
        file = self._file(parameters)
        if not file.exists():
            return None
        return Facts(Fact.from_dict(one) for one in json.loads(file.read_text()))

    def keep(self, parameters: Mapping[str, Any], facts: Facts) -> None:
        """Write down what these settings came to, at once or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        file = self._file(parameters)
        half = file.with_suffix(f".{id(facts)}")
        half.write_text(json.dumps([one.to_dict() for one in facts]))
        half.replace(file)

    def _file(self, parameters: Mapping[str, Any]) -> Path:
        return self.folder / f"{digest(_plain(dict(parameters)))}.json"


def _plain(value: Any) -> Any:
    """As a table of trials gives it back: 2 and 2.0 are one, and so are a list and its text."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in sorted(value.items())}
    if isinstance(value, (list, tuple)):
        return json.dumps(list(value))
    if hasattr(value, "item"):
        value = value.item()
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
