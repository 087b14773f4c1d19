"""The answers of a matter's form: codes, integers and yes or no, checked against the declared fields."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Field, Mechanism

ID = re.compile(r"[A-Za-z0-9_.:\-]{1,64}")
REFERENCE = re.compile(r"v:[0-9a-f\-]{32,36}")

_REFERENCE = "v:0123456789abcdef0123456789abcdef"
EXAMPLES: Mapping[str, bool | str] = {"yes_no": True, "text": _REFERENCE, "place": _REFERENCE, "party": "person:1f0c"}


def fault_of_fields(mechanism: Mechanism, fields: Mapping[str, int | bool | str]) -> Refused | None:
    """The first fault of the answers, None if they fit and none is missing."""
    for name, value in fields.items():
        field = mechanism.form.get(name)
        if field is None:
            known = ", ".join(mechanism.form) or "none"
            return Refused("unknown_field", f"{mechanism.matter} has no field {name}; its fields: {known}", known)
        if not _fits(field, value):
            return Refused("bad_field", f"{name} is {_expected(field)}", _example(field))
    for field in mechanism.form.values():
        if field.required and field.name not in fields:
            return Refused("missing_field", f"{mechanism.matter} needs {field.name}", _example(field))
    return None


def answers_for(mechanism: Mechanism | None) -> dict[str, int | bool | str]:
    """A valid answer to each field that the mechanism's form asks for; none of none."""
    form = {} if mechanism is None else mechanism.form
    return {field.name: _answer(field) for field in form.values() if field.required}


def _fits(field: Field, value: int | bool | str) -> bool:
    if field.kind == "yes_no":
        return isinstance(value, bool)
    if field.kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool) and field.low <= value <= field.high
    if field.kind == "choice":
        return value in field.choices
    return isinstance(value, str) and (ID if field.kind == "party" else REFERENCE).fullmatch(value) is not None


def _example(field: Field) -> str:
    value = _answer(field)
    return f"{field.name}: {'true' if value is True else value}"


def _answer(field: Field) -> int | bool | str:
    """A valid answer."""
    return next(iter(field.choices)) if field.kind == "choice" else EXAMPLES.get(field.kind, field.low)


def _expected(field: Field) -> str:
    if field.kind == "integer":
        return f"a whole number from {field.low} to {field.high}"
    if field.kind == "choice":
        return "one of " + ", ".join(field.choices)
    return {"yes_no": "true or false", "party": "the id of a party"}.get(field.kind, "a reference into the vault")
