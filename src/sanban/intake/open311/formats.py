"""XML and JSON of GeoReport v2, both written from one plain value.

A document is a dict, or a list of dicts under a root's name. JSON is the value itself; XML gives every key an element,
and the items of a list the name that the standard has for them: `services` holds `service`, `values` hold `value`.
What XML cannot hold (control signs, half of a pair) is left out of both, so that the two never differ.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from xml.etree.ElementTree import Element, SubElement, tostring

import msgspec

from sanban.intake.open311.faults import Denied
from sanban.kernel.surface import Written
from sanban.kernel.view import Language

Format = Literal["xml", "json"]
FORMATS: tuple[Format, ...] = ("xml", "json")
MEDIA: Mapping[Format, str] = {"xml": "text/xml", "json": "application/json; charset=utf-8"}
"""The shell adds the charset to a text's type by itself."""

ITEMS: Mapping[str, str] = {
    "services": "service",
    "attributes": "attribute",
    "values": "value",
    "service_requests": "request",
    "errors": "error",
    "endpoints": "endpoint",
    "formats": "format",
}
"""What an item of a list is called in XML."""

OPEN_TO_ALL: Mapping[str, str] = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Vary": "Accept, Accept-Language",
}
"""Answers hold nothing of whoever asks, so that pages of other sites may read them."""

_NOT_XML = re.compile("[^\\t\\n\\r\\x20-\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")


def written(root: str, value: Any, way: Format, status: int = 200, headers: Mapping[str, str] = {}) -> Written:
    """The document in a format."""
    plain = _clean(value)
    content = msgspec.json.encode(plain) if way == "json" else _xml(root, plain)
    return Written(content, MEDIA[way], status, {**OPEN_TO_ALL, **headers})


def denied(no: Denied, way: Format, language: Language) -> Written:
    """The standard's list of errors: code and description."""
    text = no.text.zh if language == "zh" else no.text.en
    said = f"{text} ({no.example})" if no.example else text
    headers = {"Retry-After": "60"} if no.status == 429 else {}
    return written("errors", [{"code": no.status, "description": said}], way, no.status, headers)


def format_of(ending: str, accept: str) -> Format:
    """By the address's ending, else JSON where that alone is asked for, else XML, which the standard requires."""
    if ending in FORMATS:
        return ending
    return "json" if "json" in accept and "xml" not in accept else "xml"


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return _NOT_XML.sub("", value)
    if isinstance(value, Mapping):
        return {key: _clean(part) for key, part in value.items()}
    if isinstance(value, Sequence):
        return [_clean(part) for part in value]
    return value


def _xml(root: str, value: Any) -> bytes:
    element = Element(root)
    _fill(element, value)
    body: bytes = tostring(element, encoding="utf-8", xml_declaration=False)
    return b'<?xml version="1.0" encoding="UTF-8"?>\n' + body + b"\n"


def _fill(element: Element, value: Any) -> None:
    if isinstance(value, dict):
        for key, part in value.items():
            _fill(SubElement(element, key), part)
    elif isinstance(value, list):
        for part in value:
            _fill(SubElement(element, ITEMS[element.tag]), part)
    elif value is not None:
        element.text = ("true" if value else "false") if isinstance(value, bool) else str(value)
