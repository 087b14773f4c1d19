"""What the desk sees: the lines of its queue and one request, each for one viewer.

Codes and instants are for everybody who works for the desk and for overseers. What was said and by whom comes out of
the vault for those alone who act on it, and only as long as the request has no case: from then on the case's own page
decides who sees it, because a case knows whom it is about, and the request is missing for whom the case is missing. So
is a request that disputes the closing of a case, and one that was split off from a case and has no other yet.
This is the one place in intake where the vault is opened.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import msgspec

from sanban.intake.desk.dividing import parts_of
from sanban.intake.event import Candidate, Flag, RequestRouted
from sanban.intake.ports import CaseLine, Needs
from sanban.intake.request import PlaceState, Request
from sanban.intake.views import Mark, QueueRow, desk_queue, wave_of, works_for
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.permission import DESK_ROLES, Actor, Role

MINUTE = 60_000_000
HOUR = 60 * MINUTE
DAY = 24 * HOUR

ACT_ROLES: frozenset[Role] = frozenset(
    role for role in get_args(Role) if role in DESK_ROLES | {"coordinator"}
)  # those who decide on requests, and so read them
SEE_ROLES: frozenset[Role] = ACT_ROLES | {"leader", "auditor"}


_KEPT = ("text", "title", "name", "phone", "address")
PLACE_STATES = frozenset(get_args(PlaceState))
FLAGS: frozenset[str] = frozenset(get_args(Flag))
NONE_OF_THESE = Title("都不是", "none of those suggested")


class Age(msgspec.Struct, frozen=True):
    """How long ago it was said, in whole units."""

    amount: int
    unit: Literal["minute", "hour", "day"]


class Suggestion(msgspec.Struct, frozen=True):
    """A matter that triage thinks of. `confidence` in basis points; `words` spoke for it, '' to those who only see.

    `percent`: of a confidence that was measured; None for that of declared words, which only orders.
    """

    matter: str
    title: Title
    confidence: int
    words: tuple[str, ...] = ()
    percent: int | None = None


class Part(msgspec.Struct, frozen=True):
    """A part of the text that speaks of a matter of its own. `text` is '' to those who only see; `request`: the one
    that was made of it, '' for the first and while none was."""

    matter: str
    title: Title
    confidence: int
    text: str = ""
    request: str = ""


class Line(msgspec.Struct, frozen=True):
    """A request that waits at the desk. `received_at` in microseconds UTC; `suggested` is None when no word spoke.

    `external_no` is '' to those who only see. `place`: how well it is known where it is. `advised`: the route that
    triage suggests; `flags`: what a person should look at first. `wave`: so many of its case speak of the same danger
    and have not been looked at, 0 without a case.
    """

    request: str
    number: str
    age: Age
    received_at: int
    channel: str
    external_no: str
    grid: str
    route: str
    state: str
    found: bool
    suggested: Suggestion | None = None
    advised: str = ""
    flags: tuple[str, ...] = ()
    place: PlaceState = "known"
    wave: int = 0


class Queue(msgspec.Struct, frozen=True):
    """One page of the queue, oldest first, or of its dangers, newest first.

    Marks of the pages beside it, '' where there is none.
    """

    lines: tuple[Line, ...]
    next: str = ""
    previous: str = ""


class Texts(msgspec.Struct, frozen=True):
    """What was said and by whom; '' for what was not told or was erased. `added`: what was said later."""

    text: str
    title: str = ""
    name: str = ""
    phone: str = ""
    address: str = ""
    external_no: str = ""
    channel_said: str = ""
    email: str = ""
    firm: str = ""
    added: tuple[str, ...] = ()


class ClueView(msgspec.Struct, frozen=True):
    """A clue that was given to the police. `evidence`: opened for those who act; what was erased is absent."""

    officer: str
    ground: str
    by: str
    at: int
    pieces: int
    evidence: tuple[str, ...] = ()


class RequestView(msgspec.Struct, frozen=True):
    """One request as the viewer may see it. Instants in microseconds UTC, `closed_at` 0 while it is open.

    `texts` is None when they are not shown to this viewer; `acts`: whether the viewer decides on it now; `joined`: the
    case it is part of, for those who may list it; `ended`: what its ending is called. `advised` and `flags` come of the
    words `heard`; `parts` where the text speaks of several matters, and whether it was `divided` into them. `chosen`:
    what the requester said it is; `street`, `disputes` and `origin` as in the event. `alarms`: nobody of the desk
    has looked at its danger yet, nor at those of its case, `dangers`.
    """

    id: str
    number: str
    state: str
    route: str
    channel: str
    received_at: int
    recorded_at: int
    age: Age
    grid: str
    found: bool
    by_proxy: bool
    case: str
    ending: str
    closed_at: int
    suggestions: tuple[Suggestion, ...]
    texts: Texts | None
    acts: bool
    street: str = ""
    chosen: Title | None = None
    disputes: str = ""
    origin: str = ""
    joined: CaseLine | None = None
    clue: ClueView | None = None
    ended: Title | None = None
    advised: str = ""
    flags: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()
    parts: tuple[Part, ...] = ()
    divided: bool = False
    alarms: bool = False
    dangers: tuple[str, ...] = ()


def queue(
    viewer: Actor, needs: Needs, now: int, mark: str = "", limit: int = 50, place: str = "", flag: str = ""
) -> Queue | Refused:
    """A page of the desk's queue. `mark`: `next` or `previous` of another page; anything else is the first page.

    `place`: a `PlaceState` to be left with, `flag`: a `Flag`; anything else is no filter.
    """
    wanted, heeded = place if place in PLACE_STATES else "", flag if flag in FLAGS else ""
    apart = needs.joins.apart(viewer, now)
    page = desk_queue(viewer, needs.reader, needs.desk, mark_of(mark), limit, wanted, heeded, apart)
    if isinstance(page, Refused):
        return page
    return Queue(lines_of(viewer, needs, page.rows, now), text_of(page.next), text_of(page.previous))


def lines_of(viewer: Actor, needs: Needs, rows: Sequence[QueueRow], now: int) -> tuple[Line, ...]:
    """Rows of the queue as the viewer may see them."""
    titles = titles_of(needs.matters(now))
    refs = [row.external_ref for row in rows if row.external_ref and viewer.role in ACT_ROLES]
    numbers = needs.reader.open_secrets(refs)
    return tuple(
        _line(row, _suggested(viewer, needs, row, titles), numbers.get(row.external_ref, ""), now) for row in rows
    )


def may_see(viewer: Actor, needs: Needs, request: Request, now: int) -> bool:
    """Whether a request is the viewer's business and not kept from them."""
    return works_for(viewer, request.received.desk) and not kept_from(viewer, needs, request, now)


def kept_from(viewer: Actor, needs: Needs, request: Request, now: int) -> bool:
    """Whether a case that the request is behind is missing for the viewer."""
    return not all(needs.joins.sees(viewer, case, now) for case in request.behind)


def request_view(viewer: Actor, needs: Needs, request: Request, now: int) -> RequestView | None:
    """The request as this viewer may see it; None for those whose business it is not.

    A request is missing wherever a case it is behind is: for the party complained about and for all who act for it, at
    the desk as elsewhere.
    """
    received = request.received
    if not may_see(viewer, needs, request, now):
        return None
    acts, alarms = viewer.role in ACT_ROLES, request.alarms and not request.heeded
    titles = titles_of(needs.matters(now))
    texts = _texts(needs, request) if acts and not request.case else None
    return RequestView(
        id=request.id,
        number=received.number,
        state=request.state,
        route=request.route,
        channel=received.channel,
        received_at=received.received_at,
        recorded_at=received.at,
        age=age_of(received.received_at, now),
        grid=request.grid,
        found=received.found,
        by_proxy=bool(received.proxy),
        case=request.case,
        ending=request.ending,
        closed_at=request.closed_at,
        suggestions=tuple(_suggestion(viewer, needs, one, titles) for one in request.candidates),
        texts=texts,
        acts=acts and not request.case and not request.closed_at,
        street=request.street,
        chosen=titles.get(received.matter, NONE_OF_THESE) if received.matter else None,
        disputes=received.disputes,
        origin=received.origin,
        joined=needs.joins.find(viewer, request.case, now) if request.case else None,
        ended=endings_of(needs.matters(now)).get(request.ending, Title(request.ending, request.ending))
        if request.ending
        else None,
        clue=None if request.clue is None else _clue(needs, request.clue, opened=acts and not request.case),
        advised=request.advised,
        flags=request.flags,
        heard=_words(viewer, needs, request.grounds),
        parts=_parts(request, titles, texts.text if texts else ""),
        divided=bool(request.parts),
        alarms=alarms,
        dangers=wave_of(needs.reader, received.desk, request.case, needs.joins.apart(viewer, now))
        if alarms and request.case
        else (),
    )


def age_of(received_at: int, now: int) -> Age:
    """Minutes in the first hour, hours in the first two days, then days."""
    passed = max(0, now - received_at)
    if passed < HOUR:
        return Age(passed // MINUTE, "minute")
    return Age(passed // HOUR, "hour") if passed < 2 * DAY else Age(passed // DAY, "day")


def titles_of(matters: Sequence[Mechanism]) -> dict[str, Title]:
    """What matters are called."""
    return {one.matter: one.title for one in matters}


def endings_of(matters: Sequence[Mechanism]) -> dict[str, Title]:
    """How a request may end: what the matters in force declare, each once."""
    return {code: ground.title for matter in matters for code, ground in matter.grounds.ending.items()}


def text_of(mark: Mark | None) -> str:
    """The mark as it stands in an address."""
    return f"{'before' if mark.back else 'after'}~{mark.received_at}~{mark.request}" if mark else ""


def mark_of(text: str) -> Mark | None:
    """The mark that `text_of` wrote; None for anything else."""
    way, _, rest = text.partition("~")
    at, _, request = rest.partition("~")
    digits = at.removeprefix("-")
    if way not in ("after", "before") or not request or not (digits.isascii() and digits.isdecimal()):
        return None
    return Mark(int(at), request, back=way == "before") if len(digits) <= 18 else None


def _line(row: QueueRow, suggested: Suggestion | None, external_no: str, now: int) -> Line:
    return Line(
        request=row.request,
        number=row.number,
        age=age_of(row.received_at, now),
        received_at=row.received_at,
        channel=row.channel,
        external_no=external_no,
        grid=row.grid,
        route=row.route,
        state=row.state,
        found=row.found,
        suggested=suggested,
        advised=row.advised,
        flags=tuple(row.flags.split()),
        place=row.place,
        wave=row.wave,
    )


def _suggested(viewer: Actor, needs: Needs, row: QueueRow, titles: Mapping[str, Title]) -> Suggestion | None:
    candidate = Candidate(row.matter, row.confidence, tuple(row.reasons.split()))
    return _suggestion(viewer, needs, candidate, titles) if row.matter else None


def _suggestion(viewer: Actor, needs: Needs, candidate: Candidate, titles: Mapping[str, Title]) -> Suggestion:
    title = titles.get(candidate.matter, Title(candidate.matter, candidate.matter))
    percent = candidate.confidence // 100 if candidate.calibrated else None
    return Suggestion(candidate.matter, title, candidate.confidence, _words(viewer, needs, candidate.reasons), percent)


def _words(viewer: Actor, needs: Needs, reasons: Sequence[str]) -> tuple[str, ...]:
    """The words behind the codes, for those who act; what today's triage does not know any more is left out."""
    return tuple(filter(None, map(needs.triage.word, reasons))) if viewer.role in ACT_ROLES else ()


def _parts(request: Request, titles: Mapping[str, Title], text: str) -> tuple[Part, ...]:
    found = parts_of(request.blocks)
    made = ("", *request.parts, *("",) * len(found))
    return tuple(
        Part(one.matter, titles.get(one.matter, Title(one.matter, one.matter)), one.confidence, one.words(text), own)
        for one, own in zip(found, made, strict=False)
    )


def _clue(needs: Needs, routed: RequestRouted, *, opened: bool) -> ClueView:
    texts = needs.reader.open_secrets(list(routed.evidence)) if opened else {}
    pieces = tuple(texts[ref] for ref in routed.evidence if ref in texts)
    return ClueView(routed.officer, routed.ground, routed.by, routed.at, len(routed.evidence), pieces)


def _texts(needs: Needs, request: Request) -> Texts:
    received = request.received
    names = {
        name: "external_ref" if name == "external_no" else name for name in Texts.__struct_fields__ if name != "added"
    }
    refs = {name: ref for name, field in names.items() if (ref := getattr(received, field))}
    opened = needs.reader.open_secrets([*refs.values(), *request.added])
    added = tuple(filter(None, (opened.get(ref, "") for ref in request.added)))
    return Texts(**{"text": "", **{name: opened.get(ref, "") for name, ref in refs.items()}}, added=added)
