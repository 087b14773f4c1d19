"""What is hot right now: waves of like requests within hours, and events that people have spoken of for days.

Everything is counted from the requests that this viewer may see: those that wait at their desk, and those of cases that
they may list; a request of another case is not counted either. Requests and cases are both told, always. A wave is a
proposal with its evidence; the officer makes one case of it (`gathering`), and nothing is closed or refused by it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.desk.alike import Visible
from sanban.intake.desk.seeing import titles_of
from sanban.intake.ports import Around, CaseLine, Needs
from sanban.intake.triage.flood import FloodRule, Wave, lately, rule_of
from sanban.intake.views import works_for
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor

EVENTS_SHOWN = 12
REQUESTS_SHOWN = 20
SAID_AT_MOST = 120

_OF = (
    "SELECT request, number, requester, received_at, matter, grid, case_id, owner, desk FROM request_view AS r "
    "WHERE district = :district AND stream IN ({names}) {apart}"
)
_AT_ONCE = 5_000


class Standing(msgspec.Struct, frozen=True, array_like=True):
    """A request, fields as in the query; `owner` is '' once it has a case or an answer."""

    request: str
    number: str
    requester: str
    received_at: int
    matter: str
    grid: str
    case_id: str
    owner: str
    desk: str


class Spoken(msgspec.Struct, frozen=True):
    """A request as an event lists it; who made it stands nowhere in it. `received_at` in microseconds UTC."""

    request: str
    number: str
    received_at: int
    matter: str
    grid: str
    case_id: str


class Surge(msgspec.Struct, frozen=True):
    """A wave with its evidence, which counts persons and names none. Its place is a street, '' where none is known.

    `title` and `street`: what matter and place are called. `most`: requests of the person who asked most often;
    `waiting`: ids of those without a case; `cases`: how many cases the others are in; `open`: the open case of this
    matter there with most requests.
    """

    wave: Wave
    title: Title
    street: Title | None
    most: int
    waiting: tuple[str, ...]
    cases: int
    open: CaseLine | None = None


class Event(msgspec.Struct, frozen=True):
    """Requests of the last days that speak of one thing. `said`: the beginning of the latest that may be read.

    Instants in microseconds UTC; `matters` and `grids` with their counts, most first; `requests` newest first.
    """

    requests: tuple[Spoken, ...]
    count: int
    persons: int
    cases: int
    waiting: int
    since: int
    until: int
    matters: tuple[tuple[Title, int], ...]
    grids: tuple[tuple[str, int], ...]
    said: str = ""

    @property
    def about(self) -> tuple[str, ...]:
        """The request whose words stand here, as a look names it."""
        return (stream_of(self.requests[0].request),) if self.said else ()


def surges(needs: Needs, viewer: Actor, now: int) -> tuple[Surge, ...]:
    """The waves of the last day, most persons first."""
    voices = needs.earlier.voices(now)
    seen = _seen(needs, viewer, list(voices), now)
    mechanisms = {one.matter: one for one in needs.matters(now)}

    def rule(matter: str) -> FloodRule:
        found = mechanisms.get(matter)
        return rule_of(found.parameters_at(now) if found else {})

    counted = {request: voice for request, voice in voices.items() if request in seen and voice.matter}
    titles = titles_of(needs.matters(now))
    found = []
    for wave in lately(counted.values(), now, rule):
        members = [seen[request] for request, voice in counted.items() if wave.holds(voice)]
        found.append(_surge(needs, viewer, wave, members, titles.get(wave.matter), now))
    return tuple(found)


def events(needs: Needs, viewer: Actor, now: int) -> tuple[Event, ...]:
    """The largest events of the last days, as they were grouped last."""
    groups = needs.stream.events()
    seen = _seen(needs, viewer, [request for group in groups for request in group], now)
    titles, words = titles_of(needs.matters(now)), Visible(needs, viewer, now)
    known = ([seen[request] for request in group if request in seen] for group in groups)
    told = [_event(rows, titles, words) for rows in known if len(rows) > 2]
    return tuple(sorted(told, key=lambda one: (-one.count, -one.until))[:EVENTS_SHOWN])


def _surge(
    needs: Needs, viewer: Actor, wave: Wave, members: Sequence[Standing], title: Title | None, now: int
) -> Surge:
    around = Around((wave.matter,), wave.place)
    there = needs.joins.near(viewer, around, now) if wave.place else ()
    attachable = [one for one in there if one.way == "attach"]
    unit = needs.duty.unit_at(wave.place, now) if wave.place else None
    return Surge(
        wave=msgspec.structs.replace(wave, repeaters=()),
        title=title or Title(wave.matter, wave.matter),
        street=Title(unit.title_zh, unit.title_en) if unit else None,
        most=max(Counter(one.requester for one in members).values(), default=0),
        waiting=tuple(one.request for one in members if one.owner),
        cases=len({one.case_id for one in members if one.case_id}),
        open=max(attachable, key=lambda one: one.requests, default=None),
    )


def _event(rows: Sequence[Standing], titles: Mapping[str, Title], words: Visible) -> Event:
    newest = sorted(rows, key=lambda one: (-one.received_at, one.request))
    read = words.texts([newest[0].request])
    matters = Counter(one.matter for one in rows if one.matter)
    return Event(
        requests=tuple(msgspec.convert(one, Spoken, from_attributes=True) for one in newest[:REQUESTS_SHOWN]),
        count=len(rows),
        persons=len({one.requester for one in rows}),
        cases=len({one.case_id for one in rows if one.case_id}),
        waiting=sum(bool(one.owner) for one in rows),
        since=newest[-1].received_at,
        until=newest[0].received_at,
        matters=tuple((titles.get(code, Title(code, code)), count) for code, count in matters.most_common(3)),
        grids=tuple(Counter(one.grid for one in rows if one.grid).most_common(3)),
        said=read.get(newest[0].request, "")[:SAID_AT_MOST],
    )


def _seen(needs: Needs, viewer: Actor, requests: Sequence[str], now: int) -> dict[str, Standing]:
    """The requests that the viewer may see, by id."""
    rows = [row for row in _rows(needs, viewer, requests, now) if works_for(viewer, row.desk)]
    cases = needs.joins.visible(viewer, sorted({row.case_id for row in rows if row.case_id}), now)
    return {row.request: row for row in rows if not row.case_id or row.case_id in cases}


def _rows(needs: Needs, viewer: Actor, requests: Sequence[str], now: int) -> Iterable[Standing]:
    apart, selves = needs.joins.apart(viewer, now)
    for start in range(0, len(requests), _AT_ONCE):
        named = {f"r{at}": stream_of(one) for at, one in enumerate(requests[start : start + _AT_ONCE])}
        sql = _OF.format(names=", ".join(f":{name}" for name in named), apart=apart)
        yield from (msgspec.convert(row, Standing) for row in needs.reader.query(sql, named | selves))
