"""Pages of findings: the quick report (phone first, three taps), the list with second looks, the share found first."""

from __future__ import annotations

import re
from functools import partial
from typing import get_args

import msgspec

from sanban.intake.findings.finding import CHECKERS, REPORTERS
from sanban.intake.findings.listing import (
    CountsFirst,
    FindingLine,
    FindingList,
    FoundFirst,
    finding_line,
    findings,
    found_first,
    month_of,
)
from sanban.intake.findings.reporting import (
    LONGEST_TEXT,
    MOST_PHOTOS,
    Reported,
    Seen,
    Tile,
    declared,
    grids_of,
    recheck,
    report,
    tiles,
)
from sanban.intake.ports import Needs
from sanban.kernel.duty.place import geo_of
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Role
from sanban.kernel.view import Missing, PageAnswer, PageRequest, PageRoute, Redirected, Shown, phrase, status_of_form

NEW = "/findings/new"
LIST = "/findings"
MONTH = re.compile(r"(19|20)\d\d-(0[1-9]|1[0-2])")
LOOKED = phrase("The second look is noted.")
MOST_PAGES = 10_000
NO_FINDING = Missing(phrase("Finding"), "GET /api/v1/findings gives the ids")
PHOTO_BYTES = 24 * 1024 * 1024
"""Of a form with photos, or of the same in JSON."""

REPORT_ROLES: frozenset[Role] = frozenset(role for role in get_args(Role) if role in REPORTERS)
LIST_ROLES: frozenset[Role] = frozenset({*REPORT_ROLES, "verifier", "dispatcher", "coordinator", "leader", "auditor"})
RECHECK_ROLES: frozenset[Role] = frozenset(role for role in LIST_ROLES if role in CHECKERS)
FIGURE_ROLES: frozenset[Role] = frozenset({"coordinator", "leader", "auditor"})
"""It lists every case of the district, so units have no business with it: a case may be about them."""


class ReportContext(msgspec.Struct, frozen=True):
    """`intake/finding.html`: tiles, the worker's grids (the first is chosen), what was typed, what was just sent.

    `photos`: so many at most; `needed`: so many at least show what was set right on the spot."""

    tiles: tuple[Tile, ...]
    grids: tuple[str, ...]
    typed: Seen
    sent: Reported | None = None
    fault: Refused | None = None
    longest: int = LONGEST_TEXT
    photos: int = MOST_PHOTOS
    needed: int = 0


class ListContext(msgspec.Struct, frozen=True):
    """`intake/findings.html`. `waiting`: those that wait for a second look; `reports`: the viewer may report."""

    page: FindingList
    waiting: bool
    reports: bool
    checks: bool


class CheckContext(msgspec.Struct, frozen=True):
    """`intake/check_at_stop.html`: a repair to look at again; `geo`: the middle of its grid, '' where that is gone."""

    finding: FindingLine
    geo: str


class FirstContext(msgspec.Struct, frozen=True):
    """`intake/found_first.html`."""

    figure: FoundFirst


def routes(needs: Needs, counts: CountsFirst) -> tuple[PageRoute, ...]:
    """The pages and the targets of their forms."""
    listed = PageRoute(
        "GET", LIST, "intake.findings", partial(_list, needs), roles=LIST_ROLES, menu=phrase("Findings"), icon="eye",
        order=9,
    )  # fmt: skip
    reporting = PageRoute(
        "GET", NEW, "intake.finding", partial(_form, needs), roles=REPORT_ROLES, menu=phrase("Report a finding"),
        icon="plus", order=7,
    )  # fmt: skip
    return (
        reporting,
        PageRoute(
            "POST",
            NEW,
            "intake.finding_sent",
            partial(_sent, needs),
            roles=REPORT_ROLES,
            files=MOST_PHOTOS,
            body_limit=PHOTO_BYTES,
        ),
        listed,
        PageRoute(
            "POST",
            "/findings/{finding}/recheck",
            "intake.finding_recheck",
            partial(_recheck, needs),
            roles=RECHECK_ROLES,
        ),
        PageRoute(
            "GET", "/shift/checks/{finding}", "intake.finding_check", partial(_check, needs), roles=RECHECK_ROLES
        ),
        PageRoute("GET", "/findings/first", "intake.found_first", partial(_first, needs, counts), roles=FIGURE_ROLES),
    )


def _form(needs: Needs, asked: PageRequest) -> PageAnswer:
    return _shown(needs, asked, Seen(""))


def _sent(needs: Needs, asked: PageRequest) -> PageAnswer:
    typed = Seen(
        matter=asked.given("matter"),
        grid=asked.given("grid"),
        text=asked.given("text"),
        fixed=asked.given("fixed") == "yes",
        lon=asked.given("lon"),
        lat=asked.given("lat"),
    )
    answer = report(needs, asked.viewer, asked.command_id, typed, asked.now, asked.files)
    if isinstance(answer, Refused):
        return _shown(needs, asked, typed, fault=answer)
    return _shown(needs, asked, Seen("", grid=typed.grid), sent=answer)


def _shown(
    needs: Needs, asked: PageRequest, typed: Seen, sent: Reported | None = None, fault: Refused | None = None
) -> Shown:
    grids = grids_of(needs, asked.viewer, asked.now)
    needed = declared(needs, asked.now).get("fixed_photos", 0)
    context = ReportContext(tiles(needs, asked.viewer, asked.now), grids, typed, sent, fault, needed=needed)
    return Shown("intake/finding.html", context, status_of_form(fault))


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    waiting = asked.asked("waiting") == "yes"
    page = findings(needs, asked.viewer, asked.now, asked.asked("page"), waiting=waiting)
    role = asked.viewer.role
    return Shown("intake/findings.html", ListContext(page, waiting, role in REPORTERS, role in CHECKERS))


def _recheck(needs: Needs, asked: PageRequest) -> PageAnswer:
    holds = asked.given("holds")
    if holds not in ("yes", "no"):
        return Refused("bad_arguments", "say whether it is really set right", "yes")
    refused = recheck(needs, asked.viewer, asked.command_id, asked.path["finding"], asked.now, holds=holds == "yes")
    return refused or Redirected(f"{LIST}?waiting=yes", LOOKED)


def _check(needs: Needs, asked: PageRequest) -> PageAnswer:
    line = finding_line(needs, asked.viewer, asked.now, asked.path["finding"])
    if line is None:
        return NO_FINDING
    grid = needs.duty.grids.version(line.grid, asked.now)
    return Shown("intake/check_at_stop.html", CheckContext(line, geo_of(grid.middle if grid else None)))


def _first(needs: Needs, counts: CountsFirst, asked: PageRequest) -> PageAnswer:
    month, page = asked.asked("month"), asked.asked("page", "0")
    if not MONTH.fullmatch(month):
        month = month_of(asked.now, needs.zone)
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 6 else 0
    figure = found_first(asked.viewer, counts, needs.zone, asked.now, month, min(number, MOST_PAGES))
    return Shown("intake/found_first.html", FirstContext(figure))
