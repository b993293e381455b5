"""Where data come from: paths, globs, the shared folder, and an address served on loopback."""

import hashlib
import tarfile
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, HTTPServer
from io import BytesIO

import pytest

from xaiframe.data.source import file, files, unpacked
from xaiframe.errors import DataError

CONTENT = bytes(range(256)) * 9000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Flaky(BaseHTTPRequestHandler):
    """Serves CONTENT, breaking off after 1.5 MB the first time; honours Range."""

    broken = False
    ranges: list[str] = []  # noqa: RUF012

    def do_GET(self):
        asked = self.headers.get("Range", "")
        Flaky.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked else 0
        self.send_response(206 if asked else 200)
        self.send_header("Content-Length", str(len(CONTENT) - start))
        self.end_headers()
        body = CONTENT[start:]
        if not Flaky.broken:
            Flaky.broken = True
            body = body[:1_500_000]
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture
def address():
    Flaky.broken, Flaky.ranges = False, []
    server = HTTPServer(("127.0.0.1", 0), Flaky)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/rows.csv"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XAIFRAME_CACHE", str(tmp_path / "cache"))


def test_a_broken_transfer_goes_on_where_it_stopped_and_is_fetched_once(address):
    found = file(address, SHA256)
    assert found.read_bytes() == CONTENT
    assert found.name == "rows.csv"
    assert Flaky.ranges[0] == ""
    assert Flaky.ranges[1].startswith("bytes=")
    asked = len(Flaky.ranges)
    assert file(address, f"sha256:{SHA256}") == found
    assert len(Flaky.ranges) == asked


def test_an_address_needs_the_right_sha256(address):
    with pytest.raises(DataError, match="needs the sha256"):
        file(address)
    with pytest.raises(DataError, match="not what was promised"):
        file(address, "0" * 64)
    with pytest.raises(DataError, match="is no sha256"):
        file(address, "abc")


def test_an_address_nobody_answers_is_a_clear_fault(monkeypatch):
    monkeypatch.setattr("xaiframe.data.source.Resuming.attempts", 1)
    with pytest.raises(DataError, match="cannot be fetched"):
        file("http://127.0.0.1:9/rows.csv", "0" * 64)


def test_a_glob_is_sorted_and_a_path_is_checked(tmp_path):
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_bytes(CONTENT)
    assert [one.name for one in files(str(tmp_path / "*.csv"))] == ["a.csv", "b.csv"]
    with pytest.raises(DataError, match="2 files match"):
        file(str(tmp_path / "*.csv"))
    assert file(str(tmp_path / "a.csv"), SHA256) == tmp_path / "a.csv"
    with pytest.raises(DataError, match="its sha256 is another"):
        file(str(tmp_path / "a.csv"), "0" * 64)
    with pytest.raises(DataError, match="no file matches"):
        files(str(tmp_path / "*.tsv"))


def test_shared_data_lie_below_one_folder_only(tmp_path, monkeypatch):
    (tmp_path / "shared" / "data" / "x").mkdir(parents=True)
    (tmp_path / "shared" / "data" / "x" / "rows.csv").write_text("a\n")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    monkeypatch.delenv("XAIFRAME_DATA", raising=False)
    assert file("shared:x/rows.csv").read_text() == "a\n"
    monkeypatch.setenv("XAIFRAME_DATA", str(tmp_path / "shared" / "data" / "x"))
    assert file("shared:rows.csv").read_text() == "a\n"
    with pytest.raises(DataError, match="leads out"):
        file("shared:../rows.csv")


def test_archives_are_unpacked_but_never_outside(tmp_path):
    good, bad, tar = tmp_path / "good.zip", tmp_path / "bad.zip", tmp_path / "bad.tar"
    with zipfile.ZipFile(good, "w") as content:
        content.writestr("a/b.txt", "hello")
    assert (unpacked(good) / "a" / "b.txt").read_text() == "hello"
    with zipfile.ZipFile(bad, "w") as content:
        content.writestr("../out.txt", "no")
    with pytest.raises(DataError, match="leads out of the archive"):
        unpacked(bad)
    with tarfile.open(tar, "w") as content:
        entry = tarfile.TarInfo("../out.txt")
        entry.size = 2
        content.addfile(entry, BytesIO(b"no"))
    with pytest.raises(DataError, match="cannot be unpacked"):
        unpacked(tar)
    assert not (tmp_path.parent / "out.txt").exists()
    assert not (tmp_path / "out.txt").exists()
