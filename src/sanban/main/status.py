"""`sanban status`: what stands in a deployment, as figures that recompute from the ledger. Requests and cases both."""

from __future__ import annotations

import msgspec

from sanban.intake.views import count_requests
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.reading.failed import counted
from sanban.main.house import House
from sanban.main.revision.loaded import changed_since_start

SYSTEM = Actor("status", "system")

CASES = (
    "SELECT state, COUNT(*), SUM(CASE WHEN closed_at IS NULL THEN 1 ELSE 0 END), "
    "SUM(CASE WHEN closed_at IS NULL AND due_at <= :now THEN 1 ELSE 0 END) "
    "FROM case_view WHERE district = :district GROUP BY state ORDER BY state"
)
TIMERS = "SELECT COUNT(*) FROM timer WHERE district = :district AND due_at <= :now"


class Status(msgspec.Struct, frozen=True):
    """`requests` and `cases` count all there ever were; `overdue` are open cases with a clock run out now.

    `waiting` are requests that have no case yet; `timers_due` are timers that have not fired though it is time.
    `reactions_waiting` failed and are tried again by themselves; `reactions_set_aside` failed too often for that.
    `looks_set_aside` are files of looks with lines that cannot be read. `after_restart` are own files of rules that
    whoever serves the home takes up when it starts again.
    """

    home: str
    district: str
    title: str
    mode: str
    synthetic: bool
    requests: int
    waiting: int
    requests_by_state: dict[str, int]
    requests_by_channel: dict[str, int]
    cases: int
    open: int
    overdue: int
    cases_by_state: dict[str, int]
    events: int
    batches: int
    head: str
    timers_due: int
    reactions_waiting: int
    reactions_set_aside: int
    looks_set_aside: int
    calendar: str
    calendar_known_until: str
    after_restart: tuple[str, ...]


def status(house: House) -> Status:
    """The figures as of now."""
    now = house.clock()
    counts = count_requests(SYSTEM, house.reader)
    by_state = {} if isinstance(counts, Refused) else counts.by_state
    rows = house.reader.query(CASES, {"now": now})
    head = house.head()
    settings = house.home.settings
    reactions_waiting, set_aside = counted(house.reader)
    return Status(
        home=str(house.home.folder),
        district=house.home.district,
        title=settings.district.title,
        mode=settings.mode,
        synthetic=house.district.synthetic,
        requests=0 if isinstance(counts, Refused) else counts.total,
        waiting=by_state.get("received", 0) + by_state.get("routed", 0),
        requests_by_state=by_state,
        requests_by_channel={} if isinstance(counts, Refused) else counts.by_channel,
        cases=sum(int(row[1]) for row in rows),
        open=sum(int(row[2]) for row in rows),
        overdue=sum(int(row[3]) for row in rows),
        cases_by_state={str(row[0]): int(row[1]) for row in rows},
        events=0 if head is None else head.position,
        batches=0 if head is None else head.batch_no,
        head="" if head is None else head.hash,
        timers_due=int(house.reader.query(TIMERS, {"now": now})[0][0]),
        reactions_waiting=reactions_waiting,
        reactions_set_aside=set_aside,
        looks_set_aside=house.looks.set_aside(),
        calendar=house.calendar.label,
        calendar_known_until=house.calendar.iso(house.calendar.known_until),
        after_restart=changed_since_start(house),
    )
