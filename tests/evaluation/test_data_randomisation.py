"""The fit on destroyed inputs is the one that is asked for."""

from __future__ import annotations

from typing import ClassVar

import pytest

from xaiframe.evaluation.data_randomisation import DataRandomisation


def test_the_inputs_are_dealt_out_anew(table, linear, gather, explained, value_of):
    data, module, asked = table(3), linear([[1.0, 2.0, 3.0]]), []
    bare = gather(data, module)

    class Refit:
        decides: ClassVar = {}

        def __call__(self, features, seed, shuffled=""):
            asked.append(shuffled)
            return bare.model, 0

    local = [explained("same", "gradient", data.test.x)]
    evidence = gather(
        data, module, local, refit=Refit(), reexplain=lambda model, rows, methods: {"same": rows.x}
    )
    outcome = DataRandomisation(draws=2)(evidence)
    assert asked == ["inputs", "inputs"]
    assert value_of(outcome, "similarity", method="same").value == pytest.approx(1)


def test_bad_parameters():
    with pytest.raises(ValueError, match="instances must be at least 2"):
        DataRandomisation(instances=1)
