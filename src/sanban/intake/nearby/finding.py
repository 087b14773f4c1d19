"""Public cases, listed, counted by grid, and found for somebody who is about to ask for the same.

All of it is read from the table of public requests, which holds nothing else: a case of premises or of a party is not
filtered out here, it is not there. A case is known by the public id of its earliest request. Its place is its grid; a
text is shown only where the deployment says so, its first line, redacted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from sanban.intake.desk.receiving import request_of
from sanban.intake.nearby.counting import Counts
from sanban.intake.open311.finding import among, bound
from sanban.intake.open311.ports import PublicIds
from sanban.intake.open311.showing import first_lines, notes
from sanban.intake.ports import Needs
from sanban.kernel.duty.grid import Grid
from sanban.kernel.mechanism import Mechanism, Title

DAY = 86_400_000_000
LOOKED_BACK = 90 * DAY
"""So long a closed case is shown (limit of this product); an open one always is."""

_WHERE = (
    " FROM public_request r LEFT JOIN public_filing f ON f.district = r.district AND f.request = r.request "
    "WHERE r.district = :district AND r.request = r.first AND (r.closed_at IS NULL OR r.closed_at > :since)"
)
_LIST = (
    "SELECT r.request, r.matter, r.mechanism, r.requested_at, r.closed_at, r.state, r.ending, r.unit, r.grid, "
    "r.requests, f.text" + _WHERE
)
_ORDER = " ORDER BY r.requested_at DESC, r.request DESC LIMIT :limit OFFSET :offset"
_FIRST = "SELECT DISTINCT r.first FROM public_request r WHERE r.district = :district"


class Row(msgspec.Struct, frozen=True, array_like=True):
    """A public case, fields as in the query."""

    request: str
    matter: str
    mechanism: str
    requested_at: int
    closed_at: int | None
    state: str
    ending: str
    unit: str
    grid: str
    requests: int
    text: str | None


class PublicCase(msgspec.Struct, frozen=True):
    """A public case as anybody may see it. Instants in microseconds UTC; `said` is '' where no text is shown.

    `id`: the public id of its earliest request; `stands`: its state, or how it ended.
    """

    id: str
    matter: Title
    since: int
    closed_at: int | None
    stands: Title
    unit: Title | None
    grid: str
    street: Title | None
    requests: int
    said: str = ""


class Filter(msgspec.Struct, frozen=True):
    """What is looked for; '' and () are all. `status`: open, closed, or '' for both. `firsts`: these cases alone."""

    matters: tuple[str, ...] = ()
    grids: tuple[str, ...] = ()
    status: str = ""
    firsts: tuple[str, ...] = ()


class Nearby(msgspec.Struct, frozen=True):
    """Everything the public list works with. `mechanism_of`: by `matter@version`; `descriptions`: texts are shown."""

    desk: Needs
    ids: PublicIds
    mechanism_of: Callable[[str], Mechanism | None]
    descriptions: bool = False
    counts: Counts = msgspec.field(default_factory=Counts)

    def matters(self, now: int) -> dict[str, Mechanism]:
        """The matters that are public now, by code."""
        return {one.matter: one for one in self.desk.matters(now) if one.public}

    def grids(self, now: int) -> dict[str, Grid]:
        """The grids in force, by code."""
        known = self.desk.duty.grids
        found = ((code, known.version(code, now)) for code in sorted(known.versions))
        return {code: grid for code, grid in found if grid is not None}

    def cases(self, wanted: Filter, now: int, limit: int, offset: int = 0) -> tuple[PublicCase, ...]:
        """Those that fit, newest first."""
        public = self.matters(now)
        where = _conditions(wanted, public, now)
        if where is None:
            return ()
        sql, given = where
        rows = self.desk.reader.query(f"{_LIST}{sql}{_ORDER}", {**given, "limit": limit, "offset": offset})
        found = [msgspec.convert(row, Row) for row in rows]
        refs = {one.text: one.request for one in found if one.text} if self.descriptions else {}
        texts = first_lines(self.desk.reader, refs, public.values())
        return tuple(self._shown(one, public[one.matter], texts, now) for one in found if self.ids.outer(one.request))

    def by_grid(self, wanted: Filter, now: int) -> dict[str, int]:
        """How many fit, by grid, as of this minute; '' where the place is not known. `firsts` narrows nothing here."""
        public = self.matters(now)
        matters = set(public) & set(wanted.matters) if wanted.matters else set(public)
        found: Counter[str] = Counter()
        for tally in self.counts.at(self.desk.reader, now, now - LOOKED_BACK):
            fits = tally.matter in matters and (not wanted.grids or tally.grid in wanted.grids)
            if fits and wanted.status in ("", "open" if tally.stands else "closed"):
                found[tally.grid] += tally.cases
        return dict(found)

    def firsts(self, requests: Sequence[str], now: int) -> tuple[str, ...]:
        """The earliest requests of the public cases that these are in, in the order given."""
        public = self.matters(now)
        if not requests or not public:
            return ()
        given = {**bound("r", requests), **bound("m", list(public))}
        sql = f"{_FIRST}{among('r.request', 'r', requests)}{among('r.matter', 'm', public)}"
        return tuple(str(first) for (first,) in self.desk.reader.query(sql, given))

    def open_case(self, public_id: str, now: int) -> tuple[str, str] | None:
        """(id of the earliest request, matter) of an open public case; None for any other id."""
        first = self.ids.inner(public_id)
        where = _conditions(Filter(status="open", firsts=(first,)), self.matters(now), now) if first else None
        if where is None:
            return None
        sql, given = where
        rows = self.desk.reader.query(f"SELECT r.request, r.matter{_WHERE}{sql}", given)
        return (str(rows[0][0]), str(rows[0][1])) if rows else None

    def case_of(self, first: str) -> str:
        """The case of a public request, which its own stream names; '' when it has left it."""
        found = request_of(self.desk, first)
        return found.case if found is not None else ""

    def _shown(self, one: Row, mechanism: Mechanism, texts: Mapping[str, str], now: int) -> PublicCase:
        grid = self.desk.duty.grids.version(one.grid, now) if one.grid else None
        pinned = self.mechanism_of(one.mechanism) or mechanism
        return PublicCase(
            id=self.ids.outer(one.request),
            matter=mechanism.title,
            since=one.requested_at,
            closed_at=one.closed_at,
            stands=notes(pinned, one.closed_at, one.ending, one.state),
            unit=self._unit(one.unit, now),
            grid=one.grid,
            street=self._unit(grid.street, now) if grid is not None else None,
            requests=one.requests,
            said=texts.get(one.request, ""),
        )

    def _unit(self, code: str, now: int) -> Title | None:
        unit = self.desk.duty.unit_at(code, now)
        return None if unit is None else Title(unit.title_zh, unit.title_en)


def _conditions(wanted: Filter, public: Collection[str], now: int) -> tuple[str, dict[str, Any]] | None:
    """What the statement is narrowed by, every value bound; None where no public matter fits."""
    matters = sorted(set(public) & set(wanted.matters) if wanted.matters else public)
    if not matters:
        return None
    given: dict[str, Any] = {"since": now - LOOKED_BACK, **bound("m", matters)}
    sql = among("r.matter", "m", matters)
    for letter, column, values in (("g", "r.grid", wanted.grids), ("q", "r.request", wanted.firsts)):
        if values:
            sql += among(column, letter, values)
            given |= bound(letter, values)
    if wanted.status:
        sql += f" AND r.closed_at IS {'NOT ' if wanted.status == 'closed' else ''}NULL"
    return sql, given
