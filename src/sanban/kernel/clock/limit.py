"""How long a unit has: a `Length` with its own unit of counting, or a `FixedDate`.

Six units. `minute` and `hour` run by natural time from the instant. `day` counts calendar days and `working_day`
working days; the start day does not count and the limit ends with the last counted day. `office_minute` and
`office_hour` are used up only inside the office sessions of working days.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal, TypeAlias, get_args

import msgspec

from sanban.kernel.clock.calendar import HOUR, MINUTE, Day, iso_of_day
from sanban.kernel.errors import Refused, SanbanError

Unit: TypeAlias = Literal["minute", "hour", "day", "working_day", "office_minute", "office_hour"]

UNITS: tuple[Unit, ...] = get_args(Unit)
LONGEST = 1_000_000
EXAMPLE = "15 working_days"

_FORM = re.compile(r"([1-9][0-9]*) ([a-z_]+)")
_BY_NAME: dict[str, Unit] = {name: unit for unit in UNITS for name in (unit, unit + "s")}
_ZH: dict[Unit, str] = {
    "minute": "{}分钟",
    "hour": "{}小时",
    "day": "{}日",
    "working_day": "{}个工作日",
    "office_minute": "{}个办公分钟",
    "office_hour": "{}个办公小时",
}
_MINUTES_IN: dict[Unit, tuple[Unit, Unit]] = {
    "minute": ("hour", "minute"),
    "hour": ("hour", "minute"),
    "office_minute": ("office_hour", "office_minute"),
    "office_hour": ("office_hour", "office_minute"),
}


class Length(msgspec.Struct, frozen=True, cache_hash=True, gc=False):
    """A count of one unit, from 1 to a million: what is read from files and events is held to that, unasked."""

    count: Annotated[int, msgspec.Meta(ge=1, le=LONGEST)]
    unit: Unit

    @property
    def zh(self) -> str:
        """The length in Chinese, as in 15个工作日."""
        return _text(self.count, self.unit)[0]

    @property
    def en(self) -> str:
        """The length in English, as in 15 working days."""
        return _text(self.count, self.unit)[1]


class FixedDate(msgspec.Struct, frozen=True):
    """A deadline at the end of one local day; nothing extends or suspends it."""

    day: Day

    @property
    def zh(self) -> str:
        """The date in Chinese."""
        return f"{iso_of_day(self.day)}当日24时前"

    @property
    def en(self) -> str:
        """The date in English."""
        return f"by the end of {iso_of_day(self.day)}"


def parse_length(text: str) -> Length | Refused:
    """The length that a text such as '15 working_days' or '1 hour' says, or a refusal with a valid example."""
    form = _FORM.fullmatch(text)
    if form is None:
        return _bad(f"{text!r} is not a whole number from 1, one space and a unit")
    digits, name = form.groups()
    unit = _BY_NAME.get(name)
    if unit is None:
        return _bad(f"{name!r} is not a unit of time; the units are {', '.join(UNITS)}")
    if len(digits) > len(str(LONGEST)) or int(digits) > LONGEST:
        return _bad(f"{digits} is too long; a length counts from 1 to {LONGEST}")
    return Length(int(digits), unit)


def total_of(lengths: Sequence[Length]) -> Length:
    """An original length and its extensions as one. Raises SanbanError for none, or for units that differ."""
    if not lengths:
        raise SanbanError("a clock needs at least one length", EXAMPLE)
    unit = lengths[0].unit
    count = 0
    for length in lengths:
        if length.unit != unit:
            raise SanbanError(f"an extension of {length.en} cannot extend a limit in {unit}", f"10 {unit}s")
        count += length.count
    return Length(count, unit)


def amount_text(amount: int, unit: Unit) -> tuple[str, str]:
    """A clock's amount in zh and en: days for the day units, else microseconds, shown as whole hours and minutes."""
    if unit in ("day", "working_day"):
        return _text(amount, unit)
    big, small = _MINUTES_IN[unit]
    hours, minutes = divmod(abs(amount) // MINUTE, HOUR // MINUTE)
    shown = [(hours, big), (minutes, small)] if hours and minutes else [(hours, big) if hours else (minutes, small)]
    sign = "-" if amount < 0 else ""
    texts = [_text(count, name) for count, name in shown]
    return sign + "".join(zh for zh, _ in texts), sign + " ".join(en for _, en in texts)


def _text(count: int, unit: Unit) -> tuple[str, str]:
    name = unit.replace("_", " ")
    return _ZH[unit].format(count), f"{count} {name}" if count == 1 else f"{count} {name}s"


def _bad(message: str) -> Refused:
    return Refused(reason="bad_length", message=message, example=EXAMPLE)
