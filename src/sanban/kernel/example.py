"""A valid value for a field that is sent, from the field's own examples: what an error shows beside what was wrong.

A place is msgspec's: `args.request` or `items[...].size`, empty for the whole; what it leads through are structs,
lists and unions of them. A field that gives no examples takes anything of its type, and its example is that.
"""

from __future__ import annotations

import re
import types
from collections.abc import Iterator
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import msgspec

PLAIN: dict[Any, Any] = {str: "text", int: 1, float: 1.5, bool: True, bytes: b"...", dict: {}, list: [], tuple: []}


def example_of(type_: Any, place: str) -> str:
    """A valid value for the place, as JSON; '' when the place is none of the type."""
    found = [type_]
    for name in re.findall(r"\w+", re.sub(r"\[[^\]]*\]", "", place)):
        found = [field.type for one in found for field in _fields(one) if field.encode_name == name]
    value = next((shown for one in found if (shown := shown_of(one)) is not None), None)
    return "" if value is None else msgspec.json.encode(value).decode()


def _fields(type_: Any) -> Iterator[msgspec.structs.FieldInfo]:
    """The fields of every struct that a type may be or hold."""
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        yield from msgspec.structs.fields(type_)
        return
    for part in get_args(type_):
        yield from _fields(part)


def shown_of(type_: Any) -> Any:
    """An example of a type: its own, its default, or anything of that kind; None when there is none to give."""
    if get_origin(type_) is Annotated:
        inner, *notes = get_args(type_)
        given = [example for note in notes for example in getattr(note, "examples", None) or ()]
        return given[0] if given else shown_of(inner)
    if get_origin(type_) is Literal:
        return get_args(type_)[0]
    if get_origin(type_) in (Union, types.UnionType):
        return next((shown for part in get_args(type_) if (shown := shown_of(part)) is not None), None)
    if isinstance(type_, type) and issubclass(type_, msgspec.Struct):
        shown = {field.encode_name: shown_of(field.type) for field in msgspec.structs.fields(type_) if field.required}
        return None if None in shown.values() else shown
    return PLAIN.get(get_origin(type_) or type_)
