"""Which pictures a source names and what they show: a folder per class, or a table of paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from xaiframe.data.source import unpacked
from xaiframe.data.split import WORDS
from xaiframe.errors import DataError, Problem

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "DIB", "TIFF", "WEBP", "PPM", "JPEG2000")
"""What is opened: Pillow's own decoders only, none that calls another program (PostScript)."""
SUFFIXES = {
    *(".png", ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo", ".gif", ".bmp", ".dib"),
    *(".tif", ".tiff", ".webp", ".pbm", ".pgm", ".ppm", ".pnm", ".pfm", ".jp2", ".j2k"),
}
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")
TABLES = (".csv", ".tsv")


@dataclass(frozen=True)
class Listing:
    """Pictures in their order, which numbers them: sorted by name, or as the table lists them.

    root: the folder that ``names`` are relative to; labels: what each shows, None where nothing
    says so; parts: the split a folder above the class names; table: the other columns of a table
    of paths; damage: rows that name no picture; others: files that are no pictures.
    """

    root: Path
    names: list[str]
    labels: list[str | None]
    parts: list[str] | None = None
    table: pd.DataFrame | None = None
    damage: list[Problem] = field(default_factory=list)
    others: int = 0

    def paths(self) -> list[Path]:
        return [self.root / name for name in self.names]


@dataclass(frozen=True)
class Columns:
    """Where a table of paths keeps what: ``paths`` relative to the table, ``target`` the label."""

    paths: str
    target: str


def listed(
    found: Sequence[Path], columns: Columns, given: bool = False, labelled: bool = True
) -> Listing:
    """The pictures of what a source names: a folder, an archive of one, a table, or files.

    ``given``: folders train, validation and test lie above the classes. ``labelled``: every
    picture must say what it shows. Raises :class:`DataError` with every fault of the layout.
    """
    first = found[0]
    if len(found) == 1 and first.name.lower().endswith(ARCHIVES):
        first = _inside(unpacked(first))
    if len(found) == 1 and first.suffix.lower() in TABLES:
        return from_table(first, columns, labelled)
    if len(found) == 1 and first.is_dir():
        return from_folder(first, given, labelled)
    return from_files(found, labelled)


def _inside(folder: Path) -> Path:
    """What an archive holds: its one folder or its one table, otherwise all of it."""
    content = [one for one in visible(folder.iterdir()) if one.name != "__MACOSX"]
    tables = [one for one in content if one.suffix.lower() in TABLES]
    if len(tables) == 1:
        return tables[0]
    return _inside(content[0]) if len(content) == 1 and content[0].is_dir() else folder


def visible(paths: object) -> list[Path]:
    """Sorted, without hidden files and folders."""
    return sorted(path for path in paths if not path.name.startswith("."))  # type: ignore[attr-defined]


def is_picture(path: Path) -> bool:
    """By its suffix."""
    return path.suffix.lower() in SUFFIXES


def below(folder: Path) -> tuple[list[Path], int]:
    """The pictures anywhere below a folder, sorted, and how many other files there are."""
    everything = [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts)
    ]
    pictures = [path for path in everything if is_picture(path)]
    return pictures, len(everything) - len(pictures)


def from_folder(root: Path, given: bool, labelled: bool) -> Listing:
    """``root/class/…/picture``, or ``root/split/class/…/picture`` where splits are given."""
    folders = [path for path in visible(root.iterdir()) if path.is_dir()]
    if not folders and not labelled:
        return from_files(below(root)[0], labelled)
    split_names = [path for path in folders if path.name.lower() in WORDS]
    if given:
        return _given(root, folders)
    if folders and len(split_names) == len(folders):
        hint = "set split: given if classes lie below them"
        names = ", ".join(path.name for path in folders)
        raise DataError(Problem(str(root), f"the folders {names} are splits, not classes", hint))
    return _classes(root, folders)


def _given(root: Path, folders: list[Path]) -> Listing:
    unknown = [path.name for path in folders if path.name.lower() not in WORDS]
    if unknown or not folders:
        message = f"{unknown[0]!r} names no split" if unknown else "there are no folders in it"
        raise DataError(Problem(str(root), message, "folders train, validation, test"))
    classes = [path for part in folders for path in visible(part.iterdir()) if path.is_dir()]
    listing = _classes(root, classes)
    parts = [Path(name).parts[0] for name in listing.names]
    return Listing(root, listing.names, listing.labels, parts, others=listing.others)


def _classes(root: Path, folders: list[Path]) -> Listing:
    """One class per folder; an empty one is a fault."""
    if not folders:
        hint = "a folder per class, or a .csv of paths and labels"
        raise DataError(Problem(str(root), "there are no folders in it", hint))
    names: list[str] = []
    labels: list[str | None] = []
    problems, others = [], sum(path.is_file() for path in visible(root.iterdir()))
    for folder in folders:
        pictures, rest = below(folder)
        others += rest
        if not pictures:
            message = f"the folder of class {folder.name!r} holds no picture"
            hint = "pictures in it, or no such folder"
            problems.append(Problem(str(folder), message, hint))
        names += [path.relative_to(root).as_posix() for path in pictures]
        labels += [folder.name] * len(pictures)
    if problems:
        raise DataError(problems)
    return Listing(root, names, labels, others=others)


def from_files(found: Sequence[Path], labelled: bool) -> Listing:
    """Files and folders that a glob names; each picture's class is its folder's name."""
    pairs: list[tuple[Path, str]] = []
    others = 0
    for path in found:
        pictures, rest = below(path) if path.is_dir() else ([path], 0)
        inside = path.name if path.is_dir() else path.parent.name
        pairs += [(picture, inside) for picture in pictures if is_picture(picture)]
        others += rest + (not path.is_dir() and not is_picture(path))
    if not pairs:
        hint = "a folder per class, or a .csv of paths and labels"
        raise DataError(Problem(str(found[0]), "no picture is there", hint))
    root = Path(*_shared([path.parent.parts for path, _ in pairs]))
    names = [path.relative_to(root).as_posix() for path, _ in pairs]
    if len(found) == 1 and labelled:
        hint = "a folder per class, or a .csv of paths and labels"
        raise DataError(Problem(str(found[0]), "one picture cannot be split", hint))
    return Listing(root, names, [label for _, label in pairs], others=others)


def _shared(paths: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The longest beginning that all have."""
    same = [len(set(parts)) == 1 for parts in zip(*paths, strict=False)]
    return paths[0][: same.index(False) if False in same else len(same)]


def from_table(table: Path, columns: Columns, labelled: bool) -> Listing:
    """A CSV or TSV with a column of paths, below the table's own folder, and one of labels."""
    frame = _read(table, columns)
    needed = [columns.paths, *([columns.target] if labelled else [])]
    missing = [name for name in needed if name not in frame]
    if missing:
        hint = "columns are " + ", ".join(map(str, frame.columns[:12]))
        raise DataError([Problem(str(table), f"no column {name!r}", hint) for name in missing])
    root, damage = table.parent, []
    names: list[str] = []
    labels: list[str | None] = []
    kept: list[int] = []
    outside: list[Problem] = []
    known = columns.target in frame
    said = frame[columns.target] if known else pd.Series([None] * len(frame), dtype=object)
    for row, (name, label) in enumerate(zip(frame[columns.paths], said, strict=True)):
        place = f"{table.name}, row {row + 1}"
        fault = _fault(root, name, label if labelled else "")
        if fault == OUTSIDE:
            outside.append(Problem(place, f"{name!r} {fault}", "a path relative to the table"))
        elif fault:
            damage.append(Problem(place, fault, "the row is left out"))
        else:
            names.append(Path(name).as_posix())
            labels.append(None if pd.isna(label) else str(label).strip())
            kept.append(row)
    if outside:
        raise DataError(outside[:12])
    rest = frame.drop(columns=[columns.paths, columns.target], errors="ignore").iloc[kept]
    return Listing(root, names, labels, None, rest.reset_index(drop=True), damage)


OUTSIDE = "leads out of the table's folder"


def _fault(root: Path, name: object, label: object) -> str:
    """Why a row names no picture; empty where it does."""
    if not isinstance(name, str) or not name.strip():
        return "the path is missing"
    if pd.isna(label):  # type: ignore[call-overload]
        return f"the label of {name} is missing"
    path = root / name
    if not path.resolve().is_relative_to(root.resolve()):
        return OUTSIDE
    return "" if path.is_file() else f"there is no file {name}"


def _read(table: Path, columns: Columns) -> pd.DataFrame:
    text = dict.fromkeys((columns.paths, columns.target), str)
    tabs = table.suffix.lower() == ".tsv"
    try:
        return pd.read_csv(
            table,
            sep="\t" if tabs else ",",
            dtype=text,
            encoding="utf-8-sig",
            keep_default_na=False,
            na_values=[""],
        )
    except UnicodeDecodeError as error:
        message = f"it is not UTF-8 (byte {error.start})"
        raise DataError(Problem(str(table), message, "a table saved as UTF-8")) from error
    except (ValueError, OSError) as error:
        reason = str(error).strip().splitlines()[0]
        raise DataError(Problem(str(table), f"cannot be read: {reason}", "a CSV or TSV")) from error
