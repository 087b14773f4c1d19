"""What an expression may speak of: declared names and parameters, each with its kind and range.

A scope is checked when it is made, so whoever compiles against it can rely on it: integers have a range inside the
exact limit, texts may list their choices, names can be written in the language. A scope also makes the valid examples
that faults show: they compile in that very scope.
"""

from __future__ import annotations

import keyword
import unicodedata
from collections.abc import Mapping
from typing import Final

import msgspec

from sanban.kernel.errors import SanbanError
from sanban.kernel.expression.tree import LIMIT, Kind

FUNCTIONS: Final = ("known", "max", "min", "mul_div", "parameter")
_KINDS: Final = ("int", "bool", "str")
_RANGE_EXAMPLE: Final = "Declared('int', lo=0, hi=1000)"


class Declared(msgspec.Struct, frozen=True):
    """One name: its kind; for an int the closed range lo..hi; for a str perhaps its choices; may it be unknown."""

    kind: Kind
    lo: int | None = None
    hi: int | None = None
    choices: tuple[str, ...] = ()
    optional: bool = False

    def __post_init__(self) -> None:
        if self.kind not in _KINDS:
            raise SanbanError(f"a name is one of {', '.join(_KINDS)}, not {self.kind!r}", "Declared('bool')")
        if self.kind == "int":
            _check_range(self.lo, self.hi)
        elif self.lo is not None or self.hi is not None:
            raise SanbanError(f"only an int has a range, not a {self.kind}", _RANGE_EXAMPLE)
        if self.choices and self.kind != "str":
            raise SanbanError(
                f"only a str has choices, not {_article(self.kind)}", "Declared('str', choices=('a', 'b'))"
            )
        for choice in self.choices:
            _check_choice(choice)

    @property
    def limits(self) -> tuple[int, int]:
        """The range of an int; (0, 0) for other kinds."""
        return self.lo or 0, self.hi or 0


class ParameterRange(msgspec.Struct, frozen=True):
    """One parameter: the closed range its dated values lie in, and their unit (shown in explanations)."""

    lo: int
    hi: int
    unit: str = ""

    def __post_init__(self) -> None:
        _check_range(self.lo, self.hi)


class Scope(msgspec.Struct, frozen=True):
    """Everything an expression may name. Parameters live apart from names: parameter('x') and x may differ."""

    names: Mapping[str, Declared] = {}
    parameters: Mapping[str, ParameterRange] = {}

    def __post_init__(self) -> None:
        for name in self.names:
            if not _writable_name(name):
                raise SanbanError(f"{name!r} cannot be a name in an expression", "returns")
        for name in self.parameters:
            _check_choice(name)

    def example(self, kind: Kind) -> str:
        """Return an expression of this kind that is valid in this scope."""
        certain = {name: each for name, each in self.names.items() if not each.optional}
        for name, declared in certain.items():
            if declared.kind == kind:
                return name
        if kind == "bool" and certain:
            return self.use(next(iter(certain)))
        return {"int": "1", "bool": "True", "str": "'text'"}[kind]

    def use(self, name: str) -> str:
        """Return a valid boolean expression about a declared name."""
        declared = self.names[name]
        if declared.kind == "int":
            plain = f"{name} >= {declared.lo}"
        elif declared.kind == "str":
            plain = f"{name} == '{declared.choices[0] if declared.choices else 'text'}'"
        else:
            plain = name
        return f"known({name}) and {plain}" if declared.optional else plain

    def parameter_example(self) -> str:
        """Return a look-up of a declared parameter, or any integer where there is none."""
        return f"parameter('{next(iter(self.parameters))}')" if self.parameters else self.example("int")


def _article(kind: Kind) -> str:
    return "an int" if kind == "int" else f"a {kind}"


def _check_range(lo: int | None, hi: int | None) -> None:
    if lo is None or hi is None:
        raise SanbanError("an int needs its range, both ends", _RANGE_EXAMPLE)
    if not -LIMIT < lo <= hi < LIMIT:
        raise SanbanError(f"the range {lo}..{hi} is empty or not below 2**53 in size", _RANGE_EXAMPLE)


def _check_choice(text: str) -> None:
    if not text.isprintable() or set("'\"\\") & set(text):
        raise SanbanError(
            f"{text!r} cannot be written in an expression: no quotes, backslash or line break", "resolved"
        )


def _writable_name(name: str) -> bool:
    plain = name.isidentifier() and not keyword.iskeyword(name) and name not in FUNCTIONS
    return plain and unicodedata.normalize("NFKC", name) == name
