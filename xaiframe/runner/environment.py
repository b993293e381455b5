"""What the numbers were computed with: Python, packages, platform, source revision."""

from __future__ import annotations

import platform
import subprocess
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from xaiframe.store import PACKAGE

PACKAGES = (
    "xaiframe", "torch", "pytorch-lightning", "torchmetrics", "captum", "shap", "lime",
    "scikit-learn", "scipy", "numpy", "pandas", "pyarrow", "pandera", "optuna", "hydra-core",
    "hyperopt", "ray", "omegaconf", "altair", "vl-convert-python", "weasyprint", "matplotlib",
)  # fmt: skip


@cache
def versions() -> dict[str, str]:
    """Version per package that can change a number or a page, and Python's own."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def revision() -> dict[str, Any] | None:
    """The source's git revision and whether files differ from it; None outside a checkout."""
    try:
        found, changed = (
            _git(*question) for question in (("rev-parse", "HEAD"), ("status", "--porcelain"))
        )
    except (OSError, subprocess.CalledProcessError):
        return None
    return {"revision": found, "dirty": bool(changed)}


def _git(*arguments: str) -> str:
    done = subprocess.run(
        ["git", *arguments], cwd=PACKAGE, check=True, capture_output=True, text=True, timeout=20
    )
    return done.stdout.strip()
