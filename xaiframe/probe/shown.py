"""Training rows as a report shows them: label, the model's answer, and the row itself."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.explanation import Array
from xaiframe.probe.score import Scorer


def rows_shown(scorer: Scorer, data: Data, rows: Split) -> tuple[pd.DataFrame, Array]:
    """One line per row, and what it is drawn from.

    The table has columns row (its id), label and answer (names of classes, empty for a quantity),
    y and predicted (of a quantity, else NaN), score (of the answer), told (a message, or a
    picture's file, where there is one). The array is ``(n, features)`` values of tables,
    ``(n, *input_shape)`` of pictures and series, ``(n, 0)`` of messages. Each row counts as one
    evaluation.
    """
    outputs = scorer.outputs(rows.x) if len(rows) else np.empty((0, max(len(data.classes), 1)))
    best = outputs.argmax(axis=1) if len(rows) else np.zeros(0, dtype=int)
    classes = np.array(data.classes or ("",), dtype=object)
    known = bool(data.classes)
    told = rows.original if rows.original is not None else np.full(len(rows), "", dtype=object)
    table = pd.DataFrame(
        {
            "row": rows.ids.astype(np.int64),
            "label": classes[rows.y.astype(int)] if known else "",
            "answer": classes[best] if known else "",
            "y": np.nan if known else rows.y.astype(np.float64),
            "predicted": np.nan if known else outputs[:, 0],
            "score": outputs[np.arange(len(rows)), best],
            "told": [str(one) for one in told],
        }
    ).astype({"label": object, "answer": object, "told": object})
    if data.modality == "table":
        return table, data.encoding.values(rows.x)
    if data.modality == "text":
        return table, np.empty((len(rows), 0))
    return table, rows.x
