"""From the words of an example to the arguments of a verb, typed by the verb's own argument struct.

Texts are stand-ins for vault rows, so any words become one fixed reference; a clock is named by its limit and a task by
its spec; a time is written like every time of an example.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Annotated, Any, Final, Union, get_args, get_origin, get_type_hints
from zoneinfo import ZoneInfo

import msgspec

from sanban.kernel.case.state import Case
from sanban.kernel.case.words import GivenRef
from sanban.kernel.mechanism import Field
from sanban.packs.document import Node
from sanban.packs.examples import instant_of

SOME_TEXT: Final = "v:" + "0" * 32
"""The vault reference that stands for any text of an example."""
_YES_NO: Final = {"yes": True, "no": False, "true": True, "false": False}


def arguments(
    nodes: Mapping[str, Node], kind: type[msgspec.Struct], case: Case | None, zone: ZoneInfo
) -> dict[str, Any]:
    """The arguments as the engine takes them; what cannot be typed stays text, and the engine refuses it."""
    hints = get_type_hints(kind, include_extras=True)
    return {name: _value(name, node, hints.get(name, str), case, zone) for name, node in nodes.items()}


def answers(fields: Mapping[str, str], form: Mapping[str, Field]) -> dict[str, int | bool | str]:
    """The answers of a form, typed by its fields."""
    return {name: _answer(text, form.get(name)) for name, text in fields.items()}


def _answer(text: str, field: Field | None) -> int | bool | str:
    if field is None or field.kind in ("choice", "party"):
        return text
    if field.kind == "yes_no":
        return _YES_NO.get(text, text)
    if field.kind == "integer":
        return _integer(text)
    return SOME_TEXT


def _value(name: str, node: Node, hint: Any, case: Case | None, zone: ZoneInfo) -> Any:
    plain = _plain(hint)
    if isinstance(node.value, dict):
        inner = plain if isinstance(plain, type) and issubclass(plain, msgspec.Struct) else None
        return (
            {key: _text(part) for key, part in node.value.items()}
            if inner is None
            else arguments(node.value, inner, case, zone)
        )
    if isinstance(node.value, list):
        item = get_args(plain)[0] if get_args(plain) else str
        return [_value(name.removesuffix("s"), each, item, case, zone) for each in node.value]
    return _scalar(name, node.value, hint, plain, case, zone)


def _scalar(name: str, text: str, hint: Any, plain: Any, case: Case | None, zone: ZoneInfo) -> Any:
    if hint == GivenRef:
        return SOME_TEXT
    if plain is bool:
        return _YES_NO.get(text, text)
    if plain is int:
        instant = instant_of(text, zone)
        return _integer(text) if instant is None else instant
    if name == "clock" and case is not None:
        return next((clock.id for clock in reversed(case.clocks) if clock.limit == text), text)
    if name == "task" and case is not None:
        return next((task.id for task in reversed(case.tasks) if task.spec == text), text)
    return text


def _plain(hint: Any) -> Any:
    """A hint without its annotations and without None."""
    if get_origin(hint) is Annotated:
        return _plain(get_args(hint)[0])
    if get_origin(hint) in (Union, UnionType):
        return _plain(next(part for part in get_args(hint) if part is not type(None)))
    return hint


def _integer(text: str) -> int | str:
    return int(text) if text.removeprefix("-").isdecimal() else text


def _text(node: Node) -> str:
    return node.value if isinstance(node.value, str) else ""
