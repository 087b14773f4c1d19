"""A compiled expression: what was proven of it, how to run it, and how to make it explain itself.

`compile_expression` reads a text against a scope and answers with an `Expression` or with every fault at once. An
expression keeps of the scope only what it uses. `evaluate` trusts its values for speed; `check` and `trace` do not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from sanban.kernel.errors import Fault, FaultsFound, SanbanError
from sanban.kernel.expression.check import check_whole
from sanban.kernel.expression.generate import Evaluate, Numbers, Values, compiled
from sanban.kernel.expression.interpret import Run, Trace, explain
from sanban.kernel.expression.parse import parse
from sanban.kernel.expression.report import Report
from sanban.kernel.expression.scope import Declared, Scope
from sanban.kernel.expression.tree import Kind, Known, Name, Node, Parameter, Value, walk

_TYPES: Final[Mapping[Kind, type]] = MappingProxyType({"int": int, "bool": bool, "str": str})


@dataclass(frozen=True, slots=True)
class Expression:
    """One expression: its text, tree and kind, the proven range lo..hi of an int, and the names it uses, sorted.

    `evaluate(env, parameters)` gives the value. An optional name that is missing or None is unknown; any other missing
    name that is read raises SanbanError. Kinds and ranges are not checked there: `check` values of unsure origin.
    """

    source: str
    tree: Node
    kind: Kind
    lo: int | None
    hi: int | None
    names: tuple[str, ...]
    parameters: tuple[str, ...]
    scope: Scope
    evaluate: Evaluate = field(compare=False, repr=False)

    def __reduce__(self) -> tuple[object, ...]:
        """Travel to another process as text and scope; compiled code cannot."""
        return compile_or_raise, (self.source, self.scope)

    def check(self, env: Values, parameters: Numbers) -> None:
        """Raise SanbanError if a value is missing or breaks its declaration; names not used here are not looked at."""
        problems = _problems(self.scope, env, parameters)
        if problems:
            raise _unfit(self.source, self.scope, problems)

    def trace(self, env: Values, parameters: Numbers) -> Trace:
        """Return the value together with how it came about. Raises SanbanError for values that break the scope."""
        self.check(env, parameters)
        units = {name: declared.unit for name, declared in self.scope.parameters.items()}
        return explain(self.tree, Run(self.source, env, parameters, units))


def compile_expression(
    source: str, scope: Scope, *, path: str = "", line: int = 0, wants: Literal["int", "bool", "str"] | None = None
) -> Expression | tuple[Fault, ...]:
    """Return the compiled expression, or every fault in it with its column and a valid example.

    `path` and `line` say where the text stands in the user's file; `wants` is the kind the place asks for.
    """
    report = Report(source, scope, path, line)
    tree = parse(report)
    fact = check_whole(tree, report, wants)
    if report.faults or fact.kind is None:
        return report.faults
    used = _used(tree, scope)
    lo, hi = fact.span if fact.kind == "int" else (None, None)
    return Expression(
        source=source,
        tree=tree,
        kind=fact.kind,
        lo=lo,
        hi=hi,
        names=tuple(used.names),
        parameters=tuple(used.parameters),
        scope=used,
        evaluate=compiled(tree, lambda env, numbers: _unfit(source, used, _problems(used, env, numbers))),
    )


def compile_or_raise(source: str, scope: Scope, *, path: str = "", line: int = 0) -> Expression:
    """Return the compiled expression; raise FaultsFound with every fault otherwise."""
    found = compile_expression(source, scope, path=path, line=line)
    if isinstance(found, tuple):
        raise FaultsFound(found)
    return found


def _used(tree: Node, scope: Scope) -> Scope:
    """Return the part of a scope that a tree reads, names in order."""
    nodes = tuple(walk(tree))
    names = sorted({node.name for node in nodes if isinstance(node, Name | Known)})
    parameters = sorted({node.name for node in nodes if isinstance(node, Parameter)})
    return Scope({name: scope.names[name] for name in names}, {name: scope.parameters[name] for name in parameters})


def _problems(scope: Scope, env: Values, parameters: Numbers) -> list[str]:
    """Return what is wrong with the values of a scope, one phrase for each."""
    found = [
        _problem(name, declared, env.get(name)) for name, declared in scope.names.items() if _due(name, declared, env)
    ]
    for name, each in scope.parameters.items():
        found.append(_problem(f"parameter('{name}')", Declared("int", each.lo, each.hi), parameters.get(name)))
    return [phrase for phrase in found if phrase]


def _due(name: str, declared: Declared, env: Values) -> bool:
    return env.get(name) is not None or not declared.optional


def _problem(name: str, declared: Declared, value: Value | None) -> str:
    """Return how a value breaks its declaration, or ''."""
    if value is None:
        return f"{name} has no value"
    if type(value) is not _TYPES[declared.kind]:
        return f"{name} is {value!r}, not of kind {declared.kind}"
    if declared.kind == "int" and not declared.limits[0] <= int(value) <= declared.limits[1]:
        return f"{name} is {value}, outside {declared.lo}..{declared.hi}"
    if declared.choices and value not in declared.choices:
        return f"{name} is {value!r}, not one of {', '.join(declared.choices)}"
    return ""


def _unfit(source: str, scope: Scope, problems: list[str]) -> SanbanError:
    """Return the error for values that break a scope, with values that would not."""
    samples = {name: _sample(declared) for name, declared in scope.names.items()}
    numbers = {name: each.lo for name, each in scope.parameters.items()}
    return SanbanError(f"'{source}' cannot be evaluated: {'; '.join(problems)}", f"evaluate({samples}, {numbers})")


def _sample(declared: Declared) -> Value:
    """Return a value that a declaration allows."""
    text = declared.choices[0] if declared.choices else "text"
    samples: dict[Kind, Value] = {"int": declared.limits[0], "bool": True, "str": text}
    return samples[declared.kind]
