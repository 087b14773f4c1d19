"""One request: what was said, what triage thinks and why, and the forms that decide what becomes of it.

    join a case       one near it: attach to an open one, reopen a closed one, or say what a new one recurs from
    open a case       the matter, the place; a matter with required fields asks for them on a second page
    another route     one of the five; a clue to the police names its officer, its ground and its evidence
    answer and close  on the spot, for what needs no case
    say where it is   one of the places that its words may mean, a pin by hand, or that nobody knows
    split off         a request that was joined to the wrong case comes back to the desk
    seen to           somebody has looked at its danger, whether or not it has a case already

A form that was refused is shown again with what was typed and why (422). A request that has a case leads there.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Literal

import msgspec

from sanban.intake.aggregate import stream_of
from sanban.intake.decide import CLUE_GROUNDS
from sanban.intake.desk.about import PARTY_UNSAID
from sanban.intake.desk.about import asked as asked_about
from sanban.intake.desk.alike import keep
from sanban.intake.desk.deciding import (
    ROUTES,
    Clue,
    Filled,
    answer_on_the_spot,
    endings_open,
    fill_in,
    give_clue,
    heed,
    open_case,
    take_route,
)
from sanban.intake.desk.dividing import ONE_MATTER, Piece, by_hand, divide, pieces_of, text_of
from sanban.intake.desk.gathering import gather
from sanban.intake.desk.joining import Candidates, Looked, candidates, join, recurring, split_off
from sanban.intake.desk.placing import PlaceView, pinned, place_view, say_where
from sanban.intake.desk.receiving import UNKNOWN_GRID, Taken, request_of
from sanban.intake.desk.seeing import ACT_ROLES, SEE_ROLES, Age, RequestView, age_of, request_view
from sanban.intake.firms.advising import policies_for
from sanban.intake.firms.matching import Match
from sanban.intake.pages.details import CARRIED, DetailsContext, about_of, grids_of, inputs_of, named, questions
from sanban.intake.pages.hot import led_to
from sanban.intake.ports import CaseLine, Like, Needs, Wish, streets_of
from sanban.intake.request import Request
from sanban.intake.views import WAVE_AT_MOST
from sanban.kernel.errors import Refused
from sanban.kernel.mechanism import Mechanism, Title
from sanban.kernel.permission import DESK_ROLES
from sanban.kernel.view import Missing, PageAnswer, PageRequest, PageRoute, Redirected, Shown, phrase
from sanban.packs.desk.knowledge import KnowledgeEntry

NO_REQUEST = Missing(phrase("Request"), "0197c3e2-7b1d-7a40-9f3e-2b6c1d5e8f90")
CASE_OPENED = phrase("The case is open; its clocks run.")
ROUTED = phrase("The route is taken.")
ANSWERED = phrase("Answered and closed.")
JOINED = phrase("The request is part of this case now.")
REOPENED = phrase("The case is open again; the request is part of it.")
DIVIDED = phrase("Each matter has a request of its own now.")
PLACED = phrase("The place is known now; who answers was asked anew.")
UNKNOWN_PLACE = phrase("Nobody knows the place yet; it waits among those without one.")
HEEDED = phrase("Noted: you have looked at this danger.")
SPLIT = phrase("The request is split off and waits at the desk.")


class Choice(msgspec.Struct, frozen=True):
    """An option with its title."""

    value: str
    title: Title


class Entry(msgspec.Struct, frozen=True):
    """A knowledge entry that may answer the request."""

    code: str
    title: Title
    answer: Title
    source: str = ""


class Near(msgspec.Struct, frozen=True):
    """A case that the request may belong to, with how long ago it was opened and closed (None: open)."""

    case: CaseLine
    age: Age
    closed: Age | None = None


class Waiting(msgspec.Struct, frozen=True):
    """A request like it that waits at the desk too, and for how long."""

    like: Like
    age: Age


class RequestContext(msgspec.Struct, frozen=True):
    """`intake/request.html`: the request and the choices of its forms.

    `near`: cases it may belong to, as `looked` for; `waiting`: requests like it without a case; `matters`: all in force
    but those `suggested`; `typed`, `tried`, `fault`: of the form that was refused; `own`: the viewer's account;
    `entries`: declared answers that fit; `entry`: the one that was chosen to start the answer from; `policies`: those
    that a firm's request may be answered with;
    `place`: where it is, for those who act; `pieces`: of the text, for the desk to divide by hand.
    """

    request: RequestView
    opens: bool
    has_files: bool = False
    suggested: tuple[Choice, ...] = ()
    matters: tuple[Choice, ...] = ()
    streets: tuple[Choice, ...] = ()
    grids: tuple[str, ...] = ()
    routes: tuple[str, ...] = ROUTES
    grounds: tuple[str, ...] = CLUE_GROUNDS
    endings: tuple[Choice, ...] = ()
    near: tuple[Near, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    looked: Looked = Looked()
    own: str = ""
    typed: dict[str, str] = {}
    tried: str = ""
    fault: Refused | None = None
    entries: tuple[Entry, ...] = ()
    entry: Entry | None = None
    policies: tuple[Match, ...] = ()
    taken: Taken | None = None
    place: PlaceView | None = None
    pieces: tuple[Piece, ...] = ()


def routes(needs: Needs) -> tuple[PageRoute, ...]:
    """The request and the targets of its forms."""

    def post(step: str, handler: Callable[[Needs, PageRequest, Request], PageAnswer]) -> PageRoute:
        target = partial(_decided, needs, handler)
        return PageRoute("POST", f"/requests/{{request_id}}/{step}", f"intake.{step}", target, roles=ACT_ROLES)

    return (
        PageRoute("GET", "/requests/{request_id}", "intake.request", partial(_request, needs), roles=SEE_ROLES),
        post("case", _open),
        post("place", _place),
        post("route", _route),
        post("answer", _answer),
        post("join", _join),
        post("gather", _gather),
        post("divide", _divide),
        PageRoute("POST", "/requests/{request_id}/split", "intake.split", partial(_split, needs), roles=ACT_ROLES),
        PageRoute("POST", "/requests/{request_id}/heed", "intake.heed", partial(_heed, needs), roles=ACT_ROLES),
    )


def _request(needs: Needs, asked: PageRequest) -> PageAnswer:
    request = request_of(needs, asked.path["request_id"])
    return NO_REQUEST if request is None else show(needs, asked, request)


def _decided(
    needs: Needs, handler: Callable[[Needs, PageRequest, Request], PageAnswer], asked: PageRequest
) -> PageAnswer:
    """What most forms share: the request must be there, be the viewer's business, and have no case yet."""
    request = request_of(needs, asked.path["request_id"])
    if request is None or request_view(asked.viewer, needs, request, asked.now) is None:
        return NO_REQUEST
    return Redirected(f"/cases/{request.case}") if request.case else handler(needs, asked, request)


def _open(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    mechanism = next((one for one in needs.matters(asked.now) if one.matter == asked.given("matter")), None)
    if mechanism is None:
        unknown = Refused("unknown_matter", "choose a matter that is in force", "noise")
        return show(needs, asked, request, ("case", unknown))
    if asked.given("grid") and asked.given("grid") not in grids_of(needs, asked.now):
        return show(needs, asked, request, ("case", UNKNOWN_GRID))
    wants = any(field.required for field in mechanism.form.values()) or asked.given("details") == "yes"
    wants = wants or bool(asked_about(needs, request))
    if wants and asked.given("stage") != "details":
        return _details(needs, asked, request, mechanism)
    filled = fill_in(needs, mechanism, named(asked.form), request, asked.command_id)
    keep(needs, asked.viewer, asked.command_id, request, asked.now)
    refused = filled if isinstance(filled, Refused) else _opened(needs, asked, request, filled)
    after = request_of(needs, request.id)
    if after is not None and after.case:
        return Redirected(f"/cases/{after.case}", "" if refused else CASE_OPENED)
    if asked.given("stage") == "details":
        return _details(needs, asked, request, mechanism, refused)
    return show(needs, asked, request, ("case", refused) if refused else None)


def _opened(needs: Needs, asked: PageRequest, request: Request, filled: Filled) -> Refused | None:
    recurs = recurring(needs, asked.viewer, asked.given("recurs"), asked.now)
    if isinstance(recurs, Refused):
        return recurs
    wish = Wish(
        key=asked.command_id,
        matter=asked.given("matter"),
        grid=asked.given("grid"),
        street=asked.given("street"),
        found=asked.given("found") == "yes",
        recurs=recurs,
        about=about_of(asked.form),
    )
    return open_case(needs, asked.viewer, asked.command_id, request, wish, filled, asked.now)


def _details(
    needs: Needs, asked: PageRequest, request: Request, mechanism: Mechanism, fault: Refused | None = None
) -> PageAnswer:
    view = request_view(asked.viewer, needs, request, asked.now)
    if view is None:
        return NO_REQUEST
    carried = {name: asked.given(name) for name in CARRIED}
    inputs = questions(asked_about(needs, request), about_of(asked.form))
    inputs += inputs_of(mechanism, named(asked.form), view, needs.duty, asked.now)
    context = DetailsContext(view, mechanism.title, inputs, carried, fault)
    return Shown("intake/details.html", context, 422 if fault else 200)


def _place(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    where = pinned(needs, request, {name: asked.given(name) for name in asked.form}, asked.now)
    if not isinstance(where, Refused):
        refused = say_where(needs, asked.viewer, asked.command_id, request, where)
        if refused is None:
            return Redirected(f"/requests/{request.id}", UNKNOWN_PLACE if where.source == "unknown" else PLACED)
        where = refused
    return show(needs, asked, request, ("place", where))


def _route(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    route = asked.given("route")
    if route == "police_clue":
        pieces = tuple(line.strip() for line in asked.given("evidence").splitlines() if line.strip())
        clue = Clue(asked.given("officer"), asked.given("ground"), pieces)
        refused = give_clue(needs, asked.viewer, asked.command_id, request, clue)
    else:
        refused = take_route(needs, asked.viewer, asked.command_id, request, route)
    if refused is not None:
        return show(needs, asked, request, ("route", refused))
    return Redirected(f"/requests/{request.id}", ROUTED)


def _join(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    verb: Literal["attach", "reopen"] = "reopen" if asked.given("way") == "reopen" else "attach"
    about = about_of(asked.form)
    done = join(needs, asked.viewer, asked.command_id, request, verb, asked.given("case"), asked.now, about=about)
    if isinstance(done, Refused):
        if done == PARTY_UNSAID or about:
            return _whom(needs, asked, request, done)
        return show(needs, asked, request, ("join", done))
    return Redirected(f"/cases/{done.case}", REOPENED if verb == "reopen" else JOINED)


def _whom(needs: Needs, asked: PageRequest, request: Request, fault: Refused) -> PageAnswer:
    """Before a request joins a case it is asked whether it is about whom its words name, as before one opens."""
    view = request_view(asked.viewer, needs, request, asked.now)
    line = needs.joins.find(asked.viewer, asked.given("case"), asked.now)
    if view is None or line is None:
        return show(needs, asked, request, ("join", fault))
    inputs = questions(asked_about(needs, request, needs.joins.subjects(line.id)), about_of(asked.form))
    carried = {name: asked.given(name) for name in ("case", "way")}
    tried = fault if about_of(asked.form) else None
    context = DetailsContext(view, line.matter, inputs, carried, tried, step="join")
    return Shown("intake/details.html", context, 422 if tried else 200)


def _gather(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    """The request and those like it that wait too become one case."""
    matter = request.best.matter if request.best else ""
    together = (request.id, *asked.given_all("request"))
    done = gather(needs, asked.viewer, asked.command_id, together, matter, "", asked.now)
    return show(needs, asked, request, ("gather", done)) if isinstance(done, Refused) else led_to(done)


def _divide(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    found = pieces_of(request, text_of(needs, request)) if asked.given("by_hand") else ()
    blocks = by_hand(found, [asked.given(f"piece_{place}") for place in range(len(found))])
    refused = (
        ONE_MATTER
        if found and not blocks
        else divide(needs, asked.viewer, asked.command_id, request, asked.now, blocks)
    )
    if refused is not None:
        return show(needs, asked, request, ("divide", refused))
    after = request_of(needs, request.id) or request
    return Redirected(f"/cases/{after.case}" if after.case else f"/requests/{request.id}", DIVIDED)


def _split(needs: Needs, asked: PageRequest) -> PageAnswer:
    """Sent twice, or for a case that the request has left, the form changes nothing."""
    request = request_of(needs, asked.path["request_id"])
    if request is None or request_view(asked.viewer, needs, request, asked.now) is None:
        return NO_REQUEST
    if not request.case or request.case != asked.given("case"):
        return Redirected(f"/requests/{request.id}")
    done = split_off(needs, asked.viewer, asked.command_id, request, request.case, asked.now)
    if isinstance(done, Refused):
        return show(needs, asked, request, ("split", done))
    return Redirected(f"/requests/{request.id}", SPLIT)


def _heed(needs: Needs, asked: PageRequest) -> PageAnswer:
    request = request_of(needs, asked.path["request_id"])
    if request is None or request_view(asked.viewer, needs, request, asked.now) is None:
        return NO_REQUEST
    shown = asked.given("dangers").split()[:WAVE_AT_MOST]
    refused = heed(needs, asked.viewer, asked.command_id, request, shown, asked.now)
    return refused or Redirected(f"/cases/{request.case}" if request.case else f"/requests/{request.id}", HEEDED)


def _answer(needs: Needs, asked: PageRequest, request: Request) -> PageAnswer:
    text, ending = asked.given("text"), asked.given("ending")
    refused = answer_on_the_spot(needs, asked.viewer, asked.command_id, request, text, ending, asked.now)
    if refused is not None:
        return show(needs, asked, request, ("answer", refused))
    return Redirected("/requests", ANSWERED)


def show(
    needs: Needs,
    asked: PageRequest,
    request: Request,
    tried: tuple[str, Refused] | None = None,
    taken: Taken | None = None,
) -> PageAnswer:
    """The request's page, perhaps with why a form was refused, or with the receipt of a call just `taken` down."""
    view = request_view(asked.viewer, needs, request, asked.now)
    if view is None:
        return NO_REQUEST
    at_desk = asked.viewer.role in DESK_ROLES
    fault = tried[1] if tried else None
    if not view.acts:
        if fault is not None and not (at_desk and view.joined):
            return fault
        shown = RequestContext(
            view, opens=at_desk, tried=tried[0] if tried else "", fault=fault, has_files=needs.has_files, taken=taken
        )
        return Shown("intake/request.html", shown, 422 if tried else 200, (stream_of(request.id),))
    thought = {one.matter for one in view.suggestions}
    in_force = needs.matters(asked.now)
    matters = tuple(Choice(one.matter, one.title) for one in in_force)
    first = {one.matter: place for place, one in enumerate(view.suggestions)}
    suggested = sorted((one for one in matters if one.value in thought), key=lambda one: first[one.value])
    asked_for = Looked(**{name: asked.asked(f"near_{name}") for name in Looked.__struct_fields__})
    found = candidates(needs, asked.viewer, request, asked_for, asked.now) if at_desk else Candidates()
    context = RequestContext(
        request=view,
        opens=at_desk,
        has_files=needs.has_files,
        suggested=tuple(suggested),
        matters=tuple(one for one in matters if one.value not in thought),
        streets=tuple(Choice(code, title) for code, title in streets_of(needs, asked.now).items()),
        grids=grids_of(needs, asked.now),
        endings=tuple(Choice(*one) for one in endings_open(needs, asked.viewer, request, asked.now).items()),
        near=tuple(_near(one, asked.now) for one in found.cases),
        waiting=tuple(Waiting(one, age_of(one.received_at, asked.now)) for one in found.waiting),
        looked=asked_for,
        typed={name: asked.given(name) for name in asked.form} if tried else {},
        tried=tried[0] if tried else "",
        fault=fault,
        own=asked.viewer.id,
        entries=_entries(needs, asked, request, view),
        entry=_chosen(needs, asked),
        policies=policies_for(needs, request, view.texts, asked.now) if view.texts else (),
        taken=taken,
        pieces=_pieces(request, view) if at_desk else (),
        place=place_view(needs, request, asked.now, near=asked.asked("map") != "all"),
    )
    return Shown("intake/request.html", context, 422 if tried else 200, (stream_of(request.id), *found.about))


def _pieces(request: Request, view: RequestView) -> tuple[Piece, ...]:
    """Of a message that may still be divided."""
    if view.texts is None or view.divided or request.received.origin.startswith("request:"):
        return ()
    return pieces_of(request, view.texts.text)


def _entries(needs: Needs, asked: PageRequest, request: Request, view: RequestView) -> tuple[Entry, ...]:
    if view.texts is None:
        return ()
    fitting = needs.knowledge.fitting(view.texts.text, view.texts.title, asked.now, request.candidates)
    return tuple(_entry(one.entry) for one in fitting)


def _chosen(needs: Needs, asked: PageRequest) -> Entry | None:
    found = needs.knowledge.entry(asked.asked("entry"), asked.now)
    return None if found is None else _entry(found)


def _entry(entry: KnowledgeEntry) -> Entry:
    return Entry(entry.code, entry.title, entry.answer, entry.source)


def _near(line: CaseLine, now: int) -> Near:
    return Near(line, age_of(line.opened_at, now), None if line.closed_at is None else age_of(line.closed_at, now))
