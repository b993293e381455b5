"""A message with the words crossed out without which it would be answered otherwise."""

from __future__ import annotations

from xaiframe.report import words
from xaiframe.report.altered.found import Found
from xaiframe.report.block import Block, Page
from xaiframe.report.messages.marked import GAP, Message, Piece

CROSSED = "text-decoration:line-through;background:#f3d3cf"
LONG = 60
"""Words from which only the neighbourhood of what is crossed out is shown."""
NEAR = 4
"""Words shown on either side of one that is crossed out in a long message."""


def draw(found: Found) -> list[Block]:
    """The message once per alternative."""
    message = Message.at(found.record, found.position)
    lines = [
        {
            "title": _title(found, message, place),
            "pieces": pieces(message, set(found.features(place + 1))),
        }
        for place in range(len(found.alternatives))
    ]
    return [Page(f"{found.key}-crossed", "_crossed.html", {"lines": lines, "now": found.now})]


def _title(found: Found, message: Message, place: int) -> str:
    gone = set(found.features(place + 1))
    told = [
        words.quoted(words.shortened(str(one["word"]), 24))
        for one in message.words.to_dict("records")
        if str(one["feature"]) in gone
    ]
    return f"Without {words.listing(told, most=6)} the model would say {found.answer(place)}"


def pieces(message: Message, gone: set[str]) -> list[Piece]:
    """The message with the words of these features crossed out; of a long one only their
    surroundings."""
    crossed = [str(one) in gone for one in message.words["feature"]]
    shown = [
        len(crossed) <= LONG or any(crossed[max(0, at - NEAR) : at + NEAR + 1])
        for at in range(len(crossed))
    ]
    found: list[Piece] = []
    end = 0
    for at, (start, stop) in enumerate(message.words[["start", "end"]].to_numpy(dtype=int)):
        if not shown[at]:
            if not found or found[-1].text != GAP:
                found.append(Piece(GAP))
            end = stop
            continue
        if start > end:
            found.append(Piece(message.text[end:start]))
        found.append(Piece(message.text[start:stop], CROSSED if crossed[at] else ""))
        end = stop
    return found
