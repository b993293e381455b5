"""Loading a policy: inheritance, tightening, the floor, and every fault with its line."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from xaiframe.errors import RecipeError
from xaiframe.policy.load import load_policy
from xaiframe.policy.schema import Comparison, Policy

HOUSE = Path(__file__).parents[2] / "conf"

PARENT = """
require: {precaution: [profile], perturbation: 1}
rules:
  gap:
    fact: precaution.fit_gap.relative_loss
    warn: {above: 0.05}
    fail: {above: 0.10, and: {fact: data.load.rows, above: 50}}
    source: ours
  worth:
    fact: precaution.fit_gap.gain_over_dummy
    fail: {below: 0.1}
    only_if: {fact: data.load.rows, above: 100}
    minimum_n: 20
  said:
    fact: evaluation.knowledge.statement
    labels: {effect: rises}
    warn: {equals: contradicted}
  free:
    fact: precaution.missing.share
    fail: {above: 0.3}
    overridable: true
  shut:
    fact: precaution.imbalance.ratio
    fail: {below: 0.01}
    locked: true
"""

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(text: str, name: str = "child") -> Path:
        path = tmp_path / f"{name}.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    written(PARENT, "parent")
    return written


def child(write: Write, rules: str) -> Policy:
    path = write(f"extends: parent\nrules:\n  {rules}\n")
    return load_policy(str(path), [path.parent])


def faults(path: Path, floor: Path | None = None) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        load_policy(str(path), [path.parent], floor)
    return [str(problem) for problem in caught.value.problems]


def test_a_power_of_ten_is_a_number(write: Write) -> None:
    path = write("rules: {gap: {fact: model.test.score, warn: {above: 1e-4}}}")
    rule = load_policy(str(path), []).rules["gap"]
    assert "0.0001" in repr(rule)


TIGHTER = [
    "gap: {warn: {above: 0.01}}",
    "gap: {fail: {above: 0.08}}",
    "gap: {fail: {and: null}}",
    "gap: {fail: {and: {fact: data.load.rows, above: 20}}}",
    "worth: {fail: {below: 0.2}}",
    "worth: {warn: {below: 0.3}}",
    "worth: {only_if: {fact: data.load.rows, above: 10}}",
    "worth: {only_if: null}",
    "worth: {absent: fail}",
    "worth: {locked: true}",
    "said: {labels: {}}",
    "said: {warn: {equals: [contradicted, undecided]}}",
    "said: {fail: {equals: contradicted}}",
    "free: {fail: {above: 0.9}}",
    "free: {fail: {below: 0.9}}",
    "free: {fail: null, warn: {above: 0.1}}",
    "shut: {fail: {below: 0.01}}",
    "new: {fact: precaution.missing.rows_share, warn: {above: 0.5}}",
]

LOOSER = [
    "gap: {warn: {above: 0.06}}",
    "gap: {warn: null}",
    "gap: {warn: {below: 0.05}}",
    "gap: {warn: {whole_interval: true}}",
    "gap: {warn: {and: {fact: data.load.rows, above: 20}}}",
    "gap: {fail: {and: {fact: data.load.rows, above: 60}}}",
    "gap: {fact: precaution.fit_gap.probe_score}",
    "gap: {overridable: true}",
    "gap: {minimum_n: 5}",
    "gap: {only_if: {fact: data.load.rows, above: 10}}",
    "worth: {fail: {below: 0.05}}",
    "worth: {minimum_n: 30}",
    "worth: {minimum_n: 10}",
    "worth: {only_if: {fact: data.load.rows, above: 200}}",
    "worth: {only_if: {fact: data.load.rows, below: 100}}",
    "said: {labels: {effect: rises, class: benign}}",
    "said: {warn: {equals: held}}",
    "shut: {fail: {below: 0.02}}",
    "shut: {locked: false}",
    "shut: {source: me}",
]


@pytest.mark.parametrize("rules", TIGHTER)
def test_a_child_may_tighten(write: Write, rules: str) -> None:
    assert child(write, rules).rules


@pytest.mark.parametrize("rules", LOOSER)
def test_a_child_may_not_loosen_and_both_files_are_named(write: Write, rules: str) -> None:
    found = faults(write(f"extends: parent\nrules:\n  {rules}\n"))
    assert len(found) == 1
    assert "child.yaml:3" in found[0]
    assert "parent.yaml:" in found[0]


def test_a_child_keeps_what_it_does_not_mention(write: Write) -> None:
    fail = child(write, "gap: {fail: {above: 0.08}}").rules["gap"].fail
    assert fail is not None
    assert fail.test == Comparison("above", 0.08)
    assert fail.also == (Comparison("above", 50, fact="data.load.rows"),)


def test_every_key_remembers_who_set_it(write: Write, tmp_path: Path) -> None:
    policy = child(write, "gap: {fail: {above: 0.08}}")
    assert policy.who("rules", "gap", "fail", "above") == f"{tmp_path.name}/child.yaml:3"
    assert policy.who("rules", "gap", "warn", "above") == f"{tmp_path.name}/parent.yaml:6"
    assert policy.chain == (f"{tmp_path.name}/parent.yaml", f"{tmp_path.name}/child.yaml")


def test_requirements_add_up_and_never_shrink(write: Write) -> None:
    path = write("extends: parent\nrequire: {precaution: [bias], perturbation: 2}\n")
    wanted = {one.group: one for one in load_policy(str(path), [path.parent]).require}
    assert wanted["precaution"].names == ("bias", "profile")
    assert wanted["perturbation"].count == 2
    assert "0 instead of 1" in faults(write("extends: parent\nrequire: {perturbation: 0}\n"))[0]


def test_errors_may_not_become_warnings(write: Write) -> None:
    write("errors: fail\n", "strict")
    assert "only warn" in faults(write("extends: strict\nerrors: warn\n"))[0]
    assert load_policy(str(write("errors: warn\n")), []).errors == "warn"


def test_the_floor_holds_for_every_policy(write: Write) -> None:
    floor = write("extends: parent\nrules: {gap: {warn: {above: 0.02}}}\n", "floor")
    plain = load_policy("parent", [floor.parent], floor)
    assert plain.name == "parent"
    warn = plain.rules["gap"].warn
    assert warn is not None
    assert warn.test.limit == 0.02
    loose = write("extends: parent\nrules: {gap: {warn: {above: 0.04}}}\n")
    found = faults(loose, floor)
    assert "child.yaml:2" in found[0]
    assert "floor.yaml:2" in found[0]


def test_the_digest_is_of_the_demands_alone(write: Write) -> None:
    parent = load_policy("parent", [write("").parent])
    restated = child(write, "gap: {warn: {above: 0.05}}")
    tighter = child(write, "gap: {warn: {above: 0.01}}")
    assert parent.digest == restated.digest != tighter.digest


def test_a_locked_rule_cannot_be_waived(write: Write) -> None:
    waiver = "waivers: [{rule: %s, owner: Kim, reason: pilot, expires: 2030-01-01}]"
    assert "locked" in faults(write("extends: parent\n" + waiver % "shut"))[0]
    path = write("extends: parent\n" + waiver % "gap")
    assert load_policy(str(path), [path.parent]).waivers[0].owner == "Kim"
    assert "did you mean gap?" in faults(write("extends: parent\n" + waiver % "gapp"))[0]


def test_all_faults_of_a_file_come_at_once_each_with_its_line(write: Write) -> None:
    found = faults(
        write(
            "rulez: {}\n"
            "rules:\n"
            "  gap:\n"
            "    fact: precuation.fit_gap.relative_loss\n"
            "    warn: {abov: 0.1}\n"
            "    fail: {above: high}\n"
            "    absent: maybe\n"
            "    message: '{value.real}'\n"
            "  worth: {fact: a.b.c, fail: {above: 1, below: 2}}\n"
            "require: {precaution: yes, percaution: 1}\n"
            "waivers: [{rule: gap, owner: Kim}]\n"
        )
    )
    lines = [int(one.split(".yaml:")[1].split(":")[0]) for one in found]
    assert sorted(lines) == [1, 4, 5, 6, 7, 8, 9, 9, 10, 10, 11]
    assert "did you mean rules?" in found[0]
    assert any("did you mean above?" in one for one in found)
    assert any("did you mean precaution?" in one for one in found)
    assert any("reason, expires" in one for one in found)


PAIRS = zip("abcdef", "bcdefg", strict=True)
BOMB = "a: &a [1,1,1,1,1,1,1,1,1,1]\n" + "".join(
    f"{b}: &{b} [{', '.join([f'*{a}'] * 10)}]\n" for a, b in PAIRS
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: {}\nrules: {}\n", "2: 'rules' stands here a second time"),
        ("rules: [\n", "is not usable YAML"),
        ("- 1\n", "is not a mapping"),
        ("1: 2\n", "is not text"),
        ("rules: !!python/object:os.system {}\n", "is not allowed"),
        ("x: !!python/name:os.system ''\n", "is not allowed"),
        (BOMB, "more than 20 aliases"),
        ("a: &a {b: *a}\n", ""),
        ("rules: " + "[" * 500, "is nested too deeply"),
        ("rules: {gap: {warn: {above: 1}}}", "names no fact"),
        ("rules: {gap: {fact: model.test.score}}", "neither warns nor fails"),
        ("rules: {gap: {fact: model.test.score, warn: {}}}", "neither warns nor fails"),
        ("rules: {gap: {fact: model.test.score, warn: {and: null}}}", "compares with nothing"),
        ("rules: {gap: {fact: model.test.score, warn: {above: '1e-4'}}}", "a finite number"),
        ("rules: {gap: {fact: model.test.score, warn: {above: .nan}}}", "finite number"),
        ("extends: child\n", "extend each other"),
        ("extends: parrent\n", "did you mean parent?"),
    ],
)  # fmt: skip
def test_an_unusable_file_says_why(write: Write, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "policy").mkdir()
    (tmp_path / "policy" / "parent.yaml").write_text(PARENT)
    assert said in "\n".join(faults(write(text)))


def test_a_binary_or_missing_file_says_why(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfe\x00rules")
    assert "is not text" in faults(tmp_path / "binary.yaml")[0]
    assert "there is no policy" in faults(tmp_path / "absent.yaml")[0]


def test_a_name_is_found_in_the_first_folder_that_has_it(tmp_path: Path) -> None:
    for folder in ("mine", "house"):
        (tmp_path / folder / "policy").mkdir(parents=True)
        (tmp_path / folder / "policy" / "default.yaml").write_text("errors: fail\n")
    (tmp_path / "mine" / "policy" / "default.yaml").write_text("errors: warn\n")
    assert load_policy("default", [tmp_path / "mine", tmp_path / "house"]).errors == "warn"


def test_the_default_policy_gives_a_source_for_every_limit() -> None:
    policy = load_policy("default", [HOUSE])
    assert [rule.id for rule in policy.rules.values() if not rule.source] == []
    stored = yaml.safe_load(yaml.safe_dump(policy.to_dict()))
    assert set(stored["rules"]) == set(policy.rules)


def test_policy_and_prescription_are_light_to_import() -> None:
    """Static plan uses both, and may take about a second."""
    rooms = "xaiframe.policy.judge, xaiframe.policy.load, xaiframe.prescription.relations"
    code = (
        f"import sys, {rooms}, xaiframe.prescription.overrides\n"
        "print(*{'torch', 'numpy', 'pandas', 'optuna', 'hydra'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
