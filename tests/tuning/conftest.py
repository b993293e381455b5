"""Database servers that tests use where somebody has started them."""

from __future__ import annotations

import os

import pytest

from xaiframe.model import trusted
from xaiframe.tuning.database import PASSWORD

SERVERS = {"postgresql": "XAIFRAME_TEST_POSTGRESQL", "mysql": "XAIFRAME_TEST_MYSQL"}
"""Kind → variable with the address of an empty database on this machine; the password as ever."""


@pytest.fixture(params=SERVERS)
def server(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a server that the user lets have studies and password."""
    address = os.environ.get(SERVERS[request.param], "")
    if not address:
        pytest.skip(f"{SERVERS[request.param]} names no {request.param} database")
    monkeypatch.setattr(trusted, "allowed_services", {"127.0.0.1": (PASSWORD,)})
    return address
