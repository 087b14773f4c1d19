"""The desk's way to cases: opening one for a request, finding those near it, joining, reopening, splitting off again.

Intake asks through its ports and handling answers with its own words; here the one is put into the other's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Literal
from uuid import uuid5

import msgspec

from sanban.handling.aggregate import CaseAggregate
from sanban.handling.aggregate import stream_of as case_stream
from sanban.handling.joining import parts_of, step_for
from sanban.handling.needs import Needs
from sanban.handling.reactions import CASES, opening
from sanban.handling.views import near
from sanban.handling.views.lists import about_viewer, stood_for
from sanban.handling.views.masking import Seen, sight_of, words_opened
from sanban.intake import ports as intake
from sanban.intake.aggregate import stream_of
from sanban.intake.request import Request
from sanban.intake.views import Apart
from sanban.kernel.case.facts import case_facts
from sanban.kernel.case.state import Case
from sanban.kernel.duty.place import Place
from sanban.kernel.permission import Actor
from sanban.kernel.sight import sight
from sanban.ledger.port import Part, Submission
from sanban.main.meeting.facts import arrival_of

SYSTEM = Actor("pages", "system")
BEHIND = "'case:' || r.case_id, 'case:' || r.left_case, 'case:' || r.disputes"
"""The streams of the cases that a request `r` is behind."""


class DeskOpening:
    """Opens the cases that the desk wants; every wish has a case of its own, so that a wrong link can be undone."""

    def __init__(self, cases: CaseAggregate) -> None:
        self._cases = cases

    def submission(self, request: Request, wish: intake.Wish) -> Submission:
        """The case's opening and the request's link; the request is accepted on the way."""
        case_id = str(uuid5(CASES, f"{request.id} {wish.key}"))
        arrival = arrival_of(request, wish.matter, self._cases)
        street = wish.street or arrival.street
        if wish.grid:
            street = self._cases.duty(None).grids.street_of(Place(wish.grid, None), request.received.at) or street
        args = opening(msgspec.structs.replace(arrival, grid=wish.grid, street=street)).parts[0].args
        more: dict[str, Any] = {"id": case_id, "found": wish.found or request.received.found, "recurs": wish.recurs}
        more["fields"] = arrival.fields | wish.fields
        more |= _about(wish.about)
        parts = (
            Part(case_stream(case_id), "open", args | more),
            Part(stream_of(request.id), "link", {"case": case_id, "accept": True}),
        )
        return Submission("", SYSTEM, parts)


class DeskJoining:
    """Finds cases for a request and brings it into one and out again."""

    def __init__(self, needs: Needs) -> None:
        self._needs = needs

    def near(self, viewer: Actor, around: intake.Around, now: int) -> Sequence[intake.CaseLine]:
        """Cases of the matters in the street or the grid's, and those named besides."""
        found = near.near_cases(viewer, self._needs, near.Around(**msgspec.structs.asdict(around)), now)
        return tuple(map(_line, found))

    def find(self, viewer: Actor, given: str, now: int) -> intake.CaseLine | None:
        """The case of a number or an id that the viewer may know of."""
        found = near.case_near(viewer, self._needs, given, now)
        return None if found is None else _line(found)

    def sees(self, viewer: Actor, case: str, now: int) -> bool:
        """Whether the viewer may see the case at all; the party complained about may not."""
        found = self._case(case)
        return found is not None and sight_of(viewer, self._needs, found, self._needs.cases.pinned(found), now).case

    def visible(self, viewer: Actor, cases: Sequence[str], now: int) -> Collection[str]:
        """One statement, however many are asked for."""
        return near.visible_cases(viewer, self._needs, cases, now)

    def subjects(self, case: str) -> Collection[str]:
        """By the case's own state."""
        found = self._case(case)
        return () if found is None else found.subjects

    def stands_for(self, viewer: Actor, now: int) -> Collection[str]:
        """By the links as the ledger knows them now."""
        return stood_for(viewer, self._needs.reader, self._needs.cases, now)

    def apart(self, viewer: Actor, now: int) -> Apart:
        """The same condition as of lists of cases, on every case that a request is behind."""
        return about_viewer(viewer, self._needs.reader, self._needs.cases, now, "r", BEHIND)

    def behind(self, viewer: Actor, cases: Collection[str], now: int) -> Mapping[str, intake.Behind]:
        """By the sight that each case's own page goes by. A few statements, however many are asked for."""
        needs, links = self._needs, self._needs.links
        found = [one for one in needs.reader.states([*map(case_stream, cases)]).values() if isinstance(one, Case)]
        sights = [sight(viewer, case_facts(one), links, now, needs.cases.pinned(one).visible) for one in found]
        seen = [Seen(viewer, needs, one, its, now) for one, its in zip(found, sights, strict=True) if its.case]
        return {one.case.id: _behind(one) for one in words_opened(needs, seen)}

    def joining(
        self,
        case: str,
        verb: Literal["attach", "reopen"],
        request: str,
        unit: str = "",
        about: intake.About = intake.NOBODY,
    ) -> Submission:
        """Both streams' parts; the engine says whether the desk may."""
        given = {"request": request, **_about(about)} | ({"unit": unit} if verb == "reopen" else {})
        return self._taking(case, verb, given)

    def leaving(self, case: str, request: str) -> Submission:
        """Both streams' parts, the request's first."""
        return self._taking(case, "split", {"request": request})

    def _taking(self, case_id: str, verb: str, args: dict[str, Any]) -> Submission:
        case = self._case(case_id)
        assert case is not None, "the desk was shown this case"
        mechanism = self._needs.cases.pinned(case)
        step = step_for(mechanism, verb, case.state)
        return Submission("", SYSTEM, parts_of(case_stream(case_id), mechanism, step, args))

    def _case(self, case_id: str) -> Case | None:
        found = self._needs.reader.state(case_stream(case_id))
        return found if isinstance(found, Case) else None


def _about(said: intake.About) -> dict[str, Any]:
    """What was said of units as a case keeps it; what nobody asked is left out."""
    named = sorted(party for party, is_about in said.items() if is_about)
    cleared = sorted(party for party, is_about in said.items() if not is_about)
    return {name: parties for name, parties in (("subjects", named), ("cleared", cleared)) if parties}


def _behind(seen: Seen) -> intake.Behind:
    words = {one.id: words for one in seen.case.requests if (words := seen.words_of(one))}
    return intake.Behind(words, seen.sight.requester == "full")


def _line(found: near.NearCase) -> intake.CaseLine:
    return intake.CaseLine(**msgspec.structs.asdict(found))
