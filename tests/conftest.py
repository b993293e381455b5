"""What the end-to-end tests share: one small audit of real data, run once."""

import os
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from xaiframe.data.source import shared
from xaiframe.errors import DataError
from xaiframe.model import trusted
from xaiframe.rounds import Finished, audit

# The same examples every time, so that what passes here passes elsewhere; HYPOTHESIS_EXPLORE=1
# looks for new ones.
settings.register_profile("steady", derandomize=True, deadline=None)
if not os.environ.get("HYPOTHESIS_EXPLORE"):
    settings.load_profile("steady")

ROOT = Path(__file__).parent.parent
SMALL = (
    "explain.instances=10",
    "explain.repeats=3",
    "explain.sample=60",
    "fit.epochs=6",
    "perturbation.kernel_shap.samples=128",
    "runner.threads=1",
    "perturbation.lime.samples=200",
    "reference.rows=5",
)


@pytest.fixture
def trusted_package(tmp_path, monkeypatch):
    """Writes a package of one file that the user trusts, to be imported in this test only."""
    written = []

    def write(name: str, code: str) -> Path:
        file = tmp_path / name / "__init__.py"
        file.parent.mkdir(exist_ok=True)
        file.write_text(code)
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setattr(trusted, "allowed", (*trusted.allowed, name))
        written.append(name)
        return file

    yield write
    for name in written:
        sys.modules.pop(name, None)


@pytest.fixture(scope="session")
def shared_data():
    """Path of a file of the shared data; the test is left out where they are not there."""

    def find(name: str) -> Path:
        try:
            path = shared(f"shared:{name}")
        except DataError as error:
            pytest.skip(str(error))
        if not path.exists():
            pytest.skip(f"{name} is not among the shared data")
        return path

    return find


@pytest.fixture(scope="session")
def breast_cancer() -> Path:
    return ROOT / "recipes" / "breast_cancer.yaml"


@pytest.fixture(scope="session")
def small() -> tuple[str, ...]:
    """Overrides that make an audit of the table recipe quick."""
    return SMALL


@pytest.fixture(scope="session")
def finished(tmp_path_factory, breast_cancer) -> Finished:
    """A finished small audit with two tuning trials, its cache beside it."""
    outputs = tmp_path_factory.mktemp("outputs")
    return audit(breast_cancer, (*SMALL, "tuning.trials=2"), outputs=outputs)
