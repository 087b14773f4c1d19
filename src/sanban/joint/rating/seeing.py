"""What pages and API show of ratings: the list of a viewer's own, and one sheet with both its versions side by side."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from sanban.joint.rating.ports import Needs
from sanban.joint.rating.sheet import RATERS, Sheet, may
from sanban.joint.surrounding import OFFICES, opened_texts
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Title
from sanban.kernel.permission import Actor, Role
from sanban.kernel.view import Missing, phrase

MOST = 200
ROLES: frozenset[Role] = OFFICES | {"handler", "dispatcher"}
ACT_ROLES: frozenset[Role] = frozenset({"handler", "dispatcher", "coordinator"})
NO_RATING = Missing(phrase("Rating"), "GET /api/v1/ratings gives the ids")
STEPS: tuple[Literal["rate", "appeal", "review"], ...] = ("rate", "appeal", "review")
STEP_OF = {"open": "rate", "given": "appeal", "appealed": "review"}
_LIST = (
    "SELECT rating, case_id, number, unit, street, state, next_at, given_at, points, final_points, excluded "
    "FROM rating_view WHERE district = :district {own}{kept}ORDER BY opened_at DESC, rating LIMIT :most"
)


class RatingLine(msgspec.Struct, frozen=True):
    """A sheet in a list. `next_at`: until when what comes next is possible; `points`: of the version in force."""

    rating: str
    case: str
    number: str
    unit: str
    unit_title: Title
    street_title: Title
    state: str
    next_at: int
    given_at: int
    points: int
    excluded: bool
    mine: bool


class CriterionLine(msgspec.Struct, frozen=True):
    """A criterion with the points of both versions; `most` is 0 where the unit's absence takes them all."""

    code: str
    title: Title
    most: int
    first: int | None
    final: int | None


class SheetView(msgspec.Struct, frozen=True):
    """One sheet. Points are None where there are none; texts '' where none were written. `may`: the viewer's step."""

    rating: str
    case: str
    number: str
    whistle: str
    unit: str
    unit_title: Title
    street: str
    street_title: Title
    state: str
    absent: bool
    released_at: int
    next_at: int
    criteria: tuple[CriterionLine, ...]
    most: int
    points: int | None = None
    given_at: int = 0
    good: bool = False
    note: str = ""
    appealed_at: int = 0
    appeal_ground: Title | None = None
    appeal_note: str = ""
    outcome: str = ""
    reviewed_at: int = 0
    reviewer: str = ""
    reason: str = ""
    final_points: int | None = None
    excluded: Title | None = None
    may: str = ""


def ratings(viewer: Actor, needs: Needs, now: int) -> tuple[RatingLine, ...] | Refused:
    """The newest sheets of the viewer's unit, on either side, or of all units for an office. One statement."""
    given: dict[str, Any] = {"most": MOST}
    own = ""
    if viewer.role not in OFFICES:
        if viewer.role not in RATERS or not viewer.unit:
            return Refused("not_permitted", "ratings are between units", "sign in as one of a unit")
        own = "AND (street = :viewer OR unit = :viewer) "
        given["viewer"] = viewer.unit
    kept, selves = needs.kept(viewer, "rating_view")
    rows = needs.reader.query(_LIST.format(own=own, kept=kept), given | selves)
    return tuple(_line(viewer, needs, row, now) for row in rows)


def sheet_view(viewer: Actor, needs: Needs, sheet: Sheet, now: int) -> SheetView:
    """A sheet in words, with the step that the viewer may take with it now."""
    opened, given, appealed, reviewed = sheet.opened, sheet.given, sheet.appealed, sheet.reviewed
    terms = needs.terms
    refs = [one for one in (given and given.note, appealed and appealed.note, reviewed and reviewed.reason) if one]
    texts = opened_texts(needs, refs)
    final = reviewed.marks if reviewed and reviewed.outcome == "revised" else given.marks if given else {}
    return SheetView(
        rating=opened.id,
        case=opened.case,
        number=opened.number,
        whistle=opened.whistle,
        unit=opened.unit,
        unit_title=needs.unit(opened.unit, now),
        street=opened.street,
        street_title=needs.unit(opened.street, now),
        state=sheet.state,
        absent=opened.absent,
        released_at=opened.released_at,
        next_at=sheet.next_at,
        criteria=tuple(
            CriterionLine(
                code=code,
                title=one.title,
                most=0 if opened.absent and one.attendance else one.points,
                first=given.marks.get(code) if given else None,
                final=final.get(code),
            )
            for code, one in terms.criteria.items()
        ),
        most=given.most if given else terms.most,
        points=given.points if given else None,
        given_at=given.at if given else 0,
        good=bool(given and given.good),
        note=texts.get(given.note, "") if given else "",
        appealed_at=appealed.at if appealed else 0,
        appeal_ground=_ground(terms.grounds, appealed.ground) if appealed else None,
        appeal_note=texts.get(appealed.note, "") if appealed else "",
        outcome=reviewed.outcome if reviewed else "",
        reviewed_at=reviewed.at if reviewed else 0,
        reviewer=reviewed.by if reviewed else "",
        reason=texts.get(reviewed.reason, "") if reviewed else "",
        final_points=sum(final.values()) if final else None,
        excluded=_ground(terms.exclusions, reviewed.ground) if reviewed and reviewed.ground else None,
        may=_step_of(viewer, sheet, now),
    )


def _step_of(viewer: Actor, sheet: Sheet, now: int) -> str:
    step = STEP_OF.get(sheet.state, "")
    over = step != "review" and sheet.next_at <= now
    return "" if not step or over or may(step, sheet, viewer) else step


def _ground(known: Any, code: str) -> Title:
    found: Title = known.get(code) or Title(code, code)
    return found


def _line(viewer: Actor, needs: Needs, row: tuple[Any, ...], now: int) -> RatingLine:
    rating, case, number, unit, street, state, next_at, given_at, points, final, excluded = row
    mine = {"open": viewer.unit == street, "given": viewer.unit == unit, "appealed": viewer.role == "coordinator"}
    return RatingLine(
        rating=rating,
        case=case,
        number=number,
        unit=unit,
        unit_title=needs.unit(unit, now),
        street_title=needs.unit(street, now),
        state=state,
        next_at=next_at,
        given_at=given_at,
        points=final if state == "reviewed" else points,
        excluded=bool(excluded),
        mine=mine.get(state, False),
    )
