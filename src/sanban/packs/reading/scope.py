"""What the expressions of a matter may name: the guard names of every case, the form's fields, the parameters."""

from __future__ import annotations

import keyword
from collections.abc import Mapping
from typing import Literal

from sanban.kernel.case.facts import GUARD_NAMES
from sanban.kernel.expression import FUNCTIONS, Declared, Expression, Scope, compile_expression
from sanban.kernel.mechanism import Field
from sanban.packs.reading.parameters import Dated
from sanban.packs.reading.section import Section

RESERVED = frozenset({*keyword.kwlist, *FUNCTIONS, *GUARD_NAMES})
"""Words that no field may be called."""


def declared(field: Field) -> Declared | None:
    """How an expression sees a field of the form; None for what stands in the vault."""
    optional = not field.required
    if field.kind == "integer":
        return Declared("int", field.low, field.high, optional=optional)
    if field.kind == "yes_no":
        return Declared("bool", optional=optional)
    if field.kind == "choice":
        return Declared("str", choices=tuple(field.choices), optional=optional)
    return None


def scope_of(form: Mapping[str, Field], parameters: Mapping[str, Dated]) -> Scope:
    """The scope of a matter's guards."""
    fields = {name: seen for name, field in form.items() if (seen := declared(field)) is not None}
    ranges = {name: dated.range for name, dated in parameters.items()}
    return Scope({**GUARD_NAMES, **fields}, ranges)


def expression(section: Section, key: str, scope: Scope, wants: Literal["bool", "int"] = "bool") -> Expression | None:
    """The compiled expression under a key; None where it is absent or faulty, and every fault is noted."""
    example = scope.example(wants)
    source = section.text(key, example)
    if not source:
        return None
    node = section.take(key, example)
    assert node is not None  # it has just given a text
    compiled = compile_expression(source, scope, path=node.path, line=node.line, wants=wants)
    if isinstance(compiled, Expression):
        return compiled
    section.notes.faults.update(compiled)
    return None
