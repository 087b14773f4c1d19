"""The route of a grid worker and the page of one stop: few taps, on a phone, without JavaScript while online.

With it both can be taken along: the phone keeps them for the shift, and what is done waits in its outbox.
"""

from __future__ import annotations

from functools import partial

import msgspec

from sanban.handling.pages.forms import StepForm, args_of
from sanban.handling.route.doing import MOST_PHOTOS, NO_CASE, Done, do, forms_at, is_done
from sanban.handling.route.ports import RouteNeeds
from sanban.handling.route.standing import ROUTE, Route, middle_of, route
from sanban.handling.views.case import case_page
from sanban.handling.views.lines import CaseView, Opened
from sanban.kernel.duty.place import geo_of
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Role
from sanban.kernel.view import Missing, PageAnswer, PageRequest, PageRoute, Redirected, Shown, phrase

WORKERS: frozenset[Role] = frozenset({"grid_worker", "grid_leader"})
PHOTO_BYTES = 24 * 1024 * 1024
MOST_PAGES = 1000
DONE = phrase("Done. It stands in the ledger.")


class RouteContext(msgspec.Struct, frozen=True):
    """`handling/route.html`. `unread`: where somebody stands was typed, and leads to no grid."""

    route: Route
    unread: bool = False


class StopContext(msgspec.Struct, frozen=True):
    """`handling/stop.html`: a task as its unit sees it, what may be done there, and how to find it on a map.

    `middle`: the map shows the middle of the grid, since nothing closer may be shown.
    """

    case: CaseView
    forms: tuple[StepForm, ...]
    presets: dict[str, dict[str, str]]
    geo: str
    back: str
    photos: int = MOST_PHOTOS
    fault: Refused | None = None


def routes(needs: RouteNeeds) -> tuple[PageRoute, ...]:
    """The route, a stop, and the targets of their forms."""
    return (
        PageRoute(
            "GET",
            ROUTE,
            "handling.route",
            partial(_route, needs),
            roles=WORKERS,
            menu=phrase("My route"),
            icon="route",
            order=4,
        ),
        PageRoute("POST", ROUTE, "handling.route_from", partial(_from, needs), roles=WORKERS),
        PageRoute("GET", "/shift/cases/{case_id}", "handling.stop", partial(_stop, needs), roles=WORKERS),
        PageRoute(
            "POST",
            "/shift/cases/{case_id}/steps/{step}",
            "handling.step_at_stop",
            partial(_done, needs),
            roles=WORKERS,
            files=MOST_PHOTOS,
            body_limit=PHOTO_BYTES,
        ),
    )


def _route(needs: RouteNeeds, asked: PageRequest) -> PageAnswer:
    return _shown(needs, asked, asked.asked("at"))


def _from(needs: RouteNeeds, asked: PageRequest) -> PageAnswer:
    """Where somebody stands becomes a grid's code before it stands in any address."""
    told = asked.given("place") or ", ".join(filter(None, (asked.given("lat"), asked.given("lon"))))
    grid = needs.grid_of(told) if told else ""
    return _shown(needs, asked, "", unread=True) if told and not grid else Redirected(_at(grid))


def _shown(needs: RouteNeeds, asked: PageRequest, start: str, *, unread: bool = False) -> PageAnswer:
    page = asked.asked("page", "0")
    number = int(page) if page.isascii() and page.isdecimal() and len(page) < 4 else 0
    known = start if middle_of(needs.needs, start, asked.now) else ""
    found = route(needs, asked.viewer, asked.now, known, number)
    return (
        found
        if isinstance(found, Refused)
        else Shown("handling/route.html", RouteContext(found, unread), 422 if unread else 200)
    )


def _stop(needs: RouteNeeds, asked: PageRequest) -> PageAnswer:
    opened = case_page(asked.viewer, needs.needs, asked.path["case_id"], now=asked.now)
    return NO_CASE if opened is None else _stop_shown(needs, asked, opened)


def _stop_shown(needs: RouteNeeds, asked: PageRequest, opened: Opened, fault: Refused | None = None) -> Shown:
    forms = forms_at(needs, opened, asked.viewer, asked.now)
    context = StopContext(
        case=opened.view,
        forms=forms,
        presets={form.name: {one.name: one.values[0] for one in form.fields if one.kind == "preset"} for form in forms},
        geo=geo_of(middle_of(needs.needs, opened.view.grid, asked.now)),
        back=_at(opened.view.grid),
        fault=fault,
    )
    return Shown("handling/stop.html", context, 422 if fault else 200)


def _done(needs: RouteNeeds, asked: PageRequest) -> PageAnswer:
    case_id, step = asked.path["case_id"], asked.path["step"]
    opened = case_page(asked.viewer, needs.needs, case_id, now=asked.now)
    forms = forms_at(needs, opened, asked.viewer, asked.now) if opened else ()
    form = next((one for one in forms if one.name == step), None)
    if form is None and is_done(needs, asked.viewer, asked.command_id, case_id):
        return Redirected(_at(opened.view.grid if opened else ""), DONE)
    if opened is None:
        return NO_CASE
    args = args_of(form, asked.form, needs.needs, opened.case, asked.now) if form else {}
    if isinstance(args, Refused):
        return _stop_shown(needs, asked, opened, args)
    done = Done(step, args, asked.given("note"), asked.files)
    answer = do(needs, asked.viewer, asked.command_id, case_id, done, asked.now)
    if isinstance(answer, Refused):
        return _stop_shown(needs, asked, opened, answer)
    return answer if isinstance(answer, Missing) else Redirected(_at(opened.view.grid), DONE)


def _at(grid: str) -> str:
    return f"{ROUTE}?at={grid}" if grid else ROUTE
