"""Who acts for whom, and who belongs to whom: the links of the ledger, one form to record one, and one to end each.

Days are the district's: a link holds from the start of its first day to the end of its last. The party complained
about and all who are bound to it by a link are kept from the case at once, and from being sent it.
"""

from __future__ import annotations

from functools import partial
from typing import get_args
from uuid import NAMESPACE_URL, uuid5

import msgspec

from sanban.handling.links import STREAM, KnownLink, KnownLinks, may_keep
from sanban.handling.needs import Needs
from sanban.handling.pages.fields import Choice
from sanban.handling.views.naming import Names
from sanban.kernel.clock.calendar import Calendar, day_of_iso
from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.mechanism import Title
from sanban.kernel.party import LinkKind
from sanban.kernel.permission import DESK_ROLES, Actor, Role
from sanban.kernel.view import PageAnswer, Pager, PageRequest, PageRoute, Redirected, Shown, phrase
from sanban.ledger.port import Answer, Part, Reader, Submission

PATH = "/links"
PAGE = 50
SPACE = uuid5(NAMESPACE_URL, "sanban:party.links")
KEEP_ROLES: frozenset[Role] = frozenset(role for role in get_args(Role) if role in DESK_ROLES | {"coordinator"})
SEE_ROLES: frozenset[Role] = KEEP_ROLES | {"leader", "auditor"}
BAD_DAY = Refused("bad_arguments", "a day is written as year, month and day", "2026-01-31")
RECORDED = phrase("The link is recorded and holds at once.")
ENDED = phrase("The link ends on that day.")


class LinkLine(msgspec.Struct, frozen=True):
    """A link. Instants in microseconds UTC, `valid_to` None = until further notice; days beside them are local.

    `void`: it ends where it began and so never held.
    """

    id: str
    kind: LinkKind
    source: str
    source_title: Title
    target: str
    target_title: Title
    valid_from: int
    valid_to: int | None
    first_day: str
    last_day: str
    recorded_at: int
    by: str
    void: bool


class LinksContext(msgspec.Struct, frozen=True):
    """`handling/links.html`. `keeps`: the viewer records and ends links; `tried`: the id of the one refused, or new."""

    lines: tuple[LinkLine, ...]
    pager: Pager
    keeps: bool
    parties: tuple[Choice, ...]
    today: str
    typed: dict[str, str] = {}
    tried: str = ""
    fault: Refused | None = None


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The list and the targets of its forms."""
    shown = partial(_links, needs)
    return (
        PageRoute(
            "GET",
            PATH,
            "handling.links",
            shown,
            roles=SEE_ROLES,
            menu=phrase("Links of parties"),
            icon="link",
            order=60,
        ),
        PageRoute("POST", PATH, "handling.record_link", partial(_record, needs), roles=KEEP_ROLES),
        PageRoute("POST", f"{PATH}/{{link_id}}/end", "handling.end_link", partial(_end, needs), roles=KEEP_ROLES),
    )


def lines_of(needs: Needs, now: int) -> tuple[LinkLine, ...]:
    """Every link of the ledger, the newest first."""
    names, calendar = Names(needs.cases, now), needs.cases.calendar
    return tuple(_line(names, calendar, one) for one in reversed(known_links(needs.reader).every))


def known_links(reader: Reader) -> KnownLinks:
    """The links of the ledger."""
    found = reader.state(STREAM)
    return found if isinstance(found, KnownLinks) else KnownLinks()


def link_id_of(command_id: str) -> str:
    """The id of the link that a command records."""
    return str(uuid5(SPACE, command_id))


def record(needs: Needs, viewer: Actor, command_id: str, args: dict[str, object]) -> Answer:
    """Records a link; sent again, the same command is the same link."""
    link_id = link_id_of(command_id)
    return needs.ledger.submit(Submission(command_id, viewer, (Part(STREAM, "record", {"id": link_id, **args}),)))


def end(needs: Needs, viewer: Actor, command_id: str, link_id: str, valid_to: int) -> Answer:
    """Ends a link."""
    part = Part(STREAM, "end", {"id": link_id, "valid_to": valid_to})
    return needs.ledger.submit(Submission(command_id, viewer, (part,)))


def _links(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _shown(needs, asked)


def _record(needs: Needs, asked: PageRequest) -> PageAnswer:
    first, last = (_day(needs.cases.calendar, asked.given(name)) for name in ("first_day", "last_day"))
    if first is None or (last is None and asked.given("last_day")):
        return _shown(needs, asked, ("new", BAD_DAY))
    args: dict[str, object] = {name: asked.given(name) for name in ("kind", "source", "target")}
    args["valid_from"] = first[0]
    if last is not None:
        args["valid_to"] = last[1]
    refused = record(needs, asked.viewer, asked.command_id, args).refused
    return Redirected(PATH, RECORDED) if refused is None else _shown(needs, asked, ("new", refused))


def _end(needs: Needs, asked: PageRequest) -> PageAnswer:
    link_id, never = asked.path["link_id"], asked.given("never") == "yes"
    last = _day(needs.cases.calendar, asked.given("last_day"))
    found = known_links(needs.reader).find(link_id)
    if found is None or (last is None and not never):
        return _shown(needs, asked, (link_id, BAD_DAY))
    until = found.link.valid_from if never or last is None else last[1]
    refused = end(needs, asked.viewer, asked.command_id, link_id, until).refused
    return Redirected(PATH, ENDED) if refused is None else _shown(needs, asked, (link_id, refused))


def _shown(needs: Needs, asked: PageRequest, tried: tuple[str, Refused] | None = None) -> PageAnswer:
    every = lines_of(needs, asked.now)
    start = _place(asked.asked("page"), len(every))
    calendar = needs.cases.calendar
    context = LinksContext(
        lines=every[start : start + PAGE],
        pager=Pager(
            f"{PATH}?page={max(0, start - PAGE)}" if start else "",
            f"{PATH}?page={start + PAGE}" if start + PAGE < len(every) else "",
        ),
        keeps=may_keep(asked.viewer),
        parties=_parties(needs, asked.now),
        today=calendar.iso(calendar.day_of(asked.now)),
        typed={name: asked.given(name) for name in asked.form} if tried else {},
        tried=tried[0] if tried else "",
        fault=tried[1] if tried else None,
    )
    return Shown("handling/links.html", context, 422 if tried else 200)


def _place(text: str, most: int) -> int:
    return min(int(text), most) if text.isascii() and text.isdecimal() and len(text) < 9 else 0


def _line(names: Names, calendar: Calendar, known: KnownLink) -> LinkLine:
    link = known.link
    return LinkLine(
        id=known.id,
        kind=link.kind,
        source=link.source,
        source_title=names.unit(link.source),
        target=link.target,
        target_title=names.unit(link.target),
        valid_from=link.valid_from,
        valid_to=link.valid_to,
        first_day=_iso(calendar, link.valid_from),
        last_day="" if link.valid_to is None else _iso(calendar, link.valid_to - 1),
        recorded_at=known.recorded_at,
        by=known.by,
        void=link.valid_to is not None and link.valid_to <= link.valid_from,
    )


def _parties(needs: Needs, now: int) -> tuple[Choice, ...]:
    """Units and firms that the district knows; others are named by their ids."""
    duty = needs.cases.duty(None)
    found = (duty.unit_at(code, now) for code in duty.units)
    return tuple(Choice(unit.code, Title(unit.title_zh, unit.title_en)) for unit in found if unit is not None)


def _iso(calendar: Calendar, instant: int) -> str:
    """The local day of an instant; the first or last one of the calendar for what lies outside it."""
    inside = min(max(instant, calendar.day_starts[0]), calendar.day_starts[-1] - 1)
    return calendar.iso(calendar.day_of(inside))


def _day(calendar: Calendar, text: str) -> tuple[int, int] | None:
    """Start and end of a local day; None for what is no day of the calendar."""
    try:
        day = day_of_iso(text)
        return calendar.start_of(day), calendar.start_of(day + 1)
    except (ValueError, SanbanError):
        return None
