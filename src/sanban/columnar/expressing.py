"""From tree to Ibis: the back-end of expressions for whole tables at once.

Names become columns, parameters literals, and every engine computes in integers below 2**53, as was proven at load.
Nothing is divided but what divides evenly: a quotient is the dividend less its remainder over the divisor, which is
exact even where an engine divides in doubles. A null never decides: an optional name is read only where it is known.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from functools import reduce, singledispatch
from typing import Any, Final, NamedTuple

import ibis
import ibis.expr.types as ir

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
)

_COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMBINE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "and": operator.and_,
    "or": operator.or_,
}


class Columns(NamedTuple):
    """What an expression reads: the table whose columns are its names, and the values of parameters."""

    table: ir.Table
    parameters: Mapping[str, int] = {}


@singledispatch
def express(node: Node, _columns: Columns) -> Any:
    """The Ibis expression of one of our nodes."""
    raise TypeError(f"{type(node).__name__} has no column")


@express.register
def _constant(node: Constant, _columns: Columns) -> Any:
    return ibis.literal(node.value, type="int64") if type(node.value) is int else ibis.literal(node.value)


@express.register
def _name(node: Name, columns: Columns) -> Any:
    return columns.table[node.name]


@express.register
def _parameter(node: Parameter, columns: Columns) -> Any:
    return ibis.literal(columns.parameters[node.name], type="int64")


@express.register
def _known(node: Known, columns: Columns) -> Any:
    return columns.table[node.name].notnull()


@express.register
def _negate(node: Negate, columns: Columns) -> Any:
    return -express(node.operand, columns)


@express.register
def _not(node: Not, columns: Columns) -> Any:
    return ~express(node.operand, columns)


@express.register
def _arithmetic(node: Arithmetic, columns: Columns) -> Any:
    return _COMBINE[node.operator](express(node.left, columns), express(node.right, columns))


@express.register
def _compare(node: Compare, columns: Columns) -> Any:
    operands = [express(operand, columns) for operand in node.operands]
    pairs = zip(node.operators, operands, operands[1:], strict=False)
    return reduce(operator.and_, [_COMPARE[sign](left, right) for sign, left, right in pairs])


@express.register
def _member(node: Member, columns: Columns) -> Any:
    among = express(node.operand, columns).isin(node.choices)
    return ~among if node.negated else among


@express.register
def _logic(node: Logic, columns: Columns) -> Any:
    return reduce(_COMBINE[node.operator], [express(operand, columns) for operand in node.operands])


@express.register
def _conditional(node: Conditional, columns: Columns) -> Any:
    return express(node.test, columns).ifelse(express(node.then, columns), express(node.otherwise, columns))


@express.register
def _extremum(node: Extremum, columns: Columns) -> Any:
    choose = ibis.least if node.function == "min" else ibis.greatest
    return choose(*[express(operand, columns) for operand in node.operands])


@express.register
def _mul_div(node: MulDiv, columns: Columns) -> Any:
    product = express(node.operand, columns) * express(node.num, columns)
    return _ROUNDINGS[node.rounding](product, express(node.den, columns))


def _size(product: Any, den: Any) -> tuple[Any, Any]:
    """|product| / den cut off, and the remainder."""
    rest = product.abs() % den
    return ((product.abs() - rest) / den).cast("int64"), rest


def _signed(product: Any, size: Any) -> Any:
    return (product < 0).ifelse(-size, size)


def _half_away(product: Any, den: Any) -> Any:
    size, rest = _size(product, den)
    return _signed(product, size + (rest >= den - rest).ifelse(1, 0))


def _half_even(product: Any, den: Any) -> Any:
    size, rest = _size(product, den)
    up = (rest > den - rest) | ((rest == den - rest) & (size % 2 == 1))
    return _signed(product, size + up.ifelse(1, 0))


def _truncate(product: Any, den: Any) -> Any:
    return _signed(product, _size(product, den)[0])


def _floor(product: Any, den: Any) -> Any:
    size, rest = _size(product, den)
    return (product < 0).ifelse(-size - (rest > 0).ifelse(1, 0), size)


def _ceil(product: Any, den: Any) -> Any:
    return -_floor(-product, den)


_ROUNDINGS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "half_away": _half_away,
    "half_even": _half_even,
    "truncate": _truncate,
    "floor": _floor,
    "ceil": _ceil,
}
