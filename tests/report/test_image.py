"""Pictures with regions of their own, in colour and deep grey: what the report shows of them."""

from __future__ import annotations

import base64
import io
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from xaiframe.data.pictures.features import superpixels
from xaiframe.report import executive, explained
from xaiframe.report.block import Figure, Grid, Note
from xaiframe.report.build import Report, build
from xaiframe.report.pictures import case as attribution_image
from xaiframe.report.pictures import explorer as explorer_image
from xaiframe.report.pictures import input as picture_input
from xaiframe.report.pictures import maps
from xaiframe.report.record import Record
from xaiframe.store import npz_bytes


def own_pictures(run: Path, to: Path, channels: int, white: float, redact: bool = False) -> Record:
    """A copy of an image audit whose pictures have 16 superpixels each, and file names."""
    shutil.copytree(run, to)
    folder = to / "artifacts" / "probe.instances"
    x = np.repeat(np.load(folder / "inputs.npz")["x"] / 16 * white, channels, axis=1)
    x[:, 0] = white - x[:, 0]
    mask = np.stack([superpixels(one.astype(np.float32), 16) for one in x])
    (folder / "inputs.npz").write_bytes(npz_bytes({"x": x, "feature_mask": mask}))
    names = [f"digit {k}/<b>{k}.png" for k in range(len(x))]
    table = pd.DataFrame({"position": np.arange(len(x)), "file": names})
    table.assign(black=0.0, white=white).to_parquet(folder / "originals.parquet")
    return Record(to, redact)


@pytest.fixture(scope="module")
def colour_run(image_run, tmp_path_factory):
    return own_pictures(image_run, tmp_path_factory.mktemp("own") / "run", 3, 255.0)


@pytest.fixture(scope="module")
def page(colour_run):
    build(colour_run.run, Report(formats=("html",)))
    return (colour_run.run / "report.html").read_text(encoding="utf-8")


def test_every_part_renders_with_the_users_file_names_escaped(page):
    assert 'class="note failed"' not in page
    assert "&lt;b&gt;" in page
    assert "<b>0.png" not in page.split('id="explorer-data"')[0]
    assert "superpixels" in page
    assert "gallery" in page
    assert len(page) < 5_000_000


def test_the_explorer_holds_each_pictures_own_regions_and_colours(page, colour_run):
    data = json.loads(page.split('id="explorer-data">', 1)[1].split("</script>", 1)[0])
    arrays = explained.inputs(colour_run)
    assert len(data["pictures"]) == len(data["instances"])
    for at, own in enumerate(data["pictures"]):
        numbers = np.repeat(own["mask"][::2], own["mask"][1::2]).reshape(own["shape"])
        np.testing.assert_array_equal(numbers, arrays["feature_mask"][at, 0])
    content = base64.b64decode(data["pictures"][3]["source"].split(",", 1)[1])
    with Image.open(io.BytesIO(content)) as image:
        pixels = np.asarray(image.convert("RGB").resize((8, 8), Image.Resampling.NEAREST))
    np.testing.assert_allclose(pixels, np.moveaxis(arrays["x"][3], 0, -1), atol=1)


def test_the_explorer_leaves_out_what_there_is_no_room_for(colour_run, monkeypatch):
    everything = explorer_image.pictures(colour_run, range(6))
    size = len(everything[0]["source"])
    monkeypatch.setattr(explorer_image, "MOST_BYTES", 3 * size)
    assert 1 <= len(explorer_image.pictures(colour_run, range(6))) < 6


def test_a_large_picture_is_thinned_out_for_the_explorer(colour_run, monkeypatch):
    x = np.random.default_rng(0).random((1, 3, 300, 200)) * 255
    mask = np.zeros((1, 3, 300, 200), dtype=int)
    mask[..., 100:] = 5
    monkeypatch.setattr(explained, "inputs", lambda _: {"x": x, "feature_mask": mask})
    (own,) = explorer_image.pictures(colour_run, [0])
    assert max(own["shape"]) <= explorer_image.SIDE
    assert own["mask"][:4:2] == [0, 5]
    assert len(own["source"]) < 50_000


def test_runs_are_numbers_and_lengths():
    assert explorer_image.runs(np.array([4, 4, 4, 0, 7, 7])) == [4, 3, 0, 1, 7, 2]


def test_deep_grey_is_shown_between_its_own_levels(image_run, tmp_path):
    record = own_pictures(image_run, tmp_path / "run", 1, 60_000.0)
    x = explained.inputs(record)["x"]
    with Image.open(io.BytesIO(picture_input.show(record, 0, 20))) as image:
        levels = np.asarray(image.convert("L").resize((8, 8), Image.Resampling.NEAREST))
    np.testing.assert_allclose(levels, x[0, 0] / 60_000 * 255, atol=1)
    assert picture_input.file(record, 2) == "digit 2/<b>2.png"


def test_the_gallery_shows_one_right_answer_per_class_the_surest(colour_run):
    table = explained.instances(colour_run)
    shown = maps.standing(colour_run)
    right = table[table["predicted"] == table["y"]]
    assert {row["predicted"] for row in shown} == set(right["predicted"])
    for row in shown:
        assert (
            row["confidence"]
            == right.loc[right["predicted"] == row["predicted"], "confidence"].max()
        )


def test_no_picture_of_a_person_leaves_a_redacted_report(colour_run):
    hidden = Record(colour_run.run, redact=True)
    (note,) = maps.importance_maps(hidden)
    assert isinstance(note, Note)
    assert note.text.startswith("withheld")
    assert maps.summary(hidden) is None
    (page,) = executive.page(hidden)
    assert page.data["unshown"].startswith("Withheld: the report was asked to keep single pictures")


def test_without_a_gradient_only_the_maps_of_perturbation_are_drawn(image_run, alone):
    record = Record(alone(image_run))
    blocks = attribution_image.draw(record, explained.instances(record).iloc[0], 0)
    figures = [one for grid in blocks if isinstance(grid, Grid) for one in grid.blocks]
    assert all(grid.blocks for grid in blocks if isinstance(grid, Grid))
    titles = [one.title for one in figures if isinstance(one, Figure)]
    assert titles[1] == "P, mean of methods"
    assert not [title for title in titles if title.startswith("G") or "both" in title]


def test_no_average_is_drawn_over_regions_that_do_not_compare(colour_run, image_run):
    titles = [getattr(block, "key", "") for block in maps.importance_maps(colour_run)]
    assert "average-maps" not in titles
    aligned = [getattr(block, "key", "") for block in maps.importance_maps(Record(image_run))]
    assert "average-maps" in aligned
