"""The cases behind a number of the yearly list or of an item, a page at a time, as far as the viewer may know of them.

The list is of now and read from the table of cases; an item's numbers are of the instant at which they were counted, so
its cases are looked at as they stood then, so many for one page at most. Cases about the viewer are no part of either,
not even as counted: behind one attribute, "one case is not for you to see" says how it went.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, Literal, get_args

import msgspec

from sanban.joint.surrounding import KnownCase, year_span
from sanban.joint.yearly.item import Item
from sanban.joint.yearly.listing import UNRESOLVED, Measure, counts, resolved_of
from sanban.joint.yearly.ports import Needs
from sanban.joint.yearly.steps import item_of
from sanban.kernel.case.state import Case
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor

Of = Literal["cases", "requests", "repeats", "unresolved"]
NUMBERS: tuple[Of, ...] = get_args(Of)
MEASURES: Final[dict[Of, Measure]] = {"repeats": "repeat_rate", "unresolved": "unresolved_share"}
NOT_MEASURED: Final = Refused("not_measured", "this item is not measured yet", "when=proposed")
PAGE: Final = 20
LOOKED: Final = 400
"""Cases looked at for one page at most where they are looked at as they stood."""
_CASES: Final = (
    "SELECT case_id, requests FROM case_view WHERE district = :district AND {of} AND opened_at >= :since "
    "AND opened_at < :until AND case_id > :after {kept} {only}ORDER BY case_id LIMIT :most"
)
_IS: Final = "matter = :matter"
_WAS: Final = (
    "(matter = :matter OR EXISTS (SELECT 1 FROM ledger_event AS event WHERE event.district = case_view.district "
    "AND event.stream = case_view.stream AND event.type = 'case.reclassified'))"
)
"""What may have been of the matter; how it stood says whether it was."""
_ONLY: Final[dict[Of, str]] = {"repeats": "AND again ", "unresolved": f"AND ({UNRESOLVED}) "}


class Span(msgspec.Struct, frozen=True):
    """Cases of a matter opened from `since` up to, not including, `until`. `at`: as they stood then; None for now."""

    matter: str
    since: int
    until: int
    at: int | None = None


class BehindLine(msgspec.Struct, frozen=True):
    """A case, and how many requests are behind it."""

    case: KnownCase
    requests: int


class BehindPage(msgspec.Struct, frozen=True):
    """A page; `hidden`: those of others that the viewer may not know of, `next` at which it goes on, '' at the end."""

    lines: tuple[BehindLine, ...]
    hidden: int
    next: str


def behind(needs: Needs, viewer: Actor, span: Span, of: Of, after: str = "") -> BehindPage:
    """A page of the cases behind a number, after the case of a mark."""
    if span.at is None:
        found, following = _now(needs, viewer, span, of, after)
    else:
        found, following = _then(needs, viewer, span, span.at, of, after)
    known = [(needs.case(viewer, case), requests) for case, requests in found]
    lines = tuple(BehindLine(case, requests) for case, requests in known if case is not None)
    return BehindPage(lines, len(found) - len(lines), following)


def span_of(needs: Needs, item: Item, *, measured: bool) -> Span | Refused:
    """The cases that an item was counted from: as it was measured last, which it may not have been, or as proposed.

    What was carried over from the year before was counted as that item was measured at the end.
    """
    proposed, adopted, last = item.proposed, item.adopted, item.measured
    if measured:
        if adopted is None or last is None:
            return NOT_MEASURED
        return Span(proposed.matter, adopted.at, adopted.measured_until, min(last.at, adopted.measured_until - 1))
    before = item_of(needs, proposed.carried) if proposed.carried else None
    if before is not None and before.adopted:
        until = before.adopted.measured_until
        return Span(proposed.matter, before.adopted.at, until, until - 1)
    year = year_span(needs.calendar, proposed.year)
    return year if isinstance(year, Refused) else Span(proposed.matter, *year, proposed.at)


def _now(needs: Needs, viewer: Actor, span: Span, of: Of, after: str) -> tuple[list[tuple[str, int]], str]:
    rows = _rows(needs, viewer, span, of, after, PAGE + 1)
    return rows[:PAGE], rows[PAGE - 1][0] if len(rows) > PAGE else ""


def _then(needs: Needs, viewer: Actor, span: Span, at: int, of: Of, after: str) -> tuple[list[tuple[str, int]], str]:
    found: list[tuple[str, int]] = []
    opened = msgspec.structs.replace(span, until=min(span.until, at + 1))
    rows = _rows(needs, viewer, opened, "cases", after, LOOKED + 1)
    for place, case in enumerate(_stood(needs, rows[:LOOKED], at)):
        if case.matter == span.matter and (of not in MEASURES or counts(needs.terms, case, MEASURES[of])):
            found.append((case.id, len(case.requests)))
        if len(found) == PAGE and place + 1 < len(rows):
            return found, case.id
    return found, rows[LOOKED - 1][0] if len(rows) > LOOKED else ""


def _stood(needs: Needs, rows: list[tuple[str, int]], at: int) -> Iterator[Case]:
    for case_id, _requests in rows:
        case = needs.reader.state(f"case:{case_id}", at=at)
        assert isinstance(case, Case), "a row of the view has its stream"
        yield case


def _rows(needs: Needs, viewer: Actor, span: Span, of: Of, after: str, most: int) -> list[tuple[str, int]]:
    names, endings = resolved_of(needs.terms)
    kept, selves = needs.kept(viewer, "case_view")
    asked: dict[str, Any] = {"matter": span.matter, "since": span.since, "until": span.until, "after": after, **selves}
    only = _ONLY.get(of, "")
    given = endings if of == "unresolved" else {}
    sql = _CASES.format(of=_IS if span.at is None else _WAS, kept=kept, only=only.format(resolved=names))
    return [(str(case), int(requests)) for case, requests in needs.reader.query(sql, {**asked, **given, "most": most})]
