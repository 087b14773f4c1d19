"""Proofs about a tree, made once at load: kinds, ranges, choices and that nothing unknown is read.

`check` walks the tree with the set of optional names known to have a value at that point. Each node yields a `Fact`:
its kind, its range, and which optional names are known when it turns out true or false. That is how
`known(x) and x > 3` passes and `x > 3 and known(x)` does not. A node with a fault yields a fact that causes no
further faults above it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce, singledispatch
from typing import Final

import msgspec

from sanban.kernel.expression import ranges
from sanban.kernel.expression.ranges import Range
from sanban.kernel.expression.report import Report, nearest, suggestion
from sanban.kernel.expression.tree import (
    Arithmetic,
    Compare,
    Conditional,
    Constant,
    Extremum,
    Hole,
    Kind,
    Known,
    Logic,
    Member,
    MulDiv,
    Name,
    Negate,
    Node,
    Not,
    Parameter,
)

Names = frozenset[str]
_NONE: Final[Names] = frozenset()
_WORDS: Final[dict[Kind, str]] = {"int": "an integer", "bool": "true or false", "str": "a text"}


class Fact(msgspec.Struct, frozen=True):
    """What is proven of a node: kind (None after a fault), range of an int, texts it can be, names it makes known."""

    kind: Kind | None
    span: Range = (0, 0)
    choices: tuple[str, ...] = ()
    when_true: Names = _NONE
    when_false: Names = _NONE


UNSURE: Final = Fact(None)
_BOOL: Final = Fact("bool")


def check_whole(tree: Node, report: Report, wants: Kind | None) -> Fact:
    """Return the fact of a whole expression; report every fault, also a kind that is not the wanted one."""
    fact = check(tree, report, _NONE)
    if wants is not None and fact.kind is not None and fact.kind != wants:
        _wrong_kind(tree, report, fact.kind, wants)
    return fact


@singledispatch
def check(node: Node, _report: Report, _names: Names) -> Fact:
    """Return the fact of a node where the given names have a value; report every fault in it."""
    raise TypeError(f"no check for {type(node).__name__}")


@check.register
def _hole(node: Hole, report: Report, known: Names) -> Fact:
    for part in node.parts:
        check(part, report, known)
    return UNSURE


@check.register
def _constant(node: Constant, report: Report, _names: Names) -> Fact:
    if isinstance(node.value, bool):
        return _BOOL
    if isinstance(node.value, str):
        return Fact("str", choices=(node.value,))
    return _integer(node, report, (node.value, node.value))


@check.register
def _name(node: Name, report: Report, known: Names) -> Fact:
    declared = report.scope.names.get(node.name)
    if declared is None:
        _unknown_name(node, report)
        return UNSURE
    if declared.optional and node.name not in known:
        message = f"'{node.name}' may be unknown here; use it only where known({node.name}) holds"
        report.fault(node.start, "may_be_unknown", message, report.scope.use(node.name))
    return Fact(declared.kind, declared.limits, declared.choices)


@check.register
def _known(node: Known, report: Report, _names: Names) -> Fact:
    if node.name not in report.scope.names:
        _unknown_name(node, report)
    return Fact("bool", when_true=frozenset({node.name}))


def _unknown_name(node: Name | Known, report: Report) -> None:
    scope = report.scope
    close = nearest(node.name, [*scope.names, "True", "False"])
    example = scope.use(close) if close in scope.names else scope.example("bool")
    report.fault(node.start, "unknown_name", f"there is no name '{node.name}'{suggestion(close)}", example)


@check.register
def _parameter(node: Parameter, report: Report, _names: Names) -> Fact:
    declared = report.scope.parameters.get(node.name)
    if declared is None:
        close = suggestion(nearest(node.name, report.scope.parameters))
        message = f"there is no parameter '{node.name}'{close}"
        report.fault(node.start, "unknown_parameter", message, report.scope.parameter_example())
        return UNSURE
    return Fact("int", (declared.lo, declared.hi))


@check.register
def _negate(node: Negate, report: Report, known: Names) -> Fact:
    return _integer(node, report, ranges.negated(_need(node.operand, report, known, "int").span))


@check.register
def _not(node: Not, report: Report, known: Names) -> Fact:
    fact = _need(node.operand, report, known, "bool")
    return Fact("bool", when_true=fact.when_false, when_false=fact.when_true)


@check.register
def _arithmetic(node: Arithmetic, report: Report, known: Names) -> Fact:
    left = _need(node.left, report, known, "int")
    right = _need(node.right, report, known, "int")
    return _integer(node, report, ranges.combined(node.operator, left.span, right.span))


@check.register
def _extremum(node: Extremum, report: Report, known: Names) -> Fact:
    spans = [_need(operand, report, known, "int").span for operand in node.operands]
    return _integer(node, report, ranges.extreme(node.function, spans))


@check.register
def _mul_div(node: MulDiv, report: Report, known: Names) -> Fact:
    amount, num, den = (_need(each, report, known, "int").span for each in (node.operand, node.num, node.den))
    product = _integer(node, report, ranges.combined("*", amount, num)).span
    if isinstance(node.den, Parameter) and node.den.name in report.scope.parameters and den[0] < 1:
        message = f"the parameter '{node.den.name}' is a divisor here and may be {den[0]}; it must be at least 1"
        report.fault(node.den.start, "divisor", message, "mul_div(240000, 80, 100)")
    return Fact("int", ranges.divided(product, (max(den[0], 1), max(den[1], 1)), node.rounding))


@check.register
def _compare(node: Compare, report: Report, known: Names) -> Fact:
    facts = [check(operand, report, known) for operand in node.operands]
    for index, operator in enumerate(node.operators):
        _compare_pair(operator, node.operands[index : index + 2], facts[index : index + 2], report)
    return _BOOL


def _compare_pair(operator: str, nodes: tuple[Node, ...], facts: list[Fact], report: Report) -> None:
    """Report what is wrong with one comparison of two neighbours: kinds that differ or a choice that does not exist."""
    left, right = facts
    if left.kind is None or right.kind is None:
        return
    kinds = (left.kind, right.kind)
    if kinds == ("bool", "bool"):
        message = "true or false is not compared; use it as it stands, or with not"
        report.fault(nodes[0].start, "comparison", message, report.scope.example("bool"))
    elif left.kind != right.kind:
        message = f"{_WORDS[left.kind]} cannot be compared with {_WORDS[right.kind]}"
        report.fault(nodes[0].start, "comparison", message, _like(nodes[0], report))
    elif left.kind == "str" and operator not in ("==", "!="):
        message = f"texts are compared with == or != only, not with {operator}"
        report.fault(nodes[0].start, "comparison", message, _like(nodes[0], report))
    elif left.kind == "str":
        _match_choices(nodes, left, right, report)


def _match_choices(nodes: tuple[Node, ...], left: Fact, right: Fact, report: Report) -> None:
    """Report a comparison of two texts that can never be equal."""
    literal = all(isinstance(node, Constant) for node in nodes)
    if literal or not left.choices or not right.choices or set(left.choices) & set(right.choices):
        return
    here, other = (1, 0) if isinstance(nodes[1], Constant) else (0, 1)
    facts = (left, right)
    _not_a_choice(nodes[here].start, facts[here].choices[0], nodes[other], facts[other], report)


def _not_a_choice(start: int, text: str, operand: Node, fact: Fact, report: Report) -> None:
    close = suggestion(nearest(text, fact.choices))
    message = f"'{report.text(operand)}' is never '{text}'{close}; it is one of: {', '.join(fact.choices)}"
    report.fault(start, "not_a_choice", message, _like(operand, report))


def _like(operand: Node, report: Report) -> str:
    """Return a valid condition about the operand if it is a name, else about any name."""
    return report.scope.use(operand.name) if isinstance(operand, Name) else report.scope.example("bool")


@check.register
def _member(node: Member, report: Report, known: Names) -> Fact:
    fact = _need(node.operand, report, known, "str")
    if fact.choices and not isinstance(node.operand, Constant):
        for text in node.choices:
            if text not in fact.choices:
                _not_a_choice(node.start, text, node.operand, fact, report)
    return _BOOL


@check.register
def _logic(node: Logic, report: Report, known: Names) -> Fact:
    """A later operand of `and` is read only if the earlier ones were true, of `or` only if they were false."""
    all_of, settled, other = node.operator == "and", known, list[Names]()
    for operand in node.operands:
        fact = _need(operand, report, settled, "bool")
        other.append(settled | (fact.when_false if all_of else fact.when_true))
        settled |= fact.when_true if all_of else fact.when_false
    either = _in_all(other)
    return Fact("bool", when_true=settled if all_of else either, when_false=either if all_of else settled)


def _in_all(sets: Iterable[Names]) -> Names:
    return reduce(frozenset.intersection, sets)


@check.register
def _conditional(node: Conditional, report: Report, known: Names) -> Fact:
    test = _need(node.test, report, known, "bool")
    if_true, if_false = known | test.when_true, known | test.when_false
    then, otherwise = check(node.then, report, if_true), check(node.otherwise, report, if_false)
    if then.kind is None or otherwise.kind is None:
        return UNSURE
    if then.kind != otherwise.kind:
        message = f"both branches must be of one kind, not {_WORDS[then.kind]} and {_WORDS[otherwise.kind]}"
        report.fault(node.start, "wrong_kind", message, "1 if True else 2")
        return UNSURE
    return Fact(
        then.kind,
        ranges.united(then.span, otherwise.span),
        tuple(dict.fromkeys(then.choices + otherwise.choices)) if then.choices and otherwise.choices else (),
        (if_true | then.when_true) & (if_false | otherwise.when_true),
        (if_true | then.when_false) & (if_false | otherwise.when_false),
    )


def _need(node: Node, report: Report, known: Names, kind: Kind) -> Fact:
    """Return the fact of a node that must be of one kind; report it otherwise."""
    fact = check(node, report, known)
    if fact.kind is not None and fact.kind != kind:
        _wrong_kind(node, report, fact.kind, kind)
        return UNSURE
    return fact


def _wrong_kind(node: Node, report: Report, found: Kind, wanted: Kind) -> None:
    message = f"'{report.text(node)}' is {_WORDS[found]}, and {_WORDS[wanted]} is needed here"
    report.fault(node.start, "wrong_kind", message, report.scope.example(wanted))


def _integer(node: Node, report: Report, span: Range) -> Fact:
    """Return the fact of an integer; report one that may reach 2**53, and take it as 0 from there on."""
    if ranges.exact(span):
        return Fact("int", span)
    message = f"'{report.text(node)}' may be as large as {max(span, key=abs)}; every step must stay below 2**53"
    report.fault(node.start, "too_big", message, report.scope.example("int"))
    return Fact("int")
