"""Where data come from: a path, a glob, the shared folder, or an address with its sha256."""

from __future__ import annotations

import glob
import os
import re
import tarfile
import zipfile
from pathlib import Path

from xaiframe.errors import DataError, Problem

SHARED = "shared:"
ADDRESS = re.compile(r"https?://", re.IGNORECASE)
SHA256 = re.compile(r"[0-9a-f]{64}")


def files(source: str, sha256: str = "") -> list[Path]:
    """The files or the folder that ``source`` names, sorted.

    A path; a glob (``parts/*.csv``); ``shared:folder/file``, below the folder that
    ``XAIFRAME_DATA`` names, otherwise below ``shared/data`` in the nearest folder above; or
    ``https://…``, fetched once into the user's cache and checked against ``sha256``, which an
    address must have.

    Raises :class:`DataError` when there is nothing, or the content is not what was promised.
    """
    if ADDRESS.match(source):
        return [fetched(source, sha256)]
    path = str(shared(source)) if source.startswith(SHARED) else str(Path(source).expanduser())
    if Path(path).exists():
        return [check(Path(path), sha256)]
    found = sorted(Path(one) for one in glob.glob(path, recursive=True))
    if not found:
        what = "no file matches" if glob.has_magic(path) else "the file does not exist"
        raise DataError(Problem(source, what, "a path, a glob, shared:… or https://…"))
    return found


def file(source: str, sha256: str = "") -> Path:
    """The one file or folder that ``source`` names."""
    found = files(source, sha256)
    if len(found) > 1:
        raise DataError(Problem(source, f"{len(found)} files match", "one file"))
    return found[0]


def shared(source: str) -> Path:
    """Where ``shared:…`` points, whether or not it is there; never out of the shared folder."""
    inside = Path(source.removeprefix(SHARED))
    if inside.is_absolute() or ".." in inside.parts:
        raise DataError(Problem(source, "it leads out of the shared folder", "shared:folder/file"))
    named = os.environ.get("XAIFRAME_DATA")
    here = Path.cwd()
    roots = [Path(named)] if named else [one / "shared" / "data" for one in (here, *here.parents)]
    root = next((one for one in roots if one.is_dir()), None)
    if root is None:
        hint = "set XAIFRAME_DATA to the folder that holds it"
        raise DataError(Problem(source, "there is no folder of shared data", hint))
    return root / inside


def check(path: Path, sha256: str) -> Path:
    """``path``, if its content is what was promised."""
    if not sha256:
        return path
    from pooch import file_hash

    if path.is_dir() or file_hash(str(path)) != _hash(sha256):
        message = "a folder has no sha256" if path.is_dir() else "its sha256 is another"
        raise DataError(Problem(str(path), message, f"expected {sha256}"))
    return path


def fetched(address: str, sha256: str) -> Path:
    """The file behind an address, from the cache if it is there and whole."""
    import pooch

    if not sha256:
        hint = "data.sha256: the 64 hexadecimal digits of the file you mean"
        raise DataError(Problem(address, "an address needs the sha256 of its content", hint))
    name = Path(address.partition("?")[0]).name or "data"
    folder = Path(os.environ.get("XAIFRAME_CACHE") or pooch.os_cache("xaiframe"))
    place = folder / _hash(sha256)
    pooch.get_logger().setLevel("ERROR")
    try:
        found = pooch.retrieve(
            address, f"sha256:{_hash(sha256)}", name, place, downloader=Resuming()
        )
    except ValueError as error:
        message = "what was fetched is not what was promised"
        raise DataError(Problem(address, message, f"expected sha256 {sha256}")) from error
    except Exception as error:  # whatever the network or the server says
        reason = " ".join(str(error).split())[:200]
        raise DataError(Problem(address, f"cannot be fetched: {reason}", "try again")) from error
    return Path(found)


class Resuming:
    """Fetches in pieces of 1 MiB and goes on where a broken transfer stopped (HTTP Range)."""

    attempts = 5
    piece = 1 << 20

    def __call__(self, url: str, output_file: str, pooch: object) -> None:  # noqa: ARG002
        import urllib3

        target = Path(output_file)
        http = urllib3.PoolManager(retries=urllib3.Retry(self.attempts, backoff_factor=0.5))
        target.write_bytes(b"")
        for attempt in range(1, self.attempts + 1):
            try:
                self._fetch(http, url, target)
            except urllib3.exceptions.HTTPError:
                if attempt == self.attempts:
                    raise
            else:
                return

    def _fetch(self, http: object, url: str, target: Path) -> None:
        have = target.stat().st_size
        headers = {"Range": f"bytes={have}-"} if have else {}
        answer = http.request(  # type: ignore[attr-defined]
            "GET", url, headers=headers, preload_content=False, timeout=60, redirect=True
        )
        try:
            if answer.status not in (200, 206):
                raise OSError(f"the server answered {answer.status}")
            with target.open("ab" if answer.status == 206 else "wb") as stream:
                for part in answer.stream(self.piece):
                    stream.write(part)
        finally:
            answer.release_conn()


def unpacked(archive: Path) -> Path:
    """The folder beside a ``.zip`` or ``.tar.*`` that holds its content; nothing leaves it.

    Raises :class:`DataError` for an archive whose entries would.
    """
    folder = archive.with_name(archive.name + ".unpacked")
    if folder.is_dir():
        return folder
    part = archive.with_name(archive.name + ".unpacking")
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as content:
                _refuse_leaving(archive, content.namelist())
                content.extractall(part)
        else:
            with tarfile.open(archive) as content:
                content.extractall(part, filter="data")
    except (tarfile.TarError, zipfile.BadZipFile, OSError) as error:
        reason = " ".join(str(error).split())
        problem = Problem(str(archive), f"cannot be unpacked: {reason}", ".zip, .tar.gz")
        raise DataError(problem) from error
    part.rename(folder)
    return folder


def _refuse_leaving(archive: Path, names: list[str]) -> None:
    for name in names:
        if Path(name).is_absolute() or ".." in Path(name).parts:
            message = f"its entry {name!r} leads out of the archive"
            raise DataError(Problem(str(archive), message, "entries below its own folder"))


def _hash(sha256: str) -> str:
    plain = sha256.removeprefix("sha256:").lower()
    if not SHA256.fullmatch(plain):
        raise DataError(Problem("data.sha256", f"{sha256!r} is no sha256", "64 hexadecimal digits"))
    return plain
