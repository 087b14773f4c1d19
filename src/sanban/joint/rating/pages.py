"""Pages of reverse rating: what waits and what was rated, one sheet with its form, and a unit's score.

/ratings                 the sheets of one's own unit, on either side; of all units for an office
/ratings/{id}            one sheet: points by criterion, both versions, and the form of whoever acts next
/ratings/units/{unit}    the unit's score of a year, before and after appeals, with every rating behind it
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import msgspec

from sanban.joint.rating.ports import Needs
from sanban.joint.rating.scoring import UnitScore, score_of
from sanban.joint.rating.seeing import (
    ACT_ROLES,
    NO_RATING,
    ROLES,
    STEPS,
    RatingLine,
    SheetView,
    ratings,
    sheet_view,
)
from sanban.joint.rating.sheet import Sheet
from sanban.joint.rating.steps import sheet_of, take
from sanban.joint.surrounding import OFFICES, year_of, year_span
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor
from sanban.kernel.view import (
    Missing,
    PageAnswer,
    PageRequest,
    PageRoute,
    Redirected,
    Shown,
    Waiting,
    phrase,
)

LIST = "/ratings"
NO_UNIT = Missing(phrase("Unit"), "street-01")
DONE = {
    "rate": phrase("The rating is given."),
    "appeal": phrase("The appeal is with the centre."),
    "review": phrase("The review is final; the first version stays beside it."),
}


class ListContext(msgspec.Struct, frozen=True):
    """`joint/ratings.html`: what waits for the viewer, and the others; `units` have a score that may be opened."""

    waiting: tuple[RatingLine, ...]
    others: tuple[RatingLine, ...]
    units: Mapping[str, Title]


class SheetContext(msgspec.Struct, frozen=True):
    """`joint/rating.html`. `typed`: the form that was not taken, and its `fault`."""

    sheet: SheetView
    grounds: Mapping[str, Title]
    exclusions: Mapping[str, Title]
    typed: Mapping[str, str] = {}
    fault: Refused | None = None


class ScoreContext(msgspec.Struct, frozen=True):
    """`joint/unit_score.html`."""

    score: UnitScore
    title: Title
    streets: Mapping[str, Title]
    grounds: Mapping[str, Title]
    year: str
    earlier: str
    later: str


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The pages and the targets of the sheet's forms."""
    one = "/ratings/{rating_id}"
    listed = PageRoute(
        "GET", LIST, "joint.ratings", partial(_list, needs), roles=ROLES, menu=phrase("Ratings"), icon="star", order=34
    )
    return (
        listed,
        PageRoute("GET", "/ratings/units/{unit}", "joint.unit_score", partial(_unit, needs), roles=ROLES),
        PageRoute("GET", one, "joint.rating", partial(_sheet, needs), roles=ROLES),
        *(
            PageRoute("POST", f"{one}/{step}", f"joint.rating_{step}", partial(_take, needs, step), roles=ACT_ROLES)
            for step in STEPS
        ),
    )


def waits(needs: Needs, viewer: Actor, now: int) -> Waiting | None:
    """Sheets that the viewer has to fill in, may appeal against, or has to decide on."""
    found = ratings(viewer, needs, now) if viewer.role in ACT_ROLES else ()
    mine = [] if isinstance(found, Refused) else [one for one in found if one.mine and one.state != "given"]
    late = sum(one.next_at <= now for one in mine)
    return Waiting(phrase("Ratings"), LIST, "star", len(mine), late, phrase("overdue")) if mine else None


def _list(needs: Needs, asked: PageRequest) -> PageAnswer:
    lines = ratings(asked.viewer, needs, asked.now)
    if isinstance(lines, Refused):
        return lines
    units = {one.unit: one.unit_title for one in lines if asked.viewer.role in OFFICES or one.unit == asked.viewer.unit}
    mine, others = (tuple(one for one in lines if one.mine is side) for side in (True, False))
    return Shown("joint/ratings.html", ListContext(mine, others, dict(sorted(units.items()))))


def _sheet(needs: Needs, asked: PageRequest) -> PageAnswer:
    sheet = sheet_of(needs, asked.viewer, asked.path["rating_id"])
    return NO_RATING if sheet is None else _shown(needs, asked, sheet)


def _take(needs: Needs, step: str, asked: PageRequest) -> PageAnswer:
    rating = asked.path["rating_id"]
    sheet = sheet_of(needs, asked.viewer, rating)
    if sheet is None:
        return NO_RATING
    read = _arguments(needs, step, asked)
    fault = (
        read
        if isinstance(read, Refused)
        else take(needs, asked.viewer, asked.command_id, rating, step, asked.given("text"), read)
    )
    return _shown(needs, asked, sheet, fault) if fault else Redirected(f"{LIST}/{rating}", DONE[step])


def _arguments(needs: Needs, step: str, asked: PageRequest) -> dict[str, object] | Refused:
    if step == "appeal":
        return {"ground": asked.given("ground")}
    outcome = asked.given("outcome")
    if step == "review" and outcome != "revised":
        left_out = {"ground": asked.given("ground")} if outcome == "excluded" else {}
        return {"outcome": outcome, **left_out}
    marks = {code: asked.given(f"points_{code}") for code in needs.terms.criteria}
    if not all(text.isascii() and text.isdecimal() and len(text) <= 3 for text in marks.values()):
        return Refused("bad_points", "points are whole numbers from 0", "30")
    points: dict[str, object] = {"marks": {code: int(text) for code, text in marks.items()}}
    return points | ({"outcome": outcome} if step == "review" else {})


def _shown(needs: Needs, asked: PageRequest, sheet: Sheet, fault: Refused | None = None) -> Shown:
    typed = {name: asked.given(name) for name in asked.form} if fault else {}
    view = sheet_view(asked.viewer, needs, sheet, asked.now)
    context = SheetContext(view, needs.terms.grounds, needs.terms.exclusions, typed, fault)
    return Shown("joint/rating.html", context, 422 if fault else 200)


def _unit(needs: Needs, asked: PageRequest) -> PageAnswer:
    unit = asked.path["unit"]
    if asked.viewer.role not in OFFICES and asked.viewer.unit != unit:
        return NO_UNIT
    year = asked.asked("year", year_of(needs.calendar, asked.now))
    span = year_span(needs.calendar, year)
    if isinstance(span, Refused):
        return span
    found = score_of(needs, asked.viewer, unit, *span)
    streets = {row.street: needs.unit(row.street, asked.now) for row in found.rows}
    beside = [str(int(year) + step) for step in (-1, 1)]
    known = [one if not isinstance(year_span(needs.calendar, one), Refused) else "" for one in beside]
    title = needs.unit(unit, asked.now)
    later = known[1] if known[1] <= year_of(needs.calendar, asked.now) else ""
    context = ScoreContext(found, title, streets, needs.terms.exclusions, year, known[0], later)
    return Shown("joint/unit_score.html", context)
