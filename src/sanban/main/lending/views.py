"""`sanban views`: who looked at what, for whoever audits at the console; asking is a look as well."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec

from sanban.kernel.errors import Refused, SanbanError
from sanban.kernel.permission import Actor
from sanban.kernel.view import Look
from sanban.looks.reading import LookPage, looks_of
from sanban.main.house import House
from sanban.main.lending.looking import look_needs_of

CONSOLE = Actor("console", "auditor")
PAGE = "cli.views"


class Views(msgspec.Struct, frozen=True):
    """What the command prints: a page of looks and, beside the first, the unmaskings. Local times as text."""

    looks: tuple[dict[str, Any], ...]
    unmasked: tuple[dict[str, Any], ...]
    next: str


def views(house: House, case: str, officer: str, after: str, limit: int) -> Views:
    """Looks at a case, of an officer, or all. Raises SanbanError for a case that is not there, or both at once."""
    if case and officer:
        raise SanbanError("a case or an officer, one of them", "sanban views --case 2026-000001")
    needs = look_needs_of(house)
    found = needs.case(CONSOLE, case) if case else None
    if case and found is None:
        raise SanbanError(f"there is no case {case}", "2026-000001")
    about = f"case:{found.id}" if found else f"account:{officer}" if officer else ""
    house.looks.look(Look(house.clock(), CONSOLE.id, CONSOLE.role, "", PAGE, about, "command"))
    page = looks_of(CONSOLE, needs, case=found, account=officer, after=after, limit=limit)
    if isinstance(page, Refused):
        raise SanbanError(page.message, page.example or "--limit 50")
    return _views(house, page)


def _views(house: House, page: LookPage) -> Views:
    def local(instant: int) -> str:
        return f"{dt.datetime.fromtimestamp(instant // 1_000_000, house.zone):%Y-%m-%d %H:%M:%S}"

    looks = tuple(
        {"at": local(row.at), "account": row.account, "role": row.role, "unit": row.unit, "page": row.page,
         "about": row.about, "way": row.way}
        for row in page.rows
    )  # fmt: skip
    unmasked = tuple(
        {"at": local(one.at), "until": local(one.until), "account": one.account, "unit": one.unit, "case": one.case,
         "ground": one.ground.zh}
        for one in page.unmasked
    )  # fmt: skip
    return Views(looks, unmasked, page.next)
