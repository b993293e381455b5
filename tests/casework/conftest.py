"""One small audit of a user's own table, whose rows new cases are held against."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xaiframe.rounds import audit

HOSTILE = "wage <script>alert(1)</script>"
RECIPE = f"""defaults:
  - audit
  - override data: table
  - override model: mlp
  - override precaution: [profile]
  - override perturbation: [feature_ablation, kernel_shap]
  - override gradient: [saliency, integrated_gradients]
  - override evaluation: [agreement, completeness]
  - override tuning: none
  - _self_
name: own
strategy: {{purpose: Who repays, owner: Credit team, fallback: A person decides}}
data: {{source: rows.csv, target: repaid}}
reference: {{target: "yes", rows: 5}}
fit: {{epochs: 4}}
explain: {{instances: 12, cases: 3, repeats: 0}}
runner: {{threads: 1}}
report: {{formats: [html]}}
# {HOSTILE}
"""


def table(rows: int = 160) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    wage = rng.normal(30, 5, rows).round(2)
    town = rng.choice(["north", "south"], rows)
    late = rng.integers(0, 9, rows)
    repaid = np.where(wage - 2 * late + 4 * (town == "north") + rng.normal(0, 3, rows) > 22, 1, 0)
    return pd.DataFrame(
        {HOSTILE: wage, "town": town, "late": late, "repaid": np.array(["no", "yes"])[repaid]}
    )


@pytest.fixture(scope="session")
def own(tmp_path_factory) -> Path:
    """The run folder; the recipe and ``rows.csv`` lie three folders above it."""
    home = tmp_path_factory.mktemp("own")
    table().to_csv(home / "rows.csv", index=False)
    (home / "mine.yaml").write_text(RECIPE)
    return audit(home / "mine.yaml", outputs=home / "outputs").folder


@pytest.fixture(scope="session")
def rows() -> pd.DataFrame:
    """The rows of the audited source, in order."""
    return table()


@pytest.fixture(scope="session")
def wage() -> str:
    """The name of a column that tries to break out of the page."""
    return HOSTILE
