"""The reference interpreter: walks the tree and keeps what it saw, so that every result can explain itself.

Its values define the language; the compiled Python and every later back-end must give the same. A `Trace` is a tree
like the expression's: the text of each part, its value, and the parts that were not evaluated because an earlier one
had settled the matter.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import singledispatch
from typing import Any, Final, cast

import msgspec

from sanban.kernel.expression.tree import (
    Arithmetic,
    Compare,
    Conditional,
    Constant,
    Extremum,
    Known,
    Logic,
    Member,
    MulDiv,
    Name,
    Negate,
    Node,
    Not,
    Parameter,
    Value,
)
from sanban.kernel.money import mul_div

_COMPARE: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMBINE: Final[Mapping[str, Callable[[int, int], int]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
}


class Words(msgspec.Struct, frozen=True):
    """The few words of an explanation, in one language."""

    yes: str
    no: str
    skipped: str


ENGLISH: Final = Words("yes", "no", "not evaluated")
CHINESE: Final = Words("是", "否", "未计算")


class Trace(msgspec.Struct, frozen=True):
    """How one part of an expression came to its value; None stands for a part that was not evaluated."""

    text: str
    value: int | bool | str | None
    unit: str = ""
    literal: bool = False
    parts: tuple[Trace, ...] = ()

    def lines(self, words: Words = ENGLISH) -> tuple[str, ...]:
        """Return readable lines, one for each part that is not a literal, indented under the part it belongs to."""
        below = (f"  {line}" for part in self.parts if not part.literal for line in part.lines(words))
        return f"{self.text} → {self._shown(words)}", *below

    def _shown(self, words: Words) -> str:
        if self.value is None:
            return words.skipped
        if isinstance(self.value, bool):
            return words.yes if self.value else words.no
        return f"{self.value} {self.unit}".rstrip()


class Run(msgspec.Struct, frozen=True):
    """What one evaluation reads: the text, the values of names and parameters, the parameters' units."""

    source: str
    env: Mapping[str, Value]
    parameters: Mapping[str, int]
    units: Mapping[str, str]

    def trace(self, node: Node, value: Value | None, *parts: Trace, unit: str = "") -> Trace:
        """Return the trace of a node."""
        return Trace(self.source[node.start : node.end], value, unit, isinstance(node, Constant), parts)

    def skip(self, node: Node) -> Trace:
        """Return the trace of a part that is not evaluated."""
        return self.trace(node, None)


@singledispatch
def explain(node: Node, _run: Run) -> Trace:
    """Return how a node comes to its value."""
    raise TypeError(f"{type(node).__name__} has no value")


def _numbers(nodes: tuple[Node, ...], run: Run) -> tuple[list[Trace], list[int]]:
    """Return the traces of nodes that are proven to be integers, and their values."""
    traces = [explain(node, run) for node in nodes]
    return traces, [cast("int", trace.value) for trace in traces]


@explain.register
def _constant(node: Constant, run: Run) -> Trace:
    return run.trace(node, node.value)


@explain.register
def _name(node: Name, run: Run) -> Trace:
    return run.trace(node, run.env[node.name])


@explain.register
def _parameter(node: Parameter, run: Run) -> Trace:
    return run.trace(node, run.parameters[node.name], unit=run.units[node.name])


@explain.register
def _known(node: Known, run: Run) -> Trace:
    return run.trace(node, run.env.get(node.name) is not None)


@explain.register
def _negate(node: Negate, run: Run) -> Trace:
    traces, (number,) = _numbers((node.operand,), run)
    return run.trace(node, -number, *traces)


@explain.register
def _not(node: Not, run: Run) -> Trace:
    part = explain(node.operand, run)
    return run.trace(node, not part.value, part)


@explain.register
def _arithmetic(node: Arithmetic, run: Run) -> Trace:
    traces, (left, right) = _numbers((node.left, node.right), run)
    return run.trace(node, _COMBINE[node.operator](left, right), *traces)


@explain.register
def _extremum(node: Extremum, run: Run) -> Trace:
    traces, numbers = _numbers(node.operands, run)
    return run.trace(node, min(numbers) if node.function == "min" else max(numbers), *traces)


@explain.register
def _mul_div(node: MulDiv, run: Run) -> Trace:
    traces, (amount, num, den) = _numbers((node.operand, node.num, node.den), run)
    return run.trace(node, mul_div(amount, num, den, node.rounding), *traces)


@explain.register
def _member(node: Member, run: Run) -> Trace:
    part = explain(node.operand, run)
    return run.trace(node, (part.value in node.choices) != node.negated, part)


@explain.register
def _compare(node: Compare, run: Run) -> Trace:
    holds, parts = True, [explain(node.operands[0], run)]
    for sign, operand in zip(node.operators, node.operands[1:], strict=True):
        if not holds:
            parts.append(run.skip(operand))
            continue
        parts.append(explain(operand, run))
        holds = _COMPARE[sign](parts[-2].value, parts[-1].value)
    return run.trace(node, holds, *parts)


@explain.register
def _logic(node: Logic, run: Run) -> Trace:
    goes_on = node.operator == "and"
    value, parts = goes_on, list[Trace]()
    for operand in node.operands:
        if value is goes_on:
            parts.append(explain(operand, run))
            value = bool(parts[-1].value)
        else:
            parts.append(run.skip(operand))
    return run.trace(node, value, *parts)


@explain.register
def _conditional(node: Conditional, run: Run) -> Trace:
    test = explain(node.test, run)
    then = explain(node.then, run) if test.value else run.skip(node.then)
    otherwise = run.skip(node.otherwise) if test.value else explain(node.otherwise, run)
    return run.trace(node, then.value if test.value else otherwise.value, test, then, otherwise)
