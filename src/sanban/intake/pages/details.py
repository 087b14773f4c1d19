"""The second page of opening a case: the fields of the matter's form, one input for each kind.

Text and places are personal and go to the vault. A party is chosen among the firms that the district knows, never
typed: its id would be a guess. Of a unit that the words name it is asked whether the request is about it. The address
that the requester gave stands in an empty place already.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from sanban.intake.desk.seeing import RequestView
from sanban.intake.ports import Needs
from sanban.kernel.duty import Unit
from sanban.kernel.duty.table import DutyTable
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Field, FieldKind, Mechanism, Title
from sanban.kernel.view import DAMAGED, Values, first

PREFIX, ABOUT = "f-", "about-"
CARRIED = ("matter", "grid", "street", "found", "recurs")
"""What the first page asked and the second carries along, hidden."""


class Option(msgspec.Struct, frozen=True):
    """A choice of a field, as the matter's file calls it."""

    value: str
    title: Title


class Input(msgspec.Struct, frozen=True):
    """One field as it is asked. `low` and `high` bound an integer; `value` is what was typed before."""

    name: str
    kind: FieldKind
    title: Title
    required: bool
    options: tuple[Option, ...] = ()
    low: int = 0
    high: int = 0
    value: str = ""


class DetailsContext(msgspec.Struct, frozen=True):
    """`intake/details.html`: the matter's fields for one request, or what is asked before it joins a case (`step`)."""

    request: RequestView
    matter: Title
    inputs: tuple[Input, ...]
    carried: dict[str, str]
    fault: Refused | None = None
    step: Literal["case", "join"] = "case"


def named(form: Values) -> dict[str, str]:
    """The matter's fields among what was sent, by their own names."""
    return {name.removeprefix(PREFIX): first(form, name) for name in form if name.startswith(PREFIX)}


def about_of(form: Values) -> dict[str, bool]:
    """What was said of the units that the words name: whether the request is about them."""
    said = {name.removeprefix(ABOUT): first(form, name) for name in form if name.startswith(ABOUT)}
    return {unit: answer == "yes" for unit, answer in said.items() if answer}


def questions(units: Iterable[Unit], said: Mapping[str, bool]) -> tuple[Input, ...]:
    """A question for each unit that the words name."""
    return tuple(
        Input(
            name=ABOUT + unit.code,
            kind="yes_no",
            title=Title(f"反映的是{unit.title_zh}吗？", f"Is it about {unit.title_en}?"),
            required=True,
            value="" if unit.code not in said else "yes" if said[unit.code] else "no",
        )
        for unit in units
    )


def inputs_of(
    mechanism: Mechanism, typed: Mapping[str, str], request: RequestView, duty: DutyTable, now: int
) -> tuple[Input, ...]:
    """The fields that can be asked for, in file order; a party is left out where the district knows no firm."""
    found = (_input(field, typed, request, duty, now) for field in mechanism.form.values())
    return tuple(one for one in found if one.kind != "party" or one.options)


def _input(field: Field, typed: Mapping[str, str], request: RequestView, duty: DutyTable, now: int) -> Input:
    address = request.texts.address if request.texts and field.kind == "place" else ""
    address = "" if address == DAMAGED else address
    return Input(
        name=PREFIX + field.name,
        kind=field.kind,
        title=field.title,
        required=field.required,
        options=_firms(duty, now) if field.kind == "party" else _choices(field),
        low=field.low,
        high=field.high,
        value=typed.get(field.name, address or _told(field, request)),
    )


def _told(field: Field, request: RequestView) -> str:
    """What a flag of triage answers: the yes-or-no field called so, or the choice called so."""
    if field.kind == "yes_no":
        return "yes" if field.name in request.flags else ""
    return next((flag for flag in request.flags if flag in field.choices), "")


def _choices(field: Field) -> tuple[Option, ...]:
    return tuple(Option(code, title) for code, title in field.choices.items())


def _firms(duty: DutyTable, now: int) -> tuple[Option, ...]:
    units = (duty.unit_at(code, now) for code in duty.units)
    return tuple(
        Option(unit.code, Title(unit.title_zh, unit.title_en))
        for unit in units
        if unit is not None and unit.kind == "firm"
    )


def grids_of(needs: Needs, now: int) -> tuple[str, ...]:
    """Codes of the grids in force."""
    grids = needs.duty.grids
    return tuple(sorted(code for code in grids.versions if grids.version(code, now) is not None))
