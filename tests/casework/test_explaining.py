"""New rows against the audit that they are explained by."""

import json
import shutil
from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from xaiframe.casework.explaining import explain_rows
from xaiframe.errors import AuditError, DataError
from xaiframe.finished import load
from xaiframe.store import file_digest


def stored(frame, folder, name="new.csv"):
    frame.to_csv(folder / name, index=False)
    return str(folder / name)


def tree(folder):
    return {
        path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def copied(run, tmp_path):
    """The run with its source, elsewhere."""
    home = run.parents[2]
    shutil.copytree(home, tmp_path / "home", ignore=shutil.ignore_patterns("cases"))
    return tmp_path / "home" / run.relative_to(home)


def rewritten(run, name, content):
    """A file of the run changed and signed again, as another audit would have left it."""
    (run / name).write_text(content)
    manifest = json.loads((run / "manifest.json").read_text())
    manifest["artifacts"][name] = file_digest(run / name)
    (run / "manifest.json").write_text(json.dumps(manifest))


def test_an_audited_row_given_as_new_is_explained_as_it_was(own, rows, tmp_path):
    audited = load(own)
    chosen = audited.instances.iloc[[4, 1]]
    source = stored(rows.iloc[chosen["id"]].drop(columns="repaid"), tmp_path)
    before = tree(own)
    done = explain_rows(own, source, pdf=False)
    assert tree(own) == before, "a run is never touched"
    assert done.folder.parent == own.parent / "cases"
    for name, values in audited.attributions.items():
        side = "gradient" if name in ("saliency", "integrated_gradients") else "perturbation"
        path = done.folder / "artifacts" / f"{side}.{name}" / "attribution.npz"
        with np.load(path) as found:
            np.testing.assert_allclose(found["values"], values[[4, 1]], rtol=1e-5, atol=1e-6)
    for case, (_, row) in zip(done.cases, chosen.iterrows(), strict=True):
        assert case["predicted"] == row["predicted"]
        assert case["confidence"] == pytest.approx(row["confidence"], rel=1e-5)
        assert case["twin"] == {"split": "test", "id": row["id"], "truth": row["y"]}
        assert case["nearest"]["input"][0] == {
            "id": row["id"], "y": row["y"], "predicted": row["predicted"],
            "confidence": row["confidence"], "distance": 0,
        }  # fmt: skip
        assert case["nearest"]["pattern"][0]["cosine"] == pytest.approx(1)
    usual = audited.table("evaluation.agreement", "instances")["spearman"]
    found = [case["agreement"]["spearman"] for case in done.cases]
    np.testing.assert_allclose(found, usual.iloc[[4, 1]], atol=1e-6)


def test_a_case_is_held_against_the_training_and_the_test_rows(own, rows, wage, tmp_path):
    audited = load(own)
    predictions = audited.table("model.measure", "predictions")
    train = rows.iloc[predictions.loc[predictions["split"] == "train", "id"]]
    odd = pd.DataFrame({wage: [31.0, 99.0], "town": ["north", "moon"], "late": [1, np.nan]})
    done = explain_rows(own, stored(odd, tmp_path), pdf=False)
    usual, strange = ({one["name"]: one for one in case["columns"]} for case in done.cases)
    below, equal = (train[wage] < 31).sum(), (train[wage] == 31).sum()
    assert usual[wage]["percentile"] == pytest.approx(100 * (below + equal / 2) / len(train))
    assert usual["town"]["share"] == pytest.approx(100 * (train["town"] == "north").mean())
    assert [strange[name]["state"] for name in (wage, "town", "late")] == [
        "above", "unseen", "missing",
    ]  # fmt: skip
    assert done.cases[1]["remoteness"]["percentile"] == 100
    first = done.cases[0]
    same = predictions[
        (predictions["split"] == "test") & (predictions["predicted"] == first["predicted"])
    ]
    assert first["answer"]["n"] == len(same)
    share = 100 * (same["confidence"] < first["confidence"]).mean()
    assert first["answer"]["percentile"] == pytest.approx(share)
    assert first["truth"] is None


def test_a_file_of_the_run_that_changed_is_named(own, rows, tmp_path):
    run = copied(own, tmp_path)
    weights = run / "artifacts/model.fit/network.pt"
    weights.write_bytes(weights.read_bytes() + b"more")
    with pytest.raises(AuditError, match=r"network\.pt: is not what the audit stored"):
        explain_rows(run, stored(rows.head(1), tmp_path))
    weights.unlink()
    with pytest.raises(AuditError, match=r"network\.pt: the run's file is gone"):
        explain_rows(run, stored(rows.head(1), tmp_path))


def test_data_that_changed_since_the_audit_are_refused(own, rows, tmp_path):
    # the frozen recipe names the source absolutely: put the same audit on another one
    other = stored(pd.concat([rows, rows.head(8)]), tmp_path, "rows.csv")
    run = copied(own, tmp_path)
    text = (run / "recipe.yaml").read_text()
    source = str(own.parents[2] / "rows.csv")
    assert source in text
    rewritten(run, "recipe.yaml", text.replace(source, other))
    with pytest.raises(DataError, match=r"rows\.csv: the data changed since the audit: \w+ had"):
        explain_rows(run, stored(rows.head(1), tmp_path))
    rows.assign(late=rows["late"] + 1).to_csv(other, index=False)
    with pytest.raises(DataError, match="as many rows and columns, other values"):
        explain_rows(run, stored(rows.head(1), tmp_path))
    rows.rename(columns={"late": "delay"}).to_csv(other, index=False)
    with pytest.raises(DataError, match="without late and with delay"):
        explain_rows(run, stored(rows.head(1), tmp_path))


def test_rows_stay_out_where_the_recipe_redacts_unless_asked(own, rows, tmp_path):
    run = copied(own, tmp_path)
    text = (run / "recipe.yaml").read_text()
    assert "redact: false" in text
    rewritten(run, "recipe.yaml", text.replace("redact: false", "redact: true"))
    source = stored(rows.head(1), tmp_path)
    with pytest.raises(AuditError, match=r"report\.redact.*--show"):
        explain_rows(run, source)
    assert not (run.parent / "cases").exists()
    assert len(explain_rows(run, source, pdf=False, show=True).cases) == 1


def test_a_folder_that_is_no_run_is_refused(tmp_path):
    with pytest.raises(AuditError, match="no finished run here"):
        explain_rows(tmp_path, "new.csv")


def test_what_goes_wrong_leaves_no_folder(own, tmp_path):
    before = {path.name for path in (own.parent).glob("cases/*")}
    with pytest.raises(DataError):
        explain_rows(own, str(tmp_path / "nothing.csv"))
    assert {path.name for path in (own.parent).glob("cases/*")} == before
