"""What the parts around a whistle work with: ratings, meetings, the yearly list and project teams.

Cases are another slice's: what is asked of them comes through here, bound where the product is put together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import msgspec

from sanban.kernel.clock.calendar import Calendar, day_of_date, day_of_iso
from sanban.kernel.clock.due import due
from sanban.kernel.clock.limit import Length
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor, Role
from sanban.ledger.port import Ledger, Part, Reader, Secret, Submission
from sanban.ledger.reading.texts import owner_of_text

TEXTS = UUID("6c0f7d52-1f0e-5b7b-9d0c-2a86b3f4e7d1")
LONGEST = 4000
OFFICES: frozenset[Role] = frozenset({"coordinator", "leader", "auditor"})
"""Who sees what all units did together; the others see what their own unit has to do with."""


class KnownCase(NamedTuple):
    """A case as a list names it."""

    id: str
    number: str
    matter: Title
    state: Title
    lead: str
    opened_at: int


class Needs(msgspec.Struct, frozen=True):
    """What pages and commands are given. `unit`: what a unit is called at an instant; `units`: those that take tasks.

    `case`: a case by id or number as a viewer may know of it, None for one that is missing for them; `kept`: what
    leaves such cases out of a list, as a condition on the rows of the table named, and its values.
    """

    ledger: Ledger
    reader: Reader
    calendar: Calendar
    unit: Callable[[str, int], Title]
    units: Callable[[int], Mapping[str, Title]]
    case: Callable[[Actor, str], KnownCase | None]
    kept: Callable[[Actor, str], tuple[str, dict[str, str]]]


class Written(NamedTuple):
    """A text on its way into the vault: what the event names, and the secret, none where nothing was written."""

    ref: str
    secrets: tuple[Secret, ...]


def written(needs: Needs, stream: str, command_id: str, text: str, *, name: str = "text") -> Written | Refused:
    """The text that a command brings along, under the key of its stream."""
    if len(text) > LONGEST:
        return Refused("text_too_long", f"a text has at most {LONGEST} characters", "say it shorter")
    if not text:
        return Written("", ())
    ref = f"v:{uuid5(TEXTS, f'{stream} {command_id} {name}').hex}"
    return Written(ref, (Secret(ref, owner_of_text(needs.reader, stream), "text", text),))


def sent(needs: Needs, viewer: Actor, command_id: str, part: Part, secrets: tuple[Secret, ...] = ()) -> Refused | None:
    """Sends one step; why not, if not."""
    return needs.ledger.submit(Submission(command_id, viewer, (part,), secrets=secrets)).refused


def was_sent(needs: Needs, stream: str, command_id: str) -> bool:
    """Whether the command has taken effect in this stream: what it says of the ledger would be another thing now."""
    return any(event.command_id == command_id for event in needs.reader.events(stream))


def due_at(calendar: Calendar, length: Length, start: int) -> int:
    """When a length that nothing suspends has run out, microseconds UTC."""
    at = due(calendar, (length,), start).at
    assert at is not None, "no pause stops it"
    return at


def year_span(calendar: Calendar, year: str) -> tuple[int, int] | Refused:
    """A year of the district, half-open, microseconds UTC."""
    try:
        first, last = (day_of_date(int(year) + more, 1, 1) for more in (0, 1))
        return calendar.start_of(first), calendar.start_of(last)
    except (ValueError, SanbanError):
        return Refused("bad_year", f"{year[:12]!r} is no year that the calendar knows", "2026")


def day_start(calendar: Calendar, text: str) -> int | Refused:
    """The beginning of a day that was written down, microseconds UTC."""
    try:
        return calendar.start_of(day_of_iso(text))
    except (ValueError, SanbanError):
        return Refused("bad_day", "a day is written YYYY-MM-DD, in a year that the calendar knows", "2026-06-30")


def day_end(calendar: Calendar, text: str) -> int | Refused:
    """The end of a day that was written down: the midnight after it."""
    start = day_start(calendar, text)
    return start if isinstance(start, Refused) else calendar.start_of(calendar.day_of(start) + 1)


def year_of(calendar: Calendar, instant: int) -> str:
    """The district's year of an instant."""
    return calendar.local(instant)[:4]


def opened_texts(needs: Needs, refs: Sequence[str]) -> dict[str, str]:
    """The texts of the refs; '' stands for none."""
    return {"": "", **needs.reader.open_secrets([ref for ref in refs if ref])}


def state_of(needs: Needs, stream: str, kind: type[Any]) -> Any:
    """The state of a stream, None where it is none of this kind."""
    found = needs.reader.state(stream)
    return found if isinstance(found, kind) else None
