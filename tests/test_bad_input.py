"""Bad input as a user meets it: a file, a short recipe, one command, and what it then says."""

from __future__ import annotations

import csv
import io
import json
import threading
from collections.abc import Callable
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper
from PIL import Image

from xaiframe.cli import main

N = 60
PARTS = ("train", "test", "validation")
HEAD = ["income", "age", "city", "repaid"]
RECIPE = """defaults:
  - audit
  - override data: {data}
  - override model: {model}
  - _self_
name: mine
strategy: {{purpose: Who repays}}
data: {settings}
{rest}
"""


@pytest.fixture(autouse=True)
def kitchen(tmp_path, monkeypatch):
    """Recipes are read from here, and nobody's settings are."""
    monkeypatch.setenv("XAIFRAME_SETTINGS", str(tmp_path / "settings.yaml"))
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def say(capsys) -> Callable[..., tuple[int, str]]:
    """``say(data=…, model=…, rest=…, **settings)``: exit code and all that preflight says."""

    def run(data="table", model="linear", rest="", trust=(), **settings) -> tuple[int, str]:
        defaults = {"source": "rows.csv", "target": "repaid"} if data == "table" else {}
        told = json.dumps({**defaults, **settings})
        text = RECIPE.format(data=data, model=model, settings=told, rest=rest)
        Path("mine.yaml").write_text(text, "utf-8")
        packages = [part for one in trust for part in ("--trust", one)]
        code = main(["plan", "mine.yaml", "--preflight", *packages])
        out, err = capsys.readouterr()
        assert "Traceback" not in err
        assert bool(err) == (code != 0)
        return code, " ".join((err if code else out).split())

    return run


def rows(n: int = N) -> list[list[str]]:
    draw = np.random.default_rng(0)
    return [
        [
            f"{draw.normal(5):.3f}",
            str(20 + k % 40),
            ("Bonn", "Köln")[k % 2],
            ("no", "yes")[k // 2 % 2],
        ]
        for k in range(n)
    ]


def text(table: list[list[str]], head: list[str] = HEAD) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([head, *table])
    return out.getvalue()


def save(content: str | bytes, name: str = "rows.csv") -> None:
    Path(name).write_bytes(content if isinstance(content, bytes) else content.encode())


def put(row: int, column: int, cell: str) -> str:
    """The table with one other cell; ``row`` from 1, as a message counts."""
    table = rows()
    table[row - 1][column] = cell
    return text(table)


def dated(*written: str) -> str:
    """The table with a column of dates, of which the first are these."""
    days = [*written, *(f"2020-01-{k % 28 + 1:02}" for k in range(N))]
    return beside(days[:N], "since")


def beside(cells: list[str], head: str) -> str:
    """The table with what ``cells`` hold at the end of its rows."""
    lines = text(rows()).splitlines()
    return "".join(f"{line},{cell}\n" for line, cell in zip(lines, [head, *cells], strict=True))


FATAL = {
    "another encoding": (text(rows()).encode("latin-1"), {}, "row 2, byte", "data.encoding"),
    "utf-16": (text(rows()).encode("utf-16"), {}, "header", "perhaps to utf-16"),
    "only a header": (text([]), {}, "the file has no rows", "a header and rows"),
    "an empty file": ("", {}, "the file is empty", "a header and rows"),
    "a column twice": (
        text(rows(), ["income", "age", "income", "repaid"]),
        {},
        "column 'income' appears twice",
        "unique names",
    ),
    "numbers and words": (
        put(10, 0, "about 5"),
        {},
        "column 'income', row 10: 'about 5' is not a number",
        "data.kinds",
    ),
    "an infinite value": (put(4, 0, "inf"), {}, "column 'income', row 4", "infinite"),
    "dates in another form": (
        dated(*["31.12.2019"] * N),
        {"dates": ["since"]},
        "column 'since', row 1: '31.12.2019' is no date",
        "since: %d.%m.%Y",
    ),
    "words as a quantity": (
        text(rows()),
        {"task": "regression"},
        "column 'repaid', row 1: 'no' is not a number, as in 59 more rows",
        "a finite number",
    ),
    "targets missing and infinite": (
        beside(["1", "inf", "", "NA"] * 15, "price"),
        {"target": "price", "task": "regression"},
        "column 'price', row 3: the target is missing, as in 29 more rows",
        "{column: price, missing: false}",
        "column 'price', row 2: inf is infinite, as in 14 more rows",
    ),
    "ids in two splits": (
        beside([f"p{k // 2},{PARTS[k % 3]}" for k in range(N)], "person,part"),
        {"id": "person", "split": "given", "split_column": "part"},
        "column 'person': 'p0' lies in train and in test",
        "so do 29 other ids",
        "split: group",
    ),
}


@pytest.mark.parametrize("case", FATAL)
def test_a_table_that_cannot_be_audited(say, case):
    content, settings, *words = FATAL[case]
    save(content)
    code, said = say(**settings)
    assert code == 3
    assert "rows.csv" in said
    assert [word for word in words if word not in said] == []


def test_a_byte_order_mark_is_no_part_of_the_first_name(say):
    save(b"\xef\xbb\xbf" + text(rows()).encode())
    assert say(features=["income", "city"])[0] == 0


def test_ragged_rows_and_dates_are_left_out_and_named(say):
    lines = dated("soon").splitlines()
    lines[5] += ",and,more"
    lines[8] = "5.0,30"
    save("\n".join(lines) + "\n")
    code, said = say(dates=["since"])
    assert code == 0
    assert f"! 3 of {N} could not be read and are left out:" in said
    assert all(f"row {row}" in said for row in (1, 5, 8))


def test_the_way_a_hint_names_is_open(say):
    """Formats of dates go over the table's own empty setting, as do a schema and levels."""
    save(dated(*["31.12.2019"] * N))
    schema = {"columns": {"age": {"dtype": "int64", "checks": {"greater_than": 3}}}}
    assert say(dates={"since": "%d.%m.%Y"}, schema=schema, kinds={"age": "numeric"})[0] == 0
    schema["columns"]["age"]["checks"]["greater_than"] = 20
    code, said = say(dates={"since": "%d.%m.%Y"}, schema=schema)
    assert code == 3
    assert "column 'age', row 1: 20 breaks greater_than(20), as 2 cells do" in said


def pictures(*broken: tuple[str, Callable[[Path], None]]) -> None:
    draw = np.random.default_rng(0)
    for name, level in (("cat", 60), ("dog", 180)):
        folder = Path("pics", name)
        folder.mkdir(parents=True)
        for k in range(12):
            pixels = np.clip(draw.normal(level, 20, (10, 10, 3)), 0, 255).astype("uint8")
            Image.fromarray(pixels).save(folder / f"{k:02}.png")
    for name, spoil in broken:
        spoil(Path("pics", name))


def cut_off(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:200])


def animated(path: Path) -> None:
    frames = [Image.new("RGB", (10, 10), (level, 0, 0)) for level in (10, 100, 200)]
    frames[0].save(path, save_all=True, append_images=frames[1:])


def test_pictures_that_are_cut_off_are_left_out_animated_and_printed_ones_are_not(say):
    pictures(
        ("cat/03.png", cut_off),
        ("dog/print.jpg", lambda path: Image.new("CMYK", (10, 10), (10, 20, 30, 40)).save(path)),
        ("dog/moves.gif", animated),
        ("dog/named.png", lambda path: path.write_text("no picture", "utf-8")),
    )
    code, said = say("images", "cnn", source="pics")
    assert code == 0
    assert "! 2 of 27 could not be read and are left out:" in said
    assert "cat/03.png: it cannot be decoded: image file is truncated" in said
    assert "dog/named.png: it is no picture that can be read" in said


def test_a_class_without_pictures(say):
    pictures(("fox", Path.mkdir))
    code, said = say("images", "cnn", source="pics")
    assert code == 3
    assert "pics/fox: the folder of class 'fox' holds no picture" in said


def test_pictures_of_two_sizes(say):
    pictures(("dog/big.png", lambda path: Image.new("RGB", (20, 30)).save(path)))
    code, said = say("images", "cnn", source="pics")
    assert code == 3
    assert "dog/big.png: 30×20 pixels, 24 others have 10×10 (set size: [10, 10] to resize)" in said


def test_messages_without_words_are_left_out(say):
    said_by = [
        (f"see you at {k}", "ham") if k % 2 else (f"win prize {k}", "spam") for k in range(N)
    ]
    said_by[4], said_by[6] = ("", "spam"), ("   ", "spam")
    save(text([list(one) for one in said_by], ["message", "kind"]), "m.csv")
    code, said = say("text", "text_cnn", source="m.csv", text="message", target="kind")
    assert code == 0
    assert f"! 2 of {N} could not be read and are left out: m.csv, line 6" in said


LONG = {
    "source": "s.csv",
    "layout": "long",
    "id": "id",
    "time": "t",
    "target": "k",
    "channels": ["v"],
}


def samples(length: Callable[[int], int] = lambda _: 20) -> list[list[str]]:
    draw = np.random.default_rng(0)
    return [
        [f"p{k}", str(t), f"{draw.normal():.3f}", "ab"[k % 2]]
        for k in range(40)
        for t in range(length(k))
    ]


def long(table: list[list[str]]) -> None:
    save(text(table, ["id", "t", "v", "k"]), "s.csv")


def test_series_of_unequal_length(say):
    long(samples(lambda k: 14 if k == 3 else 20))
    code, said = say("series", "cnn1d", **LONG)
    assert code == 3
    assert "s.csv, column 'id', p3: series differ in length: 1 of 40 have fewer than 20" in said
    assert "data.length: 14 crops them, 20 goes on with the last value" in said
    assert say("series", "cnn1d", **LONG, length=20)[0] == 0


def test_samples_out_of_order_are_sorted_and_a_time_comes_once(say):
    shuffled = np.random.default_rng(1).permutation(np.array(samples())).tolist()
    long(shuffled)
    assert say("series", "cnn1d", **LONG)[0] == 0
    long([*shuffled, ["p7", "5", "0.1", "b"]])
    code, said = say("series", "cnn1d", **LONG)
    assert code == 3
    assert (
        "column 'id', p7: time 5 appears twice (one sample per time, or data.duplicates: mean)"
        in said
    )
    assert say("series", "cnn1d", **LONG, duplicates="mean")[0] == 0


def test_a_recording_with_a_hole_says_where(say):
    days = np.datetime_as_string(np.datetime64("2020-01-01") + np.arange(200))
    draw = np.random.default_rng(0)
    table = [[day, f"{draw.normal():.3f}"] for day in days]
    del table[100:120]
    table[150][0] = "2020-13-45"
    save(text(table, ["day", "v"]), "s.csv")
    settings = {"layout": "recording", "window": 14, "horizon": 1, "task": "regression"}
    code, said = say(
        "series",
        "cnn1d",
        source="s.csv",
        target="v",
        channels=["v"],
        time="day",
        time_unit="d",
        **settings,
    )
    assert code == 0
    assert "more than 5 samples in a row are missing after time 2020-04-09" in said
    assert "row 151" in said


def wide_enough(nodes, inputs, outputs, *constants, domain="") -> None:
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        nodes,
        "g",
        [info("x", TensorProto.FLOAT, inputs)],
        [info("y", TensorProto.FLOAT, outputs)],
        constants,
    )
    sets = [helper.make_opsetid("", 18), *([helper.make_opsetid(domain, 1)] if domain else [])]
    onnx.save(helper.make_model(graph, opset_imports=sets, ir_version=9), "m.onnx")


def weights(*shape: int):
    return helper.make_tensor("w", TensorProto.FLOAT, shape, np.ones(shape, np.float32).ravel())


PRODUCT = helper.make_node("MatMul", ["x", "w"], ["y"])
GRAPHS = {
    "an operator that nobody has": (
        ([helper.make_node("Frob", ["x"], ["y"], domain="acme")], ["n", 2], ["n", 2]),
        {"domain": "acme"},
        "acme:Frob",
        "not a registered",
    ),
    "an open axis": (
        ([PRODUCT], ["n", "f"], ["n", 2], weights(2, 2)),
        {},
        "its input x leaves open axis 1",
        "fixed sizes",
    ),
    "other columns": (
        ([PRODUCT], ["n", 5], ["n", 2], weights(5, 2)),
        {},
        "takes 5 numbers",
        "the data have 2",
    ),
    "other classes": (
        ([PRODUCT], ["n", 2], ["n", 3], weights(2, 3)),
        {},
        "puts out 3 numbers",
        "2 expected",
    ),
}


@pytest.mark.parametrize("case", GRAPHS)
def test_an_onnx_file_that_does_not_fit(say, case):
    arguments, further, *words = GRAPHS[case]
    wide_enough(*arguments, **further)
    save(text(rows()))
    code, said = say(model="onnx", rest="model: {path: m.onnx}", features=["income", "age"])
    assert code == 3
    assert [word for word in ("m.onnx", *words) if word not in said] == []


def test_an_operator_without_gradients_here_leaves_a_model_that_answers(say):
    sums = helper.make_node("CumSum", ["h", "axis"], ["y"])
    axis = helper.make_tensor("axis", TensorProto.INT64, [], [1])
    product = helper.make_node("MatMul", ["x", "w"], ["h"])
    wide_enough([product, sums], ["n", 2], ["n", 2], weights(2, 2), axis)
    save(text(rows()))
    code, said = say(model="onnx", rest="model: {path: m.onnx}", features=["income", "age"])
    assert code == 0
    assert "saliency it needs gradients, which the model does not offer" in said
    assert (
        "It only answers, by onnxruntime: operator CumSum (node number 2, operator set 18)" in said
    )


def test_weights_of_another_network(say):
    save(text(rows()))
    target = "torch.nn.modules.linear.Linear"
    rest = (
        f"model: {{path: w.pt, network: {{_target_: {target}, in_features: 2, out_features: 2}}}}"
    )
    brought = {"model": "torch_weights", "rest": rest, "trust": ["torch"]}
    torch.save(torch.nn.Linear(3, 2).state_dict(), "w.pt")
    code, said = say(**brought, features=["income", "age"])
    assert code == 3
    assert "w.pt: it has weight of shape (2, 3) where (2, 2) is wanted" in said
    torch.save(torch.nn.Linear(2, 2), "w.pt")
    code, said = say(**brought, features=["income", "age"])
    assert code == 3
    assert "it holds more than weights" in said
    assert "nothing was loaded" in said


@contextmanager
def serving(answer: Callable[[int, int], tuple[int, object]]):
    """A service; ``answer(request, rows)`` → status and outputs. Yields its address."""

    class Handler(BaseHTTPRequestHandler):
        asked = 0

        def do_POST(self):
            content = json.loads(self.rfile.read(int(self.headers["content-length"])))
            Handler.asked += 1
            status, outputs = answer(Handler.asked, len(content["rows"]))
            body = json.dumps({"classes": ["no", "yes"], "outputs": outputs}).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()


BAD = {
    "not a number": (lambda _, n: (200, [[float("nan"), 0.5]] * n), "row 1 of 8 is not a finite"),
    "a row short": (
        lambda _, n: (200, [[0.5, 0.5]] * (n - 1)),
        "it answered 7 rows where 8 were asked",
    ),
    "a class more": (lambda _, n: (200, [[0.2, 0.3, 0.5]] * n), "3 numbers per row", "2 expected"),
    "no probabilities": (
        lambda _, n: (200, [[0.9, 0.9]] * n),
        "0.9, 0.9, is no probability",
        "logit",
    ),
    "always failing": (lambda *_: (503, []), "HTTP 503", "given up after 2 attempts"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_service_whose_answers_cannot_be_used(say, case):
    answer, *words = BAD[case]
    save(text(rows()))
    with serving(answer) as url:
        code, said = say(model="service", rest=f"model: {{url: '{url}', attempts: 2}}")
    assert code == 3
    assert [word for word in (url, *words) if word not in said] == []


def test_a_service_that_is_slow(say):
    save(text(rows()))
    late = threading.Event()
    with serving(lambda _, n: (late.wait(1), (200, [[0.5, 0.5]] * n))[1]) as url:
        code, said = say(
            model="service", rest=f"model: {{url: '{url}', attempts: 2, timeout: 0.2}}"
        )
        late.set()
    assert code == 3
    assert "it did not answer within 0.2 s; given up after 2 attempts" in said


def test_a_service_that_changes_its_answers_is_audited_and_told(say):
    save(text(rows()))
    with serving(
        lambda asked, n: (200, [[0.5 + 0.1 * (asked % 2), 0.5 - 0.1 * (asked % 2)]] * n)
    ) as url:
        code, said = say(model="service", rest=f"model: {{url: '{url}'}}")
    assert code == 0
    assert "! the service changes its answers: asked twice about the same 8 rows" in said
    assert "differ by up to 0.1" in said
