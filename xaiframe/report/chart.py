"""Charts: one look for all, specified once with Altair and drawn as SVG by vl-convert."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from typing import Any

import altair as alt
import pandas as pd
import vl_convert

from xaiframe.report.block import Figure

P, G = "#0b4f7d", "#e69f00"
"""The two directions: dark blue and light orange, apart also in grey and for the colour-blind."""
INK, SOFT, FAINT, ACCENT, BAD = "#1c1c1c", "#6b7075", "#d9dcdf", "#0b4f7d", "#a3231b"
FONT = "NanumGothic, DejaVu Sans, sans-serif"
FULL, HALF, THIRD = 656, 318, 206
VEGA_LITE = "6.4"
SHAPES = alt.Scale(domain=["P", "G"], range=["circle", "square"])
DIRECTIONS = "datum.value == 'P' ? 'P  change the input' : 'G  follow the output back'"
"""Header of a column of small multiples, as a Vega expression."""


def config() -> dict[str, Any]:
    """The look of every chart. Opacity stays 1: a transparent mark costs the PDF a layer each."""
    text = {"labelFontSize": 10, "titleFontSize": 10, "titleFontWeight": "normal"}
    return {
        "aria": False,
        "font": FONT,
        "background": None,
        # the printer's letters run a little wider than those that Vega measured
        "padding": {"left": 12, "right": 4, "top": 2, "bottom": 2},
        "view": {"stroke": None},
        "axisDiscrete": {"labelOverlap": False},
        "axis": {
            **text,
            "labelColor": INK,
            "titleColor": SOFT,
            "gridColor": "#eceef0",
            "domainColor": FAINT,
            "tickColor": FAINT,
            "labelLimit": 190,
            "labelOverlap": True,
            "labelSeparation": 5,
        },
        "legend": {
            **text,
            "titleColor": SOFT,
            "orient": "top",
            "symbolSize": 60,
            "labelLimit": 220,
        },
        "header": {**text, "labelColor": INK, "labelFontWeight": "bold", "titleColor": SOFT},
        "mark": {"tooltip": True},
        "point": {"opacity": 1, "filled": True},
        "text": {"fontSize": 9, "color": INK},
    }


def rows(frame: pd.DataFrame | Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Plain records for a spec, floats to six significant digits, what is not finite as None."""
    records = frame.to_dict("records") if isinstance(frame, pd.DataFrame) else list(frame)
    return [{str(key): _plain(value) for key, value in row.items()} for row in records]


def _plain(value: Any) -> Any:
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def data(frame: pd.DataFrame | Iterable[dict[str, Any]]) -> alt.Data:
    """Inline data of a spec."""
    return alt.Data(values=rows(frame))


def fit(chart: Any, width: int, height: int) -> Any:
    """The chart made to fill ``width`` × ``height`` CSS pixels, labels included."""
    return chart.properties(
        width=width, height=height, autosize=alt.AutoSizeParams(type="fit", contains="padding")
    )


def svg(spec: dict[str, Any]) -> bytes:
    """The spec drawn; nothing is fetched, whatever the spec says."""
    drawn = vl_convert.vegalite_to_svg(
        spec, vl_version=VEGA_LITE, allowed_base_urls=["https://nowhere.invalid/"]
    )
    return _settled(drawn).encode()


def _settled(drawing: str) -> str:
    """The drawing with its ids numbered from 0 (Vega counts them per process, and the same chart
    must give the same bytes) and without attributes that only a live chart needs."""
    spare = re.compile(r' (?:role|aria-[a-z]+|pointer-events|class)="[^"]*"')
    lean = re.sub(r"<[^>]*>", lambda tag: spare.sub("", tag[0]), drawing)
    names = dict.fromkeys(re.findall(r' id="([A-Za-z_]+\d+)"', lean))
    fresh = {name: f"id{place}" for place, name in enumerate(names)}
    return re.sub(
        r'( id="|url\(#|href="#)([A-Za-z_]+\d+)(?=["\)])',
        lambda found: found[1] + fresh.get(found[2], found[2]),
        lean,
    )


def figure(key: str, title: str, chart: Any, **keywords: Any) -> Figure:
    """A live chart and its drawing under one title."""
    spec = chart.to_dict()
    spec["config"] = config()
    spec.pop("$schema", None)
    spec["$schema"] = "https://vega.github.io/schema/vega-lite/v6.json"
    return Figure(
        key=key,
        title=title,
        image=svg(spec),
        spec=spec,
        facts=tuple(keywords.pop("facts", ())),
        **{"alt": title, **keywords},
    )


def method_colours(methods: Sequence[str], directions: dict[str, str]) -> list[str]:
    """Shades of one hue per direction, dark to light, so that P and G never mix."""
    blues = ["#08304f", "#0b4f7d", "#2f7fb5", "#6fa8cf", "#9cc4de"]
    oranges = ["#8a5200", "#b86e00", "#e69f00", "#f0bb4a", "#f6d387", "#c9a227"]
    hues = {"perturbation": iter(blues * 3), "gradient": iter(oranges * 3)}
    return [next(hues[d]) if (d := directions.get(m, "")) in hues else SOFT for m in methods]
