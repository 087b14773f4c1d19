"""From text to tree: Python's own parser reads, a whitelist decides what stays.

The text is parsed by the standard `ast` and translated node by node. What the language does not have (a float, `//`,
None, an attribute, a lambda ...) is reported at its column and becomes a `Hole` that still holds its parts, so one
fault never hides another. Kinds and ranges are no matter here; `check` proves them.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final, Literal, cast

from sanban.kernel.expression.lex import MAX_LENGTH, lone_equals, repair
from sanban.kernel.expression.report import Report, nearest, suggestion
from sanban.kernel.expression.scope import FUNCTIONS
from sanban.kernel.expression.tree import (
    Arithmetic,
    Compare,
    Comparison,
    Conditional,
    Constant,
    Extremum,
    Hole,
    Known,
    Logic,
    Member,
    MulDiv,
    Name,
    Negate,
    Not,
    Parameter,
    Tree,
)
from sanban.kernel.money import ROUNDINGS, Rounding

MAX_DEPTH: Final = 100

_ARITHMETIC: Final[dict[type[ast.operator], Literal["+", "-", "*"]]] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*"}
_COMPARISONS: Final[dict[type[ast.cmpop], Comparison]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
}
_OPERATOR_ADVICE: Final[dict[type[ast.AST], tuple[str, str]]] = {
    ast.Div: ("/ is not in the language; divide with mul_div, which rounds once", "mul_div(240000, 80, 100)"),
    ast.FloorDiv: ("// is not in the language; divide with mul_div", "mul_div(7, 1, 2, rounding='floor')"),
    ast.Mod: ("% is not in the language; a share is taken with mul_div", "mul_div(240000, 80, 100)"),
    ast.Pow: ("** is not in the language; multiply", "3 * 3"),
    ast.BitAnd: ("& is not in the language; write and", "True and True"),
    ast.BitOr: ("| is not in the language; write or", "True or False"),
    ast.UAdd: ("a leading + is not in the language; leave it out", "1"),
    ast.Invert: ("~ is not in the language; write not", "not False"),
    ast.Is: ("is does not compare values; write ==", "1 == 1"),
    ast.IsNot: ("is not does not compare values; write !=", "1 != 2"),
}
_OTHER_OPERATOR: Final = ("this operator is not in the language; there are + - * and mul_div", "1 + 2 * 3")


def parse(report: Report) -> Tree:
    """Return the tree of the report's source, with a Hole at every fault, each written down in the report."""
    source = report.source
    whole = Hole(0, len(source))
    if len(source) > MAX_LENGTH:
        message = f"an expression has at most {MAX_LENGTH} characters, this one has {len(source)}"
        report.fault(0, "too_long", message, report.scope.example("bool"))
        return whole
    text = repair(report)
    if not text.strip():
        report.fault(0, "empty", "there is no expression here", report.scope.example("bool"))
        return whole
    body = _python(text, report)
    return _Reader(text, report).read(body) if body is not None else whole


def _python(text: str, report: Report) -> ast.expr | None:
    """Return Python's reading of the text, or None with a fault if it has none."""
    indent = len(text) - len(text.lstrip())
    try:
        return ast.parse(text.lstrip(), mode="eval").body
    except SyntaxError as error:
        _unreadable(text, indent, error, report)
    except (RecursionError, MemoryError):
        _too_deep(indent, report)
    return None


def _unreadable(text: str, indent: int, error: SyntaxError, report: Report) -> None:
    """Report why Python cannot read a text; a repair may be the reason, then the fault repaired is the one to mend."""
    if report.faults:
        return
    for start in lone_equals(text):
        report.fault(start, "syntax", "one '=' compares nothing; write '=='", "1 == 1")
    if not report.faults:
        start = min(indent + max((error.offset or 1) - 1, 0), len(text))
        message = f"the expression cannot be read from here on ({error.msg})"
        report.fault(start, "syntax", message, report.scope.example("bool"))


def _too_deep(start: int, report: Report) -> None:
    message = f"the expression is nested more than {MAX_DEPTH} deep; split it into several rules"
    report.fault(start, "too_deep", message, report.scope.example("bool"))


class _Reader:
    """Translates Python's nodes into ours; one method for each kind of node that is allowed."""

    def __init__(self, text: str, report: Report) -> None:
        self._report = report
        self._indent = len(text) - len(text.lstrip())
        self._bytes = text.lstrip().encode()
        self._depth = 0

    def read(self, item: ast.expr) -> Tree:
        """Return the tree of one Python expression."""
        if self._depth >= MAX_DEPTH:
            _too_deep(self._span(item)[0], self._report)
            return self._hole(item)
        self._depth += 1
        tree = self._READERS.get(type(item), _Reader._foreign)(self, item)
        self._depth -= 1
        return tree

    def _span(self, item: ast.expr) -> tuple[int, int]:
        """Return the characters an item covers; Python counts bytes of UTF-8."""
        start = len(self._bytes[: item.col_offset].decode())
        end = len(self._bytes[: item.end_col_offset].decode())
        return self._indent + start, self._indent + end

    def _hole(self, item: ast.expr, parts: Sequence[Tree] = ()) -> Hole:
        return Hole(*self._span(item), tuple(parts))

    def _refuse(self, item: ast.expr, code: str, message: str, example: str, parts: Sequence[Tree] = ()) -> Hole:
        """Report an item and return the hole it leaves."""
        self._report.fault(self._span(item)[0], code, message, example)
        return self._hole(item, parts)

    def _foreign(self, item: ast.expr) -> Tree:
        what = "a list stands only after 'in'" if isinstance(item, ast.List | ast.Tuple) else "not in the language"
        message = f"{what}: there are names, integers, texts, True, False, comparisons, and/or/not, + - * and functions"
        return self._refuse(item, "not_in_language", message, "'b' in ('a', 'b')")

    def _constant(self, item: ast.Constant) -> Tree:
        if isinstance(item.value, bool | int | str):
            return Constant(*self._span(item), item.value)
        message = f"{item.value!r} is not a value here: there are integers, texts, True and False, and known(name)"
        return self._refuse(item, "not_in_language", message, self._report.scope.example("bool"))

    def _name(self, item: ast.Name) -> Tree:
        return Name(*self._span(item), item.id)

    def _unary(self, item: ast.UnaryOp) -> Tree:
        operand = self.read(item.operand)
        if isinstance(item.op, ast.Not):
            return Not(*self._span(item), operand)
        if isinstance(item.op, ast.USub):
            return Negate(*self._span(item), operand)
        return self._refuse(item, "operator", *_OPERATOR_ADVICE[type(item.op)], (operand,))

    def _binary(self, item: ast.BinOp) -> Tree:
        left, right = self.read(item.left), self.read(item.right)
        operator = _ARITHMETIC.get(type(item.op))
        if operator is None:
            advice = _OPERATOR_ADVICE.get(type(item.op), _OTHER_OPERATOR)
            return self._refuse(item, "operator", *advice, (left, right))
        return Arithmetic(*self._span(item), operator, left, right)

    def _logic(self, item: ast.BoolOp) -> Tree:
        operator: Literal["and", "or"] = "and" if isinstance(item.op, ast.And) else "or"
        return Logic(*self._span(item), operator, tuple(self.read(value) for value in item.values))

    def _conditional(self, item: ast.IfExp) -> Tree:
        return Conditional(*self._span(item), self.read(item.test), self.read(item.body), self.read(item.orelse))

    def _compare(self, item: ast.Compare) -> Tree:
        if any(isinstance(operator, ast.In | ast.NotIn) for operator in item.ops):
            return self._member(item)
        operands = tuple(self.read(each) for each in (item.left, *item.comparators))
        operators = tuple(_COMPARISONS[type(each)] for each in item.ops if type(each) in _COMPARISONS)
        for each in item.ops:
            if type(each) not in _COMPARISONS:
                return self._refuse(item, "operator", *_OPERATOR_ADVICE[type(each)], operands)
        return Compare(*self._span(item), operators, operands)

    def _member(self, item: ast.Compare) -> Tree:
        left, right = self.read(item.left), item.comparators[0]
        if len(item.ops) > 1:
            message = "'in' cannot be chained with another comparison; join two with and"
            return self._refuse(item, "operator", message, "'a' in ('a', 'b') and 1 < 2", (left,))
        listed = right.elts if isinstance(right, ast.List | ast.Tuple) else []
        choices = tuple(each.value for each in listed if isinstance(each, ast.Constant) and isinstance(each.value, str))
        if not choices or len(choices) < len(listed):
            message = "after 'in' stands a list of texts in brackets, with at least one (one alone: ('a',))"
            return self._refuse(right, "operator", message, "'b' in ('a', 'b')", (left,))
        return Member(*self._span(item), left, choices, isinstance(item.ops[0], ast.NotIn))

    def _call(self, item: ast.Call) -> Tree:
        name = item.func.id if isinstance(item.func, ast.Name) else ""
        if name not in FUNCTIONS:
            listed = ", ".join(FUNCTIONS)
            message = f"there is no such function{suggestion(nearest(name, FUNCTIONS))}; there are {listed}"
            parts = [self.read(each) for each in item.args]
            return self._refuse(item, "unknown_function", message, "min(1, 2)", parts)
        if item.keywords and name != "mul_div":
            message = f"{name} takes no named arguments"
            return self._refuse(item, "arguments", message, self._call_example(name))
        return self._FUNCTIONS[name](self, item)

    def _call_example(self, name: str) -> str:
        """Return a call of a function that is valid in the scope."""
        scope = self._report.scope
        if name == "known":
            return f"known({next(iter(scope.names))})" if scope.names else "True"
        if name == "parameter":
            return scope.parameter_example()
        return "mul_div(240000, 80, 100, rounding='floor')" if name == "mul_div" else f"{name}(1, 2)"

    def _known(self, item: ast.Call) -> Tree:
        if len(item.args) == 1 and isinstance(item.args[0], ast.Name):
            return Known(*self._span(item), item.args[0].id)
        return self._refuse(item, "arguments", "known takes one name", self._call_example("known"))

    def _parameter(self, item: ast.Call) -> Tree:
        if len(item.args) == 1 and isinstance(item.args[0], ast.Constant) and isinstance(item.args[0].value, str):
            return Parameter(*self._span(item), item.args[0].value)
        message = "parameter takes the name of one parameter, in quotes"
        return self._refuse(item, "arguments", message, self._call_example("parameter"))

    def _extremum(self, item: ast.Call) -> Tree:
        operands = tuple(self.read(each) for each in item.args)
        function = cast("Literal['min', 'max']", cast("ast.Name", item.func).id)
        if len(operands) < 2:
            message = f"{function} takes two or more integers"
            return self._refuse(item, "arguments", message, self._call_example(function), operands)
        return Extremum(*self._span(item), function, operands)

    def _mul_div(self, item: ast.Call) -> Tree:
        operands = [self.read(each) for each in item.args[:3]]
        extra = [*item.args[3:], *(each.value for each in item.keywords)]
        named = all(each.arg == "rounding" for each in item.keywords)
        if len(operands) < 3 or len(extra) > 1 or not named:
            message = "mul_div takes three integers, the last a divisor, and perhaps a rounding"
            return self._refuse(item, "arguments", message, self._call_example("mul_div"), operands)
        rounding = self._rounding(extra[0]) if extra else "half_away"
        return MulDiv(*self._span(item), operands[0], operands[1], self._divisor(operands[2]), rounding)

    def _divisor(self, den: Tree) -> Tree:
        """Return a divisor that may be one: a positive literal or a parameter."""
        positive = isinstance(den, Constant) and type(den.value) is int and den.value > 0
        if positive or isinstance(den, Parameter | Hole):
            return den
        message = "the divisor of mul_div is a positive number or a parameter, nothing that could be 0"
        self._report.fault(den.start, "divisor", message, self._call_example("mul_div"))
        return Hole(den.start, den.end, (den,))

    def _rounding(self, item: ast.expr) -> Rounding:
        named = item.value if isinstance(item, ast.Constant) else None
        if named not in ROUNDINGS:
            close = suggestion(nearest(str(named), ROUNDINGS))
            message = f"a rounding is one of {', '.join(ROUNDINGS)}, in quotes{close}"
            self._refuse(item, "rounding", message, self._call_example("mul_div"))
            return "half_away"
        return cast("Rounding", named)

    # The readers take the node type of their key, which a table cannot say to the type checker: hence Any.
    _READERS: ClassVar[Mapping[type[ast.expr], Callable[[_Reader, Any], Tree]]] = {
        ast.Constant: _constant,
        ast.Name: _name,
        ast.UnaryOp: _unary,
        ast.BinOp: _binary,
        ast.BoolOp: _logic,
        ast.IfExp: _conditional,
        ast.Compare: _compare,
        ast.Call: _call,
    }
    _FUNCTIONS: ClassVar[Mapping[str, Callable[[_Reader, ast.Call], Tree]]] = {
        "known": _known,
        "parameter": _parameter,
        "min": _extremum,
        "max": _extremum,
        "mul_div": _mul_div,
    }
