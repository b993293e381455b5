import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from xaiframe.catalogue.listing import house
from xaiframe.cli import is_override, main, routed, separate
from xaiframe.errors import AuditError, DataError, Problem
from xaiframe.facts import Finding, Verdict

RECIPE = house().parent / "recipes" / "breast_cancer.yaml"
HEAVY = ("torch", "pandas", "numpy", "pytorch_lightning", "sklearn", "matplotlib")


def finished(folder, status="pass", report=True):
    finding = Finding("psi", "warn", "a.b.c", "PSI is high", value=0.13, threshold="above 0.1")
    return SimpleNamespace(
        folder=folder,
        verdict=Verdict(status, "default", "a" * 64, {}, "Said in words."),
        findings=[finding],
        report=folder / "report.pdf" if report else None,
    )


@pytest.fixture
def audits(monkeypatch, tmp_path):
    """Stands in for the run layer: keeps what it was asked, does what ``answer`` says."""
    asked = []

    def audit(path, overrides, trust, outputs, observer):
        asked.append((path, list(overrides), tuple(trust), outputs))
        observer.stage("data", 1)
        return room.answer(list(overrides))

    room = SimpleNamespace(
        audit=audit, asked=asked, answer=lambda _: finished(tmp_path / "run"), __spec__=None
    )
    monkeypatch.setitem(sys.modules, "xaiframe.rounds", room)
    monkeypatch.delenv("XAIFRAME_DEBUG", raising=False)
    return room


def raising(error):
    def answer(_):
        raise error

    return answer


def fresh(code):
    """Runs code in an interpreter of its own."""
    return subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=house().parent,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments", [["--help"], ["run", "--help"], ["list"], ["list", "gradient", "--json"]]
)
def test_help_and_list_import_nothing_heavy(arguments):
    code = f"import sys; from xaiframe.cli import main; code = main({arguments}); "
    code += f"print('HEAVY', [one for one in {HEAVY} if one in sys.modules]); sys.exit(code)"
    done = fresh(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_a_static_plan_imports_nothing_heavy():
    code = f"import sys; from xaiframe.cli import main; code = main(['plan', {str(RECIPE)!r}]); "
    code += f"print('HEAVY', [one for one in {HEAVY} if one in sys.modules]); sys.exit(code)"
    done = fresh(code)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "HEAVY []"


def test_a_reader_that_stops_early_gets_no_traceback():
    command = f"{sys.executable} -m xaiframe.cli list --json | head -c 1"
    done = subprocess.run(
        ["bash", "-c", command], capture_output=True, text=True, cwd=house().parent, check=False
    )
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("status", "flags", "code"),
    [
        ("pass", [], 0),
        ("warn", [], 0),
        ("warn", ["--fail-on-warn"], 1),
        ("pass", ["--fail-on-warn"], 0),
        ("fail", [], 2),
        ("fail", ["--fail-on-warn"], 2),
    ],
)
def test_the_exit_code_is_the_verdict(audits, tmp_path, status, flags, code):
    audits.answer = lambda _: finished(tmp_path, status)
    assert main(["run", str(RECIPE), *flags]) == code


def test_a_finished_run_shows_findings_verdict_and_the_report_on_its_own_line(
    audits, tmp_path, capsys
):
    main(["run", str(RECIPE)])
    out, err = capsys.readouterr()
    assert "PSI is high" in out
    assert "Said in words." in out
    assert out.splitlines()[-1] == str(tmp_path / "run" / "report.pdf")
    assert err.splitlines()[0].startswith("✓ data")


def test_a_run_without_a_report_names_its_folder(audits, tmp_path, capsys):
    audits.answer = lambda _: finished(tmp_path / "run", report=False)
    main(["run", str(RECIPE)])
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "run")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", str(RECIPE), "a=1", "--outputs", "there", "--trust", "mine", "--trust", "ours"],
        [str(RECIPE), "a=1", "--trust", "mine", "--trust", "ours", "--outputs", "there"],
        ["a=1", str(RECIPE), "--trust", "mine", "--trust", "ours", "--outputs", "there"],
        ["--outputs", "there", "--trust", "mine", "--trust", "ours", "a=1", str(RECIPE)],
    ],
)
def test_run_may_be_left_out_and_the_order_is_free(audits, arguments):
    assert main(arguments) == 0
    assert audits.asked == [(RECIPE, ["a=1"], ("mine", "ours"), Path("there"))]


def test_every_form_of_override_is_handed_on_as_it_is(audits):
    overrides = ["a=[x,y]", "+b=1", "++c.d=2", "~e", "~f=g", "text='a b'", "h="]
    assert main(["run", str(RECIPE), *overrides]) == 0
    assert audits.asked[0][1] == overrides


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run"], "Missing argument"),
        (["run", "a=1"], "there is no recipe"),
        (["run", "one.yaml", "two"], "'two' is neither the recipe nor an override"),
        (["bogus"], "bogus"),
        (["run", str(RECIPE), "--bogus"], "--bogus"),
        (["run", str(RECIPE), "--cfg", "hydra"], "hydra"),
        (["list", "gradients"], "there is no group 'gradients'"),
        (["report", "nowhere"], "is not a run folder"),
        (["plan", "nowhere.yaml"], "nowhere.yaml"),
        (["run", "nowhere.yaml"], "nowhere.yaml"),
        (["nowhere.yaml"], "nowhere.yaml"),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line_and_no_verdict(arguments, words, capsys):
    assert main(arguments) == 3
    out, err = capsys.readouterr()
    assert out == ""
    (line,) = err.splitlines()
    assert words in line


def test_every_problem_gets_its_line(audits, capsys):
    audits.answer = raising(DataError([Problem("a.csv", "is empty"), Problem("b.csv", "is gone")]))
    assert main(["run", str(RECIPE)]) == 3
    lines = capsys.readouterr().err.splitlines()
    assert lines[-2:] == ["✗ a.csv: is empty", "✗ b.csv: is gone"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemError("boom\nbang"), MemoryError()])
def test_however_a_run_ends_without_a_verdict_the_code_is_3(audits, error, capsys):
    audits.answer = raising(error)
    assert main(["run", str(RECIPE)]) == 3
    assert "Traceback" not in capsys.readouterr().err


def test_a_crash_names_its_type_its_message_and_its_log(audits, tmp_path, capsys):
    def answer(_):
        folder = tmp_path / "sample"
        folder.mkdir()
        (folder / "failed-now.log").write_text("…")
        raise ZeroDivisionError("by\nzero")

    audits.answer = answer
    assert main(["run", str(RECIPE), "--outputs", str(tmp_path)]) == 3
    line = capsys.readouterr().err.splitlines()[-1]
    assert line.startswith("✗ ZeroDivisionError: by zero (log: ")
    assert line.endswith("failed-now.log)")


def test_a_traceback_is_there_for_who_asks(audits, monkeypatch, capsys):
    monkeypatch.setenv("XAIFRAME_DEBUG", "1")
    audits.answer = raising(ZeroDivisionError("by zero"))
    assert main(["run", str(RECIPE)]) == 3
    assert "Traceback" in capsys.readouterr().err


def test_a_sweep_runs_every_job_and_returns_the_worst(audits, tmp_path, capsys):
    def answer(overrides):
        if "seed=1" in overrides:
            raise ZeroDivisionError("by zero")
        return finished(tmp_path, "warn")

    audits.answer = answer
    assert main(["run", str(RECIPE), "seed=0,1,2", "rounds=1", "-m"]) == 3
    jobs = [overrides for _, overrides, *_ in audits.asked]
    assert jobs == [[f"seed={seed}", "rounds=1"] for seed in (0, 1, 2)]
    assert "job seed=1 rounds=1" in capsys.readouterr().err
    audits.answer = lambda overrides: finished(
        tmp_path, "fail" if "seed=0" in overrides else "pass"
    )
    assert main(["run", str(RECIPE), "seed=0,1", "--multirun"]) == 2


def test_a_recipe_may_ask_for_the_sweep_itself(audits, tmp_path):
    recipe = tmp_path / "sweep.yaml"
    recipe.write_text("hydra: {mode: MULTIRUN, sweeper: {params: {seed: '3,4'}}}\n")
    assert main(["run", str(recipe)]) == 0
    assert [overrides for _, overrides, *_ in audits.asked] == [["seed=3"], ["seed=4"]]


def test_cfg_job_prints_the_composed_recipe_and_runs_nothing(audits, capsys):
    assert main(["run", str(RECIPE), "--cfg", "job", "fit.epochs=7"]) == 0
    assert "epochs: 7" in capsys.readouterr().out
    assert audits.asked == []


def test_the_plan_is_shown_with_question_marks_until_preflight(tmp_path, capsys):
    rows = "".join(f"{number},{number % 7},{'ab'[number % 2]}\n" for number in range(60))
    (tmp_path / "my.csv").write_text("first,second,y\n" + rows)
    source = f"data.source={tmp_path / 'my.csv'}"
    own = ["reference.target=predicted", "strategy.knowledge=[]"]
    arguments = ["plan", str(RECIPE), "data=table", source, "data.target=y", *own]
    assert main(arguments) == 0
    assert "? needs the data" in capsys.readouterr().out
    assert main([*arguments, "--preflight"]) == 0
    out = capsys.readouterr().out
    assert "? needs the data" not in out
    permutation = next(line for line in out.splitlines() if "permutation_importance" in line)
    assert permutation.split()[1] == f"{15 * (2 * 10 + 1)}"  # test rows, columns, repeats


def test_the_plan_as_json_is_what_a_run_would_store(capsys):
    assert main(["plan", str(RECIPE), "--json"]) == 0
    stored = json.loads(capsys.readouterr().out)
    assert stored["recipe"] == "breast_cancer"
    names = [stage["name"] for stage in stored["stages"]]
    assert names[:3] == ["strategy", "data", "precaution"]


def test_what_does_not_apply_is_said_before_anything_runs(capsys):
    assert main(["plan", str(RECIPE), "gradient=[saliency,grad_cam]"]) == 3
    (line,) = capsys.readouterr().err.splitlines()
    assert "grad_cam does not apply" in line
    assert "these apply: saliency" in line


def test_list_is_readable_by_machines(capsys):
    assert main(["list", "gradient", "--json"]) == 0
    listed = {one["choice"]: one for one in json.loads(capsys.readouterr().out)["gradient"]}
    smoothgrad = listed["smoothgrad"]
    assert smoothgrad["reference"] == "arXiv:1706.03825"
    assert smoothgrad["facts"]["direction"] == "gradient"
    samples = next(one for one in smoothgrad["parameters"] if one["name"] == "samples")
    assert samples == {"name": "samples", "type": "int", "required": False, "default": 50}


def test_list_finds_what_is_beside_a_recipe_and_what_is_here(tmp_path, monkeypatch, capsys):
    own = tmp_path / "conf" / "model"
    own.mkdir(parents=True)
    (own / "mine.yaml").write_text("_target_: xaiframe.model.mlp.MLP\n")
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("defaults: [audit, _self_]\n")
    assert main(["list", "model", "--recipe", str(recipe)]) == 0
    assert "mine" in capsys.readouterr().out
    monkeypatch.chdir(tmp_path)
    assert main(["list", "model"]) == 0
    assert "mine" in capsys.readouterr().out


def test_a_report_is_built_again_from_its_run(tmp_path, monkeypatch, capsys):
    (tmp_path / "facts.json").write_text("[]")
    room = SimpleNamespace(rebuild=lambda run: run / "report.pdf")
    monkeypatch.setitem(sys.modules, "xaiframe.report.build", room)
    assert main(["report", str(tmp_path)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == str(tmp_path / "report.pdf")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], ["--help"]),
        (["--help"], ["--help"]),
        (["plan", "x.yaml"], ["plan", "x.yaml"]),
        (["x.yaml"], ["run", "x.yaml"]),
        (["~a", "x.yaml"], ["run", "~a", "x.yaml"]),
        (["-m", "x.yaml"], ["run", "-m", "x.yaml"]),
        (["bogus"], ["bogus"]),
    ],
)
def test_what_looks_like_a_run_is_one(arguments, expected):
    assert routed(arguments) == expected


def test_a_file_with_an_equals_sign_is_a_recipe(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a=b.yaml").write_text("")
    assert not is_override("a=b.yaml")
    assert separate(["c=d", "a=b.yaml"]) == (Path("a=b.yaml"), ["c=d"])


def test_stray_words_are_all_named():
    with pytest.raises(AuditError) as caught:
        separate(["x.yaml", "y", "a=1", "z"])
    assert len(caught.value.problems) == 2
