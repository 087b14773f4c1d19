"""From tree to compiled Python: the back-end for single decisions.

Each node becomes a node of Python's own `ast`, the whole a function of two mappings, compiled once at load. The
user's text is never executed: only what was translated from a proven tree is, in a namespace without builtins. Values
are not checked again while it runs; a missing or null value ends in the given `complain`.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, singledispatch
from types import CodeType, FunctionType
from typing import Final, TypeAlias, cast

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
from sanban.kernel.money import ROUNDINGS, mul_div

Values: TypeAlias = Mapping[str, Value]
Numbers: TypeAlias = Mapping[str, int]
Evaluate: TypeAlias = Callable[[Values, Numbers], Value]
Complain: TypeAlias = Callable[[Values, Numbers], Exception]

_COMPARISONS: Final[Mapping[str, type[ast.cmpop]]] = {
    "==": ast.Eq,
    "!=": ast.NotEq,
    "<": ast.Lt,
    "<=": ast.LtE,
    ">": ast.Gt,
    ">=": ast.GtE,
}
_ARITHMETIC: Final[Mapping[str, type[ast.operator]]] = {"+": ast.Add, "-": ast.Sub, "*": ast.Mult}

# The whole function but its result, which takes the place of `...`.
_FRAME: Final = """
def evaluate(env, parameters):
    try:
        return ...
    except (KeyError, TypeError):
        raise complain(env, parameters) from None
"""


def compiled(tree: Node, complain: Complain) -> Evaluate:
    """Return a function of the values of names and parameters that gives the value of the tree."""
    names = {"KeyError": KeyError, "TypeError": TypeError, "min": min, "max": max, "mul_div": mul_div}
    return FunctionType(_code_of(tree), {"__builtins__": {}, "complain": complain, **names, **ROUNDINGS})


@lru_cache(1024)
def _code_of(tree: Node) -> CodeType:
    """Kept: mechanisms take most guards from few bases. Places are part of a tree, so `1` is never taken for `True`."""
    module = ast.parse(_FRAME)
    body = cast("ast.Try", cast("ast.FunctionDef", module.body[0]).body[0]).body
    cast("ast.Return", body[0]).value = translate(tree)
    code = compile(ast.fix_missing_locations(module), "<expression>", "exec")
    return next(each for each in code.co_consts if isinstance(each, CodeType))


@singledispatch
def translate(node: Node) -> ast.expr:
    """Return Python's node for one of ours."""
    raise TypeError(f"{type(node).__name__} cannot be compiled")


def _read(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _item(mapping: str, key: str) -> ast.Subscript:
    return ast.Subscript(_read(mapping), ast.Constant(key), ast.Load())


def _all(nodes: Sequence[Node]) -> list[ast.expr]:
    return [translate(node) for node in nodes]


def _call(function: str, *arguments: ast.expr) -> ast.Call:
    return ast.Call(_read(function), list(arguments), [])


@translate.register
def _constant(node: Constant) -> ast.expr:
    return ast.Constant(node.value)


@translate.register
def _name(node: Name) -> ast.expr:
    return _item("env", node.name)


@translate.register
def _parameter(node: Parameter) -> ast.expr:
    return _item("parameters", node.name)


@translate.register
def _known(node: Known) -> ast.expr:
    value = ast.Call(ast.Attribute(_read("env"), "get", ast.Load()), [ast.Constant(node.name)], [])
    return ast.Compare(value, [ast.IsNot()], [ast.Constant(None)])


@translate.register
def _negate(node: Negate) -> ast.expr:
    return ast.UnaryOp(ast.USub(), translate(node.operand))


@translate.register
def _not(node: Not) -> ast.expr:
    return ast.UnaryOp(ast.Not(), translate(node.operand))


@translate.register
def _arithmetic(node: Arithmetic) -> ast.expr:
    return ast.BinOp(translate(node.left), _ARITHMETIC[node.operator](), translate(node.right))


@translate.register
def _extremum(node: Extremum) -> ast.expr:
    return _call(node.function, *_all(node.operands))


@translate.register
def _mul_div(node: MulDiv) -> ast.expr:
    """A literal divisor is proven positive and needs no check; the value of a parameter is checked by `mul_div`."""
    operand, num, den = _all((node.operand, node.num, node.den))
    if isinstance(node.den, Constant):
        return _call(node.rounding, ast.BinOp(operand, ast.Mult(), num), den)
    return _call("mul_div", operand, num, den, ast.Constant(node.rounding))


@translate.register
def _compare(node: Compare) -> ast.expr:
    first, *others = _all(node.operands)
    return ast.Compare(first, [_COMPARISONS[sign]() for sign in node.operators], others)


@translate.register
def _member(node: Member) -> ast.expr:
    listed = ast.Tuple([ast.Constant(choice) for choice in node.choices], ast.Load())
    return ast.Compare(translate(node.operand), [ast.NotIn() if node.negated else ast.In()], [listed])


@translate.register
def _logic(node: Logic) -> ast.expr:
    return ast.BoolOp(ast.And() if node.operator == "and" else ast.Or(), _all(node.operands))


@translate.register
def _conditional(node: Conditional) -> ast.expr:
    return ast.IfExp(translate(node.test), translate(node.then), translate(node.otherwise))
