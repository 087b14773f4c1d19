"""No text of an event is free: each is a code, an id or a reference, and what is given to a verb is held to a shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec
import pytest
from msgspec import inspect as shapes

from sanban.kernel.case.event import (
    CaseEvent,
    Event,
)
from sanban.kernel.case.situation import Verb
from sanban.kernel.case.verbs import VERBS

FITTING = ("", "t2", "street-01", "v:0197c3e2-7b1d-7000-8000-000000000001")
"""Texts of which every shape takes one."""


def parts_of(shape: Any) -> tuple[Any, ...]:
    """The shapes a shape is made of; none for a plain value."""
    if isinstance(shape, shapes.Metadata):
        return (shape.type,)
    if isinstance(shape, shapes.StructType):
        return tuple(field.type for field in shape.fields)
    if isinstance(shape, shapes.UnionType):
        return shape.types
    if isinstance(shape, shapes.VarTupleType):
        return (shape.item_type,)
    if isinstance(shape, shapes.TupleType):
        return shape.item_types
    return (shape.key_type, shape.value_type) if isinstance(shape, shapes.DictType) else ()


def is_a_word(hint: Any) -> bool:
    """Whether a text is marked as a code, an id or a reference."""
    marks = [one.extra for one in getattr(hint, "__metadata__", ()) if getattr(one, "extra", None)]
    return any(mark.get("word") in ("code", "id", "ref") for mark in marks)


def texts_of(hint: Any) -> Iterator[Any]:
    """The hints of every text in a hint, however deep."""
    if get_origin(hint) is Annotated:
        if hint.__origin__ is str:
            yield hint
    elif hint is str:
        yield hint
    elif isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        for one in get_type_hints(hint, include_extras=True).values():
            yield from texts_of(one)
    else:
        for one in get_args(hint):
            yield from texts_of(one)


def test_no_text_of_an_event_is_free() -> None:
    texts = [text for kind in get_args(Event) for text in texts_of(kind)]
    assert len(texts) > 300
    assert all(is_a_word(text) for text in texts)


@pytest.mark.parametrize("verb", VERBS.values(), ids=lambda verb: verb.name)
def test_every_text_given_to_a_verb_is_held_to_a_shape(verb: Verb) -> None:
    waiting: list[Any] = [shapes.type_info(verb.args)]
    while waiting:
        shape = waiting.pop()
        waiting.extend(parts_of(shape))
        if isinstance(shape, shapes.StrType):
            assert shape.pattern, "a free text"
            assert not any(re.search(shape.pattern, f"{text}\n") for text in FITTING), "a line after the shape"


def test_every_field_of_every_event_is_a_code_an_integer_a_flag_an_id_or_a_reference() -> None:
    kinds = get_args(Event)
    waiting: list[Any] = list(shapes.multi_type_info(kinds))
    plain = shapes.IntType | shapes.BoolType | shapes.NoneType | shapes.LiteralType
    met = 0
    while waiting:
        shape = waiting.pop()
        waiting.extend(parts_of(shape))
        met += 1
        if not parts_of(shape):
            assert isinstance(shape, plain | shapes.StrType), shape
    assert met > 1000
    assert set(CaseEvent.__subclasses__()) == set(kinds)
    assert len({kind.__struct_config__.tag for kind in kinds}) == len(kinds)
