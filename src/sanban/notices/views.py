"""What the desk and the auditor read of the outbox: codes and instants, newest first, keyset paged.

A page costs one statement. Notices about a case that is about the viewer, or about anyone they act for or belong to,
stand in none of their lists. Of people there is nothing here, not even an id: a notice leads to its case or request,
and whether the person may be seen there is decided there.
"""

from __future__ import annotations

from typing import Literal, get_args

import msgspec

from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.permission import DESK_ROLES, Actor, Role
from sanban.notices.addresses import unit_of
from sanban.notices.aggregate import stream_of
from sanban.notices.notice import State
from sanban.notices.ports import Needs
from sanban.notices.sending import WEBHOOK

PAGE = 50
PAGE_AT_MOST = 200
STATES: tuple[State, ...] = get_args(State)

ACT_ROLES: frozenset[Role] = frozenset(role for role in get_args(Role) if role in DESK_ROLES | {"coordinator"})
SEE_ROLES: frozenset[Role] = ACT_ROLES | {"leader", "auditor"}

Audience = Literal["person", "unit", "officer", "subscriber"]

_COLUMNS = (
    "queued_at, notice, kind, channel, recipient, case_id, request, state, urgent, next_at, ended_at, attempts, code, "
    "told_by"
)
_LIST = (
    "SELECT {columns} FROM notice_outbox AS n WHERE n.district = :district AND {which} "
    "AND (n.queued_at, n.notice) < (:queued_at, :notice) {apart}ORDER BY n.queued_at DESC, n.notice DESC LIMIT :limit"
)
_ABOUT_VIEWER = (
    "AND NOT EXISTS (SELECT 1 FROM case_subject AS about WHERE about.district = n.district "
    "AND about.stream = :kind || n.case_id AND about.subject IN ({names})) "
)
_COUNTED = (
    "SELECT COUNT(*) FROM (SELECT n.notice FROM notice_outbox AS n WHERE n.district = :district "
    "AND n.state = :state {apart}LIMIT :bound) AS counted"
)
_NEWEST = 1 << 62


class NoticeRow(msgspec.Struct, frozen=True):
    """One notice. Instants are microseconds UTC, 0 for none; `unit`: whom it is for, '' for a person or a subscriber.

    `code`: why the last attempt failed, or why it was withdrawn; `told_by`: who told the person instead.
    """

    notice: str
    kind: str
    audience: Audience
    unit: str
    channel: str
    case: str
    request: str
    state: State
    urgent: bool
    queued_at: int
    next_at: int
    ended_at: int
    attempts: int
    code: str
    told_by: str


class NoticePage(msgspec.Struct, frozen=True):
    """One page; `next`: the mark of the page after it, '' on the last."""

    rows: tuple[NoticeRow, ...]
    next: str = ""


def notices(
    viewer: Actor, needs: Needs, now: int, state: str, case: str = "", after: str = "", limit: int = PAGE
) -> NoticePage | Refused:
    """Notices in a state, or all of a case, newest first. `after`: `next` of the page before."""
    if viewer.role not in SEE_ROLES:
        return Refused("not_permitted", "notices are for the desk and for overseers", "sign in as an operator")
    if not 1 <= limit <= PAGE_AT_MOST:
        return Refused("bad_limit", f"a page has 1 to {PAGE_AT_MOST} rows", "limit=50")
    if not case and state not in STATES:
        return Refused("unknown_state", f"{state!r} is no state of a notice", ", ".join(STATES))
    mark = _mark(after)
    if mark is None:
        return Refused("bad_cursor", "`after` is the `next` of the page before", "1767225600000000~0197c3e2")
    apart, names = _unseen(viewer, needs, now)
    which = "n.case_id = :case" if case else "n.state = :state"
    sql = _LIST.format(columns=_COLUMNS, which=which, apart=apart)
    given = {"case": case} if case else {"state": state}
    found = needs.reader.query(sql, {**given, **names, "queued_at": mark[0], "notice": mark[1], "limit": limit + 1})
    rows = tuple(_row(row) for row in found[:limit])
    return NoticePage(rows, f"{rows[-1].queued_at}~{rows[-1].notice}" if len(found) > limit else "")


def notice_row(viewer: Actor, needs: Needs, notice: str, now: int) -> NoticeRow | None:
    """One notice; None where there is none, or none for this viewer."""
    apart, names = _unseen(viewer, needs, now)
    sql = _LIST.format(columns=_COLUMNS, which="n.stream = :own", apart=apart)
    newest = {"queued_at": _NEWEST, "notice": "", "limit": 1}
    found = needs.reader.query(sql, {"own": stream_of(notice), **names, **newest})
    return _row(found[0]) if found else None


def count_notices(viewer: Actor, needs: Needs, now: int, state: State, bound: int) -> int:
    """How many notices are in a state; counting stops at `bound`."""
    apart, names = _unseen(viewer, needs, now)
    ((count,),) = needs.reader.query(_COUNTED.format(apart=apart), {"state": state, "bound": bound, **names})
    return int(count)


def may_know(viewer: Actor, needs: Needs, case_id: str, now: int) -> bool:
    """Whether a case, if there is one, is not about the viewer nor about anyone they stand for."""
    case = needs.reader.state(f"case:{case_id}") if case_id else None
    return not isinstance(case, Case) or case.subjects.isdisjoint(_stood_for(viewer, needs, now))


def _stood_for(viewer: Actor, needs: Needs, now: int) -> frozenset[str]:
    own = [party for party in (viewer.party, viewer.unit, viewer.id) if party]
    return needs.links().stands_for(own, now)


def _unseen(viewer: Actor, needs: Needs, now: int) -> tuple[str, dict[str, str]]:
    """The condition that keeps out cases about the viewer, and its parameters."""
    names = {f"party{number}": one for number, one in enumerate(sorted(_stood_for(viewer, needs, now)))}
    return _ABOUT_VIEWER.format(names=", ".join(f":{name}" for name in names)), {**names, "kind": "case:"}


def _mark(text: str) -> tuple[int, str] | None:
    if not text:
        return _NEWEST, ""
    at, _, notice = text.partition("~")
    is_plain = at.isascii() and at.isdecimal() and len(at) <= 18
    return (int(at), notice) if is_plain and notice else None


def _row(row: tuple[object, ...]) -> NoticeRow:
    names = _COLUMNS.split(", ")
    found = dict(zip(names, row, strict=True))
    recipient = str(found.pop("recipient"))
    audience = _audience(str(found["channel"]), recipient)
    unit = unit_of(recipient) if audience in ("unit", "officer") else ""
    more = {"audience": audience, "unit": unit, "case": found.pop("case_id")}
    return msgspec.convert({**found, **more, "urgent": bool(found["urgent"])}, NoticeRow)


def _audience(channel: str, recipient: str) -> Audience:
    if channel == WEBHOOK:
        return "subscriber"
    if recipient.startswith("person:"):
        return "person"
    return "unit" if unit_of(recipient) == recipient else "officer"
