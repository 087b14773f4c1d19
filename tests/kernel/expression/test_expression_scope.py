"""Scopes: declarations are checked when they are made."""

from __future__ import annotations

from typing import Any

import pytest

from sanban.kernel.errors import SanbanError
from sanban.kernel.expression import Declared, Expression, ParameterRange, Scope, compile_expression


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"kind": "float"}, "one of int, bool, str"),
        ({"kind": "int"}, "both ends"),
        ({"kind": "int", "lo": 0}, "both ends"),
        ({"kind": "int", "lo": 2, "hi": 1}, "empty"),
        ({"kind": "int", "lo": 0, "hi": 2**53}, "2\\*\\*53"),
        ({"kind": "int", "lo": -(2**53), "hi": 0}, "2\\*\\*53"),
        ({"kind": "int", "lo": 0, "hi": 1, "choices": ("a",)}, "only a str has choices, not an int"),
        ({"kind": "bool", "choices": ("a",)}, "only a str has choices, not a bool"),
        ({"kind": "bool", "lo": 0}, "only an int has a range"),
        ({"kind": "str", "hi": 0}, "only an int has a range"),
        ({"kind": "str", "choices": ("it's",)}, "no quotes"),
        ({"kind": "str", "choices": ("a\nb",)}, "line break"),
    ],
)
def test_a_declaration_that_makes_no_sense_is_refused_with_an_example(arguments: dict[str, Any], says: str) -> None:
    with pytest.raises(SanbanError, match=says) as caught:
        Declared(**arguments)
    assert caught.value.example


def test_the_widest_range_is_just_below_two_to_the_fifty_third() -> None:
    assert Declared("int", 1 - 2**53, 2**53 - 1).limits == (1 - 2**53, 2**53 - 1)


@pytest.mark.parametrize("name", ["", "1st", "a b", "if", "min", "known", "ｘ"])
def test_a_name_that_cannot_be_written_is_refused(name: str) -> None:
    with pytest.raises(SanbanError, match="cannot be a name"):
        Scope({name: Declared("bool")})


def test_a_parameter_has_a_range_and_a_name_that_can_be_quoted() -> None:
    with pytest.raises(SanbanError, match="empty"):
        ParameterRange(2, 1)
    with pytest.raises(SanbanError, match="cannot be written"):
        Scope(parameters={"it's": ParameterRange(0, 1)})


@pytest.mark.parametrize(
    "scope",
    [
        Scope(),
        Scope({"n": Declared("int", 3, 4)}),
        Scope({"s": Declared("str")}),
        Scope({"s": Declared("str", choices=("甲", "乙"))}),
        Scope({"maybe": Declared("int", 0, 1, optional=True)}),
        Scope({"maybe": Declared("bool", optional=True), "退单次数": Declared("int", -3, 4)}),
    ],
)
def test_every_example_a_scope_gives_is_valid_in_it(scope: Scope) -> None:
    for kind in ("int", "bool", "str"):
        assert isinstance(compile_expression(scope.example(kind), scope, wants=kind), Expression)
    for name in scope.names:
        assert isinstance(compile_expression(scope.use(name), scope, wants="bool"), Expression)
    assert isinstance(compile_expression(scope.parameter_example(), scope, wants="int"), Expression)
