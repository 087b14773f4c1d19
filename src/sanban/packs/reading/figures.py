"""Figures a matter declares: of which ledger event, having which condition on it.

`of` is a case event's type without its noun (`called_back`) or with it (`requester.called_back`). `having` is an
expression over the event's own codes and numbers; those of a value inside it (a call-back's answer) count as its own.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args, get_origin, get_type_hints

import msgspec

from sanban.kernel.case.event import CaseEvent, Event
from sanban.kernel.expression import Declared, Expression, Scope
from sanban.kernel.mechanism import Title
from sanban.packs.reading.scope import expression
from sanban.packs.reading.section import Section
from sanban.packs.reading.texts import Texts

LARGEST: Final = 2**52


class Figure(msgspec.Struct, frozen=True):
    """A counted thing: events of the type `of` for which `having` holds."""

    name: str
    of: str
    title: Title
    having: Expression | None = None


def event_types() -> dict[str, type[CaseEvent]]:
    """Every case event by its type, as `requester.called_back`."""
    return {str(kind.__struct_config__.tag): kind for kind in get_args(Event)}


EVENTS: Final[Mapping[str, type[CaseEvent]]] = types.MappingProxyType(event_types())


def event_named(word: str) -> str:
    """The full type of an event by either of its names; '' where there is none, or more than one."""
    if word in EVENTS:
        return word
    fitting = [name for name in EVENTS if name.partition(".")[2] == word]
    return fitting[0] if len(fitting) == 1 else ""


def read_figure(section: Section, texts: Texts) -> Figure:
    """One figure; an unknown event is left for the check to report."""
    of = section.text("of", "requester.called_back", required=True)
    name = event_named(of)
    having = None
    if name:
        having = expression(section, "having", Scope(_names(EVENTS[name])))
    else:
        section.take("having")
    section.close()
    return Figure(section.name, name or of, texts.title("figures", section.name), having)


def _names(kind: type[msgspec.Struct], *, deeper: bool = True) -> dict[str, Declared]:
    """The names an expression may use of an event: its scalars and those of the structs in it."""
    found: dict[str, Declared] = {}
    for name, hint in get_type_hints(kind).items():
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            found |= _names(hint, deeper=False) if deeper else {}
        elif (seen := _seen(hint)) is not None:
            found[name] = seen
    return found


def _seen(hint: object) -> Declared | None:
    plain = get_args(hint)[0] if get_origin(hint) is Annotated else hint
    if get_origin(plain) is Literal:
        return Declared("str", choices=get_args(plain))
    if plain is bool:
        return Declared("bool")
    if plain is str:
        return Declared("str")
    return Declared("int", 0, LARGEST) if plain is int else None
