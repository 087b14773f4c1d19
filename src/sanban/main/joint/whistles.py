"""What the boards, the joint room and the kept rulings are given in this deployment, and their routes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from sanban.handling.aggregate import stream_of
from sanban.handling.directory import STREAM as DIRECTORY
from sanban.handling.directory import Precedents
from sanban.handling.needs import Needs as HandlingNeeds
from sanban.handling.views.masking import Seen, sight_of
from sanban.handling.views.timeline import Told, told
from sanban.handling.views.timing import left_until
from sanban.joint.board import api as board_api
from sanban.joint.board import pages as board_pages
from sanban.joint.board.ports import Needs as BoardNeeds
from sanban.joint.room import api as room_api
from sanban.joint.room import pages as room_pages
from sanban.joint.room.ports import Joined, Noted
from sanban.joint.room.ports import Needs as RoomNeeds
from sanban.kernel.case import event as events
from sanban.kernel.case.engine import offers
from sanban.kernel.duty.directory import Entry
from sanban.kernel.mechanism import Mechanism
from sanban.kernel.permission import Actor
from sanban.kernel.view import ApiRoute, PageRoute, TimeLeft, Waits
from sanban.packs.joint.gates import gate_title

if TYPE_CHECKING:
    from sanban.main.house import House

TOGETHER = frozenset(
    {
        "whistle", "screen", "summon", "report_in", "release", "veto", "accept_joint", "refuse_joint", "change_lead",
        "plan", "pass_gate", "minute", "finish_task",
    }
)  # fmt: skip
"""Verbs of joint work, for which the room shows the way to the case's page."""


def pages(house: House, shared: dict[str, Any]) -> tuple[PageRoute, ...]:
    """The pages. `shared`: what all parts round a whistle are given."""
    return (*board_pages.routes(board_needs_of(house, shared)), *room_pages.routes(room_needs_of(house, shared)))


def operations(house: House, shared: dict[str, Any]) -> tuple[ApiRoute, ...]:
    """The operations of the API."""
    return (*board_api.routes(board_needs_of(house, shared)), *room_api.routes(room_needs_of(house, shared)))


def waits(house: House, shared: dict[str, Any]) -> Waits:
    """What waits for a viewer on the whistle board."""
    return partial(board_pages.waits, board_needs_of(house, shared))


def board_needs_of(house: House, shared: dict[str, Any]) -> BoardNeeds:
    """What the boards work with."""
    return BoardNeeds(**shared, **_told(house))


def room_needs_of(house: House, shared: dict[str, Any]) -> RoomNeeds:
    """What the room and the kept rulings work with."""
    return RoomNeeds(
        **shared,
        **_told(house),
        joined=partial(_joined, house),
        precedents=partial(_precedents, house),
        grids=house.district.duty.grids,
        gate=partial(gate_title, house.joint_terms.gates),
    )


def _told(house: House) -> dict[str, Any]:
    def mechanism(matter: str, now: int) -> Mechanism | None:
        return house.matters.mechanism_of(matter, now)

    def left(due_at: int, now: int) -> TimeLeft:
        return left_until(house.calendar, None, due_at, now)

    return {"mechanism": mechanism, "left": left}


def _precedents(house: House) -> Sequence[Entry]:
    found = house.reader.state(DIRECTORY)
    return found.entries if isinstance(found, Precedents) else ()


def _joined(house: House, viewer: Actor, case_id: str, now: int) -> Joined | None:
    """The case with what was said in joint work, each text opened for those who may read it."""
    needs = HandlingNeeds(house.ledger, house.reader, house.cases)
    history = told(house.cases, house.reader.events(stream_of(case_id)))
    if not history:
        return None
    case = history[-1].case
    mechanism = house.cases.pinned(case)
    sight = sight_of(viewer, needs, case, mechanism, now)
    if not sight.case or sight.own:
        return None
    noted = tuple(_noted(history))
    refs = [*(one.note for one in case.whistles), *(one.text for one in noted if one.text)]
    seen = Seen(viewer, needs, case, sight, now).open((), refs)
    steps = offers(case, viewer, needs.situation(case, viewer, now))
    return Joined(
        case=case,
        mechanism=mechanism,
        whole=sight.history,
        texts={ref: seen.text(ref) for ref in refs},
        noted=noted,
        steps=tuple((step.name, step.title) for step in steps if step.verb in TOGETHER),
    )


def _noted(history: Sequence[Told]) -> Iterator[Noted]:
    for one in history:
        event = one.event
        match event:
            case events.CaseMinuted():
                yield Noted("minuted", event.at, event.unit, event.present, text=event.note)
            case events.CaseRuled():
                yield Noted("ruled", event.at, event.unit, (event.task.unit,), event.ground, event.note)
            case events.CaseVetoed():
                yield Noted("vetoed", event.at, event.unit, text=event.note)
            case events.GatePassed():
                yield Noted("gate_passed", event.at, event.unit, (event.gate,), text=event.note)
