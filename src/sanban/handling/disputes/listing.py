"""The disputes of a span of time, newest first, and what the units that lost them cost: two statements.

Those of the centre see every unit's, those of a unit the ones that it had a part in. Cases about the viewer are in no
line and in no sum.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

import msgspec

from sanban.handling.disputes.spells import Dispute, Spell
from sanban.handling.figures.counting import Span, own_unit
from sanban.handling.needs import Needs
from sanban.handling.views.lists import about_viewer
from sanban.handling.views.naming import Names
from sanban.handling.views.timing import Age, age_of
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor

MOST = 100
_SPAN = "dispute.began_at >= :since AND dispute.began_at < :until AND dispute.began_at <= :now "
_OWN = (
    "AND EXISTS (SELECT 1 FROM case_dispute AS own WHERE own.district = dispute.district "
    "AND own.stream = dispute.stream AND own.nth = dispute.nth AND own.unit = :unit) "
)
_NEWEST = (
    "SELECT stream, nth FROM case_dispute AS dispute WHERE district = :district AND part = 0 "  # noqa: S608 -- fixed words
    f"AND {_SPAN} {{own}}{{about}}ORDER BY began_at DESC, case_id, nth LIMIT :most"
)
_SPELLS = (
    "SELECT case_id, nth, number, matter, settled_at, lost_by, unit, held, since, until FROM case_dispute "  # noqa: S608 -- fixed words
    f"WHERE district = :district AND (stream, nth) IN ({_NEWEST}) ORDER BY began_at + 0 DESC, case_id, nth, part"
)
"""`+ 0`: in the order of time SQLite would read every dispute there was to find those few."""
_LOST = (
    "SELECT lost_by, COUNT(*), SUM(settled_at - began_at) FROM case_dispute AS dispute "  # noqa: S608 -- fixed words
    f"WHERE district = :district AND part = 0 AND lost_by <> '' AND {_SPAN} {{own}}{{about}}"
    "GROUP BY lost_by ORDER BY 3 DESC, lost_by"
)


_Head = tuple[str, int, str, str, int | None, str]


class SpellLine(msgspec.Struct, frozen=True):
    """A time that a disputed case lay with a unit; as in `Spell`, `lasted` so far while it still does."""

    unit: Title
    held: bool
    since: int
    until: int | None
    lasted: Age


class DisputeLine(msgspec.Struct, frozen=True):
    """A dispute. `lost_by`: the unit that gave the order away and has it; `settled_at`: None while it lasts."""

    spells: tuple[SpellLine, ...]
    waited: Age
    settled_at: int | None
    lost_by: Title | None


class DisputedCase(msgspec.Struct, frozen=True):
    """A case with its dispute."""

    case: str
    number: str
    matter: Title
    dispute: DisputeLine


class Lost(msgspec.Struct, frozen=True):
    """What a unit cost by the disputes that it lost: how many, and how long their cases waited in all."""

    unit: str
    title: Title
    count: int
    waited: Age


class Disputes(msgspec.Struct, frozen=True):
    """`lost`: the most costly unit first; `cases`: the newest dispute first, `more` than are listed."""

    lost: tuple[Lost, ...]
    cases: tuple[DisputedCase, ...]
    more: bool


def disputes_of(viewer: Actor, needs: Needs, span: Span) -> Disputes | Refused:
    """The disputes that began in the span and that the viewer may see."""
    own = own_unit(viewer)
    if isinstance(own, Refused):
        return own
    about, selves = about_viewer(viewer, needs.reader, needs.cases, span.now, "dispute")
    words = {"own": _OWN if own else "", "about": about}
    given = {**msgspec.structs.asdict(span), **selves, **({"unit": own} if own else {})}
    names = Names(needs.cases, span.now)
    rows = needs.reader.query(_SPELLS.format(**words), {**given, "most": MOST + 1})
    cases = tuple(_cases(names, rows, span.now))
    lost = needs.reader.query(_LOST.format(**words), given)
    lines = tuple(Lost(unit, names.unit(unit), int(count), age_of(int(waited))) for unit, count, waited in lost)
    return Disputes(lines, cases[:MOST], len(cases) > MOST)


def dispute_line(names: Names, dispute: Dispute, now: int) -> DisputeLine:
    """A dispute as people read it."""
    return DisputeLine(
        spells=tuple(_spell(names, spell, now) for spell in dispute.spells),
        waited=age_of(dispute.waited(now)),
        settled_at=dispute.settled_at,
        lost_by=names.unit(dispute.lost_by) if dispute.lost_by else None,
    )


def _spell(names: Names, spell: Spell, now: int) -> SpellLine:
    lasted = age_of((now if spell.until is None else spell.until) - spell.since)
    return SpellLine(names.unit(spell.unit), spell.held, spell.since, spell.until, lasted)


def _cases(names: Names, rows: Iterable[tuple[object, ...]], now: int) -> Iterator[DisputedCase]:
    for head, spells in groupby(rows, key=lambda row: row[:6]):
        case, _nth, number, matter, settled_at, lost_by = msgspec.convert(head, _Head)
        lain = [msgspec.convert(row[6:], Spell, strict=False) for row in spells]
        dispute = dispute_line(names, Dispute(tuple(lain), settled_at, lost_by), now)
        yield DisputedCase(case, number, names.matter(matter), dispute)
