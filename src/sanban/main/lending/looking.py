"""What the slices lend the auditor who asks who looked at what: cases by number, their requests, and unmaskings.

A case about the auditor, or about anyone they stand for, is kept from them here as everywhere, and so is who looked
at it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

from sanban.handling.aggregate import stream_of
from sanban.handling.needs import Words
from sanban.handling.views.lists import about_viewer, stood_for
from sanban.handling.views.naming import Names, ground_title, plain
from sanban.kernel.case.state import Case
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.looks.ports import Kept, Needs, Shown, Subject
from sanban.looks.reading import last_shown
from sanban.main.house import House
from sanban.main.meeting.desk import BEHIND

CASE_PAGE = "handling.case"
"""The name under which a case is shown whole."""
MOST = 200
"""So many unmaskings of a case or an account are listed, the newest."""

_CASE = (
    "SELECT case_id FROM case_view WHERE district = :district AND stream = :stream UNION "
    "SELECT case_id FROM case_view WHERE district = :district AND number = :asked"
)
_OF_REQUESTS = (
    "AND NOT EXISTS (SELECT 1 FROM request_view AS r WHERE r.district = look.district AND r.stream = look.about "
    "AND NOT (TRUE {apart})) "
)
_UNMASKED = (
    "SELECT stream, account, unit, ground, at, until FROM unmasking AS seen WHERE district = :district AND {which} "
    "{about}ORDER BY {order} LIMIT :most"
)
_NEWEST = {"stream": "number DESC", "account": "at DESC, stream, number"}
"""A case's are numbered as they came: in the order of instants SQLite would go through those of every case."""


def look_needs_of(house: House) -> Needs:
    """What the slice's pages, API and command work with."""
    return Needs(
        reader=house.reader,
        records=house.looks,
        case=partial(_subject, house),
        unmasked=partial(_unmasked, house),
        kept=partial(_kept, house),
        unit=lambda code: Names(house.cases, house.clock()).unit(code),
    )


def unread(house: House, words: Collection[Words]) -> frozenset[str]:
    """Those cases whose later words came after the last time that somebody of the unit was shown the case."""
    shown = last_shown(house.reader, CASE_PAGE, [stream_of(one.case) for one in words])
    return frozenset(one.case for one in words if shown.get((stream_of(one.case), one.unit), 0) < one.at)


def _subject(house: House, viewer: Actor, asked: str) -> Subject | None:
    """A case by id or number, with the requests that are part of it, or were; None for one that is kept from them."""
    rows = house.reader.query(_CASE, {"asked": asked, "stream": stream_of(asked)})
    case = house.reader.state(stream_of(rows[0][0])) if rows else None
    own = stood_for(viewer, house.reader, house.cases, house.clock())
    if not isinstance(case, Case) or not case.subjects.isdisjoint(own):
        return None
    requests = (*(one.id for one in case.requests), *case.detached)
    return Subject(case.id, case.number, (stream_of(case.id), *(f"request:{one}" for one in requests)))


def _kept(house: House, viewer: Actor) -> Kept:
    now = house.clock()
    of_cases, selves = about_viewer(viewer, house.reader, house.cases, now, "look", "look.about")
    apart, _ = about_viewer(viewer, house.reader, house.cases, now, "r", BEHIND)
    return of_cases + _OF_REQUESTS.format(apart=apart), selves


def _unmasked(house: House, viewer: Actor, case: str, account: str) -> Sequence[Shown]:
    which, asked = ("stream", stream_of(case)) if case else ("account", account)
    about, selves = about_viewer(viewer, house.reader, house.cases, house.clock(), "seen")
    sql = _UNMASKED.format(which=f"{which} = :asked", about=about, order=_NEWEST[which])
    rows = house.reader.query(sql, {"asked": asked, "most": MOST, **selves})
    return [_shown(house, row) for row in rows]


def _shown(house: House, row: tuple[Any, ...]) -> Shown:
    stream, account, unit, ground, at, until = row
    unit_title = Names(house.cases, at).unit(unit)
    return Shown(stream.partition(":")[2], account, unit, unit_title, _title(house, stream, ground), at, until)


def _title(house: House, stream: str, ground: str) -> Title:
    case = house.reader.state(stream)
    return ground_title(house.cases.pinned(case), ground) if isinstance(case, Case) else plain(ground)
