"""Charts as SVG, drawn on the server by Vega-Lite; a table beside each says the same in words.

A picture is an address that holds it, so that no page asks for anything from elsewhere. What draws is large, so
pictures are drawn apart, and kept there. Without the library that draws there is no picture, and the table alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any
from urllib.parse import quote

from sanban.scorecard.ports import Apart, Measured

WIDTH, ROW = 300, 18
INK, BAR, MUTED = "#1b2430", "#1f5f8b", "#9aa8c0"
_AXIS = {"labelColor": INK, "titleColor": INK, "labelFontSize": 12, "gridColor": "#e3e8ef", "domainColor": MUTED}
Point = tuple[str, Measured]


def trend(apart: Apart, points: Sequence[Point]) -> str:
    """A figure over periods, each with its interval; '' where nothing can be drawn."""
    values = [{"period": name, **_position(one)} for name, one in points if one.n != 0]
    x = {"field": "period", "type": "ordinal", "title": None, "axis": {"labelAngle": -45}, "sort": None}
    layers = [_between("y", x), {"mark": {"type": "line", "color": BAR, "point": {"color": BAR, "size": 50}}}]
    layers[1]["encoding"] = {"x": x, "y": {**_SHARE, "field": "share"}}
    spec = {"height": 170, "width": WIDTH, "data": {"values": values}, "layer": layers}
    return apart(_picture, _told(spec)) if values else ""


def units(apart: Apart, measured: Sequence[Measured], language: str) -> str:
    """One row a unit: its share as a point on its interval; '' where nothing can be drawn."""
    values = [
        {"unit": one.unit_title.zh if language == "zh" else one.unit_title.en, **_position(one)}
        for one in measured
        if one.n != 0
    ]
    y = {"field": "unit", "type": "nominal", "title": None, "sort": None, "axis": {"labelLimit": 140}}
    point = {"mark": {"type": "point", "filled": True, "size": 55, "color": BAR}}
    point["encoding"] = {"y": y, "x": {**_SHARE, "field": "share"}}
    height = {"step": ROW}
    spec = {"height": height, "width": WIDTH - 100, "data": {"values": values}, "layer": [_between("x", y), point]}
    return apart(_picture, _told(spec)) if values else ""


_SHARE: dict[str, Any] = {"type": "quantitative", "title": None, "scale": {"zero": False, "nice": True}}


def _between(way: str, other: dict[str, Any]) -> dict[str, Any]:
    """The line from the low to the high end of the interval."""
    across = "x" if way == "y" else "y"
    ends = {way: {**_SHARE, "field": "low"}, f"{way}2": {"field": "high"}, across: other}
    return {"mark": {"type": "rule", "color": MUTED, "strokeWidth": 3}, "encoding": ends}


def _position(one: Measured) -> dict[str, float]:
    """Share and interval in per cent; of a count, the count itself."""
    if one.n is None or one.interval is None:
        return {"share": one.holds, "low": one.holds, "high": one.holds}
    return {"share": 100 * one.holds / one.n, "low": 100 * one.interval.low, "high": 100 * one.interval.high}


def _told(spec: dict[str, Any]) -> str:
    """In Vega-Lite's own words, with what all charts have alike."""
    config = {"axis": _AXIS, "view": {"stroke": None}, "background": "white", "padding": 12}
    return json.dumps({**spec, "config": config}, ensure_ascii=False, sort_keys=True)


@lru_cache(256)
def _picture(spec: str) -> str:
    try:
        drawn: str = import_module("vl_convert").vegalite_to_svg(spec)
    except ModuleNotFoundError:
        return ""
    return f"data:image/svg+xml,{quote(drawn)}"
