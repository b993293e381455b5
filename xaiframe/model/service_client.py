"""One JSON request over HTTP: its time, its size, its repeats and its secrets bounded."""

from __future__ import annotations

import json
import logging
import math
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pandas as pd
import urllib3
from urllib3.exceptions import HTTPError, LocationValueError, NewConnectionError, ProtocolError
from urllib3.exceptions import TimeoutError as TooLong

from xaiframe.errors import ModelError, Problem

AGAIN = (408, 429, 500, 502, 503, 504)
"""Statuses after which the same request may succeed."""
LONGEST = 10.0
"""Seconds between two attempts, unless the service names a longer time."""
PATIENCE = 120.0
"""Seconds that a service may ask to be left alone."""
LARGEST = 64 * 2**20
"""Bytes of one answer."""
PIECE = 2**16
LOCAL = ("localhost", "127.0.0.1", "::1")

log = logging.getLogger(__name__)


class _Failed(Exception):
    """An attempt that may be repeated; ``wait`` is what the service asked for."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


@dataclass
class Client:
    """Asks one address.

    timeout
        seconds to connect, and again for a whole answer.
    attempts
        times a request is made before it is given up: after no connection, a broken one, silence,
        or a status of :data:`AGAIN`. Between them 0.1, 0.2, 0.4 … at most 10 s, or what the
        service's Retry-After says.
    per_second
        requests started per second at most; 0 sets no limit.
    headers
        sent with each request; their values are secrets and stand in no message.

    Redirects are not followed. ``retries`` counts the repeats so far.
    """

    url: str
    timeout: float = 30.0
    attempts: int = 8
    per_second: float = 0.0
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    retries: int = 0

    def __post_init__(self) -> None:
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1)
        self._next = 0.0

    def ask(self, question: Mapping[str, Any]) -> Any:
        """The JSON answer to a JSON question; raises :class:`ModelError`."""
        body = json.dumps(question, allow_nan=False).encode()
        attempt = 1
        while True:
            try:
                content = self._once(body)
                break
            except _Failed as failed:
                if attempt == self.attempts:
                    times = f"{attempt} attempts" if attempt > 1 else "one attempt"
                    raise self.error(f"{failed}; given up after {times}") from failed
                self._pause(failed, attempt)
                attempt += 1
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            told = self.shown(content) or "nothing"
            raise self.error("its answer is no JSON", f"it begins: {told}") from error

    def error(self, message: str, hint: str = "") -> ModelError:
        return ModelError(Problem(self.url, message, hint))

    def shown(self, content: bytes) -> str:
        """What a service said, on one line, in at most 200 printable characters, secrets out."""
        text = " ".join(content[:4000].decode("utf-8", "replace").split())
        for secret in filter(None, self.headers.values()):
            text = text.replace(secret, "***").replace(secret.split()[-1], "***")
        text = "".join(one if one.isprintable() else "�" for one in text)
        return text if len(text) <= 200 else text[:199] + "…"

    def _pause(self, failed: _Failed, attempt: int) -> None:
        self.retries += 1
        wait = max(failed.wait, min(0.1 * 2 ** (attempt - 1), LONGEST))
        log.warning("%s: %s; asked again in %.1f s", self.url, failed, wait)
        time.sleep(wait)

    def _once(self, body: bytes) -> bytes:
        self._hold()
        headers = {"content-type": "application/json", "accept": "application/json"}
        until = time.monotonic() + 2 * self.timeout
        try:
            answer = self._pool.request(
                "POST",
                self.url,
                body=body,
                headers={**headers, **self.headers},
                timeout=urllib3.Timeout(connect=self.timeout, read=self.timeout),
                retries=False,
                redirect=False,
                preload_content=False,
            )
            try:
                return self._content(answer, until)
            except BaseException:
                answer.close()  # what was not read must not be taken for the next answer
                raise
            finally:
                answer.release_conn()
        except NewConnectionError as error:
            raise _Failed("it cannot be reached") from error
        except TooLong as error:
            raise _Failed(f"it did not answer within {self.timeout:g} s") from error
        except ProtocolError as error:
            raise _Failed("it broke off the connection") from error
        except LocationValueError as error:
            raise self.error("it is no address") from error
        except HTTPError as error:
            raise _Failed(f"it could not be asked: {type(error).__name__}") from error

    def _content(self, answer: Any, until: float) -> bytes:
        if 300 <= answer.status < 400:
            target = urlsplit(str(answer.headers.get("location", "")))
            hint = "give the address that answers"
            raise self.error(f"it redirects to {target.netloc or 'another path'}", hint)
        content = b""
        while piece := answer.read1(PIECE):
            content += piece
            if len(content) > LARGEST:
                raise self.error(f"its answer is larger than {LARGEST // 2**20} MB")
            if time.monotonic() > until:
                raise _Failed(f"it did not finish its answer within {self.timeout:g} s")
        if answer.status == 200:
            return content
        message = f"HTTP {answer.status}: {self.shown(content) or answer.reason or 'no reason'}"
        if answer.status in AGAIN:
            raise _Failed(message, _wanted(answer.headers.get("retry-after")))
        raise self.error(message)

    def _hold(self) -> None:
        """Wait until the next request may start."""
        if not self.per_second:
            return
        now = time.monotonic()
        time.sleep(max(self._next - now, 0.0))
        self._next = max(self._next, now) + 1 / self.per_second


def _wanted(retry_after: str | None) -> float:
    """Seconds that a Retry-After header asks for, a number or a date; 0 for none, at most two
    minutes."""
    if not retry_after:
        return 0.0
    try:
        return min(float(urllib3.Retry().parse_retry_after(retry_after)), PATIENCE)
    except HTTPError:
        return 0.0


def address_problem(url: str) -> str:
    """What is wrong with an address, in words; empty for a good one."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - read for its check
    except ValueError:
        return "is no address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is no address of http:// or https://"
    if parts.username or parts.password:
        return "holds a user's name or password: use headers_from_env"
    return ""


def unencrypted(url: str) -> bool:
    """Whether what is sent there can be read on the way."""
    parts = urlsplit(url)
    return parts.scheme == "http" and parts.hostname not in LOCAL


def secrets(names: Mapping[str, str]) -> dict[str, str]:
    """Header → value of the environment variable that is named for it.

    Raises :class:`ModelError` naming every variable that is not set or holds no header's text;
    never its value.
    """
    problems, found = [], {}
    for header, name in names.items():
        value, place = os.environ.get(name, ""), f"model.headers_from_env.{header}"
        if not value:
            problems.append(Problem(place, f"the environment variable {name} is not set"))
        elif not (value.isascii() and value.isprintable()):
            problems.append(Problem(place, f"{name} holds more than printable ASCII characters"))
        found[header] = value
    if problems:
        raise ModelError(problems)
    return found


def plain(values: Sequence[Any]) -> list[Any]:
    """Cells as JSON has them: no value is null, a time is ISO 8601, numpy's numbers are numbers."""
    return [_cell(value) for value in values]


def _cell(value: Any) -> Any:
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, bool, int, float)) else str(value)
