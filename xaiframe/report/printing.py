"""Printing: a page becomes a PDF in a process of its own, which gets ready while it is written."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

ATTACHED = {
    "recipe.yaml": "the recipe as it ran",
    "facts.json": "every fact",
    "factsheet.json": "the factsheet",
}


class PrintError(RuntimeError):
    """The PDF could not be made; the message holds what the printing process said."""


class Printer:
    """A process that prints one page: what WeasyPrint allocates goes when it goes.

    It starts where the ``with`` block does and is stopped at its end, whatever became of it.
    """

    def __enter__(self) -> Printer:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "xaiframe.report.printing"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
        )
        self._hands = ThreadPoolExecutor(1)
        self._done: Future[tuple[bytes, bytes]] | None = None
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        if self._done is None:
            self._process.communicate()
        self._hands.shutdown()

    def order(
        self,
        page: str,
        assets: Mapping[str, bytes],
        attachments: Mapping[str, str],
        identity: Mapping[str, str],
    ) -> None:
        """Hand over a page and all that it shows; returns at once."""
        told = {
            "page": page,
            "assets": {name: base64.b64encode(data).decode() for name, data in assets.items()},
            "attachments": dict(attachments),
            "identity": dict(identity),
        }
        self._done = self._hands.submit(self._process.communicate, json.dumps(told).encode())

    def printed(self) -> bytes:
        """The PDF of what was ordered, once it is there; raises :class:`PrintError`."""
        assert self._done is not None
        pdf, said = self._done.result()
        if self._process.returncode or not pdf.startswith(b"%PDF"):
            message = said.decode(errors="replace")[-2000:]
            raise PrintError(f"the PDF could not be printed: {message}")
        return pdf


def print_pdf(
    page: str,
    assets: Mapping[str, bytes],
    attachments: Mapping[str, str],
    identity: Mapping[str, str],
) -> bytes:
    """The PDF of an HTML page whose only reachable addresses are ``assets``."""
    from datetime import datetime

    import weasyprint
    from weasyprint.urls import URLFetcher, URLFetcherResponse

    class HandedOver(URLFetcher):  # type: ignore[misc]
        """Serves what it was handed; every other address is refused, whatever its scheme."""

        def fetch(self, url: str, headers: Any = None) -> Any:  # noqa: ARG002 - the base class names it
            if url not in assets:
                raise ValueError(f"the report fetches nothing: {url[:80]}")
            kind = "image/png" if url.endswith("png") else "image/svg+xml"
            return URLFetcherResponse(url, assets[url], {"Content-Type": kind})

    moment = datetime.fromisoformat(identity["created"])
    attached = [
        weasyprint.Attachment(
            string=text,
            name=name,
            description=ATTACHED.get(name, name),
            created=moment,
            modified=moment,
        )
        for name, text in attachments.items()
    ]
    document = weasyprint.HTML(string=page, base_url="report:", url_fetcher=HandedOver())
    return bytes(document.write_pdf(attachments=attached, pdf_identifier=identity["id"].encode()))


def _serve() -> None:
    """The child's side of :class:`Printer`: an order on stdin, a PDF on stdout."""
    import weasyprint  # noqa: F401 - ready before the order is there

    order = json.load(sys.stdin)
    assets = {name: base64.b64decode(content) for name, content in order["assets"].items()}
    sys.stdout.buffer.write(
        print_pdf(order["page"], assets, order["attachments"], order["identity"])
    )


if __name__ == "__main__":
    _serve()
