"""A service on loopback that behaves, and one for each way of not behaving."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.data.encoding import Identity
from xaiframe.data.face import Data, Split
from xaiframe.data.table import Table
from xaiframe.errors import ModelError
from xaiframe.model import service_client, trusted
from xaiframe.model.service import Service, records
from xaiframe.model.service_client import _wanted

X = np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)


def data_of(classes=("no", "yes"), x=X, **more) -> Data:
    part = Split(np.arange(len(x)), x, np.arange(len(x)) % 2, pd.DataFrame(x.reshape(len(x), -1)))
    settings = {"features": ("age", "income"), "feature_mask": np.arange(2), "modality": "table"}
    task = "classification" if classes else "regression"
    return Data(
        task=task, train=part, validation=part, test=part, classes=classes, **settings | more
    )


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, dtype=np.float64)))


def both(rows):
    """The sound answer: probabilities of no and yes from age."""
    p = [float(sigmoid(row["age"])) for row in rows]
    return {"outputs": [[1 - one, one] for one in p]}


class Server:
    """Answers on loopback with what ``reply(rows, number)`` gives: an object, bytes, or
    ``(status, headers, object or bytes)``, or an iterator of bytes as they go over the line.
    ``seen`` keeps (headers, question) of each request."""

    def __init__(self, reply) -> None:
        outer, self.seen, self.reply = self, [], reply
        self.connections = set()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                question = json.loads(body)
                outer.seen.append((dict(self.headers), question))
                outer.connections.add(self.client_address)
                reply = outer.reply(question.get("rows"), len(outer.seen))
                if isinstance(reply, Iterator):
                    self.trickle(reply)
                    return
                status, headers, content = reply if isinstance(reply, tuple) else (200, {}, reply)
                content = content if isinstance(content, bytes) else json.dumps(content).encode()
                try:
                    self.send_response(status)
                    for name, value in headers.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(content)))
                    self.end_headers()
                    self.wfile.write(content)
                except OSError:
                    self.close_connection = True

            def trickle(self, pieces) -> None:
                self.close_connection = True
                with contextlib.suppress(OSError):
                    for piece in pieces:
                        self.wfile.write(piece)
                        self.wfile.flush()

            def log_message(self, *args) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # a client that gave up is no error here
        self.url = f"http://127.0.0.1:{self.server.server_port}/predict"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,))
        self.thread.start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def serve():
    running = []

    def start(reply=lambda rows, number: both(rows)):
        running.append(Server(reply))
        return running[-1]

    yield start
    for one in running:
        one.stop()


@pytest.fixture(autouse=True)
def naps(monkeypatch):
    """The seconds that a client would have slept, not slept."""
    taken = []
    monkeypatch.setattr(service_client.time, "sleep", taken.append)
    return taken


def loading(url, **settings):
    return Service(url, **settings).load(data_of())


def fault(server, **settings) -> str:
    with pytest.raises(ModelError) as caught:
        loading(server.url, **settings)
    return str(caught.value)


def test_it_answers_as_the_function_behind_it(serve):
    server = serve()
    model = loading(server.url, batch=7)
    np.testing.assert_allclose(model.probabilities(X)[:, 1], sigmoid(X[:, 0]), rtol=1e-12)
    assert model.notices == ()
    assert (model.repeat_difference, model.retries) == (0.0, 0)
    assert max(len(question["rows"]) for _, question in server.seen) == 7
    assert len(server.connections) == 1, "one connection is kept"


def test_a_row_is_asked_once_however_often_it_comes(serve):
    server = serve()
    model = loading(server.url)
    before = len(server.seen)
    repeated = X[[3, 9, 3, 25, 9, 25]]
    np.testing.assert_allclose(model.raw(repeated)[:, 1], sigmoid(repeated[:, 0]))
    model.raw(repeated)
    assert [len(question["rows"]) for _, question in server.seen[before:]] == [3]


def test_what_is_remembered_is_bounded(serve, monkeypatch):
    monkeypatch.setattr("xaiframe.model.service.REMEMBERED", 4)
    model = loading(serve().url)
    np.testing.assert_allclose(model.raw(X)[:, 1], sigmoid(X[:, 0]))
    assert len(model.asking.known) == 4


@pytest.mark.parametrize(
    ("reply", "settings"),
    [
        (lambda p: {"outputs": p.tolist()}, {}),
        (lambda p: {"outputs": p[:, None].tolist()}, {}),
        (lambda p: {"probabilities": np.stack([1 - p, p], 1).tolist()}, {}),
        (lambda p: {"outputs": np.stack([p, 1 - p], 1).tolist(), "classes": ["yes", "no"]}, {}),
        (lambda p: {"outputs": np.stack([p, 1 - p], 1).tolist()}, {"classes": ["yes", "no"]}),
        (lambda p: {"outputs": np.log(p / (1 - p)).tolist()}, {"gives": "logit"}),
        (lambda p: {"scores": p.tolist()}, {"outputs": "scores"}),
    ],
)
def test_every_form_of_answer_gives_the_same_probabilities(serve, reply, settings):
    server = serve(lambda rows, number: reply(sigmoid([row["age"] for row in rows])))
    found = loading(server.url, **settings).probabilities(X)
    np.testing.assert_allclose(found[:, 1], sigmoid(X[:, 0]), rtol=1e-9)


def test_regression_gives_the_value(serve):
    for reply in (lambda v: v, lambda v: [[one] for one in v]):
        server = serve(lambda rows, n, reply=reply: {"outputs": reply([r["income"] for r in rows])})
        model = Service(server.url).load(data_of(classes=()))
        np.testing.assert_allclose(model.predictions(X), X[:, 1], rtol=1e-6)


def test_the_name_of_the_rows_can_be_chosen(serve):
    server = serve(lambda rows, number: {"outputs": [0.5] * 8} if rows is None else None)
    loading(server.url, rows="instances")
    assert set(server.seen[0][1]) == {"instances"}


class Raw(Identity):
    """Hands a model whatever the test wants the user's own rows to be."""

    def __init__(self, own) -> None:
        super().__init__()
        self.own = own

    def raw(self, x):
        return self.own


def test_a_table_goes_out_as_records_of_its_own_columns():
    frame = pd.DataFrame(
        {
            "age": [31.0, np.nan],
            "job": ["clerk", None],
            "since": pd.to_datetime(["2020-02-29", None]),
            "member": [True, False],
            "visits": pd.array([2, None], dtype="Int64"),
            "infinite": [np.inf, 1.5],
        }
    )
    assert records(data_of(encoding=Raw(frame)), X[:2]) == [
        {"age": 31.0, "job": "clerk", "since": "2020-02-29T00:00:00", "member": True,
         "visits": 2, "infinite": None},
        {"age": None, "job": None, "since": None, "member": False, "visits": None,
         "infinite": 1.5},
    ]  # fmt: skip


def test_messages_go_out_as_strings_and_pictures_as_nested_lists():
    messages = ["안녕", ""]
    assert records(data_of(modality="text", encoding=Raw(messages)), X[:2]) == messages
    pictures = np.arange(8, dtype=np.float32).reshape(2, 1, 2, 2)
    found = records(data_of(modality="image"), pictures)
    assert found == [[[[0.0, 1.0], [2.0, 3.0]]], [[[4.0, 5.0], [6.0, 7.0]]]]


def test_one_that_fails_half_the_time_is_asked_again_and_it_is_told(serve, naps):
    server = serve(lambda rows, n: both(rows) if n % 2 == 0 else (503, {}, b"busy"))
    model = loading(server.url)
    np.testing.assert_allclose(model.probabilities(X)[:, 1], sigmoid(X[:, 0]))
    assert any("failed 2 times" in told for told in model.notices)
    assert model.retries == 3
    assert naps == [0.1] * 3


def test_the_pause_doubles_and_a_failure_is_final_in_the_end(serve, naps):
    server = serve(lambda rows, n: (500, {}, {"error": "out of memory"}))
    told = fault(server, attempts=5)
    assert "HTTP 500" in told
    assert "out of memory" in told
    assert "5 attempts" in told
    assert len(server.seen) == 5
    assert naps == pytest.approx([0.1, 0.2, 0.4, 0.8])


def test_retry_after_is_honoured_and_bounded(serve, naps):
    replies = {1: (429, {"retry-after": "3"}, b""), 2: (429, {"retry-after": "99999"}, b"")}
    loading(serve(lambda rows, n: replies.get(n) or both(rows)).url)
    assert naps == [3.0, 120.0]
    assert _wanted("soon") == 0.0
    assert 0 < _wanted("Fri, 31 Dec 2100 23:59:59 GMT") <= 120


def test_a_connection_broken_off_is_made_again(serve):
    server = serve(lambda rows, n: both(rows) if n > 1 else (200, {"content-length": "999"}, b"{"))
    assert any("failed 1 times" in told for told in loading(server.url).notices)


def test_one_that_is_silent_is_given_up(serve, monkeypatch):
    waiting = threading.Event()
    server = serve(lambda rows, n: waiting.wait(5) and both(rows))
    start = time.monotonic()
    told = fault(server, timeout=0.1, attempts=2)
    waiting.set()
    assert "did not answer within 0.1 s" in told
    assert time.monotonic() - start < 3


def test_one_that_trickles_is_given_up(serve, naps):
    """Each piece comes in time, the whole never does."""
    stop = threading.Event()

    def trickle(rows, number):
        yield b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n"
        while not stop.wait(0.02):
            yield b" "

    start = time.monotonic()
    told = fault(serve(trickle), timeout=0.2, attempts=2)
    stop.set()
    assert "did not finish its answer within 0.2 s" in told
    assert time.monotonic() - start < 3


def test_one_that_is_not_there_is_named():
    with pytest.raises(ModelError, match=r"127\.0\.0\.1:9/predict.*cannot be reached") as caught:
        loading("http://127.0.0.1:9/predict", attempts=2)
    assert "given up after 2 attempts" in str(caught.value)


def test_one_that_changes_its_answer_is_told(serve):
    def reply(rows, number):
        p = [float(sigmoid(row["age"])) * (0.9 if number % 2 else 1.0) for row in rows]
        return {"outputs": p}

    model = loading(serve(reply).url)
    expected = 0.1 * sigmoid(X[:8, 0]).max()
    assert model.repeat_difference == pytest.approx(expected)
    assert "changes its answers" in model.notices[0]
    np.testing.assert_array_equal(model.raw(X[:3]), model.raw(X[:3]))


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (lambda n: b'{"outputs": [' + b"[0.5, NaN], " * (n - 1) + b"[0.5, 0.5]]}", "row 1 of 8"),
        (lambda n: b'{"outputs": [' + b"[0.5, 1e999], " * (n - 1) + b"[0.5, 0.5]]}", "7 of 8 rows"),
        (lambda n: {"outputs": [[0.5, None]] * n}, "not a finite number"),
        (lambda n: {"outputs": [[0.2, 0.3, 0.5]] * n}, "3 numbers per row (2 expected)"),
        (lambda n: {"outputs": [[[0.5, 0.5]]] * n}, "1 × 2 numbers per row"),
        (lambda n: {"outputs": [[0.5, 0.5]] * (n - 1)}, "7 rows where 8 were asked"),
        (lambda n: {"outputs": 0.5}, "no rows where 8 were asked"),
        (lambda n: {"outputs": [["0.5", "0.5"]] * n}, "are no numbers"),
        (lambda n: {"outputs": [[0.5], [0.5, 0.5]] * 4}, "are no numbers"),
        (lambda n: {"answer": [1]}, "an object of answer"),
        (lambda n: [[0.5, 0.5]] * n, "a JSON list"),
        (lambda n: b"<html>down\x1b[31m</html>", "it begins: <html>down�[31m</html>"),
        (lambda n: b"[" * 100_000, "no JSON"),
        (lambda n: b"", "it begins: nothing"),
        (lambda n: {"outputs": [[0.5, 0.5]] * n, "classes": ["no", "maybe"]}, "maybe"),
        (lambda n: {"outputs": [[0.5, 0.5]] * n, "classes": "no"}, "no list"),
        (lambda n: {"outputs": [[1.5, -0.5]] * n}, "no probability"),
        (lambda n: (400, {}, {"error": "age\nis missing " + "x" * 900}), "age\\nis missing"),
        (lambda n: (404, {}, b""), "HTTP 404: Not Found"),
        (lambda n: (307, {"location": "http://evil.example/x"}, b""), "redirects to evil.example"),
        (lambda n: (302, {"location": "/other"}, b""), "redirects to another path"),
    ],
)
def test_an_answer_that_cannot_be_used_says_why(serve, reply, expected):
    server = serve(lambda rows, number: reply(len(rows)))
    if expected == "no probability":
        with pytest.raises(ModelError, match=expected):
            loading(server.url)
        return
    told = fault(server)
    assert expected in told
    assert server.url in told
    assert len(told) < 500
    assert len(server.seen) == 1, "what is wrong is not asked again"


def test_an_answer_without_end_is_cut_off(serve, monkeypatch):
    monkeypatch.setattr(service_client, "LARGEST", 2**20)
    assert "larger than 1 MB" in fault(serve(lambda rows, n: b" " * 2**21))


def test_classes_that_change_their_order_are_refused(serve):
    def reply(rows, number):
        return both(rows) | {"classes": ["no", "yes"] if number < 3 else ["yes", "no"]}

    model = loading(serve(reply).url)
    with pytest.raises(ModelError, match="changed the order"):
        model.raw(X[10:])


def test_a_fault_later_leaves_what_was_answered(serve):
    server = serve()
    model = loading(server.url)
    found = model.raw(X[:20])
    server.reply = lambda rows, n: (400, {}, b"closed for today")
    with pytest.raises(ModelError, match="closed for today"):
        model.raw(X)
    np.testing.assert_array_equal(model.raw(X[:20]), found)


def test_secrets_come_from_the_environment_and_stand_nowhere_else(serve, monkeypatch, caplog):
    monkeypatch.setattr(trusted, "allowed_services", {"127.0.0.1": ("RISK_TOKEN",)})
    monkeypatch.setenv("RISK_TOKEN", "Bearer s3cret-tok3n")
    named = {"authorization": "RISK_TOKEN"}
    server = serve()
    model = loading(server.url, headers_from_env=named)
    assert server.seen[0][0]["authorization"] == "Bearer s3cret-tok3n"
    assert "s3cret" not in repr(vars(model)) + repr(model.asking.client) + repr(model.identity)
    server = serve(lambda rows, n: (503 if n == 1 else 401, {}, b"bad token s3cret-tok3n"))
    assert "s3cret" not in fault(server, headers_from_env=named)
    assert "***" in caplog.text
    assert "s3cret" not in caplog.text


def test_a_recipe_alone_sends_no_rows_away_and_no_secret_anywhere(serve, monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret-tok3n")
    server = serve()
    with pytest.raises(ModelError) as caught:
        loading(server.url, headers_from_env={"x": "AWS_SECRET_ACCESS_KEY"})
    assert "cannot send the variable AWS_SECRET_ACCESS_KEY to 127.0.0.1" in str(caught.value)
    assert server.seen == []
    with pytest.raises(ModelError, match=r"cannot send rows to scores\.example\.com"):
        loading("https://scores.example.com/predict", attempts=1)
    monkeypatch.setattr(trusted, "allowed_services", {"scores.invalid": ()})
    with pytest.raises(ModelError, match="cannot be reached"):
        loading("https://scores.invalid/predict", attempts=1, timeout=1)


def test_a_secret_that_is_not_there_is_asked_for_by_name(monkeypatch):
    monkeypatch.setattr(trusted, "allowed_services", {"127.0.0.1": ("RISK_TOKEN", "BROKEN")})
    monkeypatch.delenv("RISK_TOKEN", raising=False)
    monkeypatch.setenv("BROKEN", "abc\r\nx-other: 1")
    with pytest.raises(ModelError) as caught:
        loading("http://127.0.0.1:9/", headers_from_env={"a": "RISK_TOKEN", "b": "BROKEN"})
    assert "RISK_TOKEN is not set" in str(caught.value)
    assert "BROKEN holds" in str(caught.value)
    assert "x-other" not in str(caught.value)


def test_requests_keep_their_distance(serve, monkeypatch, naps):
    now = [100.0]
    monkeypatch.setattr(service_client.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(service_client.time, "sleep", lambda s: now.__setitem__(0, now[0] + s))
    model = loading(serve().url, per_second=2, batch=10)
    model.raw(X)
    assert now[0] - 100 == pytest.approx(2.0)  # two at loading, three after: four gaps of 0.5 s


def test_the_digest_follows_address_version_and_answers(serve):
    sound, other = serve(), serve(lambda rows, n: {"outputs": [0.5] * len(rows)})
    digest = loading(sound.url).digest
    assert loading(sound.url).digest == digest
    assert loading(sound.url, version="2").digest != digest
    sound.reply = other.reply
    assert loading(sound.url).digest != digest


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"url": "file:///etc/passwd"}, "http"),
        ({"url": "127.0.0.1/predict"}, "http"),
        ({"url": "http://user:pw@127.0.0.1/"}, "headers_from_env"),
        ({"url": "http://127.0.0.1:99999/"}, "no address"),
        ({"gives": "label"}, "gives"),
        ({"batch": 0}, "batch"),
        ({"timeout": 0}, "timeout"),
        ({"attempts": 0}, "attempts"),
        ({"per_second": -1}, "per_second"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, expected):
    with pytest.raises(ValueError, match=expected):
        Service(**{"url": "http://127.0.0.1/"} | settings)


def test_what_travels_unencrypted_is_told():
    assert service_client.unencrypted("http://model.example/predict")
    assert not service_client.unencrypted("https://model.example/predict")
    assert not service_client.unencrypted("http://127.0.0.1:8000/predict")


def test_the_recipes_server_is_its_model_over_http(serve):
    """scripts/serve_model.py, which recipes/remote_service.yaml asks."""
    path = Path(__file__).parents[2] / "scripts" / "serve_model.py"
    spec = importlib.util.spec_from_file_location("serve_model", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    script.Handler.model = script.trained()
    server = ThreadingHTTPServer(("127.0.0.1", 0), script.Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        url = f"http://127.0.0.1:{server.server_port}"
        data = Table("builtin:breast_cancer", "diagnosis").load()
        found = Service(f"{url}/predict").load(data).probabilities(data.test.x)
        wanted = pd.DataFrame(
            script.Handler.model.predict_proba(data.test.frame),
            columns=script.Handler.model.classes_,
        )
        np.testing.assert_allclose(found, wanted[list(data.classes)], atol=1e-4)
        with pytest.raises(ModelError, match=r"HTTP 404: .*POST /predict"):
            Service(url).load(data)
        with pytest.raises(ModelError, match="HTTP 400"):
            Service(f"{url}/predict").load(data_of())
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
