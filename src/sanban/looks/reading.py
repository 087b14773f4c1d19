"""Who looked at what, for auditors: newest first, of a case and its requests or of an account, keyset paged.

One statement a page, wherever it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import msgspec

from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.ledger.port import Reader
from sanban.looks.ports import Needs, Shown, Subject

PAGE = 50
PAGE_AT_MOST = 500
NOT_PERMITTED = Refused("not_permitted", "who looked at what is read by auditors", "sign in as an auditor")

_LOOKS = (
    "SELECT at, stream, number, account, role, unit, page, about, way FROM look_line AS look "
    "WHERE district = :district {which}{kept}AND (at, stream, number) < (:at, :stream, :number) "
    "ORDER BY at DESC, stream DESC, number DESC LIMIT :limit"
)
_SHOWN = (
    "SELECT about, unit, max(at) FROM look_line WHERE district = :district AND about IN ({which}) AND page = :page "
    "GROUP BY about, unit"
)
_AFTER_ALL = 2**62


def last_shown(reader: Reader, page: str, about: Collection[str]) -> Mapping[tuple[str, str], int]:
    """When a page about these was last shown, by what it was about and the unit whose people were shown it."""
    names = {f"about{place}": each for place, each in enumerate(about)}
    which = ", ".join(f":{name}" for name in names)
    rows = reader.query(_SHOWN.format(which=which), {"page": page, **names})
    return {(each, unit): int(at) for each, unit, at in rows}


class LookRow(msgspec.Struct, frozen=True):
    """One look. `at` in microseconds UTC; `about`: `case:ID`, `request:ID`, ..., '' for a list; `way`: how shown."""

    at: int
    account: str
    role: str
    unit: str
    unit_title: Title
    page: str
    about: str
    way: str

    @property
    def kind(self) -> str:
        """What it is about: `case`, `request` ..."""
        return self.about.partition(":")[0]

    @property
    def id(self) -> str:
        return self.about.partition(":")[2]


class LookPage(msgspec.Struct, frozen=True):
    """One page of looks, and beside the first one every unmasking of the case or the account; `next` '' on the last."""

    rows: tuple[LookRow, ...]
    unmasked: tuple[Shown, ...] = ()
    next: str = ""


def looks_of(
    viewer: Actor, needs: Needs, *, case: Subject | None = None, account: str = "", after: str = "", limit: int = PAGE
) -> LookPage | Refused:
    """Looks at a case, or of an account, or all of them. `after`: `next` of the page before."""
    if viewer.role not in ("auditor", "system"):
        return NOT_PERMITTED
    if not 1 <= limit <= PAGE_AT_MOST:
        return Refused("bad_limit", f"a page has 1 to {PAGE_AT_MOST} rows", "limit=50")
    mark = _mark(after)
    if mark is None:
        return Refused("bad_cursor", "`after` is the `next` of the page before", "1767225600000000~case:c-17~3")
    needs.records.flush()
    which, given = _which(case, account)
    at, stream, number = mark
    kept, selves = needs.kept(viewer)
    given |= selves | {"at": at, "stream": stream, "number": number, "limit": limit + 1}
    found = needs.reader.query(_LOOKS.format(which=which, kept=kept), given)
    rows = tuple(_row(needs, row) for row in found[:limit])
    unmasked = () if after or not (case or account) else needs.unmasked(viewer, case.id if case else "", account)
    onward = "~".join(map(str, found[limit - 1][:3])) if len(found) > limit else ""
    return LookPage(rows, tuple(unmasked), onward)


def _which(case: Subject | None, account: str) -> tuple[str, dict[str, Any]]:
    if case is not None:
        names = {f"about{place}": about for place, about in enumerate(case.about)}
        return f"AND about IN ({', '.join(f':{name}' for name in names)}) ", dict(names)
    return ("AND account = :account ", {"account": account}) if account else ("", {})


def _mark(text: str) -> tuple[int, str, int] | None:
    """A row's place; behind all for '', None for what no page gave out."""
    at, _, rest = text.partition("~")
    stream, _, number = rest.partition("~")
    if not text:
        return _AFTER_ALL, "", 0
    digits = at + number
    fits = stream and digits.isascii() and digits.isdecimal() and at and number and len(at) < 18 and len(number) < 9
    return (int(at), stream, int(number)) if fits else None


def _row(needs: Needs, row: tuple[Any, ...]) -> LookRow:
    at, _, _, account, role, unit, page, about, way = row
    return LookRow(at, account, role, unit, needs.unit(unit), page, about, way)
