"""Writing the report: one set of templates, a PDF and one HTML file."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import jinja2
import yaml
from markupsafe import Markup

from xaiframe.report.block import Chapter, Figure
from xaiframe.report.chapters import assemble
from xaiframe.report.factsheet import factsheet
from xaiframe.report.printing import ATTACHED, Printer
from xaiframe.report.record import Record
from xaiframe.store import file_digest, to_json, write_atomically

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Report:
    """What is written, under which title; ``redact`` keeps rows and pictures of people out."""

    formats: Sequence[Literal["pdf", "html"]] = ("pdf", "html")
    title: str = ""
    redact: bool = False

    def __post_init__(self) -> None:
        unknown = set(self.formats) - {"pdf", "html"}
        if unknown:
            raise ValueError(f"report.formats knows pdf and html, not {', '.join(sorted(unknown))}")


@dataclass
class Medium:
    """Where pictures go: handed to the printer under a name, or written into the HTML itself."""

    name: Literal["pdf", "html"]
    assets: dict[str, bytes] = field(default_factory=dict)
    specs: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    def source(self, figure: Figure) -> str:
        if self.name == "html":
            kind = "image/png" if figure.kind == "png" else "image/svg+xml"
            return f"data:{kind};base64,{base64.b64encode(figure.image).decode()}"
        address = f"report:{len(self.assets)}.{figure.kind}"
        self.assets[address] = figure.image
        return address

    def spec(self, figure: Figure) -> str:
        """The name under which a live chart finds its specification, or an empty string."""
        if self.name == "pdf" or figure.spec is None:
            return ""
        name = f"chart-{len(self.specs)}"
        self.specs[name] = {key: value for key, value in figure.spec.items() if key != "config"}
        return name


def build(run: Path, report: Report) -> list[Path]:
    """Write report.html and report.pdf into ``run``, from nothing but what the run folder holds.

    The same run folder gives the same bytes. HTML is written first, so that a machine which cannot
    print still has a report; raises :class:`PrintError` then.
    """
    with ExitStack() as stack:
        printer = stack.enter_context(Printer()) if "pdf" in report.formats else None
        record = Record(run, report.redact)
        chapters = assemble(record)
        written = []
        if printer:
            medium = Medium("pdf")
            page = render(record, chapters, report, medium)
            printer.order(page, medium.assets, _attachments(record), identity(record))
        if "html" in report.formats:
            write_atomically(run / "report.html", render(record, chapters, report, Medium("html")))
            written.append(run / "report.html")
        if printer:
            write_atomically(run / "report.pdf", printer.printed())
            written.append(run / "report.pdf")
    return written


def rebuild(run: Path) -> Path:
    """Write the report of a stored run again and refresh its digests in the manifest."""
    record = Record(run)
    node = dict(record.recipe.get("report") or {})
    report = Report(
        **{key: value for key, value in node.items() if key in Report.__dataclass_fields__}
    )
    written = build(run, report)
    recorded = dict(record.manifest.get("reports") or {})
    fresh = recorded | {path.name: file_digest(path) for path in written}
    if record.manifest and fresh != recorded:
        write_atomically(run / "manifest.json", to_json({**record.manifest, "reports": fresh}))
    return written[-1]


def render(record: Record, chapters: Sequence[Chapter], report: Report, medium: Medium) -> str:
    """The HTML of one medium; pictures and specifications collect in ``medium``."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    name = str(record.manifest.get("name") or record.recipe.get("name") or record.run.name)
    body = environment.get_template("body.html").render(
        chapters=chapters, medium=medium, name=name, numbers=_numbers(chapters)
    )
    return environment.get_template("report.html").render(
        body=Markup(body),
        medium=medium,
        chapters=chapters,
        numbers=_numbers(chapters),
        name=name,
        title=report.title or f"Audit of {name}",
        created=str(record.manifest.get("created") or ""),
        digest=str(record.manifest.get("recipe_digest") or "")[:12],
        verdict=record.verdict.status if record.verdict else "undecided",
        style=_style(medium),
        script=(HERE / "screen.js").read_text(encoding="utf-8"),
        bundle=_bundle() if medium.specs else "",
        config=_config(),
    )


def _style(medium: Medium) -> str:
    """The sheets of a medium; the HTML carries the printed look too, for a browser's print."""
    common, printed, screen = (
        (HERE / f"{name}.css").read_text(encoding="utf-8") for name in ("common", "print", "screen")
    )
    if medium.name == "pdf":
        return common + printed
    return f"{common}\n@media screen {{\n{screen}}}\n@media print {{\n{printed}}}\n"


def _numbers(chapters: Sequence[Chapter]) -> dict[str, int]:
    listed = [chapter.key for chapter in chapters if chapter.listed]
    return {key: place for place, key in enumerate(listed, 1)}


@cache
def _bundle() -> str:
    """Vega with vega-embed, once per process: bundling again may rename what it minifies."""
    import vl_convert

    from xaiframe.report.chart import VEGA_LITE

    script = vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", VEGA_LITE)
    return str(script).replace("</script", "<\\/script")


def _config() -> dict[str, Any]:
    from xaiframe.report.chart import config

    return config()


def _attachments(record: Record) -> dict[str, str]:
    """Name → text of what travels inside the PDF; a missing factsheet is made from the facts."""
    texts = {}
    for name in ATTACHED:
        path = record.run / name
        texts[name] = path.read_text(encoding="utf-8") if path.is_file() else ""
    if len(texts["factsheet.json"]) < 10:
        sheet = factsheet(
            record.facts, record.findings, record.verdict, record.manifest, record.strategy
        )
        texts["factsheet.json"] = to_json(sheet)
    if not texts["recipe.yaml"] and record.recipe:
        texts["recipe.yaml"] = yaml.safe_dump(record.recipe, allow_unicode=True)
    return {name: text for name, text in texts.items() if text}


def identity(record: Record) -> dict[str, str]:
    """What makes the PDF of a run the same whenever it is printed."""
    created = str(record.manifest.get("created") or "1970-01-01T00:00:00+00:00")
    return {
        "created": created,
        "id": str(record.manifest.get("recipe_digest") or record.run.name)[:32],
    }
