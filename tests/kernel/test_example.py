"""Examples of what is sent are valid: whatever a verb takes, its example is read as its arguments."""

from __future__ import annotations

import msgspec
import pytest

from sanban.kernel.case.verbs import VERBS
from sanban.kernel.case.verbs.opening import OpenArgs
from sanban.kernel.example import every_field, example_of

ARGUMENTS = {verb.args for verb in VERBS.values()} | {OpenArgs}


@pytest.mark.parametrize("args", sorted(ARGUMENTS, key=lambda one: one.__name__), ids=lambda one: one.__name__)
def test_the_example_of_a_verbs_arguments_is_taken_by_the_verb(args: type[msgspec.Struct]) -> None:
    shown = every_field(args)
    assert msgspec.json.decode(shown, type=args) is not None
    assert set(msgspec.json.decode(shown)) == {field.encode_name for field in msgspec.structs.fields(args)}


def test_a_place_that_is_none_of_the_type_has_no_example() -> None:
    assert example_of(OpenArgs, "nothing.here") == ""


def test_a_place_behind_a_list_or_a_union_of_structs_is_found() -> None:
    inner = msgspec.defstruct("inner", [("size", int)])
    assert example_of(msgspec.defstruct("outer", [("held", list[inner] | None)]), "held[...].size") == "1"
