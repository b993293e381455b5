"""Two processes say what one says, batch by batch, and hand back what only they know."""

import logging
import pickle
import subprocess
import sys

import numpy as np
import pytest
import torch
import yaml
from torch import nn

from xaiframe.catalogue.listing import house
from xaiframe.data.table import Table
from xaiframe.errors import ModelError, NotApplicable, Problem
from xaiframe.gradient.integrated_gradients import IntegratedGradients
from xaiframe.gradient.lrp import LRP
from xaiframe.gradient.smoothgrad import SmoothGrad
from xaiframe.model.face import BlackBox, WhiteBox
from xaiframe.perturbation.exact_shap import ExactShap
from xaiframe.perturbation.kernel_shap import KernelShap
from xaiframe.perturbation.permutation_shap import PermutationShap
from xaiframe.probe.coalitions import CoalitionBank
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.reference import declare
from xaiframe.probe.score import Scorer
from xaiframe.recipe import ReferenceConfig
from xaiframe.runner.apart import main_left_out, portable, share
from xaiframe.runner.explain import Points, explain
from xaiframe.runner.trainer import Runner

N = 22
DIRECTIONS = {
    "gradient": (
        GradientBank,
        {
            "smoothgrad": SmoothGrad(samples=5),
            "integrated_gradients": IntegratedGradients(),
            "lrp": LRP(),
        },
    ),
    "perturbation": (
        CoalitionBank,
        {
            "kernel_shap": KernelShap(samples=128),
            "permutation_shap": PermutationShap(permutations=2),
            "exact_shap": ExactShap(),  # not applicable: 30 features
        },
    ),
}


def chosen(name):
    """The runner of a choice in conf/runner/."""
    content = yaml.safe_load((house() / "runner" / f"{name}.yaml").read_text())
    content.pop("_target_")
    return Runner(**content)


@pytest.fixture(scope="module")
def data():
    return Table("builtin:breast_cancer", "diagnosis").data


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(30, 8), nn.ReLU(), nn.Linear(8, 2))


def run(data, direction, choice, folder, model=None, told=None):
    bank, methods = DIRECTIONS[direction]
    model = model or WhiteBox(network(), "classification", data.classes, ())
    scorer = Scorer(model, declare(ReferenceConfig(rows=4), data, 0))
    points = Points(data.test.ids[:N], data.test.x[:N], np.arange(N) % 2)
    heard = [] if told is None else told
    found = explain(
        methods, bank, scorer, data, points, 4, 0, chosen(choice),
        {name: folder / name for name in methods}, lambda *call: heard.append(call),
    )  # fmt: skip
    return *found, scorer


@pytest.mark.parametrize("direction", DIRECTIONS)
def test_two_processes_say_what_one_says(data, direction, tmp_path):
    one, failed, scorer = run(data, direction, "cpu", tmp_path / "one")
    heard = []
    two, failures, other = run(data, direction, "ddp_cpu", tmp_path / "two", told=heard)
    assert one.keys() == two.keys()
    for name, stored in one.items():
        np.testing.assert_array_equal(two[name]["ids"], data.test.ids[:N])
        for key in stored.keys() - {"seconds"}:
            if stored[key].dtype.kind == "f":
                np.testing.assert_allclose(two[name][key], stored[key], rtol=1e-5, atol=1e-7)
            else:
                np.testing.assert_array_equal(two[name][key], stored[key])
    assert {name: str(error) for name, error in failures.items()} == {
        name: str(error) for name, error in failed.items()
    }
    assert other.evaluations == scorer.evaluations
    assert other.model.evaluations == scorer.model.evaluations
    assert heard[-1] == (6, 6)


def test_one_file_per_batch_and_what_is_there_is_not_asked_again(data, tmp_path):
    first, _, _ = run(data, "gradient", "cpu", tmp_path)
    files = sorted((tmp_path / "lrp").iterdir())
    assert [file.name for file in files] == [f"batch-{number:06d}.npz" for number in range(6)]
    kept = files[3].stat().st_mtime_ns
    files[2].unlink()
    again, _, _ = run(data, "gradient", "ddp_cpu", tmp_path)
    assert sorted((tmp_path / "lrp").iterdir()) == files
    assert files[3].stat().st_mtime_ns == kept
    np.testing.assert_allclose(again["lrp"]["values"], first["lrp"]["values"], rtol=1e-5)


def test_a_method_that_does_not_apply_says_why(data, tmp_path):
    stored, failures, _ = run(data, "perturbation", "ddp_cpu", tmp_path)
    assert list(stored) == ["kernel_shap", "permutation_shap"]
    assert isinstance(failures["exact_shap"], NotApplicable)
    assert "30 features differ" in str(failures["exact_shap"])
    assert "Traceback" in failures["exact_shap"].__notes__[0]


def test_what_a_closure_answers_is_explained_in_one_process(data, tmp_path, caplog):
    asked = network()

    def answer(x):
        with torch.no_grad():
            return asked(torch.as_tensor(x)).softmax(dim=1).double().numpy()

    model = BlackBox(answer, "classification", data.classes)
    with caplog.at_level(logging.WARNING, "xaiframe"):
        stored, _, _ = run(data, "perturbation", "ddp_cpu", tmp_path, model)
    assert "explained in one process, because the model cannot be sent on" in caplog.text
    assert len(stored["kernel_shap"]["ids"]) == N


SCRIPT = """
import logging
import numpy as np
from pathlib import Path
from sys import argv
from torch import manual_seed, nn
from xaiframe.data.table import Table
from xaiframe.gradient.saliency import Saliency
from xaiframe.model.face import WhiteBox
from xaiframe.probe.gradients import GradientBank
from xaiframe.probe.reference import declare
from xaiframe.probe.score import Scorer
from xaiframe.recipe import ReferenceConfig
from xaiframe.runner.explain import Points, explain
from xaiframe.runner.trainer import Runner

print("begun")
data = Table("builtin:breast_cancer", "diagnosis").data
model = WhiteBox(nn.Sequential(nn.Linear(30, 2)), "classification", data.classes, ())
points = Points(data.test.ids[:9], data.test.x[:9], np.zeros(9, dtype=int))
stored, failures = explain(
    {"saliency": Saliency()}, GradientBank, Scorer(model, declare(ReferenceConfig(), data, 0)),
    data, points, 4, 0, Runner(threads=1, processes=2), {"saliency": Path(argv[1])},
    lambda *_: None,
)
print(len(stored["saliency"]["ids"]), failures)
"""


def test_a_script_without_a_guard_is_not_begun_anew(tmp_path):
    script = tmp_path / "audit.py"
    script.write_text(SCRIPT)
    done = subprocess.run(
        [sys.executable, script, tmp_path / "saliency"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stdout.split("\n")[:2] == ["begun", "9 {}"]
    assert "Initializing" not in done.stderr


def test_the_script_is_kept_where_what_is_sent_needs_it():
    main = sys.modules["__main__"]
    before = dict(vars(main))
    with main_left_out(b"... __main__ ..."):
        assert vars(main) == before
    with main_left_out(b"nothing of it"):
        assert main.__spec__ is None
    assert vars(main) == before


@pytest.mark.parametrize(("count", "batch", "size"), [(22, 4, 2), (3, 8, 1), (9, 3, 3), (10, 1, 4)])
def test_every_item_is_taken_once_in_the_batches_of_one_process(count, batch, size):
    shares = [share(count, batch, rank, size) for rank in range(size)]
    assert sorted(one for own in shares for one in own) == list(range(count))
    whole = [list(range(count))[k : k + batch] for k in range(0, count, batch)]
    for rank, own in enumerate(shares):
        assert [own[k : k + batch] for k in range(0, len(own), batch)] == whole[rank::size]


class TwoReasons(Exception):
    """Cannot be made from its text alone."""

    def __init__(self, first, second):
        super().__init__(f"{first} {second}")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NotApplicable("not here"), NotApplicable),
        (ModelError(Problem("model", "it is broken", "a sound one")), ModelError),
        (TwoReasons("a", "b"), RuntimeError),
    ],
)
def test_what_went_wrong_survives_the_way(error, kind):
    crossed = pickle.loads(pickle.dumps(portable(error)))
    assert type(crossed) is kind
    assert str(error) in str(crossed)
    if kind is ModelError:
        assert crossed.problems == error.problems


@pytest.mark.parametrize("bad", [{"processes": 0}, {"processes": 2, "accelerator": "gpu"}])
def test_processes_are_for_the_cpu(bad):
    with pytest.raises(ValueError, match="processes"):
        Runner(**bad)
