"""Digits with a planted trouble: a class-coded decoy that the test pictures lack, wrong labels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

from xaiframe.explanation import Array

SIDE, LEVELS = 8, 16
SHAPES = ("corner", "square", "line", "cross", "spread", "none")
"""Where and what a decoy is; all but the corner's lie anywhere."""
RECIPE = """
defaults:
  - audit
  - override data: images
  - override model: cnn
  - override perturbation: [feature_ablation, kernel_shap]
  - override gradient: [saliency, integrated_gradients]
  - override tuning: none
  - _self_
name: digits
data:
  {source: rows.csv, paths: path, target: digit, split: given, split_column: split,
   features: patches, patch: 2}
reference: {background: zeros}
explain: {instances: 24, repeats: 4}
report: {formats: []}
strategy: {purpose: a benchmark, owner: nobody}
"""


def decoy(shape: str, random: np.random.Generator) -> Array:
    """``(8, 8)`` bool: the pixels of a decoy of that shape, its place drawn."""
    marked = np.zeros((SIDE, SIDE), dtype=bool)
    row, column = random.integers(0, SIDE - 1, 2)
    if shape == "corner":
        down, right = random.integers(0, 2, 2) * (SIDE - 2)
        marked[down : down + 2, right : right + 2] = True
    elif shape == "square":
        marked[row : row + 2, column : column + 2] = True
    elif shape == "line":
        marked[row, :4] = True
        marked = np.roll(marked, int(column), axis=1)
        marked = marked.T if random.random() < 0.5 else marked
    elif shape == "cross":
        row, column = random.integers(1, SIDE - 1, 2)
        marked[row, column - 1 : column + 2] = marked[row - 1 : row + 2, column] = True
    elif shape == "spread":
        marked.flat[random.choice(SIDE * SIDE, 4, replace=False)] = True
    return marked


def decoyed(shape: str, folder: Path, seed: int, planted: bool) -> Path:
    """A decoy of that shape in training and validation pictures."""
    shape = shape if planted else "none"
    random = np.random.default_rng([seed, SHAPES.index(shape)])
    marked = decoy(shape, random)
    code = random.permutation(np.linspace(2, LEVELS, 10).round())

    def changed(picture: Array, digit: int) -> tuple[Array, int]:
        picture = picture.copy()
        picture[marked] = code[digit]
        return picture, digit

    return written(folder, seed, changed)


def flipped(share: float, folder: Path, seed: int, planted: bool) -> Path:
    """``share`` of the training and validation pictures bear the label of another digit."""
    random = np.random.default_rng([seed, 7])

    def changed(picture: Array, digit: int) -> tuple[Array, int]:
        wrong = planted and random.random() < share
        return picture, int((digit + random.integers(1, 10)) % 10) if wrong else digit

    return written(folder, seed, changed)


def written(folder: Path, seed: int, changed: Callable[[Array, int], tuple[Array, int]]) -> Path:
    """Pictures, their table and the recipe below ``folder``, all but the test pictures
    ``changed``; returns the recipe."""
    digits = load_digits()
    train, test = train_test_split(
        np.arange(len(digits.target)), test_size=0.25, stratify=digits.target, random_state=seed
    )
    train, validation = train_test_split(
        train, test_size=0.2, stratify=digits.target[train], random_state=seed
    )
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for name, positions in (("train", train), ("validation", validation), ("test", test)):
        for at in positions:
            picture, digit = digits.images[at], int(digits.target[at])
            if name != "test":
                picture, digit = changed(picture, digit)
            Image.fromarray((picture * 255 / LEVELS).astype(np.uint8)).save(folder / f"{at}.png")
            rows.append({"path": f"{at}.png", "digit": f"digit {digit}", "split": name})
    pd.DataFrame(rows).to_csv(folder / "rows.csv", index=False)
    recipe = folder / "digits.yaml"
    recipe.write_text(RECIPE)
    return recipe
