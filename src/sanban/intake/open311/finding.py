"""Reads the two public tables: one statement for a list, whatever its length, and the same one for an id.

    public_request    requests of public cases, from the cases' own states
    public_filing     requests filed under a public matter that have no case yet, from the requests' states

Both hold nothing but public requests, and only matters that are public now are asked for. So a request that is not
public is not filtered out: it is not there, and asking for it is asking for any id that does not exist.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import msgspec

from sanban.intake.open311.query import Asked
from sanban.ledger.port import Reader

_OF_CASES = (
    "SELECT r.request, r.matter, r.mechanism, r.requested_at, r.updated_at, r.promised_at, r.closed_at, "
    "r.state, r.ending, r.unit, r.grid, f.text FROM public_request r LEFT JOIN public_filing f "
    "ON f.district = r.district AND f.request = r.request WHERE r.district = :district"
)
_OF_FILINGS = (
    "SELECT r.request, r.matter, '', r.requested_at, r.updated_at, CAST(NULL AS BIGINT), r.closed_at, '', r.ending, "
    "r.unit, r.grid, r.text FROM public_filing r WHERE r.district = :district AND r.shown = :yes"
)
_ORDER = " ORDER BY 4 DESC, 1 DESC LIMIT :limit OFFSET :offset"


class Found(msgspec.Struct, frozen=True, array_like=True):
    """One public request, fields as in the query. `text` is a ref, None where the requester did not file over here."""

    request: str
    matter: str
    mechanism: str
    requested_at: int
    updated_at: int
    promised_at: int | None
    closed_at: int | None
    state: str
    ending: str
    unit: str
    grid: str
    text: str | None


def find(reader: Reader, asked: Asked, public: Collection[str]) -> list[Found]:
    """Public requests that fit, newest first. `public`: codes of the matters that are public now."""
    codes = sorted(set(public) & set(asked.codes) if asked.codes else public)
    if not codes:
        return []
    where, given = _conditions(asked, codes)
    sql = f"{_OF_CASES}{where} UNION ALL {_OF_FILINGS}{where}{_ORDER}"
    rows = reader.query(sql, {**given, "yes": True, "limit": asked.limit, "offset": asked.offset})
    return [msgspec.convert(row, Found) for row in rows]


def _conditions(asked: Asked, codes: Sequence[str]) -> tuple[str, Mapping[str, Any]]:
    """What both halves of the statement are narrowed by, every value bound."""
    parts, given = [among("r.matter", "m", codes)], bound("m", codes)
    if asked.ids:
        parts.append(among("r.request", "i", asked.ids))
        return _all(parts), given | bound("i", asked.ids)
    parts.append(" AND r.requested_at >= :start AND r.requested_at < :end")
    if len(asked.statuses) == 1:
        parts.append(f" AND r.closed_at IS {'NOT ' if 'closed' in asked.statuses else ''}NULL")
    return _all(parts), given | {"start": asked.start, "end": asked.end}


def _all(parts: Sequence[str]) -> str:
    return "".join(parts)


def among(column: str, letter: str, values: Collection[str]) -> str:
    """A condition that a column is one of the values, bound by names that begin with a letter."""
    return f" AND {column} IN ({', '.join(f':{letter}{place}' for place in range(len(values)))})"


def bound(letter: str, values: Collection[str]) -> dict[str, Any]:
    """The values under the names that `among` gives them."""
    return {f"{letter}{place}": value for place, value in enumerate(values)}
