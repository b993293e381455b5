"""What was read: sizes, what the reading noticed, and what was left out, as facts."""

from __future__ import annotations

import pandas as pd

from xaiframe.data.face import Data
from xaiframe.explanation import Outcome
from xaiframe.facts import Fact


def loading_outcome(data: Data) -> Outcome:
    """Facts of the loaded data; table ``damage`` (place, message, hint), one row per part left out.

    ``damaged_share`` is of everything that was there to be read.
    """
    facts = [
        Fact("rows", len(split), "rows", {"split": name}) for name, split in data.splits.items()
    ]
    facts.append(Fact("features", len(data.features), "features"))
    facts.append(Fact("classes", len(data.classes), "classes"))
    facts += [Fact("modality", data.modality), Fact("task", data.task)]
    facts += [Fact("origin", data.origin), Fact("digest", data.digest)]
    read = sum(len(split) for split in data.splits.values())
    lost = len(data.damage)
    share = lost / (read + lost)
    facts.append(Fact("damaged", lost, "instances", n=read + lost, better="lower"))
    facts.append(Fact("damaged_share", share, "share", n=read + lost, better="lower"))
    facts += data.notes
    rows = [(one.place, one.message, one.hint) for one in data.damage]
    damage = pd.DataFrame(rows, columns=["place", "message", "hint"], dtype=object)
    return Outcome(facts, tables={"damage": damage} if rows else {})
