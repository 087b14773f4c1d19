"""Firms' requests of a month, counted apart: received = open + closed, and each number opens its requests."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from typing import Literal

import msgspec

from sanban.intake.desk.seeing import SEE_ROLES
from sanban.intake.firms.filing import CHANNEL
from sanban.intake.ports import Needs
from sanban.intake.views import works_for
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor

Stands = Literal["received", "open", "closed"]
STANDS: tuple[Stands, ...] = ("received", "open", "closed")
PAGE = 50
DECLINED_AT_MOST = 100
_MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")
_OF_MONTH = (
    "FROM request_view AS r WHERE district = :district AND channel = :channel AND state IN {states} "
    "AND received_at >= :since AND received_at < :until {apart}"
)
_OPEN, _CLOSED = "('received', 'routed', 'linked', 'answered')", "('closed')"
_STATES = {"received": _OPEN.replace(")", ", 'closed')"), "open": _OPEN, "closed": _CLOSED}
_LINES = (
    "SELECT received_at, request, number, state, case_id {of_month}"
    "AND (received_at, request) < (:at, :request) ORDER BY received_at DESC, request DESC LIMIT :limit"
)


_DECLINED = (
    "FROM declined_policy AS d JOIN request_view AS r ON r.district = d.district "
    "AND r.stream = 'request:' || d.request "
    "WHERE d.district = :district AND d.declined_at >= :since AND d.declined_at < :until {apart}"
)
_DECLINED_COUNTS = "SELECT d.policy, d.reason, COUNT(*) {declined}GROUP BY d.policy, d.reason ORDER BY 1, 2"
_DECLINED_LINES = (
    "SELECT d.policy, d.reason, r.request, r.number, r.received_at, r.state, r.case_id {declined}"
    "ORDER BY d.declined_at DESC, r.request LIMIT :limit"
)


class FirmLine(msgspec.Struct, frozen=True):
    """A firm's request. `case`: its case's id, '' while it has none."""

    request: str
    number: str
    received_at: int
    state: str
    case: str


class DeclinedPolicy(msgspec.Struct, frozen=True):
    """A policy that firms declined in the month for one reason: how many, and the newest of their requests."""

    policy: str
    title: Title
    reason: str
    count: int
    requests: tuple[FirmLine, ...]


class FirmPage(msgspec.Struct, frozen=True):
    """A month (YYYY-MM): `received` = `open` + `closed`; the lines of one of them, `next` the mark of the next page.

    `declined`: what firms said in the month that they do not want to hear of, as it stands now.
    """

    month: str
    received: int
    open: int
    closed: int
    lines: tuple[FirmLine, ...]
    next: str = ""
    declined: tuple[DeclinedPolicy, ...] = ()


def firm_requests(
    viewer: Actor, needs: Needs, now: int, month: str, stands: str, after: str = ""
) -> FirmPage | Refused:
    """The month's figures and one page of the requests behind `stands`. Any other month is this one."""
    if viewer.role not in SEE_ROLES or not works_for(viewer, needs.desk):
        return Refused("not_permitted", "firms' requests are for the desk and for overseers", "sign in as an operator")
    if stands not in STANDS:
        return Refused("unknown_state", f"{stands!r} is no way for a request to stand", ", ".join(STANDS))
    month, since, until = _span(needs, now, month)
    apart, selves = needs.joins.apart(viewer, now)
    given = {"channel": CHANNEL, "since": since, "until": until, **selves}
    opened, closed = (_count(needs, _OF_MONTH.format(states=one, apart=apart), given) for one in (_OPEN, _CLOSED))
    at, _, request = after.partition("~")
    start = (int(at), request) if at.isascii() and at.isdecimal() and len(at) < 19 else (1 << 62, "")
    sql = _LINES.format(of_month=_OF_MONTH.format(states=_STATES[stands], apart=apart))
    rows = needs.reader.query(sql, {**given, "at": start[0], "request": start[1], "limit": PAGE + 1})
    lines = tuple(FirmLine(row[1], row[2], row[0], row[3], row[4]) for row in rows[:PAGE])
    following = f"{lines[-1].received_at}~{lines[-1].request}" if len(rows) > PAGE else ""
    return FirmPage(month, opened + closed, opened, closed, lines, following, _declined(needs, given, apart))


def _declined(needs: Needs, given: Mapping[str, object], apart: str) -> tuple[DeclinedPolicy, ...]:
    """By policy and reason; of requests that the viewer may know of."""
    groups: dict[tuple[str, str], list[FirmLine]] = {}
    span, declined = {name: value for name, value in given.items() if name != "channel"}, _DECLINED.format(apart=apart)
    counts = needs.reader.query(_DECLINED_COUNTS.format(declined=declined), span)
    newest = needs.reader.query(_DECLINED_LINES.format(declined=declined), {**span, "limit": DECLINED_AT_MOST})
    for policy, reason, *line in newest:
        groups.setdefault((policy, reason), []).append(FirmLine(*line))
    return tuple(
        DeclinedPolicy(
            policy, needs.policies.title(policy), reason, int(count), tuple(groups.get((policy, reason), ()))
        )
        for policy, reason, count in counts
    )


def _count(needs: Needs, of_month: str, given: dict[str, object]) -> int:
    return int(needs.reader.query("SELECT COUNT(*) " + of_month, given)[0][0])


def _span(needs: Needs, now: int, month: str) -> tuple[str, int, int]:
    """The month, from and to (microseconds UTC, half-open)."""
    today = dt.datetime.fromtimestamp(now / 1_000_000, needs.zone)
    named = month if _MONTH.fullmatch(month) else today.strftime("%Y-%m")
    first = dt.datetime.strptime(named, "%Y-%m").replace(tzinfo=needs.zone)
    after = (first + dt.timedelta(days=32)).replace(day=1)
    return named, round(first.timestamp() * 1_000_000), round(after.timestamp() * 1_000_000)
