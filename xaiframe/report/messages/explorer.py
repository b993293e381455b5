"""Messages for the interactive explorer: what stands between the words, and the words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from xaiframe.report import explained
from xaiframe.report.messages.marked import Message
from xaiframe.report.record import Record


def texts(record: Record, positions: Iterable[int]) -> list[list[list[Any]]]:
    """Per message ``[text before the word, word, number of its feature]``, at its end
    ``[rest, "", -1]``; empty where the data are no messages."""
    if explained.modality(record) != "text":
        return []
    number = {name: place for place, name in enumerate(explained.features(record))}
    return [_parts(Message.at(record, int(position)), number) for position in positions]


def _parts(message: Message, number: dict[str, int]) -> list[list[Any]]:
    found: list[list[Any]] = []
    end = 0
    for row in message.words.to_dict("records"):
        start, stop = int(row["start"]), int(row["end"])
        word = message.text[start:stop]
        found.append([message.text[end:start], word, number[str(row["feature"])]])
        end = stop
    return [*found, [message.text[end:], "", -1]]
