"""A request meets the cases there are: which it may belong to, and joining, reopening, recurring, splitting off again.

The desk sees what it needs to decide (number, matter, place and how far it is, age, a line of what was said, how many
have asked and whether the same person has, where it stands) and says which case; what the case then learns of the
request is read from the request's own stream. Both streams change together.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.desk.about import fault_of, unasked_fault
from sanban.intake.desk.alike import Visible, keep, likes
from sanban.intake.desk.deciding import command_of
from sanban.intake.desk.excerpt import excerpt
from sanban.intake.ports import NOBODY, About, Around, Behind, CaseLine, Like, Needs
from sanban.intake.request import Request
from sanban.kernel.duty.place import Place, metres
from sanban.kernel.errors import Refused
from sanban.kernel.permission import Actor
from sanban.ledger.port import Submission

OWN_CASES_AT_MOST = 20
NUMBER = "2026-000001"
NO_SUCH_CASE = Refused("unknown_case", "there is no case of this number", NUMBER)
NO_CASE_YET = Refused("not_linked", "the request is part of no case", "attach it to one first")
STILL_OPEN = Refused("not_over", "this case is open or can be reopened; attach the request or reopen it", NUMBER)

_OF_PERSON = (
    "SELECT case_id FROM request_view WHERE district = :district AND requester = :requester AND case_id <> :none"
)


class Joined(msgspec.Struct, frozen=True):
    """What became of a request: its case ('' = none any more), and where the ledger stands after it."""

    request: str
    case: str
    number: str
    position: int
    repeated: bool = False


class Candidates(msgspec.Struct, frozen=True):
    """What a request may belong to: cases, and requests like it that have none yet."""

    cases: tuple[CaseLine, ...] = ()
    waiting: tuple[Like, ...] = ()

    @property
    def about(self) -> tuple[str, ...]:
        """The requests whose words stand here, as a look names them."""
        waiting = (one.request for one in self.waiting if one.text)
        return tuple(map(stream_of, (*waiting, *(one.said_in for one in self.cases if one.said))))


class Looked(msgspec.Struct, frozen=True):
    """What the desk looked for: a matter ('' = those suggested), a place ('' = the request's), or a number."""

    matter: str = ""
    grid: str = ""
    street: str = ""
    number: str = ""


def candidates(needs: Needs, viewer: Actor, request: Request, looked: Looked, now: int) -> Candidates:
    """Cases that the request may belong to: those with a request like it, then open ones, then closed ones.

    Those that the same person has asked about are marked. Where the desk looks for something, that alone is shown.
    """
    seen, own = Visible(needs, viewer, now), own_cases(needs, request)

    def marked(line: CaseLine, like: Like | None = None) -> CaseLine:
        apart = _apart(needs, request.grid, line.grid, now)
        return _marked(line, seen.behind(line.id), like, apart, asked=line.id in own)

    if looked.number:
        found = needs.joins.find(viewer, looked.number, now)
        return Candidates(() if found is None else (marked(found),))
    alike = () if looked.matter else likes(needs, viewer, request, now, seen)
    first = {one.case: one for one in reversed(alike) if one.case}
    near = needs.joins.near(viewer, _around(needs, request, looked, (*own, *first), now), now)
    seen.look([one.id for one in near])
    order = {case: place for place, case in enumerate(reversed(first))}
    lines = sorted((marked(one, first.get(one.id)) for one in near), key=lambda one: order.get(one.id, len(order)))
    return Candidates(tuple(lines), tuple(one for one in alike if not one.case))


def _marked(line: CaseLine, behind: Behind, like: Like | None, apart: int | None, *, asked: bool) -> CaseLine:
    """The line with what sets it beside the request. `asked`: whether the same person has asked about it."""
    said_in = like.request if like else next(iter(behind.words), "")
    return msgspec.structs.replace(
        line,
        same_person=asked if behind.persons else None,
        like=like,
        said=excerpt(behind.words.get(said_in, "")),
        said_in=said_in,
        apart=apart,
    )


def _apart(needs: Needs, one: str, other: str, now: int) -> int | None:
    """Metres between the middles of two grids, in tens; None where one is not known."""
    drawn = [needs.duty.grids.version(code, now) for code in (one, other)]
    middles = [grid.middle for grid in drawn if grid is not None]
    return round(metres(*middles) / 10) * 10 if len(middles) == len(drawn) else None


def own_cases(needs: Needs, request: Request) -> tuple[str, ...]:
    """Ids of the cases that the same person has a request in, the last first."""
    found = needs.reader.query(_OF_PERSON, {"requester": request.received.requester, "none": ""})
    return tuple(sorted({str(case) for (case,) in found}, reverse=True)[:OWN_CASES_AT_MOST])


def join(
    needs: Needs,
    viewer: Actor,
    command_id: str,
    request: Request,
    verb: Literal["attach", "reopen"],
    given: str,
    now: int,
    unit: str = "",
    about: About = NOBODY,
) -> Joined | Refused:
    """The request joins an open case, or comes back with a closed one. `given`: the case's number or id.

    `about`: the units that its words name and the case is not about yet, and whether the request is about them.
    """
    line = needs.joins.find(viewer, given, now) if given else None
    if line is None:
        return NO_SUCH_CASE
    if not request.case:
        known = needs.joins.subjects(line.id)
        refused = fault_of(needs, viewer, request, about, known, now) or unasked_fault(needs, request, about)
        if refused is not None:
            return refused
    keep(needs, viewer, command_id, request, now)
    submission = needs.joins.joining(line.id, verb, request.id, unit, about)
    return _sent(needs, viewer, command_of(command_id, verb), submission, request, line)


def split_off(needs: Needs, viewer: Actor, command_id: str, request: Request, case: str, now: int) -> Joined | Refused:
    """A wrong merge is undone: the request is the desk's again. `case`: the id of the one it is taken from."""
    line = needs.joins.find(viewer, case, now) if case else None
    if line is None:
        return NO_CASE_YET
    submission = needs.joins.leaving(line.id, request.id)
    done = _sent(needs, viewer, command_of(command_id, "split"), submission, request, line)
    return done if isinstance(done, Refused) else msgspec.structs.replace(done, case="", number="")


def recurring(needs: Needs, viewer: Actor, given: str, now: int) -> str | Refused:
    """The number of the case that a new one recurs from, which must be over for good; '' for none."""
    if not given:
        return ""
    line = needs.joins.find(viewer, given, now)
    if line is None:
        return NO_SUCH_CASE
    return line.number if line.way == "recur" else STILL_OPEN


def _around(needs: Needs, request: Request, looked: Looked, besides: tuple[str, ...], now: int) -> Around:
    grid = looked.grid or ("" if looked.street else request.grid)
    street = needs.duty.grids.street_of(Place(grid, None), now) if grid else None
    matters = (looked.matter,) if looked.matter else tuple(one.matter for one in request.candidates)
    return Around(matters, street or looked.street, grid, () if looked.matter else besides)


def _sent(
    needs: Needs, viewer: Actor, command_id: str, submission: Submission, request: Request, line: CaseLine
) -> Joined | Refused:
    answer = needs.ledger.submit(msgspec.structs.replace(submission, command_id=command_id, actor=viewer))
    if answer.refused is not None:
        return answer.refused
    return Joined(request.id, line.id, line.number, answer.position, answer.repeated)
