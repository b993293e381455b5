import io

import pytest
from rich.console import Console

from xaiframe.catalogue.listing import entries
from xaiframe.errors import Problem
from xaiframe.facts import Finding, Verdict
from xaiframe.observer import Observer, SilentObserver
from xaiframe.terminal.console import (
    clean,
    counts,
    duration,
    memory,
    number,
    show_findings,
    show_group,
    show_groups,
    show_path,
    show_problems,
    show_verdict,
)
from xaiframe.terminal.progress import RichObserver, Running


def screen(width=80, terminal=False):
    return Console(
        file=io.StringIO(), width=width, force_terminal=terminal, highlight=False, _environ={}
    )


def text(console):
    return console.file.getvalue()


def finding(rule, status, message="what was found", **further):
    return Finding(rule, status, "a.b.c", message, **further)


SAMPLE = [
    finding("gap", "pass"),
    finding("psi", "warn", "PSI of [bold]x[/bold] is high", value=0.13123, threshold="above 0.1"),
    finding("unseen", "not_assessed"),
    finding("sane", "fail", value=0.41, threshold="above 0.3"),
    finding("small", "undecided", reason="22 rows are fewer than 30"),
    finding("lime.error", "error", "lime raised: no", value="ValueError: no"),
    finding("leak", "warn", value=0.0075, unit="share"),
]


def shown(width=80):
    console = screen(width)
    show_findings(console, SAMPLE)
    return text(console)


def test_the_worst_comes_first_and_what_passed_is_only_counted():
    lines = shown()
    order = [lines.index(rule) for rule in ("lime.error", "sane", "psi", "leak", "small")]
    assert order == sorted(order)
    assert "gap" not in lines
    assert "unseen" not in lines
    assert lines.rstrip().endswith(
        "✗ 1 raised  ✗ 1 failed  ! 2 warned  ? 1 undecided  ✓ 1 passed  – 1 not assessed"
    )


def test_a_finding_stands_with_value_limit_message_and_reason():
    lines = shown().splitlines()
    row = next(line for line in lines if "psi" in line)
    assert row.split() == ["!", "psi", "0.131", "above", "0.1"]
    assert "PSI of [bold]x[/bold] is high" in shown()
    assert "what was found (22 rows are fewer than 30)" in shown()
    assert "0.75 %" in shown()


def test_the_limit_and_a_long_unit_do_not_repeat_the_message():
    console = screen()
    message = "gain is −0.12, below 0 (worst of 8)"
    unit = "share of the expected score"
    show_findings(
        console, [finding("g", "warn", message, value=-0.12, unit=unit, threshold="below 0")]
    )
    lines = [line.strip() for line in text(console).splitlines()]
    assert "!  g        -0.12  below 0" in lines
    assert "gain is −0.12 (worst of 8)" in lines


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_terminal(width):
    assert max(map(len, shown(width).splitlines())) <= width


def test_names_from_data_cannot_steer_the_terminal():
    console = screen()
    show_findings(console, [finding("x\x1b[2J", "fail", "column \x1b]0;evil\x07")])
    show_problems(console, [Problem("a\nb", "\x1b[31mred", "[red]")])
    assert "\x1b" not in text(console)
    assert "\x07" not in text(console)
    assert "a b: " in text(console)
    assert "([red])" in text(console)


def test_a_problem_is_one_line_however_long():
    console = screen(40)
    show_problems(console, [Problem("recipe.yaml:3", "a" * 100, "b" * 100), Problem("x", "y")])
    assert len(text(console).splitlines()) == 2


def test_a_path_is_alone_and_whole_on_its_line():
    console = screen(20)
    path = "outputs/" + "long" * 20 + "/report.pdf"
    show_path(console, "report", path)
    assert text(console).splitlines() == ["report", path]


@pytest.mark.parametrize(("status", "words"), [("pass", "passed"), ("fail", "failed")])
def test_the_verdict_is_said_in_words(status, words):
    console = screen()
    show_verdict(console, Verdict(status, "strict", "a" * 64, {}, "It is so."))
    assert f" {words} " in text(console)
    assert "It is so." in text(console)
    assert "policy strict" in text(console)


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (0.123456, "", "0.123"),
        (12345.6, "rows", "12,346 rows"),
        (1234567, "", "1,234,567"),
        (True, "", "yes"),
        (None, "rows", ""),
        (0.5, "share", "50 %"),
        ("a\tb", "", "a b"),
    ],
)
def test_a_number_has_three_digits_that_count(value, unit, expected):
    assert number(value, unit) == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(None, "?"), (0, "0.0 s"), (0.01, "<0.1 s"), (0.44, "0.4 s"), (42, "42 s"), (200, "3 min")],
)
def test_a_duration_is_told_in_its_own_unit(seconds, expected):
    assert duration(seconds) == expected


def test_memory_is_told_in_its_own_unit():
    assert [memory(one) for one in (None, 0.2, 12.4, 2500)] == ["?", "1 MB", "12 MB", "2.5 GB"]


def test_counts_of_nothing_are_empty():
    assert counts([]).plain == ""


def test_clean_keeps_letters_of_every_script():
    assert clean("한글 ä − ✓") == "한글 ä − ✓"


@pytest.fixture
def conf(tmp_path):
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "small.yaml").write_text("_target_: xaiframe.model.mlp.MLP\nhidden: [8, 4]\n")
    rules = tmp_path / "prescription"
    rules.mkdir()
    (rules / "less.yaml").write_text("less:\n  relation: a → b\n  because: Less is more.\n")
    return [tmp_path]


def test_a_list_of_groups_says_what_each_choice_is(conf):
    console = screen()
    show_groups(console, {name: entries(name, conf) for name in ("model", "prescription")})
    assert "Fully connected layers with ReLU and dropout." in text(console)
    assert "table only" in text(console)
    assert "Less is more." in text(console)


def test_a_group_in_full_shows_the_parameters_as_overrides_would_set_them(conf):
    console = screen()
    show_group(console, "model", entries("model", conf))
    assert "hidden=[8,4]  dropout=0.1" in text(console)


def go(observer: Observer):
    observer.round(1, 2)
    observer.stage("strategy", 1)
    observer.unit("strategy", "declared", "done")
    observer.stage("perturbation", 3)
    observer.progress("perturbation", "once", 1, 2)
    observer.unit("perturbation", "lime", "start")
    observer.unit("perturbation", "lime", "error", "ValueError: \x1bno")
    observer.unit("perturbation", "kernel_shap", "cached")
    observer.unit("perturbation", "grad_cam", "not applicable", "no convolution")


def test_away_from_a_terminal_a_run_is_one_plain_line_per_stage():
    console = screen()
    with RichObserver(console) as observer:
        go(observer)
    lines = text(console).splitlines()
    assert [line.split()[:2] for line in lines[:3]] == [
        ["round", "1"],
        ["✓", "strategy"],
        ["✗", "perturbation"],
    ]
    assert lines[2].endswith("1 from the cache, 1 not applicable, 1 raised")
    assert lines[3].strip() == "lime: ValueError:  no"
    assert "\x1b" not in text(console)


def test_in_a_terminal_the_same_lines_remain():
    console = screen(terminal=True)
    with RichObserver(console) as observer:
        go(observer)
    for words in ("strategy", "1 from the cache, 1 not applicable, 1 raised"):
        assert words in text(console)


def test_a_run_that_breaks_off_says_where():
    console = screen()
    observer = RichObserver(console)
    observer.stage("model", 2)
    observer.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert text(console).split()[:2] == ["✗", "model"]
    assert text(console).rstrip().endswith("broke off")


def test_the_silent_observer_says_nothing(capsys):
    go(SilentObserver())
    assert capsys.readouterr() == ("", "")


def test_a_method_that_does_not_apply_was_never_work_to_do():
    running = Running("gradient", 2)
    running.over |= {"saliency": ("done", ""), "grad_cam": ("not applicable", "no convolution")}
    assert running.finished() == 1
