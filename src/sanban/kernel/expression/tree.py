"""The tree of an expression: small immutable values that every back-end reads.

A node knows where its text stands in the source (`start` and `end`, characters from 0) and nothing about types or
ranges: those are proven once at load. The nodes form one tagged union, `Tree`, so a tree can be written as JSON and
read back. A `Hole` marks a place already reported as faulty; a compiled expression never has one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal, TypeAlias

import msgspec

from sanban.kernel.money import Rounding

Kind: TypeAlias = Literal["int", "bool", "str"]
Value: TypeAlias = int | bool | str
Comparison: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">="]

# Every integer, intermediate results included, lies strictly between -LIMIT and LIMIT: exact in an int64 and a double.
LIMIT: Final = 2**53


class Node(msgspec.Struct, frozen=True, tag=True):
    """What every node has: its place in the source."""

    start: int
    end: int


class Constant(Node, frozen=True):
    """A literal: 3, True, 'resolved'."""

    value: int | bool | str


class Name(Node, frozen=True):
    """A declared name, read from the environment."""

    name: str


class Parameter(Node, frozen=True):
    """A number from the dated parameter table: parameter('ceiling')."""

    name: str


class Known(Node, frozen=True):
    """Whether an optional name has a value: known(income)."""

    name: str


class Negate(Node, frozen=True):
    """Minus one integer."""

    operand: Tree


class Not(Node, frozen=True):
    """The opposite of one boolean."""

    operand: Tree


class Arithmetic(Node, frozen=True):
    """The sum, difference or product of two integers."""

    operator: Literal["+", "-", "*"]
    left: Tree
    right: Tree


class Compare(Node, frozen=True):
    """A comparison, perhaps chained: 1 <= returns <= 3 has two operators and three operands."""

    operators: tuple[Comparison, ...]
    operands: tuple[Tree, ...]


class Member(Node, frozen=True):
    """Whether a text is one of the listed ones, or (`negated`) none of them."""

    operand: Tree
    choices: tuple[str, ...]
    negated: bool


class Logic(Node, frozen=True):
    """All (and) or any (or) of two or more booleans; stops at the first that settles it."""

    operator: Literal["and", "or"]
    operands: tuple[Tree, ...]


class Conditional(Node, frozen=True):
    """One of two values of the same kind: then if test else otherwise."""

    test: Tree
    then: Tree
    otherwise: Tree


class Extremum(Node, frozen=True):
    """The smallest or largest of two or more integers."""

    function: Literal["min", "max"]
    operands: tuple[Tree, ...]


class MulDiv(Node, frozen=True):
    """operand * num / den, rounded once; den is a positive literal or a parameter."""

    operand: Tree
    num: Tree
    den: Tree
    rounding: Rounding


class Hole(Node, frozen=True):
    """A place already reported as faulty, with those of its parts that can still be checked."""

    parts: tuple[Tree, ...] = ()


Tree: TypeAlias = (
    Constant
    | Name
    | Parameter
    | Known
    | Negate
    | Not
    | Arithmetic
    | Compare
    | Member
    | Logic
    | Conditional
    | Extremum
    | MulDiv
    | Hole
)


def children(node: Node) -> tuple[Node, ...]:
    """Return the direct sub-expressions, left to right as the node declares them."""
    found: list[Node] = []
    for field in node.__struct_fields__:
        value = getattr(node, field)
        items = value if isinstance(value, tuple) else (value,)
        found.extend(item for item in items if isinstance(item, Node))
    return tuple(found)


def walk(node: Node) -> Iterator[Node]:
    """Yield the node and everything under it, parents first."""
    yield node
    for child in children(node):
        yield from walk(child)
