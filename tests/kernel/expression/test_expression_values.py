"""Evaluating and explaining: compiled Python gives what the reference interpreter gives, inside the proven range."""

from __future__ import annotations

import pickle
import string
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sanban.kernel.errors import SanbanError
from sanban.kernel.expression import (
    CHINESE,
    Declared,
    Expression,
    ParameterRange,
    Scope,
    Trace,
    compile_expression,
    compile_or_raise,
)
from sanban.kernel.expression.check import check
from sanban.kernel.expression.generate import translate
from sanban.kernel.expression.interpret import Run, explain
from sanban.kernel.expression.report import Report
from sanban.kernel.expression.tree import Node, Tree
from sanban.kernel.money import ROUNDINGS

CHOICES = ("resolved", "unresolved", "无法联系")
SCOPE = Scope(
    {
        "fire_risk": Declared("bool"),
        "night": Declared("bool"),
        "returns": Declared("int", 0, 9),
        "balance": Declared("int", -1000, 1000),
        "answer": Declared("str", choices=CHOICES),
        "income": Declared("int", -50, 50, optional=True),
        "urgent": Declared("bool", optional=True),
        "grade": Declared("str", choices=CHOICES, optional=True),
    },
    {"ceiling": ParameterRange(1, 1000, "fen"), "shift": ParameterRange(-5, 5)},
)
ENV: dict[str, Any] = {"fire_risk": True, "night": False, "returns": 3, "balance": -40, "answer": "resolved"}
PARAMETERS = {"ceiling": 150, "shift": -2}


def names_of(kind: str, known: frozenset[str]) -> list[str]:
    return [n for n, each in SCOPE.names.items() if each.kind == kind and (not each.optional or n in known)]


def guarded(known: frozenset[str], inner: Any, template: str) -> st.SearchStrategy[str]:
    """Return expressions that read an optional name inside the template's safe place."""
    optional = [name for name, each in SCOPE.names.items() if each.optional and name not in known]
    if not optional:
        return st.nothing()
    return st.sampled_from(optional).flatmap(
        lambda name: inner(known | {name}).map(lambda part: string.Template(template).substitute(name=name, part=part))
    )


def ints(known: frozenset[str] = frozenset(), depth: int = 3) -> st.SearchStrategy[str]:
    """Return well-typed integer expressions; a product has one factor that is small, so none grows past 2**53."""
    leaf = st.sampled_from(names_of("int", known)) | st.integers(0, 99).map(str) | st.just("parameter('shift')")
    if depth == 0:
        return leaf
    part, small = ints(known, depth - 1), ints(known, 0)
    den = st.integers(1, 99).map(str) | st.just("parameter('ceiling')")
    return st.one_of(
        leaf,
        st.tuples(part, st.sampled_from("+-"), part).map(lambda each: f"({each[0]} {each[1]} {each[2]})"),
        st.tuples(part, small).map(lambda each: f"({each[0]} * {each[1]})"),
        part.map(lambda each: f"-{each}"),
        st.tuples(st.sampled_from(["min", "max"]), part, part, small).map(
            lambda each: f"{each[0]}({each[1]}, {each[2]}, {each[3]})"
        ),
        st.tuples(part, small, den, st.sampled_from([*ROUNDINGS])).map(
            lambda each: f"mul_div({each[0]}, {each[1]}, {each[2]}, rounding='{each[3]}')"
        ),
        st.tuples(part, bools(known, depth - 1), part).map(lambda each: f"({each[0]} if {each[1]} else {each[2]})"),
        guarded(known, lambda more: ints(more, depth - 1), "($part if known($name) else 7)"),
    )


def texts(known: frozenset[str], depth: int) -> st.SearchStrategy[str]:
    """Return well-typed texts; a choice between two always has a name in it, so it can be any of the texts."""
    leaf = st.sampled_from(names_of("str", known)) | st.sampled_from(CHOICES).map(repr)
    if depth == 0:
        return leaf
    part = texts(known, depth - 1)
    chosen = st.tuples(st.sampled_from(names_of("str", known)), bools(known, depth - 1), part)
    return leaf | chosen.map(lambda each: f"({each[0]} if {each[1]} else {each[2]})")


def bools(known: frozenset[str] = frozenset(), depth: int = 3) -> st.SearchStrategy[str]:
    """Return well-typed conditions; a text is compared with a name, whose choices hold every text there is."""
    named = names_of("bool", known)
    leaf = st.sampled_from(named) | st.sampled_from(["True", "False", "known(income)", "known(night)"])
    if depth == 0:
        return leaf
    part, number, sign = (
        bools(known, depth - 1),
        ints(known, depth - 1),
        st.sampled_from(["==", "!=", "<", "<=", ">", ">="]),
    )
    listed = st.lists(st.sampled_from(CHOICES), min_size=1, max_size=3).map(lambda each: repr(tuple(each)))
    return st.one_of(
        leaf,
        part.map(lambda each: f"(not {each})"),
        st.tuples(part, st.sampled_from(["and", "or"]), part).map(lambda each: f"({each[0]} {each[1]} {each[2]})"),
        st.tuples(number, sign, number, sign, number).map(lambda each: "(" + " ".join(each) + ")"),
        st.tuples(number, sign, number).map(lambda each: "(" + " ".join(each) + ")"),
        st.tuples(texts(known, depth - 1), st.sampled_from(["in", "not in"]), listed).map(
            lambda each: f"({each[0]} {each[1]} {each[2]})"
        ),
        st.tuples(st.sampled_from(names_of("str", known)), st.sampled_from(["==", "!="]), st.sampled_from(CHOICES)).map(
            lambda each: f"({each[0]} {each[1]} {each[2]!r})"
        ),
        st.tuples(part, part, part).map(lambda each: f"({each[0]} if {each[1]} else {each[2]})"),
        guarded(known, lambda more: bools(more, depth - 1), "(known($name) and $part)"),
        guarded(known, lambda more: bools(more, depth - 1), "(not known($name) or $part)"),
        guarded(known, lambda more: bools(more, depth - 1), "(not (not known($name)) and ($part or night))"),
    )


def value_of(declared: Declared) -> st.SearchStrategy[Any]:
    if declared.kind == "int":
        return st.integers(*declared.limits)
    return st.booleans() if declared.kind == "bool" else st.sampled_from(declared.choices)


ENVS = st.fixed_dictionaries(
    {name: value_of(each) for name, each in SCOPE.names.items() if not each.optional},
    optional={name: st.none() | value_of(each) for name, each in SCOPE.names.items() if each.optional},
)
NUMBERS = st.fixed_dictionaries({name: st.integers(each.lo, each.hi) for name, each in SCOPE.parameters.items()})


@given(source=ints() | bools() | texts(frozenset(), 2), env=ENVS, parameters=NUMBERS)
def test_compiled_and_traced_values_agree_and_lie_in_the_proven_range(
    source: str, env: dict[str, Any], parameters: dict[str, int]
) -> None:
    expression = compile_or_raise(source, SCOPE)
    value = expression.evaluate(env, parameters)
    assert expression.trace(env, parameters).value == value
    assert type(value).__name__ == expression.kind
    if expression.lo is not None and expression.hi is not None:
        assert isinstance(value, int)
        assert expression.lo <= value <= expression.hi


@given(source=ints() | bools())
def test_a_tree_survives_being_written_as_json(source: str) -> None:
    tree = compile_or_raise(source, SCOPE).tree
    assert msgspec.json.decode(msgspec.json.encode(tree), type=Tree) == tree


@given(amount=st.integers(-1000, 1000), den=st.integers(1, 1000))
def test_the_language_divides_exactly_and_rounds_once(amount: int, den: int) -> None:
    source = "mul_div(balance, 80, parameter('ceiling'), 'floor')"
    value = compile_or_raise(source, SCOPE).evaluate({"balance": amount}, {"ceiling": den})
    assert isinstance(value, int)
    assert 0 <= Fraction(amount * 80, den) - value < 1


@pytest.mark.parametrize(
    ("source", "expected", "span"),
    [
        ("returns + 1", 4, (1, 10)),
        ("returns - balance", 43, (-1000, 1009)),
        ("returns * balance", -120, (-9000, 9000)),
        ("-returns", -3, (-9, 0)),
        ("1_000", 1000, (1000, 1000)),
        ("min(returns, balance, 5)", -40, (-1000, 5)),
        ("max(returns, 5)", 5, (5, 9)),
        ("mul_div(returns, 1, 2)", 2, (0, 5)),
        ("mul_div(returns, 1, 2, 'floor')", 1, (0, 4)),
        ("mul_div(balance, 1, parameter('ceiling'), rounding='ceil')", 0, (-1000, 1000)),
        ("1 if fire_risk else returns", 1, (0, 9)),
        ("parameter('ceiling')", 150, (1, 1000)),
        ("returns == 3 and fire_risk", True, None),
        ("returns == 0 or night", False, None),
        ("not night", True, None),
        ("0 <= returns < 3 < 4", False, None),
        ("answer == 'resolved'", True, None),
        ("'resolved' != answer", False, None),
        ("answer in ['resolved', '无法联系']", True, None),
        ("answer not in ('resolved',)", False, None),
        ("'a' in ('b',)", False, None),
        ("'a' == 'b'", False, None),
        ("answer if fire_risk else 'other'", "resolved", None),
        ("known(income)", False, None),
        ("known(night)", True, None),
        ("income if known(income) else 0", 0, (-50, 50)),
        ("not known(income) or income > 3", True, None),
        ("known(income) and known(urgent) and (urgent or income > 3)", False, None),
        ("(known(income) if night else known(income)) and income > 3", False, None),
        ("0 if not known(income) or night else income", 0, (-50, 50)),
        ("  ( returns )  ", 3, (0, 9)),
    ],
)
def test_an_expression_has_this_value_and_this_proven_range(
    source: str, expected: object, span: tuple[int, int] | None
) -> None:
    expression = compile_or_raise(source, SCOPE)
    value = expression.evaluate(ENV, PARAMETERS)
    assert (value, type(value)) == (expected, type(expected))
    assert (expression.lo, expression.hi) == (span or (None, None))
    assert expression.trace(ENV, PARAMETERS).value == expected


def test_an_expression_lists_the_names_and_parameters_it_reads() -> None:
    expression = compile_or_raise("returns > parameter('shift') and known(income) and income > returns", SCOPE)
    assert (expression.names, expression.parameters) == (("income", "returns"), ("shift",))
    assert set(expression.scope.names) == {"income", "returns"}


def test_an_explanation_has_a_line_for_each_part_and_says_what_was_not_evaluated() -> None:
    source = "fire_risk and mul_div(balance, parameter('ceiling'), 100) < -50 < 0 and (night or returns == 3 or night)"
    assert compile_or_raise(source, SCOPE).trace(ENV, PARAMETERS).lines() == (
        f"{source} → yes",
        "  fire_risk → yes",
        "  mul_div(balance, parameter('ceiling'), 100) < -50 < 0 → yes",
        "    mul_div(balance, parameter('ceiling'), 100) → -60",
        "      balance → -40",
        "      parameter('ceiling') → 150 fen",
        "    -50 → -50",
        "  night or returns == 3 or night → yes",
        "    night → no",
        "    returns == 3 → yes",
        "      returns → 3",
        "    night → not evaluated",
    )


def test_an_explanation_speaks_chinese_too() -> None:
    trace = compile_or_raise("known(income) and income > 3", SCOPE).trace(ENV, PARAMETERS)
    assert trace.lines(CHINESE) == (
        "known(income) and income > 3 → 否",
        "  known(income) → 否",
        "  income > 3 → 未计算",
    )


@pytest.mark.parametrize(
    ("source", "skipped"),
    [
        ("returns < 3 < balance", ["balance"]),
        ("1 + returns if night else balance", ["1 + returns"]),
        ("balance if fire_risk else returns", ["returns"]),
        ("night and fire_risk and night", ["fire_risk", "night"]),
    ],
)
def test_parts_after_the_deciding_one_are_not_evaluated(source: str, skipped: list[str]) -> None:
    parts = compile_or_raise(source, SCOPE).trace(ENV, PARAMETERS).parts
    assert [part.text for part in parts if part.value is None] == skipped


@pytest.mark.parametrize(
    ("env", "parameters", "says"),
    [
        ({"answer": "resolved"}, {"ceiling": 1}, "returns has no value"),
        ({"returns": 1, "answer": "resolved"}, {}, r"parameter\('ceiling'\) has no value"),
        ({"returns": None, "answer": "resolved"}, {"ceiling": 1}, "returns has no value"),
        ({}, {}, r"answer has no value; returns has no value; parameter\('ceiling'\) has no value"),
    ],
)
def test_a_missing_value_is_an_error_that_shows_a_valid_call(
    env: Mapping[str, Any], parameters: Mapping[str, int], says: str
) -> None:
    expression = compile_or_raise("returns > parameter('ceiling') and answer == 'resolved'", SCOPE)
    for evaluation in (expression.evaluate, expression.trace):
        with pytest.raises(SanbanError, match=says) as caught:
            evaluation(env, parameters)
        assert caught.value.example == "evaluate({'answer': 'resolved', 'returns': 0}, {'ceiling': 1})"


def test_a_divisor_of_zero_is_an_error_even_if_the_parameter_promised_otherwise() -> None:
    expression = compile_or_raise("mul_div(returns, 1, parameter('ceiling'))", SCOPE)
    with pytest.raises(SanbanError, match="at least 1"):
        expression.evaluate(ENV, {"ceiling": 0})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"returns": 10}, r"returns is 10, outside 0\.\.9"),
        ({"returns": True}, "returns is True, not of kind int"),
        ({"night": 1}, "night is 1, not of kind bool"),
        ({"answer": "other"}, "answer is 'other', not one of resolved"),
        ({"income": 51}, r"income is 51, outside -50\.\.50"),
        ({"note": 3}, "note is 3, not of kind str"),
    ],
)
def test_values_of_unsure_origin_are_checked_against_their_declarations(change: dict[str, Any], says: str) -> None:
    scope = Scope({**SCOPE.names, "note": Declared("str")})
    source = "night and known(income) and income > returns and answer == 'resolved' and note == 'a'"
    expression = compile_or_raise(source, scope)
    good = {**ENV, "income": 1, "note": "a", "unused": 1.5}
    expression.check(good, {})
    with pytest.raises(SanbanError, match=says):
        expression.check(good | change, {})


def test_expressions_are_values_that_travel_between_processes() -> None:
    expression = compile_or_raise("mul_div(returns, parameter('ceiling'), 7)", SCOPE)
    arrived = pickle.loads(pickle.dumps(expression))
    assert arrived == expression
    assert arrived.evaluate(ENV, PARAMETERS) == expression.evaluate(ENV, PARAMETERS) == 64


def test_the_users_text_cannot_reach_python_builtins() -> None:
    for source in ["__import__('os')", "returns.__class__", "().__class__", "open('x')", "evaluate", "env", "complain"]:
        assert not isinstance(compile_expression(source, SCOPE), Expression)


class Unheard(Node, frozen=True):
    """A node no back-end knows."""


def test_every_back_end_refuses_a_node_it_does_not_know() -> None:
    node = Unheard(0, 1)
    for back_end in (
        lambda: check(node, Report("x", SCOPE), frozenset()),
        lambda: explain(node, Run("x", {}, {}, {})),
        lambda: translate(node),
    ):
        with pytest.raises(TypeError, match="Unheard"):
            back_end()


def test_a_trace_is_a_value_that_can_be_written_as_json() -> None:
    trace = compile_or_raise("returns + 1", SCOPE).trace(ENV, PARAMETERS)
    assert msgspec.json.decode(msgspec.json.encode(trace), type=Trace) == trace
