"""Reverse rating in the API: sheets, the three steps, and a unit's score before and after appeals."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import msgspec

from sanban.joint.rating.event import Outcome
from sanban.joint.rating.pages import NO_UNIT
from sanban.joint.rating.ports import Needs
from sanban.joint.rating.scoring import UnitScore, score_of
from sanban.joint.rating.seeing import ACT_ROLES, NO_RATING, ROLES, RatingLine, SheetView, ratings, sheet_view
from sanban.joint.rating.steps import sheet_of, take
from sanban.joint.shapes import YearQuery
from sanban.joint.surrounding import LONGEST, OFFICES, year_span
from sanban.kernel.errors import Refused
from sanban.kernel.view import ApiRequest, ApiRoute, Missing

Text = Annotated[str, msgspec.Meta(max_length=LONGEST, examples=["到场及时，两日内清理完毕。"])]
Ground = Annotated[str, msgspec.Meta(max_length=48, examples=["wrong_fact"])]
Marks = Annotated[
    dict[str, Annotated[int, msgspec.Meta(ge=0, le=100)]],
    msgspec.Meta(
        description="Points by criterion.", examples=[{"reported_in": 40, "worked_together": 30, "solved": 20}]
    ),
]


class RateBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The street's rating, and what it rests on."""

    marks: Marks
    text: Text = ""


class AppealBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The unit's objection, on a declared ground."""

    ground: Ground
    text: Text = ""


class ReviewBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The review's outcome with its reason; `marks` where revised, `ground` where left out of the score."""

    outcome: Outcome
    text: Text
    marks: Marks = {}
    ground: Ground = ""


class RatingsAnswer(msgspec.Struct, frozen=True):
    """The newest sheets."""

    items: tuple[RatingLine, ...]


def routes(needs: Needs) -> tuple[ApiRoute, ...]:
    """The operations."""
    one = "/ratings/{rating_id}"

    def post(step: Literal["rate", "appeal", "review"], body: type[msgspec.Struct], summary: str) -> ApiRoute:
        return ApiRoute(
            "POST", f"{one}/{step}", f"joint.rating_{step}", partial(_take, needs, step), SheetView, request=body,
            roles=ACT_ROLES, summary=summary,
        )  # fmt: skip

    return (
        ApiRoute(
            "GET", "/ratings", "joint.ratings", partial(_list, needs), RatingsAnswer, roles=ROLES,
            summary="The newest rating sheets of one's own unit, of all units for an office",
        ),
        ApiRoute(
            "GET", "/ratings/units/{unit}", "joint.unit_score", partial(_unit, needs), UnitScore, query=YearQuery,
            roles=ROLES, summary="A unit's score of a year, before and after appeals, with n, exclusions and interval",
        ),
        ApiRoute("GET", one, "joint.rating", partial(_sheet, needs), SheetView, roles=ROLES, summary="A rating sheet"),
        post("rate", RateBody, "Rate a unit: the whistling street, once, within the window"),
        post("appeal", AppealBody, "Appeal against a rating: the rated unit, within its window"),
        post("review", ReviewBody, "Decide on an appeal: somebody who did not rate; both versions stay"),
    )  # fmt: skip


def _list(needs: Needs, asked: ApiRequest) -> RatingsAnswer | Refused:
    found = ratings(asked.viewer, needs, asked.now)
    return found if isinstance(found, Refused) else RatingsAnswer(found)


def _unit(needs: Needs, asked: ApiRequest) -> UnitScore | Missing | Refused:
    unit = asked.path["unit"]
    if asked.viewer.role not in OFFICES and asked.viewer.unit != unit:
        return NO_UNIT
    span = year_span(needs.calendar, asked.query.year)
    return span if isinstance(span, Refused) else score_of(needs, asked.viewer, unit, *span)


def _sheet(needs: Needs, asked: ApiRequest) -> SheetView | Missing:
    sheet = sheet_of(needs, asked.viewer, asked.path["rating_id"])
    return NO_RATING if sheet is None else sheet_view(asked.viewer, needs, sheet, asked.now)


def _take(needs: Needs, step: str, asked: ApiRequest) -> SheetView | Missing | Refused:
    rating = asked.path["rating_id"]
    if sheet_of(needs, asked.viewer, rating) is None:
        return NO_RATING
    given = msgspec.to_builtins(asked.body)
    text = given.pop("text")
    wanted = {name: value for name, value in given.items() if value}
    refused = take(needs, asked.viewer, asked.command_id, rating, step, text, wanted)
    sheet = sheet_of(needs, asked.viewer, rating)
    return refused or (NO_RATING if sheet is None else sheet_view(asked.viewer, needs, sheet, asked.now))
