"""What the duplicates' index follows: requests as the ledger tells of them, with how their cases stand now.

A page is a page of the ledger's events. Those that brought a request in, or said anew where it is, give its refs, which
are opened together; what else happened to requests and cases says which rows to read again. How a request stands is
read from the projections, as it is now, so that an index filled late knows what one knows that was there all the time.
A page takes a few statements and one opening, whatever it holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from sanban.intake.aggregate import KIND as REQUEST
from sanban.intake.aggregate import RequestAggregate
from sanban.intake.duplicates.ports import Changed, News, Stands, refs_of, telling
from sanban.intake.request import Request
from sanban.kernel.duty.grid import GridMap
from sanban.ledger.port import Stored
from sanban.ledger.reading.reader import StoreReader

PAGE = 500
EVENTS_AT_MOST = 2_000_000
"""Of a longer ledger only the latest events are read at the start (limit of this product): ten years of a district."""

_PLACED = frozenset({"request.placed", "request.place_suggested"})

_ROW = (
    "SELECT r.request, r.recorded_at, r.desk, r.state, r.matter, "
    "COALESCE(c.matter, ''), COALESCE(c.lead, ''), c.closed_at FROM request_view r "
    "LEFT JOIN case_view c ON c.district = r.district AND c.stream = 'case:' || r.case_id WHERE r.district = :district "
)
_RECORDED = "SELECT recorded_at FROM ledger_event WHERE district = :district AND position = :position"


class _Row(msgspec.Struct, frozen=True, array_like=True):
    """A request with its case, fields as in the query."""

    request: str
    recorded_at: int
    desk: str
    state: str
    heard: str
    matter: str
    lead: str
    case_closed_at: int | None

    @property
    def stands(self) -> Stands:
        """As its case says, else as it was heard. One that was answered on the spot was closed then."""
        answered = self.recorded_at if self.state == "closed" else None
        closed_at = self.case_closed_at if self.matter else answered
        return Stands(self.matter or self.heard, self.lead or self.desk, closed_at)


class EarlierRequests:
    """Answers `intake.duplicates.ports.FollowsRequests`."""

    def __init__(self, reader: StoreReader, requests: RequestAggregate, grids: Callable[[], GridMap]) -> None:
        self._reader = reader
        self._requests = requests
        self._grids = grids

    def begin(self, since: int) -> int:
        """By halving: positions have no gap, and instants of recording never decrease along them."""
        head = self._reader.head()
        last = 0 if head is None else head.position
        low, high = max(last - EVENTS_AT_MOST, 0), last
        while low < high:
            middle = (low + high + 1) // 2
            ((recorded_at,),) = self._reader.query(_RECORDED, {"position": middle})
            low, high = (middle, high) if recorded_at < since else (low, middle - 1)
        return low

    def after(self, position: int) -> News | None:
        events = self._reader.since(position, PAGE)
        if not events:
            return None
        told = self._told_anew(events)
        rows = {row.request: row for row in self._rows(events)}
        texts = self._reader.open_secrets([ref for one in told.values() for ref in refs_of(one)])
        grids = self._grids()
        return News(
            position=events[-1].position,
            told=tuple(telling(one, rows[name].stands, texts, grids) for name, one in told.items() if name in rows),
            changed=tuple(Changed(name, row.stands) for name, row in rows.items() if name not in told),
            gone=tuple(self._of_erased(events)),
        )

    def _told_anew(self, events: Sequence[Stored]) -> dict[str, Request]:
        """The requests that came in, folded from the page alone, and those whose place was said later."""
        states: dict[str, Request] = {}
        for event in events:
            known = states.get(event.stream)
            if event.type == "request.received" or (known is not None and event.stream.startswith(f"{REQUEST}:")):
                decoded = self._requests.decode(event.type, event.v, event.payload)
                states[event.stream] = self._requests.fold(known, decoded)
            elif event.type in _PLACED and isinstance(placed := self._reader.state(event.stream), Request):
                states[event.stream] = placed
        return {state.id: state for state in states.values()}

    def _rows(self, events: Sequence[Stored]) -> Iterable[_Row]:
        """The requests that the events are about, and those of the cases that they are about."""
        requests = {event.stream for event in events if event.stream.startswith(f"{REQUEST}:")}
        cases = {event.stream.removeprefix("case:") for event in events if event.stream.startswith("case:")}
        for column, wanted in (("r.stream", requests), ("r.case_id", cases)):
            for row in self._among(_ROW, column, sorted(wanted)):
                yield msgspec.convert(row, _Row)

    def _of_erased(self, events: Sequence[Stored]) -> Iterable[str]:
        persons = sorted({event.stream for event in events if event.type == "person.erased"})
        found = self._among(
            "SELECT r.request FROM request_view r WHERE r.district = :district ", "r.requester", persons
        )
        return (str(request) for (request,) in found)

    def _among(self, sql: str, column: str, wanted: Sequence[str]) -> Iterable[tuple[object, ...]]:
        if not wanted:
            return ()
        named = {f"n{place}": value for place, value in enumerate(wanted)}
        return self._reader.query(f"{sql}AND {column} IN ({', '.join(f':{name}' for name in named)})", named)
