"""Loading an expression: every fault at once, each at its column with an example that is valid in the same scope."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import Fault, FaultsFound
from sanban.kernel.expression import (
    Declared,
    Expression,
    ParameterRange,
    Scope,
    compile_expression,
    compile_or_raise,
)

SCOPE = Scope(
    {
        "fire_risk": Declared("bool"),
        "returns": Declared("int", 0, 9),
        "large": Declared("int", 0, 2**52),
        "answer": Declared("str", choices=("resolved", "unresolved")),
        "road": Declared("str", choices=("east", "west")),
        "note": Declared("str"),
        "income": Declared("int", 0, 10**7, optional=True),
        "grade": Declared("str", choices=("a", "b"), optional=True),
        "退单次数": Declared("int", 0, 9),
    },
    {"ceiling": ParameterRange(1, 10**6, "fen"), "shift": ParameterRange(-5, 5)},
)


def faults(source: str, wants: str | None = None, scope: Scope = SCOPE) -> tuple[Fault, ...]:
    found = compile_expression(source, scope, wants=wants)  # type: ignore[arg-type]  # the table holds plain strings
    return found if isinstance(found, tuple) else ()


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        # characters and words
        ("", [(1, "empty")]),
        ("  \t", [(1, "empty")]),
        ("returns == 0\nand fire_risk", [(13, "line_break")]),
        ("fire_risk\x00", [(10, "bad_character")]),
        ("fire_risk\u3000or fire_risk", [(10, "bad_character")]),
        ("note == '\ud800'", [(10, "bad_character")]),
        ("returns ＝＝ 0", [(9, "bad_character"), (10, "bad_character")]),
        ("max（returns，1）== 1", [(4, "bad_character"), (12, "bad_character"), (14, "bad_character")]),
        ("answer == “resolved”", [(11, "bad_character"), (20, "bad_character")]),
        ("fire_risk && fire_risk", [(11, "bad_character")]),
        ("fire_risk || retruns == 0", [(11, "bad_character"), (14, "unknown_name")]),
        ("!fire_risk", [(1, "bad_character")]),
        ("returns ? 1", [(9, "bad_character")]),
        ("returns === 1", [(9, "bad_character")]),
        ("returns == 0 # and so on", [(14, "comment")]),
        ("answer in ('resolved' 'unresolved')", [(12, "operator"), (23, "missing_comma")]),
        ("answer in ('resolved', \"a\" 'b')", [(1, "not_a_choice"), (28, "missing_comma")]),
        ("returns > 1.5", [(11, "not_an_integer")]),
        ("returns > .5", [(11, "not_an_integer")]),
        ("returns > 010", [(11, "not_an_integer")]),
        ("returns > 0x10", [(11, "not_an_integer")]),
        ("returns > 1if fire_risk", [(11, "not_an_integer")]),
        # syntax
        ("returns = 1", [(9, "syntax")]),
        ("  returns == )", [(14, "syntax")]),
        ("²", [(1, "syntax")]),
        ("returns ==", None),
        ("(" * 300, None),
        # what the language does not have
        ("returns / 2", [(1, "operator")]),
        ("returns // 2", [(1, "operator")]),
        ("returns % 2", [(1, "operator")]),
        ("returns ** 2", [(1, "operator")]),
        ("returns << 2", [(1, "operator")]),
        ("fire_risk & fire_risk", [(1, "operator")]),
        ("fire_risk | fire_risk", [(1, "operator")]),
        ("+returns", [(1, "operator")]),
        ("~returns", [(1, "operator")]),
        ("returns is 1", [(1, "operator")]),
        ("returns is not 1", [(1, "operator")]),
        ("None", [(1, "not_in_language")]),
        ("b'a'", [(1, "not_in_language")]),
        ("f'{returns}'", [(1, "not_in_language")]),
        ("(1, 2)", [(1, "not_in_language")]),
        ("note.upper", [(1, "not_in_language")]),
        ("note[0]", [(1, "not_in_language")]),
        ("lambda: 0", [(1, "not_in_language")]),
        ("(returns := 1)", [(2, "not_in_language")]),
        ("max(*note)", [(1, "arguments"), (5, "not_in_language")]),
        # in
        ("answer in 'resolved'", [(11, "operator")]),
        ("answer in ('resolved')", [(12, "operator")]),
        ("answer in ()", [(11, "operator")]),
        ("answer in ('resolved', 1)", [(11, "operator")]),
        ("answer in ('resolved', note)", [(11, "operator")]),
        ("answer in ('resolved',) == fire_risk", [(1, "operator")]),
        ("returns in ('1', '2')", [(1, "wrong_kind")]),
        ("answer in ('resolvd', 'no')", [(1, "not_a_choice"), (1, "not_a_choice")]),
        # functions
        ("mn(1, retruns)", [(1, "unknown_function"), (7, "unknown_name")]),
        ("note.upper()", [(1, "unknown_function")]),
        ("min(1)", [(1, "arguments")]),
        ("max(1, 2, key=3)", [(1, "arguments")]),
        ("min(1, 'a')", [(8, "wrong_kind")]),
        ("known()", [(1, "arguments")]),
        ("known(1)", [(1, "arguments")]),
        ("known(incme)", [(1, "unknown_name")]),
        ("parameter(ceiling)", [(1, "arguments")]),
        ("parameter(1)", [(1, "arguments")]),
        ("parameter('a', 'b')", [(1, "arguments")]),
        ("parameter('celing')", [(1, "unknown_parameter")]),
        ("mul_div(1, 2)", [(1, "arguments")]),
        ("mul_div(1, 2, 3, 'floor', 'floor')", [(1, "arguments")]),
        ("mul_div(1, 2, 3, round='floor')", [(1, "arguments")]),
        ("mul_div(1, 2, 0)", [(15, "divisor")]),
        ("mul_div(1, 2, -1)", [(15, "divisor")]),
        ("mul_div(1, 2, True)", [(15, "divisor")]),
        ("mul_div(1, 2, returns)", [(15, "divisor")]),
        ("mul_div(1, 2, 3 / 4)", [(15, "operator")]),
        ("mul_div(1, 2, parameter('shift'))", [(15, "divisor")]),
        ("mul_div(1, 2, parameter('gone'))", [(15, "unknown_parameter")]),
        ("mul_div(1, 2, 3, 'flor')", [(18, "rounding")]),
        ("mul_div(1, 2, 3, rounding=note)", [(27, "rounding")]),
        # names and kinds
        ("retruns == 0", [(1, "unknown_name")]),
        ("退单次 == 0", [(1, "unknown_name")]),
        ("退单次数 == 0 and zz", [(15, "unknown_name")]),
        ("returns == 0 and returns", [(18, "wrong_kind")]),
        ("not returns", [(5, "wrong_kind")]),
        ("-fire_risk", [(2, "wrong_kind")]),
        ("True + 1", [(1, "wrong_kind")]),
        ("note + note", [(1, "wrong_kind"), (8, "wrong_kind")]),
        ("1 if returns else 2", [(6, "wrong_kind")]),
        ("1 if fire_risk else 'a'", [(1, "wrong_kind")]),
        ("1 if fire_risk else zz", [(21, "unknown_name")]),
        ("zz if fire_risk else 1", [(1, "unknown_name")]),
        ("returns == '1'", [(1, "comparison")]),
        ("returns == True", [(1, "comparison")]),
        ("(returns == 1) == note", [(2, "comparison")]),
        ("fire_risk == True", [(1, "comparison")]),
        ("note < 'b'", [(1, "comparison")]),
        ("1 < 2 < 'b'", [(5, "comparison")]),
        ("zz == 1 == yy", [(1, "unknown_name"), (12, "unknown_name")]),
        # choices
        ("answer == 'resolvd'", [(11, "not_a_choice")]),
        ("'resolvd' != answer", [(1, "not_a_choice")]),
        ("answer == road", [(1, "not_a_choice")]),
        ("('east' if fire_risk else 'west') == 'north'", [(38, "not_a_choice")]),
        # what may be unknown
        ("income > 3", [(1, "may_be_unknown")]),
        ("income > 3 and known(income)", [(1, "may_be_unknown")]),
        ("known(income) or income > 3", [(18, "may_be_unknown")]),
        ("not known(income) and income > 3", [(23, "may_be_unknown")]),
        ("known(grade) and income > 3", [(18, "may_be_unknown")]),
        ("(known(income) or fire_risk) and income > 3", [(34, "may_be_unknown")]),
        ("0 if known(income) else income", [(25, "may_be_unknown")]),
        ("grade == 'c'", [(1, "may_be_unknown"), (10, "not_a_choice")]),
        # size
        ("large * 3", [(1, "too_big")]),
        ("large + large", [(1, "too_big")]),
        ("0 - large - large", [(1, "too_big")]),
        ("9007199254740992 > 1", [(1, "too_big")]),
        ("mul_div(large, 80, 100)", [(1, "too_big")]),
        ("mul_div(large, 1, 9007199254740992)", [(19, "too_big")]),
    ],
)
def test_every_fault_is_found_at_its_column(source: str, expected: list[tuple[int, str]] | None) -> None:
    found = faults(source)
    if expected is None:  # where Python stops reading differs between its versions
        assert {fault.code for fault in found} <= {"syntax", "too_deep"}
        assert found
    else:
        assert [(fault.column, fault.code) for fault in found] == expected
    for fault in found:
        assert fault.message
        assert isinstance(compile_expression(fault.example, SCOPE), Expression), fault.example


@pytest.mark.parametrize("scope", [Scope(), Scope({"lift": Declared("str", optional=True)})])
@pytest.mark.parametrize(
    "source",
    ["1 + x // 'a'", "known(1)", "parameter(1)", "parameter('x')", "known(lft)", "lift", "& ?", "-'a'", "not 1"],
)
def test_examples_are_valid_in_the_poorest_scope_too(source: str, scope: Scope) -> None:
    found = faults(source, scope=scope)
    assert found
    for fault in found:
        assert isinstance(compile_expression(fault.example, scope), Expression), fault.example


@pytest.mark.parametrize(
    ("source", "wants", "says"),
    [
        ("returns", "bool", "'returns' is an integer, and true or false is needed here"),
        ("fire_risk", "int", "'fire_risk' is true or false, and an integer is needed here"),
        ("returns + 1", "str", "'returns + 1' is an integer, and a text is needed here"),
    ],
)
def test_an_expression_must_be_of_the_kind_its_place_asks_for(source: str, wants: str, says: str) -> None:
    assert [fault.message for fault in faults(source, wants)] == [says]


def test_a_wanted_kind_adds_no_fault_to_one_already_found() -> None:
    assert [fault.code for fault in faults("retruns", "bool")] == ["unknown_name"]


@pytest.mark.parametrize(
    ("source", "hint"),
    [
        ("retruns == 0", "did you mean 'returns'?"),
        ("true", "did you mean 'True'?"),
        ("muldiv(1, 2)", "did you mean 'mul_div'?"),
        ("parameter('celing')", "did you mean 'ceiling'?"),
        ("answer == 'resolvd'", "did you mean 'resolved'?"),
        ("mul_div(1, 2, 3, 'flor')", "did you mean 'floor'?"),
        ("returns ≥ 1", "write >="),
        ("returns ＞ 1", "write >"),
        ("fire_risk && fire_risk", "write and"),
        ("returns / 2", "mul_div"),
        ("income > 3", "known(income)"),
    ],
)
def test_a_fault_says_what_to_write_instead(source: str, hint: str) -> None:
    assert hint in faults(source)[0].message


def test_faults_carry_the_place_of_the_expression_in_the_users_file() -> None:
    found = compile_expression("retruns", SCOPE, path="mechanism.yaml", line=7)
    assert isinstance(found, tuple)
    assert [(fault.path, fault.line, fault.column) for fault in found] == [("mechanism.yaml", 7, 1)]
    with pytest.raises(FaultsFound, match=r"mechanism.yaml:7: unknown_name"):
        compile_or_raise("retruns", SCOPE, path="mechanism.yaml", line=7)


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("1+" * 120 + "1", "too_deep"),
        ("-" * 1_900 + "1", "too_deep"),
        ("not " * 450 + "fire_risk", "too_deep"),
        ("1" + " + 1" * 1_000, "too_long"),
    ],
)
def test_an_expression_too_large_to_follow_is_a_fault(source: str, code: str) -> None:
    assert code in {fault.code for fault in faults(source)}


@pytest.mark.parametrize("error", [RecursionError, MemoryError])
def test_a_parser_that_gives_up_is_a_fault(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Python's parser gives up on nesting differs between its versions, so it is made to."""

    def give_up(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("ast.parse", give_up)
    assert [fault.code for fault in faults("returns == 0")] == ["too_deep"]


VOCABULARY = """
returns income known answer 退单次数 lambda for await yield and or not in if else min mul_div parameter rounding
( ) [ ] { } , . : # == = < - * // \\ f' ＝ && *returns 1 9999999999999999999999 'resolved' 'ceiling'
"""
WORDS = st.sampled_from([*VOCABULARY.split(), "\n", "\t"])


@given(st.text(max_size=40) | st.lists(WORDS, max_size=12).map(" ".join) | st.lists(WORDS, max_size=8).map("".join))
def test_no_text_whatever_makes_loading_fail(source: str) -> None:
    found = compile_expression(source, SCOPE)
    if isinstance(found, tuple):
        assert found
        for fault in found:
            assert 1 <= fault.column <= len(source) + 1
            str(fault).encode()
            assert isinstance(compile_expression(fault.example, SCOPE), Expression), fault
