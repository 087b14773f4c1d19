"""Examples of what is sent are valid: a field's own where it gives some, else anything of its type."""

from __future__ import annotations

import msgspec
import pytest

from sanban.kernel.case.verbs import VERBS
from sanban.kernel.case.verbs.opening import OpenArgs
from sanban.kernel.example import example_of, shown_of

ARGUMENTS = {verb.args for verb in VERBS.values()} | {OpenArgs}


@pytest.mark.parametrize("args", sorted(ARGUMENTS, key=lambda one: one.__name__), ids=lambda one: one.__name__)
def test_the_example_of_a_verbs_argument_is_taken_by_the_verb(args: type[msgspec.Struct]) -> None:
    shown = {field.encode_name: shown_of(field.type) for field in msgspec.structs.fields(args)}
    assert msgspec.json.decode(msgspec.json.encode(shown), type=args) is not None


def test_a_place_that_is_none_of_the_type_has_no_example() -> None:
    assert example_of(OpenArgs, "nothing.here") == ""


def test_a_place_behind_a_list_or_a_union_of_structs_is_found() -> None:
    inner = msgspec.defstruct("inner", [("size", int)])
    assert example_of(msgspec.defstruct("outer", [("held", list[inner] | None)]), "held[...].size") == "1"
