"""`xaiframe explain` from the command line: what it prints, and its exit codes."""

import json

import pandas as pd

from xaiframe.cli import main


def test_rows_are_told_with_reasons_and_paths(own, rows, tmp_path, capsys):
    source = tmp_path / "new.csv"
    rows.drop(columns="repaid").head(1).to_csv(source, index=False)
    assert main(["explain", str(own), "--rows", str(source), "--html"]) == 0
    out, err = capsys.readouterr()
    assert "% sure" in out
    assert "rests on" in out
    assert out.splitlines()[-1].endswith("report.html")
    assert "report.pdf" not in out
    assert err == ""


def test_a_row_that_cannot_be_read_costs_the_exit_code_not_the_others(own, tmp_path, wage, capsys):
    source = tmp_path / "new.csv"
    pd.DataFrame({wage: ["30", "much"], "town": ["north"] * 2, "late": [1, 2]}).to_csv(
        source, index=False
    )
    assert main(["explain", str(own), "--rows", str(source), "--html", "--json"]) == 3
    out, err = capsys.readouterr()
    assert err.count("row 2: 'much' is not a number") == 1, err
    assert [case["number"] for case in json.loads(out)["cases"]] == [1]
    assert "row 2: 'much' is not a number" in err


def test_faults_are_one_line_and_exit_three(own, tmp_path, capsys):
    assert main(["explain", str(tmp_path), "--rows", "new.csv"]) == 3
    assert capsys.readouterr().err.count("\n") == 1
    assert main(["explain", str(own)]) == 3
    assert "--rows" in capsys.readouterr().err
